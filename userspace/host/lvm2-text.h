/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text in which LVM2 keeps what it knows of a volume group: names with values,
 * and sections of such.
 */
#ifndef SESPARSE_HOST_LVM2_TEXT_H
#define SESPARSE_HOST_LVM2_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "dm-sesparse/portable.h"

/**
 * struct lvm2_node - a section, a list or a value
 * @name: its name; NULL of an element of a list, and of the whole
 * @text: a value's; NULL of a section or list; but for a string it ends where
 *        something else begins, without a NUL
 * @is_string: the value stood in quotation marks
 * @first: the first node in a section or list, 0 if there is none
 * @next: the next one in the same, 0 if this is the last
 */
struct lvm2_node {
	const char *name;
	const char *text;
	bool is_string;
	size_t first;
	size_t next;
};

/**
 * struct lvm2_text - a text taken apart; all 0 before
 * @nodes: what it is made of, the whole first
 * @nr: their number
 * @room: for how many there is memory
 */
struct lvm2_text {
	struct lvm2_node *nodes;
	size_t nr;
	size_t room;
};

int lvm2_text_parse(char *buf, struct lvm2_text *text);
void lvm2_text_free(struct lvm2_text *text);
const struct lvm2_node *lvm2_first(const struct lvm2_text *text,
				   const struct lvm2_node *in);
const struct lvm2_node *lvm2_next(const struct lvm2_text *text,
				  const struct lvm2_node *node);
const struct lvm2_node *lvm2_find(const struct lvm2_text *text,
				  const struct lvm2_node *in, const char *name);
const char *lvm2_string(const struct lvm2_text *text,
			const struct lvm2_node *in, const char *name);
bool lvm2_value(const struct lvm2_node *node, u64 *value);
bool lvm2_number(const struct lvm2_text *text, const struct lvm2_node *in,
		 const char *name, u64 *value);
bool lvm2_has(const struct lvm2_text *text, const struct lvm2_node *in,
	      const char *name, const char *word);

#endif /* SESPARSE_HOST_LVM2_TEXT_H */
