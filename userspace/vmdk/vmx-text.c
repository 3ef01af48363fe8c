// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines are KEY = "VALUE", keys in any case, each of them once.  In a value, |22
 * stands for a quote, and so any character for which that needs to be.
 */
#include <stdlib.h>
#include <string.h>

#include "dm-sesparse/portable.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/vmx-text.h"

/* Controllers, and units of each, have smaller numbers. */
#define MAX_NUMBER 255

static const char *const bus_names[NR_VMX_BUSES] = {
	[VMX_SCSI] = "scsi",
	[VMX_SATA] = "sata",
	[VMX_NVME] = "nvme",
	[VMX_IDE] = "ide",
};

/**
 * vmx_bus_name() - a bus as configurations have it
 * @bus: the bus
 *
 * Return: its name.
 */
const char *vmx_bus_name(enum vmx_bus bus)
{
	return bus_names[bus];
}

/**
 * vmx_text_is() - whether a file shows itself to be a VM's configuration
 * @text: of the file
 *
 * Until it has, nothing of it is to be told to anybody.
 *
 * Return: whether it has a key that each of them has.
 */
bool vmx_text_is(const struct text *text)
{
	return !text->nul_line && !text_is_descriptor(text) &&
	       (text_find_key(text, "config.version") ||
		text_find_key(text, "virtualHW.version"));
}

/* Cut a number off a key: without zeros in front, so that it has one name. */
static bool take_number(const char **key, unsigned int *number)
{
	const size_t digits = strspn(*key, "0123456789");

	if (!digits || digits > 3 || (digits > 1 && **key == '0'))
		return false;
	*number = (unsigned int)strtoul(*key, NULL, 10);
	*key += digits;
	return *number <= MAX_NUMBER;
}

/* "scsi0:1.fileName" or "scsi0.present": set @key to what is behind the dot. */
static bool parse_device(const char **key, struct vmx_device *d)
{
	const char *rest;
	size_t length;

	for (d->bus = 0; d->bus < NR_VMX_BUSES; d->bus++) {
		length = strlen(bus_names[d->bus]);
		if (!strncasecmp(*key, bus_names[d->bus], length))
			break;
	}
	if (d->bus == NR_VMX_BUSES)
		return false;
	rest = *key + length;
	if (!take_number(&rest, &d->number))
		return false;
	d->unit = VMX_CONTROLLER;
	if (*rest == ':') {
		rest++;
		if (!take_number(&rest, &d->unit))
			return false;
	}
	*key = rest + 1;
	return *rest == '.';
}

static struct vmx_device *find_device(struct vmx_text *p,
				      const struct vmx_device *wanted)
{
	const size_t room = p->room ? 2 * p->room : 16;
	struct vmx_device *d, *list;
	size_t i;

	for (i = 0; i < p->nr; i++) {
		d = &p->list[i];
		if (d->bus == wanted->bus && d->number == wanted->number &&
		    d->unit == wanted->unit)
			return d;
	}
	if (p->nr == p->room) {
		list = reallocarray(p->list, room, sizeof(*list));
		if (!list)
			return NULL;
		p->list = list;
		p->room = room;
	}
	p->list[p->nr] = *wanted;
	return &p->list[p->nr++];
}

/* Find what a key sets, if it matters; NULL there: it does not. */
static int find_setting(struct vmx_text *p, const char *key,
			struct vmx_setting **setting)
{
	struct vmx_device wanted = { 0 }, *d;
	const char *rest = key;

	*setting = NULL;
	if (!strcasecmp(key, ".encoding"))
		*setting = &p->encoding;
	else if (!strcasecmp(key, "displayName"))
		*setting = &p->display_name;
	else if (!strcasecmp(key, "encryption.data"))
		*setting = &p->cipher;
	if (*setting || !parse_device(&rest, &wanted) ||
	    (strcasecmp(rest, "present") && strcasecmp(rest, "deviceType") &&
	     strcasecmp(rest, "fileName")))
		return 0;
	d = find_device(p, &wanted);
	if (!d)
		return fail_memory();
	*setting = !strcasecmp(rest, "present") ? &d->present :
		   !strcasecmp(rest, "fileName") ? &d->file : &d->type;
	return 0;
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)((found - digits) % 16) : -1;
}

