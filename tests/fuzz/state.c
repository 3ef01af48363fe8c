// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that says how far a restore has got.  What is taken must be in bounds, and
 * saved anew it must be taken as the same.
 *
 * state.c is taken in whole: what of it is looked at here needs no disk and no target.
 */
#include "restore/state.c"

#include "files.h"
#include "fuzz.h"
#include "lines.h"

/* Of the disk: no whole number of steps. */
#define BYTES ((1ULL << 30) + 512)

/* As fingerprint_make() has it. */
static const char identity[] =
	"disk of 2097153 sectors, CID 3729b687:\t/vm/d.vmdk\n"
	"extent of 2097153 sectors at sector 0 of one of 4096 sectors, file 12, changed at 1.000000000, header 0123456789abcdef\t/vm/d-sesparse.vmdk\n"
	"samples: 00c0ffee - 3729b687\n"
	"corrupt entries: refused\n"
	"to a file 13\t/out\n";

static int parse(const void *data, size_t size, struct state *r)
{
	const int fd = files_set(0, data, size, false);
	const char *text;
	int ret;

	*r = (struct state){ .path = "input.state", .anew = "anew" };
	ret = read_text(r, fd, size);
	if (!ret) {
		text = fingerprint_compare(r->path, 2, r->text + MAGIC_BYTES,
					   identity, r->anew);
		must(!text || (text >= r->text && text <= r->text + size));
		ret = text ? parse_position(r, text, BYTES) : EXIT_DEVICE;
	}
	must(ret >= 0 && ret <= EXIT_BUSY);
	must(fuzz_told() || !ret);
	return ret;
}

static void check(const struct state *r)
{
	const struct range *bad = r->bad.list;
	size_t i;

	must(r->position <= BYTES);
	must(r->position % PLAN_ALIGN == 0 || r->position == BYTES);
	must(r->zeros.data <= r->position);
	must(r->zeros.gaps <= r->position - r->zeros.data);
	for (i = 0; i < r->bad.nr; i++) {
		must(bad[i].start < bad[i].end);
		must(bad[i].end <= r->position);
		must(!i || bad[i - 1].end < bad[i].start);
	}
}

static void check_same(const struct state *a, const struct state *b)
{
	size_t i;

	must_equal(a->position, b->position);
	must_equal(a->zeros.data, b->zeros.data);
	must_equal(a->zeros.gaps, b->zeros.gaps);
	must_equal(a->bad.nr, b->bad.nr);
	for (i = 0; i < a->bad.nr; i++) {
		must_equal(a->bad.list[i].start, b->bad.list[i].start);
		must_equal(a->bad.list[i].end, b->bad.list[i].end);
	}
	must(!a->written == !b->written);
}

static void check_again(struct state *r)
{
	char *written = r->written ?
			strndup(r->written, strcspn(r->written, "\n")) : NULL;
	const struct state_point point = {
		.position = r->position,
		.bad = &r->bad,
		.zeros = r->zeros,
		.written = written,
	};
	struct state again;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(f && !r->written == !written);
	r->identity = strdup(identity);
	must(r->identity);
	must(!write_all(r, &point, f));
	must(!fclose(f));
	must(!parse(text, size, &again));
	check(&again);
	check_same(r, &again);
	state_free(&again);
	free(text);
	free(written);
}

/* What tells whose restore it is is mostly left alone: any change is the end there. */
#define SPARED 6

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	static char good[1024];

	if (!*good)
		snprintf(good, sizeof(good),
			 "%s%sunreadable: 0 to 512\nunreadable: 4096 to 8192\nzeros found: 4096 bytes of data, 8192 of gaps\nrestored: 2097152 bytes\nwritten at 1.000000000\n",
			 magic, identity);
	return lines_mutate(data, size, max, seed, good, SPARED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state r;

	if (!parse(data, size, &r)) {
		check(&r);
		check_again(&r);
		fuzz_taken();
	}
	state_free(&r);
	return 0;
}
