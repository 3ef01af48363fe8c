// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes an extent's metadata apart into transactions that end at what they are,
 * puts the last of them into the journal, and takes the metadata in place back to
 * what they may have been when the host died.
 *
 * A transaction maps some grains, unmaps some and makes some zero; its record has
 * each sector that it changed, as it left it.  A sector in place is as any record
 * in the journal has left it, or as the last one that has been overwritten there.
 */
#include "journal.h"
#include "parse.h"
#include "report.h"
#include "rng.h"

#define MAX_PAYLOAD 24
#define SLOT_SECTORS 25U
#define RECORD_MAGIC 0xc0ffeeULL
#define MAX_SLOTS 1000U
#define DEFAULT_SLOTS 81U
#define DEFAULT_GRAINS 128
/* Sectors of metadata, each with a pointer. */
#define MAX_METADATA 0x1000000ULL

enum event_kind { EVENT_MAP, EVENT_UNMAP, EVENT_ZERO };

/* What becomes of a grain of the disk, in the order of @key. */
struct event {
	u64 key;
	enum event_kind kind;
	u64 virt;
	u64 grain;
};

struct record {
	unsigned int slot;
	unsigned int nr;
	u64 sector[MAX_PAYLOAD];
	u8 data[MAX_PAYLOAD][SESPARSE_SECTOR_SIZE];
};

/* @now: the metadata from the directory on as they have become; NULL: zeros. */
struct writer {
	struct extent *x;
	const struct journaling *how;
	struct rng rng;
	u64 first;
	u64 sectors;
	u8 **now;
	u64 *slot_of; /* of each of the disk's tables */
	struct event *events;
	u64 nr_events;
	struct record *open; /* not full yet */
	struct record **records;
	u64 nr;
	u64 oldest; /* of those that are in the journal still */
};

static int parse_applied(struct journaling *j, const char *text, size_t size)
{
	static const char *const names[] = {
		[APPLIED_RANDOM] = "random",
		[APPLIED_NONE] = "none",
		[APPLIED_ALL] = "all",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == size && !strncmp(names[i], text, size)) {
			j->applied = i;
			return 0;
		}
	}
	return report("--journal: applied is none, all or random");
}

static int parse_key(struct journaling *j, const char *text, const char *end)
{
	const char *equals = memchr(text, '=', (size_t)(end - text));
	const size_t length = (size_t)((equals ? equals : end) - text);
	const struct {
		const char *name;
		unsigned int most;
		unsigned int *value;
	} keys[] = {
		{ "layer", GEN_MAX_LAYERS, &j->layer },
		{ "grains", 1U << 20, &j->grains },
		{ "slots", MAX_SLOTS, &j->slots },
		{ "restart", 1U << 20, &j->restart },
		{ "torn", MAX_PAYLOAD, &j->torn },
		{ "half", MAX_PAYLOAD, &j->half },
		{ "lag", 1U << 20, &j->lag },
	};
	size_t i;

	if (!equals && length == 9 && !strncmp(text, "directory", 9)) {
		j->directory = true;
		return 0;
	}
	if (equals && length == 7 && !strncmp(text, "applied", 7))
		return parse_applied(j, equals + 1, (size_t)(end - equals - 1));
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (equals && strlen(keys[i].name) == length &&
		    !strncmp(keys[i].name, text, length))
			return parse_uint(equals + 1, end, 1, keys[i].most,
					  keys[i].value);
	return report("--journal: there is no '%.*s'", (int)length, text);
}

/**
 * journal_parse() - read --journal
 * @j: set
 * @text: its argument, or NULL
 *
 * Return: 0, or -1 after a report.
 */
int journal_parse(struct journaling *j, const char *text)
{
	const char *end;

	*j = (struct journaling){
		.is_wanted = true,
		.grains = DEFAULT_GRAINS,
		.slots = DEFAULT_SLOTS,
	};
	while (text && *text) {
		end = text + strcspn(text, ",");
		if (parse_key(j, text, end))
			return -1;
		text = *end ? end + 1 : end;
	}
	return 0;
}

/**
 * journal_is_wanted() - whether an extent's journal has records
 * @x: the extent
 *
 * Return: true if so.
 */
bool journal_is_wanted(const struct extent *x)
{
	return x->o->journal.is_wanted && x->o->journal.layer == x->layer;
}

/**
 * journal_sectors() - how large an extent's journal is to be
 * @x: the extent
 *
 * Return: its sectors.
 */
