// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes chains that are broken, one after the other, and compares what the tool or
 * the target makes of each with what the slow reader says.
 */
#include <getopt.h>
#include <unistd.h>

#include "mutate/trial.h"

static const char usage[] =
"Usage: mutants [OPTION]... DIR\n"
"\n"
"Writes chains into DIR that are broken in one or several places, each over the one\n"
"before, and says what was done to those that fail.\n"
"\n"
"  --seed N       all chains follow from it (1)\n"
"  --first N      the first of them (0)\n"
"  --count N      how many (1)\n"
"  --tool FILE    restore and map each by this sesparsesetup\n"
"  --recover FILE  have this sesparsesetup recover each, and compare with what it was\n"
"  --encrypt      and encrypt some of it before that\n"
"  --device       load each as a device and read it all: root, loop, the module\n"
"  --show         say of each what it is and what it must be\n"
"\n"
"Exit status: 0, 1 if one fails, 2 on wrong usage.\n";

/* What is asked for. */
struct request {
	u64 seed;
	u64 first;
	u64 count;
	const char *tool;
	const char *recover;
	bool encrypt;
	bool device;
	bool show;
	const char *dir;
};

/**
 * tally_grains() - count what a chain's grains are
 * @tally: the counts
 * @c: the chain, decided and not refused
 */
void tally_grains(struct tally *tally, const struct slow_chain *c)
{
	u64 i;

	for (i = 0; i < c->nr_grains; i++) {
		tally->errors += c->grains[i].kind == SLOW_ERROR;
		tally->data += c->grains[i].kind == SLOW_DATA;
	}
}

static void show(struct mutant *m)
{
	struct slow_chain c;
	struct tally t = { 0 };
	int salvage;

	fputs(mutant_story(m), stdout);
	for (salvage = 0; salvage < 2; salvage++) {
		mutant_decide(m, salvage, &c);
		if (!c.why)
			tally_grains(&t, &c);
		printf("%s salvage: ", salvage ? "with" : "without");
		if (c.why)
			printf("refused, layer %u: %s\n", c.bad_layer, c.why);
		else
			printf("%llu grains, %llu data, %llu errors\n",
			       (u64)c.nr_grains, t.data, t.errors);
		t = (struct tally){ 0 };
		slow_free(&c);
	}
}

static int try(const struct request *q, u64 number, struct tally *tally)
{
	struct mutant m;
	int r = mutant_write(&m, q->dir, q->seed, number);

	if (!r && q->recover)
		r = trial_by_recovery(&m, q->recover, q->encrypt, tally);
	else if (!r)
		mutant_break(&m);
	if (!r && q->show)
		show(&m);
	if (!r && q->tool)
		r = trial_by_tool(&m, q->tool, tally);
	if (!r && q->device)
		r = trial_by_device(&m, tally);
	if (r)
		fprintf(stderr, "chain %llu of seed %llu failed:\n%s", number,
			q->seed, m.story ? mutant_story(&m) : "");
	mutant_free(&m);
	return r;
}

static int parse(struct request *q, int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "first", required_argument, NULL, 'f' },
		{ "count", required_argument, NULL, 'c' },
		{ "tool", required_argument, NULL, 't' },
		{ "recover", required_argument, NULL, 'r' },
		{ "encrypt", no_argument, NULL, 'e' },
		{ "device", no_argument, NULL, 'd' },
		{ "show", no_argument, NULL, 'S' },
		{ 0 }
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			q->seed = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			q->first = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			q->count = strtoull(optarg, NULL, 0);
			break;
		case 't':
			q->tool = optarg;
			break;
		case 'r':
			q->recover = optarg;
			break;
		case 'e':
			q->encrypt = true;
			break;
		case 'd':
			q->device = true;
			break;
		case 'S':
			q->show = true;
			break;
		default:
			return -1;
		}
	}
	q->dir = argv[optind];
	return argc - optind == 1 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct request q = { .seed = 1, .count = 1 };
	struct tally t = { 0 };
	u64 failed = 0, i;

	if (parse(&q, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	for (i = q.first; i < q.first + q.count && failed < 10; i++)
		failed += try(&q, i, &t) != 0;
	if (q.tool || q.device)
		printf("%llu chains of seed %llu from %llu: %llu failed; %llu refused without salvage, %llu read with it; %llu grains of data, %llu errors\n",
		       i - q.first, q.seed, q.first, failed, t.refused,
		       t.salvaged, t.data, t.errors);
	if (q.recover)
		printf("%llu chains of seed %llu from %llu: %llu failed; %llu grains recovered, %llu lost, %llu unsure, %llu hidden\n",
		       i - q.first, q.seed, q.first, failed, t.recovered,
		       t.errors, t.unsure, t.hidden);
	if (t.held)
		printf("a map took %llu bytes at the most\n", t.held);
	return failed ? 1 : 0;
}
