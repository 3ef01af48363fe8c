// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

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
static int unquote(const char *path, unsigned int line, char **value)
{
	size_t length = strlen(*value);

	if (**value != '"')
		return 0;
	if (length < 2 || (*value)[length - 1] != '"')
		return bad_line(path, line,
				"%.60s has no closing quote, expected one at the end of the line",
				*value);
	(*value)[length - 1] = '\0';
	++*value;
	return 0;
}

/**
 * settings_parse_line() - keep what a line sets, if it matters
 * @settings: what the lines before it set
 * @path: the descriptor, for messages
 * @line: which of its lines
 * @text: the line, which is cut
 *
 * Return: 0, or an exit code after a message.
 */
int settings_parse_line(struct settings *settings, const char *path,
			unsigned int line, char *text)
{
	char *value = strchr(text, '=');
	struct setting *s;
	enum key key;
	int r;

	if (!value)
		return bad_line(path, line,
				"\"%.60s\" found, expected a comment, key = value, or RW sectors TYPE \"file\"",
				text);
	*value++ = '\0';
	text = text_trim(text);
	value = text_trim(value);
	r = unquote(path, line, &value);
	if (r)
		return r;
	for (key = 0; key < NR_KEYS; key++)
		if (!strcasecmp(text, key_names[key]))
			break;
	if (key == NR_KEYS)
		return 0;
	if (strchr(value, '"'))
		return bad_line(path, line,
				"%s is %.60s, expected no quote within it",
				key_names[key], value);
	s = &settings->of[key];
	if (s->line)
		return bad_line(path, line,
				"a second %s, expected one only (the first is in line %u)",
				key_names[key], s->line);
	s->value = value;
	s->line = line;
	return 0;
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
