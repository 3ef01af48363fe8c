// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaks a chain: each of its structures, by values that are wrong in the ways that
 * matter, at the borders above all.  Headers are spared mostly, for a chain that
 * is refused at once tells little.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "../gen/layout.h"
#include "../gen/report.h"
#include "mutant.h"
#include "sesparse/fields.h"

#define SECTOR SESPARSE_SECTOR_SIZE

/* The extent that something is to happen to. */
struct victim {
	FILE *story;
	struct rng *rng;
	unsigned int layer; /* newest 0 */
	int fd;
	struct layout l; /* as it was written */
	u64 size; /* bytes, now */
	u64 grains; /* of its own, that it held once */
};

static u64 below(struct victim *v, u64 n)
{
	return n ? rng_below(v->rng, n) : 0;
}

static u64 get_word(const struct victim *v, u64 offset)
{
	__le64 word = 0;

	if (pread(v->fd, &word, sizeof(word), (off_t)offset) < 0)
		return 0;
	return le64_to_cpu(word);
}

/* What lies behind the end, where the file was cut before, stays away. */
static void put_bytes(struct victim *v, const void *buf, u64 size, u64 offset)
{
	if (offset >= v->size)
		return;
	size = min_t(u64, size, v->size - offset);
	if (pwrite(v->fd, buf, size, (off_t)offset) != (ssize_t)size)
		abort();
}

static void put_word(struct victim *v, u64 offset, u64 value, const char *what,
		     u64 index)
{
	const __le64 word = cpu_to_le64(value);

	fprintf(v->story, "layer %u: %s", v->layer, what);
	if (index != ~0ULL)
		fprintf(v->story, " %llu", index);
	fprintf(v->story, " (byte %llu): 0x%llx is 0x%llx\n", offset,
		get_word(v, offset), value);
	put_bytes(v, &word, sizeof(word), offset);
}

/* A number that is wrong. */
static u64 wrong_number(struct victim *v, u64 right)
{
	static const u64 steps[] = { 1, 2, 7, 8, 64, 2048, 4096 };
	const u64 step = steps[below(v, ARRAY_SIZE(steps))];

	switch (below(v, 7)) {
	case 0:
		return right + step;
	case 1:
		return right - step;
	case 2:
		return right ^ 1ULL << below(v, 64);
	case 3:
		return right ^ 1ULL << below(v, 16);
	case 4:
		return 0;
	case 5:
		return ~0ULL >> below(v, 64);
	default:
		return rng_next(v->rng);
	}
}

static void break_field(struct victim *v)
{
	const struct sesparse_field *f =
		&sesparse_fields[below(v, sesparse_nr_fields)];
	u64 value = wrong_number(v, get_word(v, f->offset));

	/* Another field's. */
	if (!below(v, 4))
		value = get_word(v, sesparse_fields[below(v, sesparse_nr_fields)].offset);
	put_word(v, f->offset, value, f->name, ~0ULL);
}

/* A region alone; or with all that follows, as another writer may lay them out. */
static void move_regions(struct victim *v)
{
	static const char *const names[] = { "journal", "grainDirectory",
					     "grainTables", "freeBitmap",
					     "backmap", "grains" };
	static const u64 steps[] = { 1, 8, 64, 2048 };
	const u64 alone = below(v, 3), by = steps[below(v, ARRAY_SIZE(steps))];
	u64 i = below(v, ARRAY_SIZE(names) - !alone), at, to;
	bool size = !alone;
	char name[32];

	/* Others are in the way of what lies behind them. */
	if (alone && below(v, 2))
		i = ARRAY_SIZE(names) - 1;
	do {
		snprintf(name, sizeof(name), "%s%s", names[i],
			 size ? "Size" : "Offset");
		at = sesparse_find_field(name)->offset;
		to = get_word(v, at) + by;
		if (alone && !below(v, 3))
			to = v->size / SECTOR - by; /* where nothing is */
		put_word(v, at, to, name, ~0ULL);
		size = false;
	} while (!alone && ++i < ARRAY_SIZE(names));
}

static void make_dirty(struct victim *v)
{
	put_word(v, sesparse_find_field("replayJournal")->offset,
		 below(v, 4) ? 1 : rng_next(v->rng), "replayJournal", ~0ULL);
}

static u64 directory_at(const struct victim *v, u64 table)
{
	return v->l.directory.offset * SECTOR + table * sizeof(u64);
}

static void break_directory(struct victim *v)
{
	const u64 table = below(v, v->l.tables), at = directory_at(v, table);
	const u64 entry = get_word(v, at);
	const u64 room = v->l.table.size / SESPARSE_TABLE_SECTORS;
	u64 value = layout_gde(below(v, room)); /* free, or another's */

	switch (below(v, 8)) {
	case 0:
		value = get_word(v, directory_at(v, below(v, v->l.tables)));
		break;
	case 1:
		value = layout_gde(room - below(v, 2));
		break;
	case 2:
		value = entry ^ 1ULL << below(v, 64);
		break;
	case 3:
		value = entry ^ 1ULL << below(v, 5);
		break;
	case 4:
		value = 0;
		break;
	case 5:
		value = wrong_number(v, entry);
		break;
	}
	put_word(v, at, value, "directory entry", table);
}

