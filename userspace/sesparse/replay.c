// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing of the image is written: the sectors that change are put into memory, and
 * the source is spliced to have them from there.
 */
#include "dm-sesparse/build.h"
#include "sesparse/fields.h"
#include "sesparse/header.h"
#include "sesparse/journal-check.h"
#include "sesparse/layer.h"
#include "sesparse/replay.h"
#include "sesparse/replayed.h"
#include "source/source.h"
#include "source/splice.h"
#include "util/message.h"

/**
 * struct replaying - a replay being made
 * @options: how
 * @source: what the extent is in
 * @start: its first sector there
 * @headers: of it
 * @geo: its geometry
 * @bytes: what is parsed; what it points to is ours
 * @journal: parsed
 * @patches: what changes
 * @extent: for the check
 * @check: that
 * @out: what came of it
 * @all: where what was replayed is noted
 * @mine: that, if nobody else wants it
 * @nr_noted: what @all has of others
 * @dry: the source stays as it is
 * @is_live: what was read has changed meanwhile
 */
struct replaying {
	const struct replay_options *options;
	struct source *source;
	u64 start;
	struct header headers;
	struct sesparse_geometry geo;
	struct journal_bytes bytes;
	struct journal journal;
	struct journal_patches patches;
	struct journal_extent extent;
	struct journal_check check;
	struct replay *out;
	struct replayed *all;
	struct replayed mine;
	size_t nr_noted;
	bool dry;
	bool is_live;
};

/* EINVAL is a refusal, for which there is a code only in here, as for a failed read. */
#define REFUSED (-1)
#define UNREAD (-2)

static int fail_read(const struct replaying *r, const char *what, u64 sector,
		     int error)
{
	r->out->error = error;
	r->out->unread = what;
	r->out->at = r->start + sector;
	return UNREAD;
}

/* What journal.c and journal-check.c return. */
static int outcome(const struct replaying *r, int error)
{
	if (!error)
		return 0;
	if (r->check.error)
		return fail_read(r, "metadata at sector", r->check.at, r->check.error);
	return error == EINVAL ? REFUSED : fail_memory();
}

static int read_sectors(const struct source *source, u64 start, u64 sector,
			void *buf, size_t bytes)
{
	return source_read(source, buf, bytes,
			   (start + sector) * SESPARSE_SECTOR_SIZE);
}

static const struct sesparse_const_header *const_header(const struct header *h)
{
	return (const void *)h->words;
}

/* The journal's header and the journal, where the headers say; for free(). */
static int read_journal(struct replaying *r, void **header, void **slots)
{
	const struct sesparse_const_header *h = const_header(&r->headers);
	const u64 at = le64_to_cpu(h->journal.offset);
	int error;

	*header = malloc(SESPARSE_SECTOR_SIZE);
	*slots = malloc(r->bytes.size + 1);
	if (!*header || !*slots)
		return fail_memory();
	error = read_sectors(r->source, r->start,
			     le64_to_cpu(h->journal_header.offset), *header,
			     SESPARSE_SECTOR_SIZE);
	if (!error)
		error = read_sectors(r->source, r->start, at, *slots,
				     r->bytes.size);
	return error ? fail_read(r, "the journal at sector", at, error) : 0;
}

static int refuse_live(struct replaying *r)
{
	r->is_live = true;
	journal_refuse(&r->out->why,
		       "step 9: headers or journal have changed meanwhile: the image is in use (take an array's snapshot of the LUN, or power the VM off)");
	return REFUSED;
}

/*
 * Of what a patch has others, what is on disk is not what is read: it is looked at
 * before that, and the headers once more after it.
 */
static int note_patched(struct replaying *r)
{
	struct header again;
	int code, error;

	code = replayed_add(r->all, r->source, r->start, &r->bytes);
	if (code)
		return code;
	error = header_read(r->source, r->start, &again);
	if (error)
		return fail_read(r, "the headers at sector", 0, error);
	return memcmp(&again, &r->headers, sizeof(again)) ? refuse_live(r) : 0;
}

