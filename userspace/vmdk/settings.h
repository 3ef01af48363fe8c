/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines of a descriptor that are key = value.
 */
#ifndef SESPARSE_VMDK_SETTINGS_H
#define SESPARSE_VMDK_SETTINGS_H

#include <stdbool.h>

/* Those that matter; there are many others, and they differ by version. */
enum key {
	KEY_VERSION,
	KEY_ENCODING,
	KEY_CID,
	KEY_PARENT_CID,
	KEY_HINT,
	KEY_CREATE_TYPE,
	NR_KEYS,
};

/**
 * struct setting - what a key is set to
 * @value: within the descriptor's text; NULL: the key is not there
 * @line: where
 */
struct setting {
	const char *value;
	unsigned int line;
};

/**
 * struct settings - all of them
 * @of: by key
 * @cipher: the key by which the disk is encrypted, within the descriptor's
 *          text; NULL: it is not
 * @cipher_line: where
 */
struct settings {
	struct setting of[NR_KEYS];
	const char *cipher;
	unsigned int cipher_line;
};

bool setting_is(const char *text);
int settings_parse_line(struct settings *settings, const char *path,
			unsigned int line, char *text);
const char *key_name(enum key key);

#endif /* SESPARSE_VMDK_SETTINGS_H */