/* Put characters in the place of what stands for them. */
static int unescape(const char *path, unsigned int line, const char *key,
		    char *value)
{
	char *to = value;
	int high, low;

	for (; *value; value++, to++) {
		*to = *value;
		if (*value != '|')
			continue;
		high = hex(value[1]);
		low = high < 0 ? -1 : hex(value[2]);
		if (low < 0 || !(high | low))
			return bad_line(path, line,
					"%.60s has \"%.3s\", expected two hex digits other than 00 behind a |",
					key, value);
		*to = (char)(high << 4 | low);
		value += 2;
	}
	*to = '\0';
	return 0;
}

/* What stands in quotes, or else all of it but a comment. */
static int parse_value(const char *path, unsigned int line, const char *key,
		       char **value)
{
	char *end;

	if (**value == '"') {
		end = strchr(++*value, '"');
		if (!end)
			return bad_line(path, line,
					"the value of %.60s has no closing quote, expected one",
					key);
		*end = '\0';
	} else {
		text_uncomment(*value);
	}
	return unescape(path, line, key, *value);
}

static int parse_line(struct vmx_text *p, const char *path, unsigned int line,
		      char *text)
{
	char *value = strchr(text, '=');
	struct vmx_setting *s;
	const char *key;
	int r;

	if (*text == '#' || !value)
		return 0;
	*value++ = '\0';
	key = text_trim(text);
	value = text_trim(value);
	r = find_setting(p, key, &s);
	if (r || !s)
		return r;
	r = parse_value(path, line, key, &value);
	if (r)
		return r;
	if (s->line && strcmp(s->value, value))
		return bad_line(path, line,
				"a second %.60s, expected one only, or the same as in line %u again",
				key, s->line);
	s->value = value;
	s->line = line;
	return 0;
}

/**
 * vmx_text_parse() - take the lines of a VM's configuration apart
 * @text: the file, which is cut, and must outlive what is parsed
 * @parsed: filled in, for vmx_text_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int vmx_text_parse(const struct text *text, struct vmx_text *parsed)
{
	unsigned int i;
	int r = 0;

	*parsed = (struct vmx_text){ 0 };
	if (!text_fits(text))
		return fail(EXIT_DEVICE,
			    "%s: has more than %d bytes, expected a VM's configuration to have fewer",
			    text->path, DESCRIPTOR_BYTES);
	for (i = 0; i < text->nr_lines && !r; i++)
		r = parse_line(parsed, text->path, i + 1, text->lines[i]);
	return r;
}

/**
 * vmx_text_bool() - what a setting says that is yes or no
 * @path: the configuration
 * @setting: the setting; one that is not there says no
 * @what: its key's end, for the message
 * @value: set to it
 *
 * Return: 0, or an exit code after a message.
 */
int vmx_text_bool(const char *path, const struct vmx_setting *setting,
		  const char *what, bool *value)
{
	static const char *const words[] = {
		"true", "false", "yes", "no", "on", "off", "1", "0",
	};
	size_t i;

	*value = false;
	if (!setting->line || !*setting->value)
		return 0;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		*value = i % 2 == 0;
		if (!strcasecmp(setting->value, words[i]))
			return 0;
	}
	return bad_line(path, setting->line,
			"%s is \"%.60s\", expected TRUE or FALSE", what,
			setting->value);
}

/**
 * vmx_text_free() - free what vmx_text_parse() made
 * @parsed: it
 */
void vmx_text_free(struct vmx_text *parsed)
{
	free(parsed->list);
}
