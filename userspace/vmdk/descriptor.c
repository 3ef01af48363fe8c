// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/file.h"
#include "source/source.h"
#include "source/folder.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-line.h"
#include "vmdk/file-kind.h"
#include "vmdk/file-name.h"
#include "vmdk/settings.h"

struct parser {
	struct text text;
	struct settings settings;
	struct descriptor *d;
	enum foreign foreign;
	size_t nr_extents; /* lines that are extents */
	unsigned int nr_strays; /* lines that are nothing */
	unsigned int stray_line; /* the first of them */
};

/* Write the descriptor of an extent that was given alone, good or bad. */
static int describe_extent(const struct parser *p)
{
	const struct sesparse_const_header *h = (const void *)p->text.raw;
	struct descriptor *d = p->d;
	struct extent *e;

	if (p->text.raw_size < sizeof(*h))
		return fail(EXIT_DEVICE,
			    "%s: has %zu bytes, expected a seSparse extent (truncated?)",
			    d->path, p->text.raw_size);
	d->bare = true;
	d->parent_cid = NO_PARENT;
	d->capacity = le64_to_cpu(h->capacity);
	d->extents = calloc(1, sizeof(*e));
	if (!d->extents)
		return fail_memory();
	d->nr_extents = 1;
	e = &d->extents[0];
	e->type = EXTENT_SESPARSE;
	e->sectors = d->capacity;
	e->file = strdup(file_base_name(d->path));
	return e->file ? 0 : fail_memory();
}

/* Headings that have lost their #, as some rewriters leave them. */
static bool is_heading(const char *text)
{
	static const char *const headings[] = {
		"Disk DescriptorFile", "Extent description",
		"Change Tracking File", "The Disk Data Base", "DDB",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(headings); i++)
		if (!strcasecmp(text, headings[i]))
			return true;
	return !*text || *text == '#';
}

/* Say once what is of no use, as it may have been of some. */
static void warn_of_strays(const struct parser *p)
{
	if (!p->nr_strays)
		return;
	warn("%s:%u: \"%.60s\" is neither a comment, key = value nor an extent%s: passed over",
	     p->d->path, p->stray_line, p->text.lines[p->stray_line - 1],
	     p->nr_strays > 1 ? ", nor are other lines" : "");
}

/* Make room for all extents, which know their lines from here on. */
static int find_extents(struct parser *p)
{
	const struct text *t = &p->text;
	struct extent *e;
	unsigned int i;

	for (i = 0; i < t->nr_lines; i++)
		p->nr_extents += extent_line_is(t->lines[i]);
	e = calloc(p->nr_extents + 1, sizeof(*e));
	if (!e)
		return fail_memory();
	p->d->extents = e;
	for (i = 0; i < t->nr_lines; i++)
		if (extent_line_is(t->lines[i]))
			e++->line = i + 1;
	return 0;
}

/* All lines but the extents; what they are cut to is no line any more. */
static int parse_settings(struct parser *p)
{
	const struct text *t = &p->text;
	unsigned int i;
	int r = 0;

	for (i = 0; i < t->nr_lines && !r; i++) {
		char *text = t->lines[i];

		if (is_heading(text) || extent_line_is(text))
			continue;
		if (extent_line_resembles(text)) {
			r = bad_line(t->path, i + 1,
				     "\"%.60s\" found, expected # and a comment, key = value, or RW sectors TYPE \"file\" with blanks between",
				     text);
		} else if (setting_is(text)) {
			r = settings_parse_line(&p->settings, t->path, i + 1,
						text);
		} else if (!p->nr_strays++) {
			p->stray_line = i + 1;
		}
	}
	return r;
}

static int parse_extents(struct parser *p)
{
	const struct extent_parser extents = {
		.d = p->d,
		.settings = &p->settings,
		.foreign = p->foreign,
	};
	const struct text *t = &p->text;
	unsigned int line;
	size_t i;
	int r = 0;

	if (!p->nr_extents)
		return fail(EXIT_DEVICE,
			    "%s: names no extent, expected a line such as RW 2048 SESPARSE \"file\"",
			    t->path);
	for (i = 0; i < p->nr_extents && !r; i++) {
		line = p->d->extents[i].line;
		r = extent_line_parse(&extents, line, t->lines[line - 1]);
	}
	return r;
}

