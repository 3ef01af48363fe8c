// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vmdk/encoding.h"

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text & 0x80)
			return false;
	return true;
}

/* iconv takes options after a slash, which no descriptor is to give it. */
static bool is_plain_name(const char *encoding)
{
	return *encoding && !encoding[strspn(encoding,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_.:+()")];
}

/* In the C locale, what the files are named in is most likely this. */
static const char *target_encoding(void)
{
	const char *codeset = nl_langinfo(CODESET);

	return strcmp(codeset, "ANSI_X3.4-1968") ? codeset : "UTF-8";
}

/**
 * encoding_convert() - convert a file's name to the bytes to open it by
 * @encoding: what the name is in, or NULL: take its bytes as they are
 * @text: the name
 * @converted: set to the converted name, to be freed by the caller
 *
 * Return: 0, -EINVAL if nothing here knows the encoding, -EILSEQ if the name
 * has no equivalent or is not in that encoding, or -ENOMEM.
 */
int encoding_convert(const char *encoding, const char *text, char **converted)
{
	size_t left = strlen(text), room = 4 * left;
	char *from = (char *)text, *to;
	int error = 0;
	iconv_t cd;

	*converted = NULL;
	if (!encoding || is_ascii(text)) {
		*converted = strdup(text);
		return *converted ? 0 : -ENOMEM;
	}
	if (!is_plain_name(encoding))
		return -EINVAL;
	cd = iconv_open(target_encoding(), encoding);
	if (cd == (iconv_t)-1)
		return -errno;
	to = calloc(1, room + 1);
	*converted = to;
	if (!to)
		error = -ENOMEM;
	else if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 ||
		 iconv(cd, NULL, NULL, &to, &room) == (size_t)-1)
		error = -EILSEQ;
	iconv_close(cd);
	if (error) {
		free(*converted);
		*converted = NULL;
	}
	return error;
}