static int take_journal(struct replaying *r)
{
	const struct sesparse_const_header *h = const_header(&r->headers);
	const u64 sectors = le64_to_cpu(h->journal.size);
	void *header = NULL, *slots = NULL;
	int code;

	if (!le64_to_cpu(h->journal_header.size)) {
		journal_refuse(&r->out->why,
			       "step 1: journalHeaderSize is 0, expected a sector");
		return REFUSED;
	}
	if (sectors > JOURNAL_MAX_SECTORS) {
		journal_refuse(&r->out->why,
			       "step 2: journalSize is %llu sectors, expected at most %u",
			       sectors, JOURNAL_MAX_SECTORS);
		return REFUSED;
	}
	r->bytes.size = (size_t)sectors * SESPARSE_SECTOR_SIZE;
	r->bytes.headers = r->headers.words;
	code = r->source->splice ? note_patched(r) : 0;
	if (code)
		return code;
	code = read_journal(r, &header, &slots);
	r->bytes.header = header;
	r->bytes.slots = slots;
	if (!code && !r->source->splice)
		code = replayed_add(r->all, r->source, r->start, &r->bytes);
	return code ? code : outcome(r, journal_parse(&r->bytes, &r->journal,
						      &r->out->why));
}

static int read_disk(void *private, u64 sector, void *buf)
{
	const struct replaying *r = private;

	return read_sectors(r->source, r->start, sector, buf,
			    SESPARSE_SECTOR_SIZE);
}

static void forget(struct replaying *r)
{
	journal_check_end(&r->check);
	free(r->patches.list);
	r->patches = (struct journal_patches){ 0 };
}

/* Steps 6 and 7 of some of the records. */
static int try_records(struct replaying *r, unsigned int first,
		       unsigned int end, struct journal_why *why)
{
	const struct journal_record *records = r->journal.records;
	int code;

	forget(r);
	r->extent = (struct journal_extent){
		.headers = r->headers.words,
		.geo = &r->geo,
		.patches = &r->patches,
		.read = read_disk,
		.private = r,
	};
	code = outcome(r, journal_collect(&r->journal, first, end, &r->patches));
	if (!code)
		code = outcome(r, journal_check_begin(&r->check, &r->extent,
						      why));
	r->out->changed = r->check.changed;
	r->out->nr = end - first;
	if (end > first) {
		r->out->first = records[first].sequence;
		r->out->last = records[end - 1].sequence;
	}
	return code;
}

/* Steps 6 to 8 of the records before @end. */
static int choose_records(struct replaying *r, unsigned int end)
{
	const unsigned int first = r->journal.first;
	struct journal_why other;
	int code;

	r->out->left_out_oldest = false;
	code = try_records(r, first, end, &r->out->why);
	if (code != REFUSED || !r->journal.is_full || first || end < 2)
		return code;
	code = try_records(r, 1, end, &other);
	r->out->left_out_oldest = !code;
	return code;
}

static int splice_failed(const struct replaying *r, int error)
{
	return error ? fail(exit_code_of(error),
			    "%s: cannot have replayed blocks in memory: %s",
			    r->source->path, strerror(error)) : 0;
}

/* Of tables that the replay has brought, the headers may not know yet. */
static u64 free_tables(const struct replaying *r, u64 free)
{
	const u64 directory = r->check.first[JOURNAL_DIRECTORY];
	const u64 end = r->check.end[JOURNAL_DIRECTORY];
	const struct journal_patch *p = r->patches.list;
	const __le64 *entries;
	unsigned int i;
	u32 table;

	for (; p < r->patches.list + r->patches.nr; p++) {
		entries = (const void *)p->data;
		for (i = 0; p->sector >= directory && p->sector < end &&
			    i < SESPARSE_SECTOR_SIZE / sizeof(*entries); i++)
			if (sesparse_decode_gde(&r->geo,
						le64_to_cpu(entries[i]),
						&table) == SESPARSE_ALLOCATED)
				free = max_t(u64, free, table + 1ULL);
	}
	return free;
}

