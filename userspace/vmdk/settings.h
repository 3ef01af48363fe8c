/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines of a descriptor that are key = value.
 */
#ifndef SESPARSE_VMDK_SETTINGS_H
#define SESPARSE_VMDK_SETTINGS_H

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
	char *value;
	unsigned int line;
};

/**
 * struct settings - all of them
 * @of: by key
 */
struct settings {
	struct setting of[NR_KEYS];
};

int settings_parse_line(struct settings *settings, const char *path,
			unsigned int line, char *text);
const char *key_name(enum key key);

#endif /* SESPARSE_VMDK_SETTINGS_H */
