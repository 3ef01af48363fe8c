// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads mksesparse's command line.
 */
#include <getopt.h>

#include "extents.h"
#include "edits.h"
#include "journal.h"
#include "options.h"
#include "parse.h"
#include "report.h"

#define DEFAULT_CAPACITY ((64ULL << 20) / SESPARSE_SECTOR_SIZE)
#define DEFAULT_CHUNK (65536 / SESPARSE_GRAIN_BYTES)
#define DEFAULT_RUN 16
#define DEFAULT_DATA (30 * GEN_WHOLE / 100)
#define DEFAULT_BASE_DATA (50 * GEN_WHOLE / 100)
#define MAX_STREAMS 65536
#define MAX_RUN 0x400000000ULL

/* Numbers that no short option has. */
enum {
	OPT_CAPACITY = 256,
	OPT_EXTENTS,
	OPT_LAYERS,
	OPT_BASE,
	OPT_BASE_SIZE,
	OPT_BASE_OFFSET,
	OPT_BASE_DATA,
	OPT_SEED,
	OPT_LAYER,
	OPT_DATA,
	OPT_DATA_BYTES,
	OPT_ZERO,
	OPT_UNMAPPED,
	OPT_RUN,
	OPT_ORDER,
	OPT_SHUFFLE_TABLES,
	OPT_TIGHT,
	OPT_DIRTY,
	OPT_JOURNAL,
	OPT_STYLE,
	OPT_ENCODING,
	OPT_NO_RAW,
	OPT_NO_DESCRIPTOR,
	OPT_EDIT, /* and the edit kinds after it */
};

