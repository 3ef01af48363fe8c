// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dm-sesparse/format.h"
#include "vmdk/encoding.h"

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text & 0x80)
			return false;
	return true;
}

/*
 * What VMware's products write, by any of the names that it is known by,
 * without what is no letter or digit; iconv has many more, and loads code for some.
 */
static const struct {
	const char *name;
	const char *iconv;
} encodings[] = {
	{ "utf8", "UTF-8" },
	{ "usascii", "US-ASCII" },
	{ "ascii", "US-ASCII" },
	{ "ansix341968", "US-ASCII" },
	{ "iso88591", "ISO-8859-1" },
	{ "latin1", "ISO-8859-1" },
	{ "iso88592", "ISO-8859-2" },
	{ "iso88593", "ISO-8859-3" },
	{ "iso88594", "ISO-8859-4" },
	{ "iso88595", "ISO-8859-5" },
	{ "iso88596", "ISO-8859-6" },
	{ "iso88597", "ISO-8859-7" },
	{ "iso88598", "ISO-8859-8" },
	{ "iso88599", "ISO-8859-9" },
	{ "iso885910", "ISO-8859-10" },
	{ "iso885911", "ISO-8859-11" },
	{ "iso885913", "ISO-8859-13" },
	{ "iso885914", "ISO-8859-14" },
	{ "iso885915", "ISO-8859-15" },
	{ "windows874", "CP874" },
	{ "cp874", "CP874" },
	{ "tis620", "TIS-620" },
	{ "windows1250", "CP1250" },
	{ "cp1250", "CP1250" },
	{ "windows1251", "CP1251" },
	{ "cp1251", "CP1251" },
	{ "windows1252", "CP1252" },
	{ "cp1252", "CP1252" },
	{ "windows1253", "CP1253" },
	{ "cp1253", "CP1253" },
	{ "windows1254", "CP1254" },
	{ "cp1254", "CP1254" },
	{ "windows1255", "CP1255" },
	{ "cp1255", "CP1255" },
	{ "windows1256", "CP1256" },
	{ "cp1256", "CP1256" },
	{ "windows1257", "CP1257" },
	{ "cp1257", "CP1257" },
	{ "windows1258", "CP1258" },
	{ "cp1258", "CP1258" },
	{ "gb18030", "GB18030" },
	{ "gbk", "GBK" },
	{ "cp936", "CP936" },
	{ "windows936", "CP936" },
	{ "gb2312", "GB2312" },
	{ "euccn", "GB2312" },
	{ "big5", "BIG5" },
	{ "cp950", "CP950" },
	{ "windows950", "CP950" },
	{ "big5hkscs", "BIG5-HKSCS" },
	{ "shiftjis", "SHIFT_JIS" },
	{ "sjis", "SHIFT_JIS" },
	{ "cp932", "CP932" },
	{ "ms932", "CP932" },
	{ "windows932", "CP932" },
	{ "windows31j", "CP932" },
	{ "eucjp", "EUC-JP" },
	{ "euckr", "EUC-KR" },
	{ "cp949", "CP949" },
	{ "ms949", "CP949" },
	{ "windows949", "CP949" },
};

/* Whether @name is @plain but for its case, and marks between its letters. */
static bool is_called(const char *name, const char *plain)
{
	for (; *name; name++) {
		if (strchr("-_. ", *name))
			continue;
		if (tolower((unsigned char)*name) != *plain)
			return false;
		plain++;
	}
	return !*plain;
}

static const char *find_encoding(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(encodings); i++)
		if (is_called(name, encodings[i].name))
			return encodings[i].iconv;
	return NULL;
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
 * Return: 0, -EINVAL if it is no encoding that VMware writes, or iconv has
 * none of that name, -EILSEQ if the name has no equivalent or is not in that
 * encoding, or -ENOMEM.
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
	encoding = find_encoding(encoding);
	if (!encoding)
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
