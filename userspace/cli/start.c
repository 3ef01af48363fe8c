// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/tab-lines.h"
#include "cli/verbs.h"
#include "util/message.h"

static int fail_missing(const struct tab *tab, const char *name)
{
	if (tab->bad)
		return fail(EXIT_DEVICE, "%s: has no sound line of %s",
			    tab->path, name);
	return fail(EXIT_DEVICE, "%s: has no line of %s%s", tab->path, name,
		    strchr(name, '/') ?
		    ": in the name of a unit, a dash is written \\x2d, as systemd-escape does" : "");
}

/**
 * cmd_start() - open a disk as its line of the table says
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_start(struct options *o)
{
	const char *name = o->operands[1];
	struct tab tab;
	size_t i;
	int r;

	r = tab_read(o->tab ? o->tab : TAB_DEFAULT, &tab);
	for (i = 0; i < tab.nr && strcmp(tab.lines[i].name, name); i++)
		;
	if (!r)
		r = i == tab.nr ? fail_missing(&tab, name) :
		    tab_run(&tab, &tab.lines[i], &o->log, command_run);
	tab_free(&tab);
	return r;
}