static const struct option long_options[] = {
	{ "capacity", required_argument, NULL, OPT_CAPACITY },
	{ "extents", required_argument, NULL, OPT_EXTENTS },
	{ "layers", required_argument, NULL, OPT_LAYERS },
	{ "base", required_argument, NULL, OPT_BASE },
	{ "base-size", required_argument, NULL, OPT_BASE_SIZE },
	{ "base-offset", required_argument, NULL, OPT_BASE_OFFSET },
	{ "base-data", required_argument, NULL, OPT_BASE_DATA },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "layer", required_argument, NULL, OPT_LAYER },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "data-bytes", required_argument, NULL, OPT_DATA_BYTES },
	{ "zero", required_argument, NULL, OPT_ZERO },
	{ "unmapped", required_argument, NULL, OPT_UNMAPPED },
	{ "run", required_argument, NULL, OPT_RUN },
	{ "order", required_argument, NULL, OPT_ORDER },
	{ "shuffle-tables", no_argument, NULL, OPT_SHUFFLE_TABLES },
	{ "tight", no_argument, NULL, OPT_TIGHT },
	{ "dirty", optional_argument, NULL, OPT_DIRTY },
	{ "journal", optional_argument, NULL, OPT_JOURNAL },
	{ "descriptor-style", required_argument, NULL, OPT_STYLE },
	{ "encoding", required_argument, NULL, OPT_ENCODING },
	{ "no-raw", no_argument, NULL, OPT_NO_RAW },
	{ "no-descriptor", no_argument, NULL, OPT_NO_DESCRIPTOR },
	{ "set", required_argument, NULL, OPT_EDIT + EDIT_FIELD },
	{ "noise", required_argument, NULL, OPT_EDIT + EDIT_NOISE },
	{ "poke-gd", required_argument, NULL, OPT_EDIT + EDIT_GD },
	{ "poke-gt", required_argument, NULL, OPT_EDIT + EDIT_GT },
	{ "poke-bitmap", required_argument, NULL, OPT_EDIT + EDIT_BITMAP },
	{ "poke-backmap", required_argument, NULL, OPT_EDIT + EDIT_BACKMAP },
	{ "truncate", required_argument, NULL, OPT_EDIT + EDIT_TRUNCATE },
	{ "cid", required_argument, NULL, OPT_EDIT + EDIT_CID },
	{ "parent-cid", required_argument, NULL, OPT_EDIT + EDIT_PARENT_CID },
	{ "parent-hint", required_argument, NULL, OPT_EDIT + EDIT_PARENT_HINT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

/* What has to be remembered until all options are known. */
struct parser {
	struct options *o;
	bool every_layer; /* no --layer yet */
	unsigned int layer;
	unsigned int max_layer; /* the highest named */
	bool capacity_given;
	const char *extents;
	bool base_data_given;
	u32 base_data;
	bool dirty_top;
};

static int parse_run(const char *text, struct mix *mix)
{
	const char *comma = strchr(text, ',');

	if (comma && strcmp(comma, ",fixed"))
		return report("--run: '%s' is not N or N,fixed", text);
	if (parse_number(text, comma, &mix->run))
		return -1;
	if (!mix->run || mix->run > MAX_RUN)
		return report("--run: runs must be of 1 to %llu grains",
			      MAX_RUN);
	mix->run_fixed = comma;
	return 0;
}

static int parse_grains(const char *text, const char *end, u64 *grains)
{
	u64 size;

	if (parse_size(text, end, &size))
		return -1;
	if (!size || size % SESPARSE_GRAIN_BYTES)
		return report("--order: %s is not a number of whole grains",
			      text);
	*grains = size / SESPARSE_GRAIN_BYTES;
	return 0;
}

static int parse_streams(const char *text, struct mix *mix)
{
	const char *comma = strchr(text, ',');
	unsigned int streams;

	mix->order = ORDER_STREAMS;
	mix->chunk = DEFAULT_CHUNK;
	if (parse_uint(text, comma, 1, MAX_STREAMS, &streams))
		return -1;
	mix->streams = streams;
	return comma ? parse_grains(comma + 1, NULL, &mix->chunk) : 0;
}

static int parse_window(const char *text, struct mix *mix)
{
	const char *comma = strchr(text, ',');

	mix->order = ORDER_WINDOW;
	mix->chunk = 1;
	if (parse_grains(text, comma, &mix->window))
		return -1;
	return comma ? parse_grains(comma + 1, NULL, &mix->chunk) : 0;
}

static int parse_order(const char *text, struct mix *mix)
{
	static const char *const plain[] = {
		[ORDER_INORDER] = "inorder",
		[ORDER_REVERSED] = "reversed",
		[ORDER_PERMUTED] = "permuted",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(plain); i++) {
		if (!strcmp(text, plain[i])) {
			mix->order = i;
			return 0;
		}
	}
	if (!strncmp(text, "window:", 7))
		return parse_window(text + 7, mix);
	if (!strncmp(text, "streams:", 8))
		return parse_streams(text + 8, mix);
	return report("--order: there is no order '%s'", text);
}

static int parse_data_bytes(const char *text, struct mix *mix)
{
	u64 sectors;

	if (parse_sectors(text, NULL, &sectors))
		return -1;
	if (!sectors)
		return report("--data-bytes: must not be 0 (use --data 0)");
	mix->data_bytes = sectors * SESPARSE_SECTOR_SIZE;
	return 0;
}

static int parse_mix(int option, const char *text, struct mix *mix)
{
	switch (option) {
	case OPT_DATA:
		mix->data_bytes = 0;
		return parse_percent(text, &mix->data);
	case OPT_DATA_BYTES:
		return parse_data_bytes(text, mix);
	case OPT_ZERO:
		return parse_percent(text, &mix->zero);
	case OPT_UNMAPPED:
		return parse_percent(text, &mix->unmapped);
	case OPT_RUN:
		return parse_run(text, mix);
	case OPT_ORDER:
		return parse_order(text, mix);
	default:
		mix->shuffle_tables = true;
		return 0;
	}
}

/* For the layer chosen, or for all of them. */
static int parse_layer_option(struct parser *p, int option, const char *text)
{
	unsigned int i;

	if (!p->every_layer) {
		if (!p->layer && option == OPT_DATA)
			p->base_data_given = false;
		return parse_mix(option, text, &p->o->mix[p->layer]);
	}
	for (i = 0; i <= GEN_MAX_LAYERS; i++) {
		/* The base's share is --base-data's to say. */
		if (!i && option == OPT_DATA)
			continue;
		if (parse_mix(option, text, &p->o->mix[i]))
			return -1;
	}
	return 0;
}

static int parse_layer(struct parser *p, const char *text)
{
	if (parse_uint(text, NULL, 0, GEN_MAX_LAYERS, &p->layer))
		return -1;
	p->every_layer = false;
	p->max_layer = max_t(unsigned int, p->max_layer, p->layer);
	return 0;
}

static int parse_dirty(struct parser *p, const char *text)
{
	unsigned int layer;

	if (!text) {
		p->dirty_top = true;
		return 0;
	}
	if (parse_uint(text, NULL, 1, GEN_MAX_LAYERS, &layer))
		return -1;
	p->o->dirty[layer] = true;
	p->max_layer = max_t(unsigned int, p->max_layer, layer);
	return 0;
}

static int parse_style(struct options *o, const char *text)
{
	static const char *const names[] = {
		[STYLE_UNIX] = "unix",
		[STYLE_CRLF] = "crlf",
		[STYLE_SPACES] = "spaces",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i])) {
			o->style = i;
			return 0;
		}
	}
	return report("--descriptor-style: there is no style '%s'", text);
}