u64 journal_sectors(const struct extent *x)
{
	return journal_is_wanted(x) && x->o->journal.slots != DEFAULT_SLOTS ?
	       x->o->journal.slots * SLOT_SECTORS : LAYOUT_JOURNAL;
}

static u64 owned_by(u64 grain)
{
	return (sesparse_encode_gte(grain) & 0x0fffffffffffffffULL) |
	       0x1000000000000000ULL;
}

static void add_event(struct writer *w, enum event_kind kind, u64 virt,
		      u64 grain, u64 key)
{
	w->events[w->nr_events++] = (struct event){
		.key = key,
		.kind = kind,
		.virt = virt,
		.grain = grain,
	};
}

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->virt > y->virt) - (x->virt < y->virt);
}

/* Grains that were unmapped once lay behind all that have data now. */
static void list_run(struct writer *w, const struct run *r, u64 *rank,
		     u64 *unmapped)
{
	const struct extent *x = w->x;
	const u64 end = 2 * (x->data + x->stale) + 2;
	u64 virt, key;

	for (virt = r->start; virt < r->start + r->len; virt++) {
		key = rng_below(&w->rng, end - 1);
		if (r->what == SESPARSE_ALLOCATED) {
			add_event(w, EVENT_MAP, virt, x->place[*rank],
				  2 * x->place[*rank]);
			(*rank)++;
		} else if (r->what == SESPARSE_ZERO) {
			add_event(w, EVENT_ZERO, virt, 0, key);
		} else {
			add_event(w, EVENT_MAP, virt, x->data + *unmapped, key);
			key += 1 + rng_below(&w->rng, end - key);
			add_event(w, EVENT_UNMAP, virt, x->data + *unmapped,
				  key);
			(*unmapped)++;
		}
	}
}

static int list_events(struct writer *w)
{
	const struct runs *runs = w->x->runs;
	u64 rank = 0, unmapped = 0, nr;
	size_t i;

	nr = w->x->data + 2 * w->x->stale + runs_count(runs, SESPARSE_ZERO);
	w->events = calloc(nr + 1, sizeof(*w->events));
	if (!w->events)
		return report("out of memory");
	for (i = 0; i < runs->nr; i++)
		list_run(w, &runs->run[i], &rank, &unmapped);
	qsort(w->events, w->nr_events, sizeof(*w->events), compare_events);
	return 0;
}

/* In the disk's order, as they have got their slots. */
static int list_tables(struct writer *w)
{
	const struct extent *x = w->x;
	u64 table, end, next = 0, nr = 0;
	size_t i;

	w->slot_of = calloc(x->l.tables + 1, sizeof(*w->slot_of));
	if (!w->slot_of)
		return report("out of memory");
	for (i = 0; i < x->runs->nr; i++) {
		const struct run *r = &x->runs->run[i];

		end = ((r->start + r->len - 1) >> SESPARSE_TABLE_SHIFT) + 1;
		table = max_t(u64, r->start >> SESPARSE_TABLE_SHIFT, next);
		for (; table < end; table++)
			w->slot_of[table] = x->slot[nr++];
		next = max_t(u64, next, end);
	}
	return 0;
}

static bool is_open(const struct writer *w, u64 sector)
{
	unsigned int i;

	for (i = 0; i < w->open->nr; i++)
		if (w->open->sector[i] == sector)
			return true;
	return false;
}

/* The metadata sector, which the transaction changes. */
static u8 *change(struct writer *w, u64 sector)
{
	u8 **now = &w->now[sector - w->first];

	if (!*now)
		*now = calloc(1, SESPARSE_SECTOR_SIZE);
	if (!*now) {
		report_line("out of memory");
		return NULL;
	}
	if (!is_open(w, sector))
		w->open->sector[w->open->nr++] = sector;
	return *now;
}

static int set_word(struct writer *w, const struct region *r, u64 index,
		    u64 value)
{
	u8 *data = change(w, r->offset + index / 64);
	__le64 word = cpu_to_le64(value);

	if (!data)
		return -1;
	memcpy(data + index % 64 * sizeof(word), &word, sizeof(word));
	return 0;
}

static int set_bit(struct writer *w, u64 grain, bool used)
{
	u8 *data = change(w, w->x->l.bitmap.offset + grain / 4096);
	const unsigned int bit = 1U << grain % 8;

	if (!data)
		return -1;
	data += grain % 4096 / 8;
	*data = (u8)(used ? *data | bit : *data & ~bit);
	return 0;
}

