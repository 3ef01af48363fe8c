/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks that have a line in a table of the machine's, as /etc/sesparsetab is one.
 */
#ifndef SESPARSE_CLI_TAB_LINES_H
#define SESPARSE_CLI_TAB_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "util/message.h"

#define TAB_DEFAULT "/etc/sesparsetab"

/**
 * struct tab_line - a disk
 * @number: of the line in the file, from 1
 * @text: what the other members point into
 * @name: of the device, one that a device can have
 * @descriptor: which disk; begins with / or [
 * @args: the options of open, each "--WORD"
 * @nr_args: their number
 * @noauto: not to be opened when the machine starts
 * @nofail: the machine's start does not wait for it
 */
struct tab_line {
	unsigned int number;
	char *text;
	const char *name;
	const char *descriptor;
	char **args;
	size_t nr_args;
	bool noauto;
	bool nofail;
};

/**
 * struct tab - the lines that are sound
 * @path: the file
 * @lines: in its order, no two of a name
 * @nr: their number
 * @bad: the exit code of the first line that is not sound, or 0
 */
struct tab {
	const char *path;
	struct tab_line *lines;
	size_t nr;
	int bad;
};

int tab_read(const char *path, struct tab *tab);
int tab_run(const struct tab *tab, const struct tab_line *line,
	    const struct log *log, int (*use)(int argc, char **argv));
void tab_free(struct tab *tab);

#endif /* SESPARSE_CLI_TAB_LINES_H */
