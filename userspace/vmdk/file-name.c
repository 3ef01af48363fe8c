// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dm-sesparse/format.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/encoding.h"
#include "vmdk/file-name.h"
#include "vmdk/settings.h"

/**
 * file_name_check() - refuse the name of what is no file
 * @path: the descriptor that has it
 * @line: where
 * @name: of an extent or of the parent
 *
 * Return: 0, or an exit code after a message.
 */
int file_name_check(const char *path, unsigned int line, const char *name)
{
	static const struct {
		const char *prefix;
		const char *what;
	} known[] = {
		{ "vsan://", "an object of vSAN" },
		{ "vvol://", "a vVol" },
		{ "object:", "an object of vSAN or a vVol" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncasecmp(name, known[i].prefix, strlen(known[i].prefix)))
			return bad_line(path, line,
					"\"%s\" is %s, which is not read: clone the disk to VMFS or NFS with 'vmkfstools -i'",
					name, known[i].what);
	return 0;
}

/**
 * file_name_parse() - turn a name into what to open the file by
 * @settings: those of the descriptor, for its encoding
 * @path: the descriptor
 * @line: where the name is
 * @what: what it names, for messages
 * @name: the name
 * @file: set to the name converted, to be freed by the caller
 * @raw: set to the name as it is, likewise, if that is another
 *
 * Whoever copied the file may have named it in other bytes than the encoding
 * that the descriptor states asks for, so these are kept.
 *
 * Return: 0, or an exit code after a message.
 */
int file_name_parse(const struct settings *settings, const char *path,
		    unsigned int line, const char *what, const char *name,
		    char **file, char **raw)
{
	const struct setting *encoding = &settings->of[KEY_ENCODING];
	char *copy;
	int r;

	r = encoding_convert(encoding->value, name, file);
	if (r == -ENOMEM)
		return fail_memory();
	if (!r && !strcmp(*file, name))
		return 0;
	copy = strdup(name);
	if (!copy)
		return fail_memory();
	if (!r) {
		*raw = copy;
		return 0;
	}
	*file = copy;
	if (r == -EINVAL)
		warn("%s:%u: encoding \"%.60s\" is not known here, expected one that VMware writes, such as UTF-8, windows-1252, GBK or Shift_JIS: %s \"%s\" is taken as it is",
		     path, encoding->line, encoding->value, what, name);
	else
		warn("%s:%u: %s \"%s\" cannot be converted from encoding %.60s to the locale's, and is taken as it is",
		     path, line, what, name, encoding->value);
	return 0;
}
