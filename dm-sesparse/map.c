// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grain map.
 *
 * An array of 64-bit cells would take 2 GiB for each TiB of a disk, hole or
 * not.  But a guest writes in runs and its snapshot is allocated in the order of
 * writes, so most of it is runs, and what is not lies near its neighbours.  Each
 * 16 MiB, one grain table, therefore takes the smallest of three forms, told
 * apart by the low bits of its word in the top array:
 *
 *   INLINE  one run (all a hole, all zeros, all data in order): its first cell
 *           in the word itself, no block.  0 is a hole.
 *   RUNS    a block of sorted words, a run each, holes left out: map.h.
 *           A search from where the grain would be if all runs were of one
 *           length finds it, mostly in a step or two.
 *   PACKED  a block of codes of one width for all the cells, or for those that
 *           a bitmap picks, with the rank every 256 cells: one step.
 *
 * Another of the low bits says that none of the table's cells is a hole.
 *
 * Blocks are cut from chunks that only grow; the block that a lower layer
 * replaces is counted as dropped.  When much has been, the live ones are copied
 * together: sesparse_map_trim() after each layer, so that a load takes no more for a
 * deep chain, and sesparse_map_finish().  After that nothing changes until exit.
 */
#include "map.h"

enum { INLINE, RUNS, PACKED };
#define DECIDED 4
#define TAG_BITS 3
#define TAG_MASK (BIT_ULL(TAG_BITS) - 1)

/* Powers of two, header included, since that is what allocators give. */
#define CHUNK_MIN 4096U
#define CHUNK_MAX 1048576U

/**
 * struct sesparse_chunk - a piece of memory that blocks are cut from
 * @older: the chunk before, exhausted
 * @nr: words that follow
 * @used: words cut off so far
 * @word: the words
 */
struct sesparse_chunk {
	struct sesparse_chunk *older;
	u32 nr;
	u32 used;
	u64 word[] __aligned(8);
};

/* The low bits of a block's address are the tag's. */
static_assert(offsetof(struct sesparse_chunk, word) % (TAG_MASK + 1) == 0);

#define MAP_WORDS (SESPARSE_TABLE_ENTRIES / 64)
#define RANK_CELLS 256
#define RANK_WORDS (SESPARSE_TABLE_ENTRIES / RANK_CELLS / 4) /* u16 each */

/**
 * struct packing - how a PACKED block writes its cells
 * @base: least physical grain of the table
 * @width: bits of a code, 0 to 40
 * @layer_bits: bits of a code that tell its layer
 * @layer: least layer of the table
 * @specials: bit n: the cell of kind n (hole, zero, bad) has a code of its own,
 *	      these come before the codes of data
 * @sparse: a bitmap picks the cells with a code, the others are @fill
 * @fill: kind of the cells without a code
 * @nr_specials: how many codes @specials takes
 * @first: cell of the first code of data
 *
 * The block's first word holds all of it; the last two follow from the others.
 */
struct packing {
	u64 base;
	unsigned int width;
	unsigned int layer_bits;
	unsigned int layer;
	unsigned int specials;
	unsigned int sparse;
	unsigned int fill;
	unsigned int nr_specials;
	u64 first;
};

#define PACKING_BASE GENMASK_ULL(33, 0)
#define PACKING_WIDTH GENMASK_ULL(39, 34)
#define PACKING_LAYER_BITS GENMASK_ULL(42, 40)
#define PACKING_LAYER GENMASK_ULL(48, 43)
#define PACKING_SPECIALS GENMASK_ULL(51, 49)
#define PACKING_SPARSE BIT_ULL(52)
#define PACKING_FILL GENMASK_ULL(54, 53)

static_assert(SESPARSE_MAX_LAYERS - 1 <= PACKING_LAYER >> 43);
static_assert(SESPARSE_MAX_GRAINS - 1 <= PACKING_BASE);

static u64 map_packing_word(const struct packing *p)
{
	return FIELD_PREP(PACKING_BASE, p->base) |
	       FIELD_PREP(PACKING_WIDTH, (u64)p->width) |
	       FIELD_PREP(PACKING_LAYER_BITS, (u64)p->layer_bits) |
	       FIELD_PREP(PACKING_LAYER, (u64)p->layer) |
	       FIELD_PREP(PACKING_SPECIALS, (u64)p->specials) |
	       FIELD_PREP(PACKING_SPARSE, (u64)p->sparse) |
	       FIELD_PREP(PACKING_FILL, (u64)p->fill);
}

static struct packing map_word_packing(u64 word)
{
	struct packing p = {
		.base = FIELD_GET(PACKING_BASE, word),
		.width = FIELD_GET(PACKING_WIDTH, word),
		.layer_bits = FIELD_GET(PACKING_LAYER_BITS, word),
		.layer = FIELD_GET(PACKING_LAYER, word),
		.specials = FIELD_GET(PACKING_SPECIALS, word),
		.sparse = FIELD_GET(PACKING_SPARSE, word),
		.fill = FIELD_GET(PACKING_FILL, word),
	};

