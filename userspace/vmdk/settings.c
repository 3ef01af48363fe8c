// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "dm-sesparse/format.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/settings.h"

static const char *const key_names[NR_KEYS] = {
	[KEY_VERSION] = "version",
	[KEY_ENCODING] = "encoding",
	[KEY_CID] = "CID",
	[KEY_PARENT_CID] = "parentCID",
	[KEY_HINT] = "parentFileNameHint",
	[KEY_CREATE_TYPE] = "createType",
};

/* The text within @value's quotes, if it has them. */
static int unquote(const char *path, unsigned int line, enum key key,
		   char **value)
{
	char *end;

	if (**value != '"') {
		if (!strchr(*value, '"'))
			return 0;
		return bad_line(path, line,
				"%s is %.60s, expected no quote within it",
				key_names[key], *value);
	}
	end = strchr(*value + 1, '"');
	if (!end)
		return bad_line(path, line,
				"%.60s has no closing quote, expected one at the end of the line",
				*value);
	if (end[1])
		return bad_line(path, line,
				"%.60s found behind the value of %s, expected nothing or a comment",
				end + 1, key_names[key]);
	*end = '\0';
	++*value;
	return 0;
}

/* Names are as they are, all else is the same in any case. */
static bool same_value(enum key key, const char *a, const char *b)
{
	return key == KEY_HINT ? !strcmp(a, b) : !strcasecmp(a, b);
}

static int keep(struct settings *settings, const char *path, unsigned int line,
		enum key key, const char *value)
{
	struct setting *s = &settings->of[key];

	if (s->line && !same_value(key, s->value, value))
		return bad_line(path, line,
				"a second %s, \"%.60s\", expected one only, or the same again (\"%.60s\" in line %u)",
				key_names[key], value, s->value, s->line);
	if (!s->line) {
		s->value = value;
		s->line = line;
	}
	return 0;
}

/* What a host, or a desktop's VMware, writes of a disk that it encrypted. */
static bool is_cipher(const char *key, const char *value)
{
	static const char *const keys[] = {
		"keyID", "encryptionKeys", "encryptionData", "dataFileKey",
	};
	size_t i;

	if (!value[strspn(value, BLANK "\"")])
		return false;
	if (!strncasecmp(key, "ddb.", 4))
		key += 4;
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcasecmp(key, keys[i]))
			return true;
	if (!strcasecmp(key, "iofilters"))
		return strcasestr(value, "vmcrypt");
	return !strncasecmp(key, "encryption.", strlen("encryption."));
}

/**
 * setting_is() - whether a line is key = value
 * @text: the line, trimmed
 *
 * Return: whether.
 */
bool setting_is(const char *text)
{
	return *text != '=' && strchr(text, '=');
}

/**
 * settings_parse_line() - keep what a line sets, if it matters
 * @settings: what the lines before it set
 * @path: the descriptor, for messages
 * @line: which of its lines
 * @text: the line, a setting, which is cut
 *
 * Return: 0, or an exit code after a message.
 */
int settings_parse_line(struct settings *settings, const char *path,
			unsigned int line, char *text)
{
	char *value = strchr(text, '=');
	enum key key;
	int r;

	*value++ = '\0';
	text = text_trim(text);
	value = text_trim(value);
	text_uncomment(value);
	if (!settings->cipher && is_cipher(text, value)) {
		settings->cipher = text;
		settings->cipher_line = line;
	}
	for (key = 0; key < NR_KEYS; key++)
		if (!strcasecmp(text, key_names[key]))
			break;
	if (key == NR_KEYS)
		return 0;
	r = unquote(path, line, key, &value);
	return r ? r : keep(settings, path, line, key, value);
}

/**
 * key_name() - a key as descriptors have it
 * @key: the key
 *
 * Return: its name.
 */
const char *key_name(enum key key)
{
	return key_names[key];
}
