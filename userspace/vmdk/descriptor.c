// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/file.h"
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
	bool foreign; /* what is no SESPARSE may be of any kind */
};

/* Write the descriptor of an extent that was given alone, good or bad. */
static int describe_extent(const struct parser *p)
{
	const struct sesparse_const_header *h = (const void *)p->text.bytes;
	struct descriptor *d = p->d;
	struct extent *e;

	if (p->text.size < sizeof(*h))
		return fail(EXIT_DEVICE,
			    "%s: has %zu bytes, expected a seSparse extent (truncated?)",
			    d->path, p->text.size);
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

static int parse_lines(struct parser *p)
{
	const struct extent_parser extents = {
		.d = p->d,
		.settings = &p->settings,
		.foreign = p->foreign,
	};
	const struct text *t = &p->text;
	size_t nr_extents = 0;
	unsigned int i;
	int r = 0;

	for (i = 0; i < t->nr_lines && !r; i++) {
		if (extent_line_is(t->lines[i]))
			nr_extents++;
		else if (*t->lines[i] && *t->lines[i] != '#')
			r = settings_parse_line(&p->settings, t->path, i + 1,
						t->lines[i]);
	}
	if (r)
		return r;
	p->d->extents = calloc(nr_extents + 1, sizeof(*p->d->extents));
	if (!p->d->extents)
		return fail_memory();
	for (i = 0; i < t->nr_lines && !r; i++)
		if (extent_line_is(t->lines[i]))
			r = extent_line_parse(&extents, i + 1, t->lines[i]);
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

	if (d->parent_cid == NO_PARENT || !s->line || !*s->value)
		return 0;
	d->hint_line = s->line;
	return file_name_parse(&p->settings, d->path, s->line,
			       "parentFileNameHint", s->value, &d->hint,
			       &d->raw_hint);
}

static int keep_type(const struct parser *p)
{
	const char *value = p->settings.of[KEY_CREATE_TYPE].value;

	if (!value)
		return 0;
	p->d->create_type = strdup(value);
	return p->d->create_type ? 0 : fail_memory();
}

static int check_version(const struct parser *p)
{
	const struct setting *s = &p->settings.of[KEY_VERSION];

	if (!s->line)
		return fail(EXIT_DEVICE,
			    "%s: is empty or has no version, expected a VMDK descriptor with version=1, 2 or 3",
			    p->d->path);
	if (strlen(s->value) != 1 || *s->value < '1' || *s->value > '3')
		return bad_line(p->d->path, s->line,
				"version is \"%.60s\", expected 1, 2 or 3",
				s->value);
	return 0;
}

static int parse_text(struct parser *p)
{
	struct descriptor *d = p->d;
	int r;

	r = file_kind_check(d->path, p->text.bytes, p->text.size);
	if (!r && p->text.size > DESCRIPTOR_BYTES)
		r = fail(EXIT_DEVICE,
			 "%s: has more than %d bytes and not the magic of a seSparse extent, expected one, or a VMDK descriptor, which is a small text file",
			 d->path, DESCRIPTOR_BYTES);
	if (!r)
		r = text_split(&p->text);
	if (!r)
		r = parse_lines(p);
	if (!r)
		r = check_version(p);
	if (!r)
		r = parse_cid(p, KEY_CID, &d->cid, &d->cid_line);
	if (!r)
		r = parse_cid(p, KEY_PARENT_CID, &d->parent_cid,
			      &d->parent_cid_line);
	if (!r)
		r = parse_hint(p);
	if (!r)
		r = keep_type(p);
	if (!r && !d->nr_extents)
		r = fail(EXIT_DEVICE,
			 "%s: names no extent, expected a line such as RW 2048 SESPARSE \"file\"",
			 d->path);
	return r;
}

static int parse(struct parser *p, int fd)
{
	int r;

	r = text_read(&p->text, fd);
	if (r)
		return r;
	return file_is_extent(p->text.bytes, p->text.size) ?
	       describe_extent(p) : parse_text(p);
}

/**
 * descriptor_check_name() - refuse the name of what is no file
 * @d: the descriptor that has it
 * @line: where
 * @name: of an extent or of the parent
 *
 * Return: 0, or an exit code after a message.
 */
int descriptor_check_name(const struct descriptor *d, unsigned int line,
			  const char *name)
{
	return file_name_check(d->path, line, name);
}

/**
 * descriptor_read_fd() - read and check a descriptor that is open
 * @log: how much to tell
 * @path: the file, which may also be a seSparse extent: its descriptor is then
 *        what one of this extent alone would be
 * @fd: it, open
 * @st: what fstat() says of it
 * @foreign: only a seSparse disk's extents are wanted: those of others may be
 *           of any kind, and become EXTENT_FOREIGN
 * @descriptor: set to what it says, for descriptor_free()
 *
 * Return: 0, or an exit code after a message.
 */
int descriptor_read_fd(const struct log *log, const char *path, int fd,
		       const struct stat *st, bool foreign,
		       struct descriptor **descriptor)
{
	struct parser p = { .text.path = path, .foreign = foreign };
	int r;

	*descriptor = NULL;
	p.d = calloc(1, sizeof(*p.d));
	if (p.d)
		p.d->path = strdup(path);
	if (!p.d || !p.d->path) {
		r = fail_memory();
	} else {
		p.d->dev = st->st_dev;
		p.d->ino = st->st_ino;
		r = parse(&p, fd);
	}
	text_free(&p.text);
	if (r) {
		descriptor_free(p.d);
		return r;
	}
	step(log, "%s: CID %08x, parentCID %08x, %llu sectors in %zu %s extents",
	     path, p.d->cid, p.d->parent_cid, p.d->capacity,
	     p.d->nr_extents, extent_type_name(p.d->extents[0].type));
	*descriptor = p.d;
	return 0;
}

/**
 * descriptor_read() - descriptor_read_fd() of a file that is yet to be opened
 * @log: how much to tell
 * @path: the file
 * @foreign: as there
 * @descriptor: as there
 *
 * Return: 0, or an exit code after a message.
 */
int descriptor_read(const struct log *log, const char *path, bool foreign,
		    struct descriptor **descriptor)
{
	struct stat st;
	int fd, r;

	*descriptor = NULL;
	r = file_open(path, &fd, &st);
	if (r)
		return r;
	r = descriptor_read_fd(log, path, fd, &st, foreign, descriptor);
	close(fd);
	return r;
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
	for (i = 0; i < d->nr_extents; i++) {
		free(d->extents[i].file);
		free(d->extents[i].raw);
	}
	free(d->extents);
	free(d->create_type);
	free(d->hint);
	free(d->raw_hint);
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
	};

	return names[type];
}