	p.nr_specials = hweight32(p.specials);
	p.first = sesparse_cell(p.layer, p.base);
	return p;
}

static unsigned int map_cell_kind(u64 cell)
{
	return FIELD_GET(SESPARSE_CELL_KIND, cell);
}

static u64 map_kind_cell(unsigned int kind)
{
	return FIELD_PREP(SESPARSE_CELL_KIND, (u64)kind);
}

/* Code @i, of @width bits; there are none to be read where all are 0. */
static inline u64 map_read_code(const u64 *codes, unsigned int i,
				unsigned int width)
{
	const unsigned int bit = i * width, shift = bit % 64;
	u64 code;

	if (!width)
		return 0;
	code = codes[bit / 64] >> shift;
	if (shift + width > 64)
		code |= codes[bit / 64 + 1] << (64 - shift);
	return code & ((1ULL << width) - 1);
}

/**
 * struct code_reader - codes of one width, one after the other
 * @next: where the next word comes from; none is read that has no code in it
 * @word: what is left of the one before, then zeros
 * @left: how many bits that is
 * @width: bits of a code, 0 to 40
 * @mask: the lowest @width bits
 */
struct code_reader {
	const u64 *next;
	u64 word;
	unsigned int left;
	unsigned int width;
	u64 mask;
};

/* From code @i on. */
static inline struct code_reader map_read_codes(const u64 *codes, unsigned int i,
						unsigned int width)
{
	const unsigned int bit = i * width, shift = bit % 64;
	struct code_reader r = {
		.next = codes + bit / 64,
		.width = width,
		.mask = (1ULL << width) - 1,
	};

	if (shift) {
		r.word = *r.next++ >> shift;
		r.left = 64 - shift;
	}
	return r;
}

static inline u64 map_next_code(struct code_reader *r)
{
	u64 code = r->word, more;

	if (r->left >= r->width) {
		/* By less than 64, and the compiler need not check that. */
		r->word >>= r->width % 64;
		r->left -= r->width;
	} else {
		more = *r->next++;
		code |= more << r->left;
		r->word = more >> (r->width - r->left);
		r->left += 64 - r->width;
	}
	return code & r->mask;
}

/**
 * struct code_writer - codes of one width, appended
 * @next: where the next full word goes
 * @word: the one that fills
 * @used: bits of it that are taken, fewer than 64
 * @width: bits of a code, 0 to 40
 */
struct code_writer {
	u64 *next;
	u64 word;
	unsigned int used;
	unsigned int width;
};

static inline void map_write_code(struct code_writer *w, u64 code)
{
	w->word |= code << w->used;
	w->used += w->width;
	if (w->used < 64)
		return;
	*w->next++ = w->word;
	w->used -= 64;
	w->word = w->used ? code >> (w->width - w->used) : 0;
}

static inline void map_write_rest(const struct code_writer *w)
{
	if (w->used)
		*w->next = w->word;
}

static inline u64 map_encode_cell(const struct packing *p, u64 cell)
{
	u64 grain;

	if (unlikely(cell < SESPARSE_CELL_DATA))
		return hweight32(p->specials & ((1U << map_cell_kind(cell)) - 1));
	if (likely(!p->layer_bits))
		return p->nr_specials + (cell - p->first);
	grain = sesparse_cell_grain(cell) - p->base;
	return p->nr_specials + (grain << p->layer_bits |
				 (sesparse_cell_layer(cell) - p->layer));
}

static u64 map_special_cell(unsigned int specials, u64 code)
{
	while (code--)
		specials &= specials - 1;
	return map_kind_cell(__ffs64(specials));
}

static inline u64 map_decode_cell(const struct packing *p, u64 code)
{
	if (unlikely(code < p->nr_specials))
		return map_special_cell(p->specials, code);
	code -= p->nr_specials;
	if (likely(!p->layer_bits))
		return p->first + code;
	return p->first + (code >> p->layer_bits) +
	       map_kind_cell(code & ((1U << p->layer_bits) - 1));
}

/*
 * What the forms would take, from one pass over a table's cells.
 */
struct survey {
	unsigned int nr; /* cells */
	unsigned int runs; /* runs, holes among them */
	unsigned int hole_runs;
	unsigned int of_kind[3]; /* cells that are a hole, zero, bad */
	u64 least, behind; /* physical grains of the data: the first, and behind the last */
	u64 layers; /* that the data are of, a bit each */
};

static inline void map_survey_run(struct survey *s, u64 cell, unsigned int nr)
{
	const unsigned int kind = map_cell_kind(cell);
	const u64 grain = sesparse_cell_grain(cell);

	s->runs++;
	if (kind < SESPARSE_KIND_DATA) {
		s->of_kind[kind] += nr;
		s->hole_runs += !kind;
		return;
	}
	s->layers |= 1ULL << (kind - SESPARSE_KIND_DATA);
	if (grain < s->least)
		s->least = grain;
	if (grain + nr > s->behind)
		s->behind = grain + nr;
}

