// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a chain and breaks it.  mksesparse's own parts write it, from options that
 * are told, so that it can be had again by hand.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <unistd.h>

#include "../gen/chain.h"
#include "../gen/output.h"
#include "../gen/report.h"
#include "mutant.h"

#define SPAN 32768 /* sectors that a table speaks for */
#define SMALL 4096
#define MAX_ARGS 48

/* A command line that grows. */
struct command {
	char *arg[MAX_ARGS + 1];
	int nr;
};

static __printf(2, 3) void add(struct command *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (c->nr == MAX_ARGS || vasprintf(&c->arg[c->nr++], format, args) < 0)
		abort();
	va_end(args);
}

/* Around the borders of grains and tables, and small: most of it is to be read. */
static u64 choose_capacity(struct rng *rng)
{
	const u64 off = rng_below(rng, 19);

	switch (rng_below(rng, 16)) {
	case 0:
	case 1:
		return 1 + rng_below(rng, 64);
	case 2:
		return SPAN + off - 9;
	case 3:
		return 2 * SPAN + off - 9;
	case 4:
		return 1 + rng_below(rng, 3 * SPAN);
	default:
		return 1 + rng_below(rng, SMALL);
	}
}

static void choose_layer(struct command *c, struct rng *rng, unsigned int layer,
			 u64 sectors)
{
	static const char *const orders[] = { "inorder", "reversed", "permuted",
					      "window:64K", "streams:3,8K" };

	add(c, "--layer=%u", layer);
	/* Of tables that a layer decides as a whole, those below are not read. */
	if (sectors < SMALL || !rng_below(rng, 32))
		add(c, "--data=%llu", 20 + rng_below(rng, 40));
	else
		add(c, "--data-bytes=%lluK", 4ULL << rng_below(rng, 8));
	add(c, "--zero=%llu", rng_below(rng, 21));
	add(c, "--unmapped=%llu", rng_below(rng, 21));
	add(c, "--run=%llu", 1ULL << rng_below(rng, 6));
	add(c, "--order=%s", orders[rng_below(rng, ARRAY_SIZE(orders))]);
	if (rng_below(rng, 2))
		add(c, "--shuffle-tables");
}

static void choose(struct mutant *m, struct rng *rng, struct command *c)
{
	unsigned int layer;

	m->sectors = choose_capacity(rng);
	m->nr_layers = 1 + (unsigned int)rng_below(rng, MUTANT_LAYERS);
	m->has_parent = rng_below(rng, 3);
	add(c, "mksesparse");
	add(c, "--seed=%llu", rng_below(rng, 1000000));
	add(c, "--capacity=%llus", m->sectors);
	add(c, "--layers=%u", m->nr_layers);
	add(c, "--no-raw");
	add(c, "--base=%s", m->has_parent ? "flat" : "none");
	if (m->has_parent)
		add(c, "--base-data=%llu",
		    m->sectors < SMALL ? rng_below(rng, 100) : rng_below(rng, 4));
	for (layer = 1; layer <= m->nr_layers; layer++)
		choose_layer(c, rng, layer, m->sectors);
	m->parent_sectors = m->sectors;
	if (m->has_parent && rng_below(rng, m->sectors < SMALL ? 2 : 8))
		m->parent_sectors =
			1 + rng_below(rng, min_t(u64, m->sectors, SMALL));
}

static int write_chain(struct command *c)
{
	struct output out = { 0 };
	struct options o;
	int r;

	optind = 0;
	r = options_parse(&o, c->nr, c->arg);
	if (!r)
		r = chain_write(&o, &out);
	options_free(&o);
	output_free(&out);
	return r;
}

static int open_part(const struct mutant *m, const char *format, ...)
	__printf(2, 3);

static int open_part(const struct mutant *m, const char *format, ...)
{
	char name[64], *path;
	va_list args;
	int fd;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	if (asprintf(&path, "%s/%s", m->dir, name) < 0)
		abort();
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		report_line("%s: %s", path, strerror(errno));
	free(path);
	return fd;
}

static int open_parts(struct mutant *m)
{
	unsigned int i;

	for (i = 0; i < m->nr_layers; i++) {
		m->layers[i] = open_part(m, "m-%06u-sesparse.vmdk",
					 m->nr_layers - i);
		if (m->layers[i] < 0)
			return -1;
	}
	if (m->has_parent)
		m->parent = open_part(m, "m-flat.vmdk");
	return m->has_parent && m->parent < 0 ? -1 : 0;
}

static void tell(struct mutant *m, const struct command *c)
{
	int i;

	for (i = 0; i < c->nr - 1; i++)
		fprintf(m->story, "%s%s", i ? " " : "", c->arg[i]);
	fprintf(m->story, "\n");
	if (m->ignore_dirty)
		fprintf(m->story, "ignore_dirty\n");
	if (m->parent_sectors != m->sectors)
		fprintf(m->story, "of the parent %llu sectors\n",
			m->parent_sectors);
}

/**
 * mutant_write() - write a chain that is good yet, to be broken by mutant_break()
 * @m: the chain, for mutant_free(), on failure too
 * @dir: where to; files of the one before are overwritten
 * @seed: all chains follow from it
 * @number: which of them
 *
 * Return: 0, or -1 after a report.
 */
int mutant_write(struct mutant *m, const char *dir, u64 seed, u64 number)
{
	struct command c = { 0 };
	int r;

	*m = (struct mutant){ .dir = dir, .parent = -1,
			      .layers = { -1, -1, -1, -1 },
			      .rng = { rng_mix(rng_mix(seed) + number) } };
	m->story = open_memstream(&m->text, &m->size);
	if (!m->story)
		return report("out of memory");
	choose(m, &m->rng, &c);
	m->ignore_dirty = !rng_below(&m->rng, 3);
	tell(m, &c);
	add(&c, "%s/m", dir);
	r = write_chain(&c);
	while (c.nr)
		free(c.arg[--c.nr]);
	return r ? r : open_parts(m);
}

/**
 * mutant_story() - what a chain is and what was changed
 * @m: the chain
 *
 * Return: lines of text, which go with the chain.
 */
const char *mutant_story(struct mutant *m)
{
	fflush(m->story);
	return m->text;
}

/**
 * mutant_free() - close a chain's files, which stay
 * @m: the chain, in whatever state
 */
void mutant_free(struct mutant *m)
{
	unsigned int i;

	for (i = 0; i < MUTANT_LAYERS; i++)
		if (m->layers[i] >= 0)
			close(m->layers[i]);
	if (m->parent >= 0)
		close(m->parent);
	if (m->story)
		fclose(m->story);
	free(m->text);
}

/**
 * mutant_decide() - what a chain must read as
 * @m: the chain
 * @salvage: of corrupt entries, errors
 * @c: filled in, for slow_free()
 */
void mutant_decide(const struct mutant *m, bool salvage, struct slow_chain *c)
{
	*c = (struct slow_chain){
		.layers = m->layers,
		.nr_layers = m->nr_layers,
		.parent = m->parent,
		.parent_sectors = m->parent_sectors,
		.sectors = m->sectors,
		.salvage = salvage,
		.ignore_dirty = m->ignore_dirty,
	};
	slow_decide(c);
}