/* The headers as a clean close would have left them. */
static int write_headers(struct replaying *r)
{
	const struct sesparse_const_header *h = const_header(&r->headers);
	const u64 at = r->start * SESPARSE_SECTOR_SIZE;
	struct sesparse_volatile_header v = *header_volatile(&r->headers);
	const u64 journal = le64_to_cpu(h->journal_header.offset);
	u64 next = r->journal.next;
	__le64 word;
	int error;

	if (r->out->nr)
		next = max_t(u64, next, r->out->last + 1);
	word = cpu_to_le64(next);
	v.replay_journal = 0;
	v.next_txn_seq_number = word;
	v.free_gt_number =
		cpu_to_le64(free_tables(r, le64_to_cpu(v.free_gt_number)));
	error = splice_write(r->source, &v, sizeof(v),
			     at + SESPARSE_SECTOR_SIZE);
	if (!error)
		error = splice_write(r->source, &word, sizeof(word),
				     at + journal * SESPARSE_SECTOR_SIZE +
				     sizeof(word));
	return error ? fail_read(r, "the headers at sector", 0, error) : 0;
}

static int write_patches(struct replaying *r)
{
	const struct journal_patch *p = r->patches.list;
	int error;

	for (; p < r->patches.list + r->patches.nr; p++) {
		error = splice_write(r->source, p->data, SESPARSE_SECTOR_SIZE,
				     (r->start + p->sector) *
				     SESPARSE_SECTOR_SIZE);
		if (error)
			return fail_read(r, "metadata at sector", p->sector,
					 error);
	}
	return 0;
}

/* Tells the check of all that the tables map. */
static int check_mapped(struct replaying *r, const struct sesparse_map *map)
{
	struct sesparse_run run;
	int error = 0;
	u64 grain;

	for (grain = 0; grain < map->nr_grains && !error; grain += run.nr) {
		sesparse_map_lookup(map, grain, SESPARSE_TABLE_ENTRIES, &run);
		if (run.source == SESPARSE_READ_LAYER)
			error = journal_check_mapped(&r->check, run.grain,
						     run.nr, &r->out->why);
	}
	return outcome(r, error);
}

static int check_tables(struct replaying *r, struct sesparse_map *map,
			struct sesparse_map *deciders,
			struct sesparse_build *build)
{
	const struct layer layer = {
		.log = r->options->log,
		.tables = { .source = r->source, .start = r->start,
			    .geo = r->geo },
		.salvage = true,
		.silent = true,
		.build = build,
		.deciders = deciders,
	};
	int code;

	if (sesparse_map_init(map, r->geo.nr_grains, true, NULL) ||
	    sesparse_map_init(deciders, r->geo.nr_grains, true, NULL) ||
	    sesparse_build_init(build, map))
		return fail_memory();
	code = layer_load(&layer);
	if (code)
		return code;
	if (build->counts.corrupt && !r->options->salvage) {
		journal_refuse(&r->out->why,
			       "the replayed tables would have %llu corrupt grains, expected none (--debug tells of each table, --salvage makes I/O errors of them)",
			       build->counts.corrupt);
		return REFUSED;
	}
	return sesparse_map_finish(map) ? fail_memory() : check_mapped(r, map);
}

/* The usual checks, of the whole extent as it reads now. */
static int check_all(struct replaying *r)
{
	struct sesparse_map map = { 0 }, deciders = { 0 };
	struct sesparse_build build = { 0 };
	int code;

	code = check_tables(r, &map, &deciders, &build);
	sesparse_build_exit(&build);
	sesparse_map_exit(&deciders);
	sesparse_map_exit(&map);
	return code;
}

/* Step 9, for the first time; whoever has read the data looks once more. */
static int check_unchanged(struct replaying *r)
{
	const int error = replayed_look(&r->all->list[r->nr_noted], &r->is_live);

	if (error)
		return fail_read(r, "the journal once more at sector", 0, error);
	return r->is_live ? refuse_live(r) : 0;
}

static int splice(struct replaying *r)
{
	int code = splice_failed(r, splice_begin(r->source));

	if (code)
		return code;
	code = write_headers(r);
	if (!code)
		code = write_patches(r);
	if (!code)
		code = splice_failed(r, splice_end(r->source));
	if (!code)
		code = check_all(r);
	if (!code)
		code = check_unchanged(r);
	if (code || r->dry)
		splice_undo(r->source);
	return code;
}