/* The table's place among the others, or ~0 if there is none. */
static u64 table_index(const struct victim *v, u64 table)
{
	const u64 entry = get_word(v, directory_at(v, table));

	if (entry >> 32 != 0x10000000 ||
	    (u32)entry >= v->l.table.size / SESPARSE_TABLE_SECTORS)
		return ~0ULL;
	return (u32)entry;
}

/* Where the entry of a grain of the disk lies, of a table that there is. */
static u64 entry_at(struct victim *v, u64 *grain)
{
	unsigned int tries;
	u64 index;

	for (tries = 0; tries < 8; tries++) {
		*grain = below(v, v->l.grains);
		index = table_index(v, *grain >> SESPARSE_TABLE_SHIFT);
		if (index != ~0ULL)
			break;
	}
	if (index == ~0ULL)
		index = 0;
	return v->l.table.offset * SECTOR + index * SESPARSE_TABLE_BYTES +
	       *grain % SESPARSE_TABLE_ENTRIES * sizeof(u64);
}

/* Likewise, of one that says something, if such a one is found. */
static u64 used_entry_at(struct victim *v, u64 *grain)
{
	const u64 at = entry_at(v, grain);
	u64 here;

	for (here = at; *grain < v->l.grains; here += sizeof(u64), ++*grain) {
		if (get_word(v, here))
			return here;
		if (*grain % SESPARSE_TABLE_ENTRIES ==
		    SESPARSE_TABLE_ENTRIES - 1)
			break;
	}
	*grain -= (here - at) / sizeof(u64);
	return at;
}

static u64 tagged(u64 type, u64 grain)
{
	return type << 60 | (sesparse_encode_gte(grain) & ~0ULL >> 4);
}

static u64 wrong_entry(struct victim *v, u64 entry)
{
	u64 grain;

	switch (below(v, 14)) {
	case 0:
		return 0;
	case 1:
		return 2ULL << 60;
	case 2:
		return 2ULL << 60 | 1ULL << below(v, 60);
	case 3:
		return tagged(1, below(v, v->l.grains + 2));
	case 4:
		return 1ULL << 60 | rng_next(v->rng) >> 4;
	case 5:
		return tagged(3, v->grains + below(v, 3) - 1);
	case 6:
		return tagged(3, v->l.grains + below(v, 3) - 1);
	case 7:
		return tagged(3, below(v, v->grains + 1));
	case 8:
		return entry ^ 1ULL << below(v, 64);
	case 9:
		return entry ^ 1ULL << (48 + below(v, 12));
	case 10:
		return (entry & ~0ULL >> 4) | below(v, 16) << 60;
	case 11:
		return wrong_number(v, entry);
	case 12:
		return get_word(v, used_entry_at(v, &grain));
	default:
		return rng_next(v->rng);
	}
}

static void break_entries(struct victim *v)
{
	u64 nr = below(v, 3) ? 1 : 1 + below(v, 8), grain, at;

	while (nr--) {
		at = below(v, 2) ? used_entry_at(v, &grain) :
				   entry_at(v, &grain);
		put_word(v, at, wrong_entry(v, get_word(v, at)),
			 "entry of grain", grain);
	}
}

/* Two entries change places. */
static void swap_entries(struct victim *v)
{
	u64 a, b, grain_a, grain_b, word;

	a = used_entry_at(v, &grain_a);
	b = used_entry_at(v, &grain_b);
	word = get_word(v, a);
	put_word(v, a, get_word(v, b), "entry of grain", grain_a);
	put_word(v, b, word, "entry of grain", grain_b);
}

static void write_noise(struct victim *v, u64 offset, u64 size)
{
	u8 buf[4096];
	u64 at, i, n;

	fprintf(v->story, "layer %u: noise in bytes %llu+%llu\n", v->layer,
		offset, size);
	for (at = 0; at < size; at += n) {
		n = min_t(u64, sizeof(buf), size - at);
		for (i = 0; i < n; i += sizeof(u64)) {
			const __le64 word = cpu_to_le64(rng_next(v->rng));

			memcpy(buf + i, &word, sizeof(word));
		}
		put_bytes(v, buf, n, offset + at);
	}
}

static void noise_in_table(struct victim *v)
{
	const u64 sizes[] = { 8, 64, 512, 4096, SESPARSE_TABLE_BYTES };
	u64 grain, at = entry_at(v, &grain), size;

	size = sizes[below(v, ARRAY_SIZE(sizes))];
	if (below(v, 2))
		at = at / size * size;
	write_noise(v, at, size);
}

/* A MiB of an encrypted or overwritten file. */
static void noise_in_file(struct victim *v)
{
	const u64 first = v->l.directory.offset / 2048;
	const u64 last = DIV_ROUND_UP_ULL(v->size, 1 << 20);
	u64 at = first + below(v, last > first ? last - first : 1);

	if (!below(v, 8))
		at = 0;
	write_noise(v, at << 20, 1 << 20);
}