static struct survey map_survey_cells(const u64 *cells, unsigned int nr)
{
	struct survey s = {
		.nr = nr, .least = ~0ULL,
	};
	u64 next = sesparse_cell_next(cells[0], 1);
	unsigned int i, first = 0;

	for (i = 1; i < nr; i++) {
		if (cells[i] != next) {
			map_survey_run(&s, cells[first], i - first);
			first = i;
		}
		next = sesparse_cell_next(cells[i], 1);
	}
	map_survey_run(&s, cells[first], nr - first);
	return s;
}

/* Surveys a table that is given as runs. */
static struct survey map_survey_runs(const u64 *runs, unsigned int nr)
{
	const u64 *run = runs + 1, *const end = run + runs[0];
	struct survey s = {
		.nr = nr, .least = ~0ULL,
	};
	unsigned int i = 0;

	for (; run < end; run++) {
		if (sesparse_run_first(*run) > i)
			map_survey_run(&s, SESPARSE_CELL_HOLE, sesparse_run_first(*run) - i);
		map_survey_run(&s, sesparse_run_cell(*run), sesparse_run_len(*run));
		i = sesparse_run_first(*run) + sesparse_run_len(*run);
	}
	if (i < nr)
		map_survey_run(&s, SESPARSE_CELL_HOLE, nr - i);
	return s;
}

static bool map_survey_has_data(const struct survey *s)
{
	return s->layers;
}

static struct packing map_choose_packing(const struct survey *s, bool sparse)
{
	struct packing p = { .sparse = sparse };
	unsigned int kind;
	u64 codes;

	p.fill = s->of_kind[1] > s->of_kind[0];
	for (kind = 0; kind < 3; kind++)
		if (s->of_kind[kind] && !(sparse && kind == p.fill))
			p.specials |= 1U << kind;
	p.nr_specials = hweight32(p.specials);
	codes = p.nr_specials;
	if (map_survey_has_data(s)) {
		p.base = s->least;
		p.layer = __ffs64(s->layers);
		p.layer_bits = fls64(fls64(s->layers) - 1 - p.layer);
		p.first = sesparse_cell(p.layer, p.base);
		codes += (s->behind - s->least) << p.layer_bits;
	}
	p.width = codes > 1 ? fls64(codes - 1) : 0;
	return p;
}

static unsigned int map_packed_words(const struct survey *s,
				     const struct packing *p)
{
	unsigned int nr = s->nr - (p->sparse ? s->of_kind[p->fill] : 0);

	return 1 + (p->sparse ? MAP_WORDS + RANK_WORDS : 0) +
	       (nr * p->width + 63) / 64;
}

static void map_write_runs(u64 *block, const u64 *cells, unsigned int nr)
{
	unsigned int i, len;
	u64 *out = block + 1;

	for (i = 0; i < nr; i += len) {
		len = sesparse_run_length(cells + i, nr - i);
		if (cells[i] == SESPARSE_CELL_HOLE)
			continue;
		*out++ = sesparse_run_word(i, len, cells[i]);
	}
	block[0] = out - block - 1;
}

static void map_write_packed(u64 *block, const struct packing *p,
			     const u64 *cells, unsigned int nr)
{
	u64 *map = block + 1;
	u16 *rank = (u16 *)(map + MAP_WORDS);
	struct code_writer w = { .next = map, .width = p->width };
	unsigned int i, nr_codes = 0;

	block[0] = map_packing_word(p);
	if (p->sparse)
		w.next = map + MAP_WORDS + RANK_WORDS;
	for (i = 0; i < nr; i++) {
		if (p->sparse) {
			if (i % RANK_CELLS == 0)
				rank[i / RANK_CELLS] = nr_codes;
			if (cells[i] == map_kind_cell(p->fill))
				continue;
			map[i / 64] |= 1ULL << i % 64;
			nr_codes++;
		}
		map_write_code(&w, map_encode_cell(p, cells[i]));
	}
	map_write_rest(&w);
}

static void *map_top_block(u64 word)
{
	return (void *)(unsigned long)(word & ~TAG_MASK);
}

static unsigned int map_top_tag(u64 word)
{
	return word & (DECIDED - 1);
}

static unsigned int map_runs_words(const u64 *block)
{
	return 1 + block[0];
}

/* A block's words, from what it says itself. */
static unsigned int map_block_words(const struct sesparse_map *map, u64 table)
{
	const u64 word = map->top[table], *block = map_top_block(word);
	struct packing p;
	unsigned int i, nr;

	if (map_top_tag(word) == INLINE)
		return 0;
	if (map_top_tag(word) == RUNS)
		return map_runs_words(block);
	p = map_word_packing(block[0]);
	nr = sesparse_map_cells(map, table);
	if (p.sparse)
		for (i = nr = 0; i < MAP_WORDS; i++)
			nr += hweight64(block[1 + i]);
	return 1 + (p.sparse ? MAP_WORDS + RANK_WORDS : 0) +
	       (nr * p.width + 63) / 64;
}