static int set_entry(struct writer *w, u64 virt, u64 entry)
{
	const u64 table = virt >> SESPARSE_TABLE_SHIFT;
	const u64 slot = w->slot_of[table];

	if (w->how->directory &&
	    set_word(w, &w->x->l.directory, table, layout_gde(slot)))
		return -1;
	return set_word(w, &w->x->l.table,
			slot * SESPARSE_TABLE_ENTRIES +
				virt % SESPARSE_TABLE_ENTRIES,
			entry);
}

static int do_event(struct writer *w, const struct event *e)
{
	if (e->kind == EVENT_ZERO)
		return set_entry(w, e->virt, 0x2000000000000000ULL);
	if (set_entry(w, e->virt, e->kind == EVENT_MAP ?
			      sesparse_encode_gte(e->grain) :
			      owned_by(e->grain)))
		return -1;
	if (set_word(w, &w->x->l.backmap, e->grain,
		     e->kind == EVENT_MAP ? owned_by(e->virt) : 0))
		return -1;
	return set_bit(w, e->grain, e->kind == EVENT_MAP);
}

static int begin_record(struct writer *w)
{
	w->open = calloc(1, sizeof(*w->open));
	return w->open ? 0 : report("out of memory");
}

static int end_record(struct writer *w)
{
	struct record **more;
	unsigned int i;

	more = reallocarray(w->records, w->nr + 1, sizeof(*more));
	if (!more)
		return report("out of memory");
	w->records = more;
	for (i = 0; i < w->open->nr; i++)
		memcpy(w->open->data[i], w->now[w->open->sector[i] - w->first],
		       SESPARSE_SECTOR_SIZE);
	more[w->nr++] = w->open;
	w->open = NULL;
	return 0;
}

/* An event changes four sectors at the most. */
static int do_events(struct writer *w)
{
	u64 i, grains = 0;

	if (begin_record(w))
		return -1;
	for (i = 0; i < w->nr_events; i++, grains++) {
		if (grains == w->how->grains || w->open->nr > MAX_PAYLOAD - 4) {
			if (end_record(w) || begin_record(w))
				return -1;
			grains = 0;
		}
		if (do_event(w, &w->events[i]))
			return -1;
	}
	if (w->open->nr)
		return end_record(w);
	free(w->open);
	w->open = NULL;
	return 0;
}

/* What has come of the transactions is what was written without them? */
static int check_end(const struct writer *w)
{
	u8 data[SESPARSE_SECTOR_SIZE];
	u64 i;

	for (i = 0; i < w->sectors; i++) {
		if (!w->now[i])
			continue;
		if (outfile_read(&w->x->file, data, sizeof(data),
				 (w->first + i) * SESPARSE_SECTOR_SIZE))
			return -1;
		if (memcmp(data, w->now[i], sizeof(data)))
			return report("--journal: the records do not end at what sector %llu holds",
				      w->first + i);
	}
	return 0;
}

/* One more transaction, that the host died with: it unmaps some grains. */
static int make_next(struct writer *w)
{
	const u64 step = w->nr_events / 8 + 1;
	struct event e;
	u64 i;

	if (begin_record(w))
		return -1;
	for (i = 0; i < w->nr_events; i += step) {
		e = w->events[i];
		if (e.kind != EVENT_MAP || e.grain >= w->x->data ||
		    w->open->nr > MAX_PAYLOAD - 4)
			continue;
		e.kind = EVENT_UNMAP;
		if (do_event(w, &e))
			return -1;
	}
	return end_record(w);
}

static void choose_slots(struct writer *w)
{
	unsigned int slot = 0;
	u64 i;

	for (i = 0; i < w->nr; i++) {
		w->records[i]->slot = slot;
		slot = (slot + 1) % w->how->slots;
		if (w->how->restart && i + 1 == w->how->restart)
			slot = 0;
	}
}

static bool is_overwritten(const struct writer *w, u64 number)
{
	u64 i;

	for (i = number + 1; i < w->nr; i++)
		if (w->records[i]->slot == w->records[number]->slot)
			return true;
	return false;
}