static int parse_cid(const struct parser *p, enum key key, u32 *cid,
		     unsigned int *line)
{
	const struct setting *s = &p->settings.of[key];

	if (!s->line)
		return fail(EXIT_DEVICE,
			    "%s: has no %s, expected %s=<8 hex digits>",
			    p->d->path, key_name(key), key_name(key));
	if (!*s->value || strlen(s->value) > 8 ||
	    s->value[strspn(s->value, "0123456789abcdefABCDEF")])
		return bad_line(p->d->path, s->line,
				"%s is \"%.60s\", expected 1 to 8 hex digits",
				key_name(key), s->value);
	*cid = (u32)strtoul(s->value, NULL, 16);
	*line = s->line;
	return 0;
}

static int parse_hint(const struct parser *p)
{
	const struct setting *s = &p->settings.of[KEY_HINT];
	struct descriptor *d = p->d;

	if (!s->line || !*s->value)
		return 0;
	d->hint_line = s->line;
	return file_name_parse(&p->settings, d->path, s->line,
			       "parentFileNameHint", s->value, &d->hint,
			       &d->raw_hint);
}

static int keep_string(const char *value, char **copy)
{
	if (!value)
		return 0;
	*copy = strdup(value);
	return *copy ? 0 : fail_memory();
}

static int check_version(const struct parser *p)
{
	const struct setting *s = &p->settings.of[KEY_VERSION];

	if (!s->line)
		return fail(EXIT_DEVICE,
			    "%s: has no version, expected version=1, 2, 3 or 4",
			    p->d->path);
	if (strlen(s->value) != 1 || *s->value < '1' || *s->value > '4')
		return bad_line(p->d->path, s->line,
				"version is \"%.60s\", expected 1, 2, 3 or 4",
				s->value);
	return 0;
}

/* That what is to be parsed is the text of a descriptor, and all of it. */
static int check_text(const struct text *t)
{
	if (!text_is_descriptor(t))
		return file_kind_fail(t);
	if (!text_fits(t))
		return fail(EXIT_DEVICE,
			    "%s: has more than %d bytes, expected at most those in a VMDK descriptor: cut off what is not its text",
			    t->path, DESCRIPTOR_BYTES);
	if (t->nul_line)
		return bad_line(t->path, t->nul_line,
				"a NUL byte found with more behind it, expected text (NULs at its end only)");
	return 0;
}

/* What the lines say, all but where they are extents. */
static int parse_values(struct parser *p)
{
	const struct settings *s = &p->settings;
	struct descriptor *d = p->d;
	int r;

	r = check_version(p);
	if (!r)
		r = parse_cid(p, KEY_CID, &d->cid, &d->cid_line);
	if (!r)
		r = parse_cid(p, KEY_PARENT_CID, &d->parent_cid,
			      &d->parent_cid_line);
	if (!r)
		r = parse_hint(p);
	if (!r)
		r = keep_string(s->of[KEY_CREATE_TYPE].value, &d->create_type);
	return r;
}

static int parse_text(struct parser *p)
{
	struct settings *s = &p->settings;
	int r;

	r = check_text(&p->text);
	if (!r)
		r = find_extents(p);
	if (!r)
		r = parse_settings(p);
	if (r)
		return r;
	warn_of_strays(p);
	if (p->text.is_unicode)
		s->of[KEY_ENCODING].value = "UTF-8";
	p->d->cipher_line = s->cipher_line;
	r = keep_string(s->cipher, &p->d->cipher);
	if (!r && !p->nr_extents) /* those of some are encrypted, too */
		r = descriptor_check_cipher(p->d);
	if (!r)
		r = parse_values(p);
	return r ? r : parse_extents(p);
}