/*
 * Puts a new chunk before @older: of @bytes, or near the limit of fewer, but of @words
 * at the least.  NULL: it can't be had.
 */
static struct sesparse_chunk *map_make_chunk(struct sesparse_map *map,
					     struct sesparse_chunk *older,
					     unsigned int words, u64 bytes,
					     int *error)
{
	const u64 least = sizeof(*older) + words * sizeof(u64);
	struct sesparse_chunk *chunk;

	chunk = sesparse_zalloc_most(map->account, least, &bytes, error);
	if (!chunk)
		return NULL;
	chunk->older = older;
	chunk->nr = (bytes - sizeof(*chunk)) / sizeof(u64);
	map->held += bytes;
	return chunk;
}

static int map_add_chunk(struct sesparse_map *map, unsigned int words)
{
	struct sesparse_chunk *chunk;
	const u64 least = sizeof(*chunk) + words * sizeof(u64);
	u64 bytes = CHUNK_MIN;
	int r;

	while (bytes < least || (bytes < map->used / 4 && bytes < CHUNK_MAX))
		bytes *= 2;
	chunk = map_make_chunk(map, map->chunk, words, bytes, &r);
	if (chunk)
		map->chunk = chunk;
	return r;
}

/* A block of zeros: chunks are made so, and no word of one is used twice. */
static u64 *map_new_block(struct sesparse_map *map, unsigned int words,
			  int *error)
{
	struct sesparse_chunk *chunk = map->chunk;
	u64 *block;

	if (!chunk || chunk->nr - chunk->used < words) {
		*error = map_add_chunk(map, words);
		if (*error)
			return NULL;
		chunk = map->chunk;
	}
	block = chunk->word + chunk->used;
	chunk->used += words;
	map->used += words * sizeof(u64);
	return block;
}

/* The block would go with all others that don't fit to one more chunk. */
static void map_refuse_block(struct sesparse_map *map, unsigned int words)
{
	sesparse_account_refuse(map->account,
				words * sizeof(u64) +
				(map->over ? 0 : sizeof(struct sesparse_chunk)));
	map->over = true;
}

/**
 * struct form - the form that takes the least memory
 * @is_runs: RUNS, else PACKED
 * @packing: of the latter
 * @words: what it takes
 */
struct form {
	bool is_runs;
	struct packing packing;
	unsigned int words;
};

static struct form map_choose_form(const struct survey *s)
{
	const struct packing dense = map_choose_packing(s, false);
	const struct packing sparse = map_choose_packing(s, true);
	const unsigned int dense_words = map_packed_words(s, &dense);
	const unsigned int sparse_words = map_packed_words(s, &sparse);
	const unsigned int runs = 1 + s->runs - s->hole_runs;
	struct form form = {
		.packing = dense_words <= sparse_words ? dense : sparse,
		.words = min_t(unsigned int, dense_words, sparse_words),
	};

	form.is_runs = runs <= form.words;
	if (form.is_runs)
		form.words = runs;
	return form;
}

/* Has a table's word be @word; the block it had is dropped. */
static void map_set_top(struct sesparse_map *map, u64 table, u64 word)
{
	const u64 old = map_block_words(map, table) * sizeof(u64);

	map->top[table] = word;
	map->used -= old;
	map->dropped += old;
}

/*
 * A block of @form for a table, to be filled; NULL with *@error 0 if the map has come
 * to its limit and takes no more.
 */
static u64 *map_begin_block(struct sesparse_map *map, u64 table,
			    const struct survey *s, const struct form *form,
			    int *error)
{
	const u64 decided = s->of_kind[0] ? 0 : DECIDED;
	u64 *block = map_new_block(map, form->words, error);

	if (block) {
		map_set_top(map, table, (unsigned long)block | decided |
				    (form->is_runs ? RUNS : PACKED));
	} else if (*error == -ENOSPC) {
		map_refuse_block(map, form->words);
		map_set_top(map, table, SESPARSE_CELL_HOLE | decided);
		*error = 0;
	}
	return block;
}

static void map_store_inline(struct sesparse_map *map, u64 table, u64 cell)
{
	const u64 decided = cell == SESPARSE_CELL_HOLE ? 0 : DECIDED;

	map_set_top(map, table, cell << TAG_BITS | INLINE | decided);
}

/**
 * sesparse_map_store() - set what is known of one table's grains
 * @map: the map
 * @table: the table, below @map->nr_tables
 * @cells: a cell for each of its sesparse_map_cells() grains
 *
 * A map whose account has come to its limit takes the call and notes there what it
 * would have needed; sesparse_map_finish() then refuses it.
 *
 * Return: 0, or -ENOMEM with the table as it was.
 */