static int replay_records(struct replaying *r, unsigned int end)
{
	const int code = choose_records(r, end);

	return code ? code : splice(r);
}

static void add_to_why(struct replaying *r, const char *text)
{
	struct journal_why *why = &r->out->why;
	const size_t length = strlen(why->text);

	snprintf(why->text + length, sizeof(why->text) - length, "%s", text);
}

/* A way out that is the user's to choose, and that he is told of if it is one. */
static int replay_without_newest(struct replaying *r)
{
	const struct journal_why why = r->out->why;
	const unsigned int left = r->journal.nr - r->journal.first - 1;
	int code;

	if (!left) {
		if (r->options->leave_out_newest)
			add_to_why(r, " (it is the only record: without the newest nothing is left to replay)");
		return REFUSED;
	}
	r->out->left_out_newest = r->options->leave_out_newest;
	r->dry |= !r->options->leave_out_newest;
	code = replay_records(r, r->journal.nr - 1);
	if (r->options->leave_out_newest || (code && code != REFUSED))
		return code;
	r->out->why = why;
	if (!code)
		add_to_why(r, " (without its newest record, which may be torn, the journal fits: --leave-out-newest)");
	return REFUSED;
}

static int replay(struct replaying *r)
{
	char why[160];
	int error, code;

	error = header_read(r->source, r->start, &r->headers);
	if (error)
		return fail_read(r, "the headers at sector", 0, error);
	if (header_decode(r->source, r->start, &r->headers, &r->geo, why,
			  sizeof(why)))
		return fail(EXIT_DEVICE, "%s: %s", r->source->path, why);
	code = take_journal(r);
	if (code)
		return code;
	code = replay_records(r, r->journal.nr);
	if (code != REFUSED || r->is_live || !r->journal.nr)
		return code;
	return replay_without_newest(r);
}

/**
 * replay_extent() - replay the journal of an extent in memory
 * @options: how
 * @source: what it is in, open; reads as replayed from then on, until it is
 *          closed, if that is not refused and wanted
 * @start: its first sector there, not past the source's end
 * @out: filled in
 *
 * It must be dirty, and its headers such as header_decode() takes.
 *
 * Return: 0, also if it is refused or something cannot be read, or an exit code after
 * a message.
 */
int replay_extent(const struct replay_options *options, struct source *source,
		  u64 start, struct replay *out)
{
	struct replaying *r = calloc(1, sizeof(*r));
	int code;

	*out = (struct replay){ 0 };
	if (!r)
		return fail_memory();
	r->options = options;
	r->source = source;
	r->start = start;
	r->out = out;
	r->dry = options->dry;
	r->all = options->replayed ? options->replayed : &r->mine;
	r->nr_noted = r->all->nr;
	code = replay(r);
	out->is_refused = code == REFUSED;
	if (code || r->dry || r->all == &r->mine)
		replayed_drop(r->all, r->nr_noted);
	forget(r);
	journal_free(&r->journal);
	free((void *)r->bytes.header);
	free((void *)r->bytes.slots);
	free(r);
	return code < 0 ? 0 : code;
}

/**
 * replay_describe() - say what came, or would come, of a replay
 * @replay: that, not refused, and all read
 * @text: filled in
 */
void replay_describe(const struct replay *replay, char text[REPLAY_TEXT])
{
	if (!replay->nr)
		snprintf(text, REPLAY_TEXT, "no records, so nothing to replay");
	else
		snprintf(text, REPLAY_TEXT,
			 "%u record%s, sequence %llu to %llu%s%s, %zu sectors of metadata not as on disk",
			 replay->nr, replay->nr == 1 ? "" : "s", replay->first,
			 replay->last,
			 replay->left_out_oldest ?
			 " (without the oldest, whose slot is being reused)" : "",
			 replay->left_out_newest ?
			 " (without the newest, which does not fit)" : "",
			 replay->changed);
}
