// SPDX-License-Identifier: GPL-2.0-only
/*
 * mksesparse writes seSparse snapshots for tests, good ones and bad ones, and
 * what the disk must read as.  The same options give the same files anywhere.
 *
 * An allocated grain holds 512 little-endian words.  With all arithmetic modulo
 * 2^64, G = 0x9e3779b97f4a7c15 and the one-to-one function
 *
 *	mix(x): x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
 *		x = (x ^ (x >> 27)) * 0x94d049bb133111eb
 *		x ^ (x >> 31)
 *
 * word number i (0 to 511) of the extent's grain number g, in virtual order, is
 *
 *	mix(base + (i + 1) * G), where
 *	base = mix(key + (g + 1) * G)
 *	key = mix(seed + (1 + (layer << 16 | extent)) * G)
 *
 * with layer 0 for the base and 1 for the oldest snapshot, extent 1 for the
 * first.  No word occurs twice in a grain.  Grains are filled even beyond the
 * disk's end, but flat files end there.
 */
#include "gen/chain.h"
#include "gen/names.h"
#include "gen/options.h"
#include "gen/output.h"
#include "gen/report.h"

#define EXIT_USAGE 2

static int print_top(const struct options *o)
{
	char suffix[GEN_SUFFIX];

	if (o->descriptor)
		name_descriptor(suffix, o->layers);
	else
		name_extent(suffix, o, o->layers, 1);
	if (printf("%s%s\n", o->prefix, suffix) < 0 || fflush(stdout))
		return report("standard output: %s", strerror(errno));
	return 0;
}

static int write_and_print(const struct options *o)
{
	struct output out = { 0 };
	int ret = chain_write(o, &out);

	if (!ret)
		ret = print_top(o);
	if (ret)
		output_remove(&out);
	output_free(&out);
	return ret;
}

int main(int argc, char **argv)
{
	struct options o;
	int status = EXIT_SUCCESS;

	switch (options_parse(&o, argc, argv)) {
	case 0:
		if (write_and_print(&o))
			status = EXIT_FAILURE;
		break;
	case OPTIONS_HELP:
		options_help();
		break;
	default:
		status = EXIT_USAGE;
		break;
	}
	options_free(&o);
	return status;
}
