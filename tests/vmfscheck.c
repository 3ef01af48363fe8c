// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the reader of VMFS volumes finds what mkvmfs has written: all that a
 * manifest says, and nothing else.
 *
 * vmfscheck [--force] MANIFEST: exit status 0, and how many things were compared;
 *	else a line for each that differs.  Of LUNs made with --map it is compared
 *	where the bytes lie; the bytes themselves in any case.
 * vmfscheck --mutate COUNT --seed N [--memory MIB] MANIFEST: changes bytes of the
 *	volume's metadata, COUNT times, looks at everything, and puts them back.
 *	What the change cannot have touched must be found as ever.  The last line
 *	of standard output tells of the last change.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lun-check/compare.h"
#include "lun-check/manifest.h"
#include "lun-check/mutate.h"

static int check(const struct manifest *m, bool force)
{
	struct comparison c = { .m = m, .force = force, .contents = true };
	int ret = comparison_run(&c);

	if (!ret)
		printf("%zu things compared\n", c.compared);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "force", no_argument, NULL, 'f' },
		{ "mutate", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "memory", required_argument, NULL, 'm' },
		{ 0 }
	};
	struct mutation mutation = { .seed = 1 };
	struct manifest m = { 0 };
	bool force = false;
	int c, ret;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == 'f')
			force = true;
		else if (c == 'n')
			mutation.count = strtoul(optarg, NULL, 0);
		else if (c == 's')
			mutation.seed = strtoull(optarg, NULL, 0);
		else if (c == 'm')
			mutation.memory = strtoul(optarg, NULL, 0);
		else
			return 2;
	}
	if (optind + 1 != argc) {
		fputs("vmfscheck: one MANIFEST is expected\n", stderr);
		return 2;
	}
	ret = manifest_read(&m, argv[optind]);
	if (!ret)
		ret = mutation.count ? mutation_run(&mutation, &m) :
				       check(&m, force);
	manifest_free(&m);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