/* A piece of the metadata is zeros, or what lies elsewhere in it. */
static void misplace(struct victim *v)
{
	const u64 size = SECTOR << below(v, 7), span = v->l.bitmap.offset * SECTOR;
	const u64 start = v->l.directory.offset * SECTOR;
	u64 to = start + below(v, (span - start) / size) * size;
	u64 from = start + below(v, (span - start) / size) * size, grain;
	u8 buf[SECTOR << 6] = { 0 };

	if (below(v, 3))
		to = entry_at(v, &grain) / size * size;
	if (below(v, 2)) {
		fprintf(v->story, "layer %u: bytes %llu+%llu are zeros\n",
			v->layer, to, size);
	} else {
		from = entry_at(v, &grain) / size * size;
		fprintf(v->story, "layer %u: bytes %llu+%llu are those at %llu\n",
			v->layer, to, size, from);
		if (pread(v->fd, buf, size, (off_t)from) < 0)
			abort();
	}
	put_bytes(v, buf, size, to);
}

/* At the border of a region or of a grain, or near it. */
static void cut(struct victim *v)
{
	const u64 borders[] = { 0, 512, 4096, v->l.directory.offset * SECTOR,
				v->l.table.offset * SECTOR,
				v->l.bitmap.offset * SECTOR,
				v->l.backmap.offset * SECTOR,
				v->l.grain.offset * SECTOR };
	static const int steps[] = { 0, 0, 0, 1, -1, SECTOR, -SECTOR };
	const u64 start = v->l.grain.offset * SECTOR;
	u64 size = borders[below(v, ARRAY_SIZE(borders))];

	if (below(v, 5))
		size = start + below(v, v->grains + 2) * SESPARSE_GRAIN_BYTES;
	size += (u64)steps[below(v, ARRAY_SIZE(steps))];
	if (size > 1ULL << 40)
		size = 0;
	fprintf(v->story, "layer %u: %llu bytes long instead of %llu\n",
		v->layer, size, v->size);
	if (ftruncate(v->fd, (off_t)size))
		abort();
	v->size = size;
}

/* Nobody reads these. */
static void break_maps(struct victim *v)
{
	const u64 start = v->l.bitmap.offset * SECTOR;
	const u64 end = v->l.grain.offset * SECTOR;

	put_word(v, start + below(v, (end - start) / 8) * 8, rng_next(v->rng),
		 "word of bitmap or back map", ~0ULL);
}

static const struct {
	void (*act)(struct victim *v);
	unsigned int weight;
} ways[] = {
	{ break_field, 6 },	{ move_regions, 4 },   { make_dirty, 6 },
	{ break_directory, 22 }, { break_entries, 34 }, { swap_entries, 4 },
	{ noise_in_table, 9 },	{ noise_in_file, 2 },  { misplace, 7 },
	{ cut, 7 },		{ break_maps, 1 },
};

static void break_once(struct victim *v)
{
	unsigned int sum = 0, i, chosen;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		sum += ways[i].weight;
	chosen = (unsigned int)below(v, sum);
	for (i = 0; chosen >= ways[i].weight; i++)
		chosen -= ways[i].weight;
	ways[i].act(v);
}

static u64 size_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		abort();
	return (u64)st.st_size;
}

/**
 * mutant_break() - change something of a chain, or a few things
 * @m: the chain, good; its story gets what was done
 */
void mutant_break(struct mutant *m)
{
	static const u64 times[] = { 0, 1, 1, 1, 1, 2, 2, 3, 4, 9 };
	u64 nr = times[rng_below(&m->rng, ARRAY_SIZE(times))];
	struct victim v = { .story = m->story, .rng = &m->rng };

	layout_compute(&v.l, m->sectors, LAYOUT_JOURNAL, LAYOUT_ALIGN);
	while (nr--) {
		v.layer = (unsigned int)rng_below(&m->rng, m->nr_layers);
		v.fd = m->layers[v.layer];
		v.size = size_of(v.fd);
		v.grains = v.size > v.l.grain.offset * SECTOR ?
			   (v.size - v.l.grain.offset * SECTOR) /
			   SESPARSE_GRAIN_BYTES : 0;
		break_once(&v);
	}
}

/**
 * mutant_encrypt() - have a third of the metadata be noise, one MiB in two
 * @m: the chain; its story gets what was done
 *
 * As what encrypts files in pieces, to be done sooner, leaves them.
 */
void mutant_encrypt(struct mutant *m)
{
	struct victim v = { .story = m->story, .rng = &m->rng };
	u64 mibs, left, at;

	layout_compute(&v.l, m->sectors, LAYOUT_JOURNAL, LAYOUT_ALIGN);
	mibs = v.l.grain.offset * SECTOR >> 20;
	for (v.layer = 0; v.layer < m->nr_layers; v.layer++) {
		v.fd = m->layers[v.layer];
		v.size = size_of(v.fd);
		at = below(&v, mibs);
		for (left = mibs / 3; left; left--, at = (at + 2) % mibs)
			write_noise(&v, at << 20, 1 << 20);
	}
}