int sesparse_map_store(struct sesparse_map *map, u64 table, const u64 *cells)
{
	const struct survey s =
		map_survey_cells(cells, sesparse_map_cells(map, table));
	struct form form;
	u64 *block;
	int r;

	if (s.runs == 1) {
		map_store_inline(map, table, cells[0]);
		return 0;
	}
	form = map_choose_form(&s);
	block = map_begin_block(map, table, &s, &form, &r);
	if (!block)
		return r;
	if (form.is_runs)
		map_write_runs(block, cells, s.nr);
	else
		map_write_packed(block, &form.packing, cells, s.nr);
	return 0;
}

/**
 * sesparse_map_store_runs() - set what is known of one table's grains
 * @map: the map
 * @table: the table, below @map->nr_tables
 * @runs: its runs, as sesparse_runs_add() makes them, one at the least
 * @cells: room for 4096 cells
 *
 * As sesparse_map_store(), without a look at each cell where runs are long.
 *
 * Return: 0, or -ENOMEM with the table as it was.
 */
int sesparse_map_store_runs(struct sesparse_map *map, u64 table,
			    const u64 *runs, u64 *cells)
{
	const struct survey s =
		map_survey_runs(runs, sesparse_map_cells(map, table));
	struct form form;
	u64 *block;
	int r;

	if (s.runs == 1) {
		map_store_inline(map, table, sesparse_run_cell(runs[1]));
		return 0;
	}
	form = map_choose_form(&s);
	block = map_begin_block(map, table, &s, &form, &r);
	if (!block)
		return r;
	if (form.is_runs) {
		memcpy(block, runs, form.words * sizeof(u64));
	} else {
		sesparse_runs_read(runs, 0, s.nr, cells);
		map_write_packed(block, &form.packing, cells, s.nr);
	}
	return 0;
}

/*
 * Which is the first run that begins behind @i; if none, how many there are.
 * Sought from where it would be if all runs were of one length, in steps that
 * double: a search from the middle would wait for memory at each step.
 */