static int write_record(const struct writer *w, u64 number, bool header,
			unsigned int payload)
{
	const struct record *r = w->records[number];
	const u64 at = (w->x->l.journal.offset + r->slot * SLOT_SECTORS) *
		       SESPARSE_SECTOR_SIZE;
	__le64 h[SESPARSE_SECTOR_SIZE / sizeof(__le64)] = {
		cpu_to_le64(RECORD_MAGIC),
		cpu_to_le64(1),
		cpu_to_le64(r->slot),
		cpu_to_le64(r->nr + 1),
		cpu_to_le64(rng_mix(number)), /* nobody knows what it is */
		cpu_to_le64(EXTENT_TXN_FIRST + number),
		~0ULL,
		cpu_to_le64(1000000 * number + 1),
	};
	unsigned int i;

	for (i = 0; i < r->nr; i++) {
		h[16 + 2 * i] = cpu_to_le64(r->sector[i]);
		h[17 + 2 * i] = cpu_to_le64(1);
	}
	if (header && outfile_write(&w->x->file, h, sizeof(h), at))
		return -1;
	return outfile_write(&w->x->file, r->data,
			     payload * SESPARSE_SECTOR_SIZE,
			     at + SESPARSE_SECTOR_SIZE);
}

/* All in their order, so that there is left of each what the others leave. */
static int write_records(const struct writer *w, u64 nr)
{
	const struct journaling *how = w->how;
	u64 i;

	for (i = 0; i < nr; i++)
		if (write_record(w, i, true, w->records[i]->nr))
			return -1;
	if (nr == w->nr)
		return 0;
	if (max_t(unsigned int, how->torn, how->half) >= w->records[nr]->nr)
		return report("--journal: the record that is torn has %u sectors, and no more than %u can be there",
			      w->records[nr]->nr, w->records[nr]->nr - 1);
	return write_record(w, nr, how->torn,
			    max_t(unsigned int, how->torn, how->half));
}

/* What a sector is in place: one of what it has been since @w->oldest. */
static const u8 *choose_version(struct writer *w, u64 sector, u64 nr)
{
	static const u8 zeros[SESPARSE_SECTOR_SIZE];
	const u8 *chosen = zeros;
	u64 i, since = 0;
	unsigned int j;

	for (i = 0; i < nr; i++) {
		for (j = 0; j < w->records[i]->nr; j++)
			if (w->records[i]->sector[j] == sector)
				break;
		if (j == w->records[i]->nr)
			continue;
		since += i >= w->oldest;
		if (i < w->oldest || w->how->applied == APPLIED_ALL ||
		    (w->how->applied == APPLIED_RANDOM &&
		     !rng_below(&w->rng, since + 1)))
			chosen = w->records[i]->data[j];
	}
	return chosen;
}

static int write_places(struct writer *w, u64 nr)
{
	const u8 *data;
	u64 i;

	for (i = 0; i < w->sectors; i++) {
		if (!w->now[i])
			continue;
		data = choose_version(w, w->first + i, nr);
		if (outfile_write(&w->x->file, data, SESPARSE_SECTOR_SIZE,
				  (w->first + i) * SESPARSE_SECTOR_SIZE))
			return -1;
	}
	return 0;
}

static int write_all(struct writer *w)
{
	const bool has_next = w->how->torn || w->how->half;
	u64 nr;

	if (list_tables(w) || list_events(w) || do_events(w) || check_end(w))
		return -1;
	nr = w->nr;
	if (has_next && make_next(w))
		return -1;
	choose_slots(w);
	/* Whatever is being overwritten has reached its place. */
	for (w->oldest = w->nr; w->oldest &&
				!is_overwritten(w, w->oldest - 1);)
		w->oldest--;
	w->x->txns = nr;
	return write_records(w, nr) ? -1 : write_places(w, nr);
}

static void release(struct writer *w)
{
	u64 i;

	for (i = 0; w->now && i < w->sectors; i++)
		free(w->now[i]);
	free(w->now);
	for (i = 0; i < w->nr; i++)
		free(w->records[i]);
	free(w->records);
	free(w->open);
	free(w->events);
	free(w->slot_of);
}

/**
 * journal_write() - write an extent's journal, and take its metadata back
 * @x: the extent, all but its headers written; gets how many records there were
 *
 * Return: 0, or -1 after a report.
 */
int journal_write(struct extent *x)
{
	struct writer w = {
		.x = x,
		.how = &x->o->journal,
		.rng = { rng_key(x->o->seed, RNG_JOURNAL, x->layer, x->number) },
		.first = x->l.directory.offset,
		.sectors = x->l.grain.offset - x->l.directory.offset,
	};
	int ret;

	if (w.sectors > MAX_METADATA)
		return report("--journal: layer %u, extent %u has too much metadata",
			      x->layer, x->number);
	w.now = calloc(w.sectors, sizeof(*w.now));
	ret = w.now ? write_all(&w) : report("out of memory");
	release(&w);
	return ret;
}