static int parse_global(struct parser *p, int option, const char *text)
{
	struct options *o = p->o;

	switch (option) {
	case OPT_CAPACITY:
		p->capacity_given = true;
		return parse_sectors(text, NULL, &o->capacity);
	case OPT_EXTENTS:
		p->extents = text;
		return 0;
	case OPT_LAYERS:
		return parse_uint(text, NULL, 1, GEN_MAX_LAYERS, &o->layers);
	case OPT_BASE:
		return extents_parse_base(o, text);
	case OPT_BASE_SIZE:
		if (parse_sectors(text, NULL, &o->base_size))
			return -1;
		return o->base_size ?
			       0 :
			       report("--base-size: must not be 0 (use --base none)");
	case OPT_BASE_OFFSET:
		return parse_sectors(text, NULL, &o->base_offset);
	case OPT_BASE_DATA:
		p->base_data_given = true;
		return parse_percent(text, &p->base_data);
	case OPT_SEED:
		return parse_number(text, NULL, &o->seed);
	case OPT_STYLE:
		return parse_style(o, text);
	default:
		o->encoding = text;
		return 0;
	}
}

static int parse_option(struct parser *p, int option, const char *text)
{
	if (option >= OPT_EDIT)
		return edits_parse(p->o, option - OPT_EDIT, text);
	switch (option) {
	case OPT_LAYER:
		return parse_layer(p, text);
	case OPT_DATA:
	case OPT_DATA_BYTES:
	case OPT_ZERO:
	case OPT_UNMAPPED:
	case OPT_RUN:
	case OPT_ORDER:
	case OPT_SHUFFLE_TABLES:
		return parse_layer_option(p, option, text);
	case OPT_DIRTY:
		return parse_dirty(p, text);
	case OPT_JOURNAL:
		return journal_parse(&p->o->journal, text);
	case OPT_TIGHT:
		p->o->tight = true;
		return 0;
	case OPT_NO_RAW:
		p->o->raw = false;
		return 0;
	case OPT_NO_DESCRIPTOR:
		p->o->descriptor = false;
		return 0;
	default:
		return parse_global(p, option, text);
	}
}

