// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/tab-lines.h"
#include "cli/units.h"
#include "cli/verbs.h"
#include "util/message.h"
#include "util/plain.h"

/* It is for reading: what a shell would want quoted is not. */
static int print_words(int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		make_plain(argv[i]);
		printf("%s%s", i ? " " : "", argv[i]);
	}
	return 0;
}

/* Only a command line that there can be is told. */
static int tell(const struct options *o, const struct tab *tab,
		const struct tab_line *line)
{
	int r;

	r = tab_run(tab, line, &o->log, command_check);
	if (!r)
		r = tab_run(tab, line, &o->log, print_words);
	if (!r)
		puts(line->noauto ? " (noauto)" :
		     line->nofail ? " (nofail)" : "");
	return r;
}

/**
 * cmd_tab() - check the table and tell what it opens, or have systemd know
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_tab(struct options *o)
{
	const char *name = o->operands[1];
	struct tab tab;
	bool found = false;
	size_t i;
	int one, r;

	if (o->units && name)
		return fail(EXIT_USAGE,
			    "--units is for all lines: expected no NAME");
	r = tab_read(o->tab ? o->tab : TAB_DEFAULT, &tab);
	if (!r && o->units)
		r = units_write(o->units, &tab);
	for (i = 0; i < tab.nr && !r && !o->units; i++) {
		if (name && strcmp(name, tab.lines[i].name))
			continue;
		found = true;
		one = tell(o, &tab, &tab.lines[i]);
		if (!tab.bad)
			tab.bad = one;
	}
	if (!r && name && !found)
		r = fail(EXIT_DEVICE, "%s: has no line of %s", tab.path, name);
	if (!r)
		r = tab.bad;
	tab_free(&tab);
	return r;
}