static int parse(struct parser *p, const struct source *source)
{
	int error = source_stat(source, &p->d->st), r;

	if (error)
		return fail(exit_code_of(error), "%s: %s", source->path,
			    strerror(error));
	p->d->in_datastore = source->stored;
	r = text_read(&p->text, source);
	if (r)
		return r;
	return file_is_extent(p->text.raw, p->text.raw_size) ?
	       describe_extent(p) : parse_text(p);
}

/**
 * descriptor_check_cipher() - refuse a disk whose data are encrypted
 * @d: its descriptor
 *
 * Return: 0, or an exit code after a message.
 */
int descriptor_check_cipher(const struct descriptor *d)
{
	if (!d->cipher)
		return 0;
	return bad_line(d->path, d->cipher_line,
			"the disk is encrypted (%.60s), so its data are ciphertext: decrypt it on ESXi first (give the VM a storage policy without encryption), and copy it again",
			d->cipher);
}

/**
 * descriptor_read_source() - read and check a descriptor that is open
 * @log: how much to tell
 * @source: the file, which may also be a seSparse extent: its descriptor is then
 *          what one of this extent alone would be
 * @foreign: which extents may be of kinds that are not read
 * @descriptor: set to what it says, for descriptor_free()
 *
 * Return: 0, or an exit code after a message.
 */
int descriptor_read_source(const struct log *log, const struct source *source,
			   enum foreign foreign,
			   struct descriptor **descriptor)
{
	struct parser p = { .text.path = source->path, .foreign = foreign };
	int r;

	*descriptor = NULL;
	p.d = calloc(1, sizeof(*p.d));
	if (p.d)
		p.d->path = strdup(source->path);
	if (!p.d || !p.d->path)
		r = fail_memory();
	else
		r = parse(&p, source);
	text_free(&p.text);
	if (r) {
		descriptor_free(p.d);
		return r;
	}
	step(log, "%s: CID %08x, parentCID %08x, %llu sectors in %zu %s extents",
	     p.d->path, p.d->cid, p.d->parent_cid, p.d->capacity,
	     p.d->nr_extents, extent_type_name(p.d->extents[0].type));
	*descriptor = p.d;
	return 0;
}

/**
 * descriptor_read() - descriptor_read_source() of a file that is yet to be opened
 * @log: how much to tell
 * @found: the file
 * @foreign: as there
 * @descriptor: as there
 *
 * Return: 0, or an exit code after a message.
 */
int descriptor_read(const struct log *log, const struct file_found *found,
		    enum foreign foreign, struct descriptor **descriptor)
{
	const struct log silent = { 0 }; /* its contents are told of instead */
	struct source source = SOURCE_CLOSED(found->path);
	int r;

	*descriptor = NULL;
	r = source_open(&silent, found, &source);
	if (!r)
		r = descriptor_read_source(log, &source, foreign, descriptor);
	source_close(&source);
	return r;
}

/**
 * extent_free() - free what an extent has of its own
 * @e: the extent
 */
void extent_free(struct extent *e)
{
	free(e->file);
	free(e->device);
	free(e->raw);
}

/**
 * descriptor_free() - free what descriptor_read() made
 * @d: it, or NULL
 */
void descriptor_free(struct descriptor *d)
{
	size_t i;

	if (!d)
		return;
	for (i = 0; i < d->nr_extents; i++)
		extent_free(&d->extents[i]);
	free(d->extents);
	free(d->create_type);
	free(d->hint);
	free(d->raw_hint);
	free(d->cipher);
	folder_put(d->folder);
	free(d->path);
	free(d);
}

/**
 * extent_type_name() - the name of a type as descriptors have it
 * @type: the type
 *
 * Return: the name.
 */
const char *extent_type_name(enum extent_type type)
{
	static const char *const names[] = {
		[EXTENT_SESPARSE] = "SESPARSE",
		[EXTENT_FLAT] = "FLAT",
		[EXTENT_VMFS] = "VMFS",
		[EXTENT_ZERO] = "ZERO",
		[EXTENT_FOREIGN] = "foreign",
		[EXTENT_MISSING] = "missing",
	};

	return names[type];
}