static int check_mix(const struct options *o, unsigned int layer)
{
	const struct mix *mix = &o->mix[layer];
	u32 sum = mix->zero + mix->unmapped;

	if (!mix->data_bytes && sum + mix->data > GEN_WHOLE)
		return report("layer %u: data, zero and unmapped are more than 100 percent",
			layer);
	if (mix->data_bytes && sum >= GEN_WHOLE)
		return report("layer %u: zero and unmapped leave nothing for --data-bytes",
			layer);
	if (mix->data_bytes > GEN_MAX_DATA * SESPARSE_GRAIN_BYTES)
		return report("layer %u: --data-bytes is more than 1T", layer);
	if (mix->data_bytes > o->capacity * SESPARSE_SECTOR_SIZE)
		return report("layer %u: --data-bytes is more than the capacity",
			layer);
	return 0;
}

static int finish_layers(struct parser *p)
{
	struct options *o = p->o;
	unsigned int i;

	if (p->max_layer > o->layers)
		return report("there is no layer %u of %u", p->max_layer,
			      o->layers);
	if (o->journal.layer > o->layers)
		return report("there is no layer %u of %u", o->journal.layer,
			      o->layers);
	if (!o->journal.layer)
		o->journal.layer = o->layers;
	if (p->dirty_top)
		o->dirty[o->layers] = true;
	if (p->base_data_given) {
		o->mix[0].data = p->base_data;
		o->mix[0].data_bytes = 0;
	}
	/* A flat file knows no such states. */
	o->mix[0].zero = 0;
	o->mix[0].unmapped = 0;
	for (i = 0; i <= o->layers; i++) {
		if (check_mix(o, i))
			return -1;
	}
	return 0;
}

static int finish_name(struct options *o, const char *prefix)
{
	const char *slash = strrchr(prefix, '/');

	o->prefix = prefix;
	o->name = slash ? slash + 1 : prefix;
	if (!*o->name || strlen(o->name) > GEN_MAX_NAME)
		return report("the name in '%s' must be of 1 to %d bytes",
			      prefix, GEN_MAX_NAME);
	if (strpbrk(o->name, "\"\r\n"))
		return report("descriptors cannot quote the name '%s'",
			      o->name);
	return 0;
}

static void set_defaults(struct options *o)
{
	unsigned int i;

	*o = (struct options){
		.encoding = "UTF-8",
		.seed = 1,
		.capacity = DEFAULT_CAPACITY,
		.nr_extents = 1,
		.layers = 1,
		.raw = true,
		.descriptor = true,
	};
	for (i = 0; i < GEN_MAX_EXTENTS; i++)
		o->base[i] = BASE_FLAT;
	for (i = 0; i <= GEN_MAX_LAYERS; i++) {
		o->mix[i].data = i ? DEFAULT_DATA : DEFAULT_BASE_DATA;
		o->mix[i].run = DEFAULT_RUN;
	}
}

static int finish(struct parser *p, int argc, char **argv)
{
	if (optind != argc - 1)
		return report("give one DIR/NAME; --help tells more");
	if (finish_name(p->o, argv[optind]) ||
	    extents_finish(p->o, p->extents, p->capacity_given) ||
	    finish_layers(p))
		return -1;
	return edits_finish(p->o);
}

/**
 * options_parse() - read the command line
 * @o: set to what it says; options_free() it whatever is returned
 * @argc: main()'s
 * @argv: main()'s
 *
 * Return: 0, OPTIONS_HELP if only help is wanted, or -1 after a report.
 */
int options_parse(struct options *o, int argc, char **argv)
{
	struct parser p = { .o = o, .every_layer = true };
	int option;

	set_defaults(o);
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) !=
	       -1) {
		if (option == 'h')
			return OPTIONS_HELP;
		if (option == '?' || parse_option(&p, option, optarg))
			return -1;
	}
	return finish(&p, argc, argv);
}

/**
 * options_free() - free what options_parse() allocated
 * @o: the options
 */
void options_free(struct options *o)
{
	free(o->edits);
	o->edits = NULL;
}