static unsigned int map_runs_behind(const u64 *block, unsigned int i)
{
	const u64 *runs = block + 1;
	const unsigned int nr = block[0];
	unsigned int low = nr * i / SESPARSE_TABLE_ENTRIES, high = low, mid;
	unsigned int step;

	for (step = 1; high < nr && sesparse_run_first(runs[high]) <= i; step *= 2) {
		low = high + 1;
		high = low + step - 1;
	}
	high = min_t(unsigned int, high, nr);
	for (step = 1; low && sesparse_run_first(runs[low - 1]) > i; step *= 2) {
		high = low - 1;
		low -= min_t(unsigned int, low, step);
	}
	while (low < high) {
		mid = (low + high) / 2;
		if (sesparse_run_first(runs[mid]) <= i)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * The cell at @i, with how long its run is, at the most @max; @behind is what
 * map_runs_behind() says.
 */
static u64 map_find_in_runs(const u64 *block, unsigned int behind,
			    unsigned int i, unsigned int max, unsigned int *nr)
{
	const u64 *runs = block + 1;
	unsigned int skip;
	u64 cell;

	if (behind) {
		skip = i - sesparse_run_first(runs[behind - 1]);
		if (skip < sesparse_run_len(runs[behind - 1])) {
			*nr = min_t(unsigned int, max,
				    sesparse_run_len(runs[behind - 1]) - skip);
			cell = sesparse_run_cell(runs[behind - 1]);
			return sesparse_cell_next(cell, skip);
		}
	}
	if (behind < block[0])
		max = min_t(unsigned int, max, sesparse_run_first(runs[behind]) - i);
	*nr = max;
	return SESPARSE_CELL_HOLE;
}

/**
 * struct cursor - a place in a PACKED block
 * @p: how it is packed
 * @map: the bitmap, where it is sparse
 * @codes: the codes
 * @i: the cell
 * @code: the first code of the cells from @i on
 */
struct cursor {
	struct packing p;
	const u64 *map;
	const u64 *codes;
	unsigned int i;
	unsigned int code;
};

static void map_cursor_init(struct cursor *c, const u64 *block, unsigned int i)
{
	const u16 *rank = (const u16 *)(block + 1 + MAP_WORDS);
	unsigned int word;

	c->p = map_word_packing(block[0]);
	c->map = block + 1;
	c->codes = block + 1;
	c->i = i;
	c->code = i;
	if (!c->p.sparse)
		return;
	c->codes += MAP_WORDS + RANK_WORDS;
	c->code = rank[i / RANK_CELLS];
	for (word = i / RANK_CELLS * (RANK_CELLS / 64); word < i / 64; word++)
		c->code += hweight64(c->map[word]);
	c->code += hweight64(c->map[i / 64] & ((1ULL << i % 64) - 1));
}

static inline u64 map_cursor_next(struct cursor *c)
{
	unsigned int i = c->i++;

	if (c->p.sparse && !(c->map[i / 64] >> i % 64 & 1))
		return map_kind_cell(c->p.fill);
	return map_decode_cell(&c->p,
			       map_read_code(c->codes, c->code++, c->p.width));
}

static u64 map_find_in_packed(const u64 *block, unsigned int i,
			      unsigned int max, unsigned int *nr)
{
	struct cursor c;
	unsigned int len;
	u64 cell;

	map_cursor_init(&c, block, i);
	cell = map_cursor_next(&c);
	for (len = 1; len < max; len++)
		if (map_cursor_next(&c) != sesparse_cell_next(cell, len))
			break;
	*nr = len;
	return cell;
}

/* The cell of @grain, and how many follow in its table, at the most @max. */
static u64 map_find(const struct sesparse_map *map, u64 grain, u64 max,
		    unsigned int *nr)
{
	const u64 table = grain >> SESPARSE_TABLE_SHIFT;
	const unsigned int i = grain & (SESPARSE_TABLE_ENTRIES - 1);
	const u64 word = map->top[table];

	max = min_t(u64, max, sesparse_map_cells(map, table) - i);
	switch (map_top_tag(word)) {
	case RUNS:
		return map_find_in_runs(map_top_block(word),
					map_runs_behind(map_top_block(word), i),
					i, max, nr);
	case PACKED:
		return map_find_in_packed(map_top_block(word), i, max, nr);
	default:
		*nr = max;
		return sesparse_cell_next(word >> TAG_BITS, i);
	}
}

/**
 * sesparse_map_lookup() - where to read
 * @map: a finished map
 * @grain: the grain of the disk, below @map->nr_grains
 * @max: grains wanted, 1 or more; @grain + @max may pass the end
 * @run: set to the longest run from @grain on, of at most @max grains
 *
 * Runs go on across tables, and zeros across whatever reads as zeros.  Takes no
 * lock; any number may look up at once.
 */
void sesparse_map_lookup(const struct sesparse_map *map, u64 grain, u64 max,
			 struct sesparse_run *run)
{
	unsigned int nr;
	u64 cell, next;

	max = min_t(u64, max, map->nr_grains - grain);
	cell = map_find(map, grain, max, &nr);
	*run = sesparse_map_run(map, cell, nr);
	while (run->nr < max) {
		/* Within a table, only what reads alike can go on. */
		if (run->source != SESPARSE_READ_ZEROS &&
		    (grain + run->nr) & (SESPARSE_TABLE_ENTRIES - 1))
			break;
		next = map_find(map, grain + run->nr, max - run->nr, &nr);
		if (sesparse_map_source(map, next) != run->source ||
		    (run->source == SESPARSE_READ_LAYER &&
		     next != sesparse_cell_next(cell, run->nr)))
			break;
		run->nr += nr;
	}
}

/**
 * struct out - where cells go that are read in a row, in one of two shapes
 * @cut: they are to be runs
 * @cell: where the next grain's cell goes
 * @run: or where the next run goes
 * @at: grains that the runs tell of
 * @next: a cell that would go on with the last run; none would before the first
 *
 * What fills it is always inline: the callers each know the shape, so that nothing asks
 * for it at each cell.
 */
struct out {
	bool cut;
	u64 *cell;
	struct sesparse_cells *run;
	unsigned int at;
	u64 next;
};

/* The next @nr grains: @cell, and what is @step more with each. */
static __always_inline void map_put_step(struct out *out, u64 cell,
					 unsigned int step, unsigned int nr)
{
	if (!out->cut) {
		for (; nr; nr--, cell += step)
			*out->cell++ = cell;
		return;
	}
	if (cell == out->next) {
		out->run[-1].nr += nr;
	} else {
		out->run->cell = cell;
		out->run->first = out->at;
		out->run->nr = nr;
		out->run++;
	}
	out->next = cell + step * nr;
	out->at += nr;
}

/* The next @nr grains: @cell, and what goes on from it. */
static __always_inline void map_put(struct out *out, u64 cell, unsigned int nr)
{
	map_put_step(out, cell, cell >= SESPARSE_CELL_DATA, nr);
}

/* Cells from @i to @end of a table's runs. */
static __always_inline void map_put_runs(struct out *out, const u64 *block,
					 unsigned int i, unsigned int end)
{
	/* Looks for the first run only; the others follow it. */
	const unsigned int behind = map_runs_behind(block, i);
	const u64 *run = block + 1 + behind;
	const u64 *const last = block + map_runs_words(block);
	unsigned int first, len;
	u64 cell;

	if (behind) {
		cell = map_find_in_runs(block, behind, i, end - i, &len);
		map_put(out, cell, len);
		i += len;
	}
	for (; run < last && sesparse_run_first(*run) < end; run++) {
		first = sesparse_run_first(*run);
		if (first > i)
			map_put(out, SESPARSE_CELL_HOLE, first - i);
		len = min_t(unsigned int, sesparse_run_len(*run), end - first);
		map_put(out, sesparse_run_cell(*run), len);
		i = first + len;
	}
	if (i < end)
		map_put(out, SESPARSE_CELL_HOLE, end - i);
}

/* The next @nr grains, which have codes. */
static __always_inline void map_put_codes(struct out *out,
					  const struct packing *p,
					  struct code_reader *r, unsigned int nr)
{
	/* Codes from this one on are grains of the one layer, if it is one. */
	const u64 plain = p->layer_bits ? ~0ULL : p->nr_specials;
	const u64 first = p->first - p->nr_specials;
	u64 code;

	for (; nr; nr--) {
		code = map_next_code(r);
		if (likely(code >= plain))
			map_put_step(out, first + code, 1, 1);
		else
			map_put(out, map_decode_cell(p, code), 1);
	}
}

/* How many bits from the lowest on are alike, of @nr; what is above is zeros. */
static inline unsigned int map_bits_alike(u64 bits, unsigned int nr)
{
	const u64 others = bits & 1 ? ~bits : bits;

	return others ? __ffs64(others) : nr;
}

/*
 * Cells from @i to @end of a PACKED block: of a sparse one, as many at a time as have
 * like bits in its bitmap.
 */
static __always_inline void map_put_packed(struct out *out, const u64 *block,
					   unsigned int i, unsigned int end)
{
	struct code_reader r;
	struct cursor c;
	unsigned int nr;
	bool coded = true;
	u64 bits;

	map_cursor_init(&c, block, i);
	r = map_read_codes(c.codes, c.code, c.p.width);
	for (; i < end; i += nr) {
		nr = end - i;
		if (c.p.sparse) {
			bits = c.map[i / 64] >> i % 64;
			coded = bits & 1;
			nr = min_t(unsigned int, nr,
				   map_bits_alike(bits, 64 - i % 64));
		}
		if (coded)
			map_put_codes(out, &c.p, &r, nr);
		else
			map_put(out, map_kind_cell(c.p.fill), nr);
	}
}

/* @nr grains of the disk from @grain on. */
static __always_inline void map_put_grains(struct out *out,
					   const struct sesparse_map *map,
					   u64 grain, unsigned int nr)
{
	while (nr) {
		const u64 word = map->top[grain >> SESPARSE_TABLE_SHIFT];
		const unsigned int i = grain & (SESPARSE_TABLE_ENTRIES - 1);
		const unsigned int len = min_t(unsigned int, nr,
					       SESPARSE_TABLE_ENTRIES - i);

		if (map_top_tag(word) == RUNS)
			map_put_runs(out, map_top_block(word), i, i + len);
		else if (map_top_tag(word) == PACKED)
			map_put_packed(out, map_top_block(word), i, i + len);
		else
			map_put(out, sesparse_cell_next(word >> TAG_BITS, i),
				len);
		grain += len;
		nr -= len;
	}
}

/**
 * sesparse_runs_read() - some cells of a table's runs
 * @runs: the runs
 * @first: index of the first cell
 * @nr: how many, 1 or more; @first + @nr is at most 4096
 * @cells: set to a cell for each
 */
void sesparse_runs_read(const u64 *runs, unsigned int first, unsigned int nr,
			u64 *cells)
{
	struct out out = { .cell = cells };

	map_put_runs(&out, runs, first, first + nr);
}

/**
 * sesparse_map_read() - what is known of some grains
 * @map: the map
 * @grain: the first grain of the disk
 * @nr: how many; @grain + @nr is at most @map->nr_grains
 * @cells: set to a cell for each
 *
 * Takes no lock.
 */
void sesparse_map_read(const struct sesparse_map *map, u64 grain,
		       unsigned int nr, u64 *cells)
{
	struct out out = { .cell = cells };

	map_put_grains(&out, map, grain, nr);
}

/**
 * sesparse_map_cut() - what is known of some grains, cut into runs
 * @map: the map
 * @grain: the first grain of the disk
 * @nr: how many, 1 or more; @grain + @nr is at most @map->nr_grains
 * @runs: room for @nr runs
 *
 * Runs go on across tables.  Much cheaper than to look up each, where they are
 * short.  Takes no lock.
 *
 * Return: how many runs there are.
 */
unsigned int sesparse_map_cut(const struct sesparse_map *map, u64 grain,
			      unsigned int nr, struct sesparse_cells *runs)
{
	struct out out = { .cut = true, .run = runs, .next = ~0ULL };

	map_put_grains(&out, map, grain, nr);
	return out.run - runs;
}

/**
 * sesparse_map_decided() - is there nothing left that a lower layer could say?
 * @map: the map
 * @table: the table, below @map->nr_tables
 *
 * Return: true if none of the table's cells is a hole.
 */
bool sesparse_map_decided(const struct sesparse_map *map, u64 table)
{
	return map->top[table] & DECIDED;
}

/**
 * sesparse_map_has_data() - may some of a table's grains be read from a layer?
 * @map: the map
 * @table: the table, below @map->nr_tables
 *
 * Return: false if all of them are a hole, zeros or errors alike.
 */
bool sesparse_map_has_data(const struct sesparse_map *map, u64 table)
{
	const u64 word = map->top[table];

	return map_top_tag(word) != INLINE ||
	       word >> TAG_BITS >= SESPARSE_CELL_DATA;
}

static void map_free_chunks(struct sesparse_map *map,
			    struct sesparse_chunk *chunk)
{
	struct sesparse_chunk *older;
	u64 bytes;

	for (; chunk; chunk = older) {
		older = chunk->older;
		bytes = sizeof(*chunk) + chunk->nr * sizeof(u64);
		map->held -= bytes;
		sesparse_free(map->account, chunk, bytes);
		cond_resched();
	}
}

/*
 * Chunks with room for all blocks, the first ones' oldest; each has noted what of it
 * they take.  NULL: they can't be had, or a signal has come.
 */
static struct sesparse_chunk *map_make_room(struct sesparse_map *map)
{
	struct sesparse_chunk *chunk = NULL, *next;
	u64 table, left = map->used;
	unsigned int words;
	int r = 0;

	for (table = 0; table < map->nr_tables && !r; table++) {
		words = map_block_words(map, table);
		if (words && (!chunk || chunk->nr - chunk->used < words)) {
			next = map_make_chunk(map, chunk, words,
					      min_t(u64, CHUNK_MAX,
						    sizeof(*chunk) + left),
					      &r);
			if (!next)
				break;
			chunk = next;
		}
		if (words) {
			chunk->used += words;
			left -= words * sizeof(u64);
		}
		r = sesparse_interrupted() ? -EINTR : 0;
	}
	if (!r)
		return chunk;
	map_free_chunks(map, chunk);
	return NULL;
}

/* Copies all blocks to where map_make_room() has room for them, the last one first. */
static void map_move_blocks(struct sesparse_map *map,
			    struct sesparse_chunk *chunk)
{
	unsigned int words, left = chunk->used;
	u64 table, *block;

	for (table = map->nr_tables; table--;) {
		cond_resched();
		words = map_block_words(map, table);
		if (!words)
			continue;
		if (!left) {
			chunk = chunk->older;
			left = chunk->used;
		}
		left -= words;
		block = memcpy(chunk->word + left,
			       map_top_block(map->top[table]),
			       words * sizeof(u64));
		map->top[table] = (unsigned long)block |
				  (map->top[table] & TAG_MASK);
	}
}

/*
 * Gives the memory of dropped blocks back, by copying the others.  Where there is no
 * room for the copies, all is as it was.
 */
static void map_compact(struct sesparse_map *map)
{
	struct sesparse_chunk *const old = map->chunk;
	struct sesparse_chunk *chunk = NULL;

	if (map->used) {
		chunk = map_make_room(map);
		if (!chunk)
			return;
		map_move_blocks(map, chunk);
	}
	map->chunk = chunk;
	map->dropped = 0;
	map_free_chunks(map, old);
}

/**
 * sesparse_map_trim() - keep what is dropped from growing from layer to layer
 * @map: the map
 *
 * Copies the blocks together when half as much has been dropped as there is, if there
 * is memory for the copies.  So a layer adds at the most its blocks and the copies of
 * all, and each byte that is dropped has two copied.
 */
void sesparse_map_trim(struct sesparse_map *map)
{
	if (!map->over && map->dropped > map->used / 2)
		map_compact(map);
}

/**
 * sesparse_map_finish() - end the building
 * @map: the map
 *
 * Copies the blocks together when more than an eighth of their memory has been
 * dropped, and there is memory for the copies; the map is good in any case.
 *
 * Return: 0, or -ENOSPC if the account's limit was reached.
 */
int sesparse_map_finish(struct sesparse_map *map)
{
	if (map->over)
		return -ENOSPC;
	if (map->dropped > map->used / 8)
		map_compact(map);
	return 0;
}

/**
 * sesparse_map_init() - begin a map in which nothing is known yet
 * @map: the map
 * @nr_grains: grains of the disk, 1 to 2^34
 * @has_parent: what no layer will decide is the parent's
 * @account: what its memory is counted on, or NULL
 *
 * Return: 0, -ENOMEM, or -ENOSPC if the top array alone is over the account's limit;
 * sesparse_map_exit() may follow in any case.
 */
int sesparse_map_init(struct sesparse_map *map, u64 nr_grains, bool has_parent,
		      struct sesparse_account *account)
{
	int r;

	*map = (struct sesparse_map){
		.nr_grains = nr_grains,
		.nr_tables = DIV_ROUND_UP_ULL(nr_grains, SESPARSE_TABLE_ENTRIES),
		.has_parent = has_parent,
		.account = account,
	};
	map->top = sesparse_zalloc(account, map->nr_tables * sizeof(u64), &r);
	if (!r)
		map->held = map->nr_tables * sizeof(u64);
	return r;
}

/**
 * sesparse_map_exit() - free a map, in whatever state sesparse_map_init() or
 * what came after left it
 * @map: the map
 */
void sesparse_map_exit(struct sesparse_map *map)
{
	map_free_chunks(map, map->chunk);
	if (map->top) {
		map->held -= map->nr_tables * sizeof(u64);
		sesparse_free(map->account, map->top,
			      map->nr_tables * sizeof(u64));
	}
	map->chunk = NULL;
	map->top = NULL;
}
