// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm-sesparse/format.h"
#include "source/bytes.h"
#include "source/file.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/encoding.h"

/* As the hosts have it; the largest in the wild are a few KiB. */
#define DESCRIPTOR_BYTES 65536

/* Those that matter; there are many others, and they differ by version. */
enum key {
	KEY_VERSION,
	KEY_ENCODING,
	KEY_CID,
	KEY_PARENT_CID,
	KEY_HINT,
	KEY_CREATE_TYPE,
	NR_KEYS,
};

static const char *const key_names[NR_KEYS] = {
	[KEY_VERSION] = "version",
	[KEY_ENCODING] = "encoding",
	[KEY_CID] = "CID",
	[KEY_PARENT_CID] = "parentCID",
	[KEY_HINT] = "parentFileNameHint",
	[KEY_CREATE_TYPE] = "createType",
};

/* The @value of a key, NULL if the key was not there, and where it was. */
struct setting {
	char *value;
	unsigned int line;
};

struct parser {
	const struct log *log;
	bool foreign; /* what is no SESPARSE may be of any kind */
	struct descriptor *d;
	char *text;
	size_t size;
	char **lines; /* trimmed, pointing into @text */
	unsigned int nr_lines;
	struct setting settings[NR_KEYS];
};

#define BLANK " \t"

/* Say what is wrong in a line, counted from 1. */
#define bad_line(p, line, format, ...) \
	fail(EXIT_DEVICE, "%s:%u: " format, (p)->d->path, line, ##__VA_ARGS__)

/* Files that are disks, but not text. */
static int check_magic(const struct parser *p)
{
	static const char magic_cowd[] = "COWD", magic_sparse[] = "KDMV";
	const unsigned char compressed = p->text[10] & 1;

	if (p->size < SESPARSE_SECTOR_SIZE)
		return 0;
	if (!memcmp(p->text, magic_cowd, 4))
		return fail(EXIT_DEVICE,
			    "%s: is an extent of a VMFSSPARSE (COWD) snapshot, expected a seSparse disk's descriptor: clone its chain with 'vmkfstools -i'",
			    p->d->path);
	if (!memcmp(p->text, magic_sparse, 4))
		return fail(EXIT_DEVICE,
			    "%s: is a %s disk, expected a seSparse disk's descriptor: convert it with 'qemu-img convert -O raw'",
			    p->d->path, compressed ? "streamOptimized" :
			    "hosted sparse (monolithicSparse or twoGbMaxExtentSparse)");
	return 0;
}

/* Read the file, or enough of it to see that it is no text. */
static int read_text(struct parser *p)
{
	const size_t max = DESCRIPTOR_BYTES;
	struct stat st;
	int fd, error, r;

	r = file_open(p->d->path, &fd, &st);
	if (r)
		return r;
	p->d->dev = st.st_dev;
	p->d->ino = st.st_ino;
	p->text = calloc(1, max + 2);
	if (!p->text) {
		r = fail_memory();
		goto out;
	}
	error = bytes_read_some(fd, p->text, max + 1, 0, &p->size);
	if (error)
		r = fail(exit_code_of(error), "%s: cannot read: %s",
			 p->d->path, strerror(error));
out:
	close(fd);
	return r;
}

static bool holds_extent(const struct parser *p)
{
	const struct sesparse_const_header *h = (const void *)p->text;

	return p->size >= sizeof(h->magic) &&
	       le64_to_cpu(h->magic) == SESPARSE_CONST_MAGIC;
}

/* Write the descriptor of an extent that was given alone, good or bad. */
static int describe_extent(const struct parser *p)
{
	const struct sesparse_const_header *h = (const void *)p->text;
	struct descriptor *d = p->d;
	struct extent *e;

	if (p->size < sizeof(*h))
		return fail(EXIT_DEVICE,
			    "%s: has %zu bytes, expected a seSparse extent (truncated?)",
			    d->path, p->size);
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

static char *trim(char *s)
{
	char *end;

	s += strspn(s, BLANK);
	for (end = s + strlen(s); end > s && strchr(BLANK "\r", end[-1]); end--)
		;
	*end = '\0';
	return s;
}

static int split_lines(struct parser *p)
{
	char *s = p->text, *end = p->text + p->size, *c;
	unsigned int line = 1;

	for (c = s; c < end; c++) {
		if (!*c)
			return bad_line(p, line,
					"holds a NUL byte, expected the text of a VMDK descriptor");
		line += *c == '\n';
	}
	p->lines = calloc(line, sizeof(*p->lines));
	if (!p->lines)
		return fail_memory();
	if (!strncmp(s, "\xef\xbb\xbf", 3))
		s += 3; /* the mark of a UTF-8 file edited on Windows */
	for (; s; s = c) {
		c = strchr(s, '\n');
		if (c)
			*c++ = '\0';
		p->lines[p->nr_lines++] = trim(s);
	}
	return 0;
}

/* The text within @value's quotes, if it has them. */
static int unquote(const struct parser *p, unsigned int line, char **value)
{
	size_t length = strlen(*value);

	if (**value != '"')
		return 0;
	if (length < 2 || (*value)[length - 1] != '"')
		return bad_line(p, line,
				"%.60s has no closing quote, expected one at the end of the line",
				*value);
	(*value)[length - 1] = '\0';
	++*value;
	return 0;
}

static int parse_setting(struct parser *p, unsigned int line, char *text)
{
	char *value = strchr(text, '=');
	enum key key;
	int r;

	if (!value)
		return bad_line(p, line,
				"\"%.60s\" found, expected a comment, key = value, or RW sectors TYPE \"file\"",
				text);
	*value++ = '\0';
	text = trim(text);
	value = trim(value);
	r = unquote(p, line, &value);
	if (r)
		return r;
	for (key = 0; key < NR_KEYS; key++)
		if (!strcasecmp(text, key_names[key]))
			break;
	if (key == NR_KEYS)
		return 0;
	if (strchr(value, '"'))
		return bad_line(p, line,
				"%s is %.60s, expected no quote within it",
				key_names[key], value);
	if (p->settings[key].line)
		return bad_line(p, line,
				"a second %s, expected one only (the first is in line %u)",
				key_names[key], p->settings[key].line);
	p->settings[key].value = value;
	p->settings[key].line = line;
	return 0;
}

/* Cut the first word off @text. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, BLANK);
	char *end = word + strcspn(word, BLANK);

	*text = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static bool is_extent(const char *text)
{
	static const char *const access[] = { "RW", "RDONLY", "NOACCESS" };
	size_t length = strcspn(text, BLANK), i;

	for (i = 0; i < ARRAY_SIZE(access); i++)
		if (length == strlen(access[i]) &&
		    !strncmp(text, access[i], length))
			return true;
	return false;
}

/* Sectors, up to what is left of @max after @used; a message if they aren't. */
static int parse_sectors(const struct parser *p, unsigned int line,
			 const char *what, const char *word, u64 max, u64 *n)
{
	*n = 0;
	if (!*word)
		return bad_line(p, line, "the extent's %s is missing", what);
	if (word[strspn(word, "0123456789")])
		return bad_line(p, line,
				"%s is \"%.60s\", expected a decimal number",
				what, word);
	errno = 0;
	*n = strtoull(word, NULL, 10);
	if (errno || *n > max)
		return bad_line(p, line, "%s is %.60s, expected at most %llu",
				what, word, max);
	return 0;
}

/* What there is besides the four types that can be read, and the way out. */
static int bad_type(const struct parser *p, unsigned int line, const char *type)
{
	static const char clone[] =
		"clone the disk with 'vmkfstools -i', or give what 'qemu-img convert -O raw' makes of it as --parent of the snapshot above";
	static const char object[] =
		"clone the disk to VMFS or NFS with 'vmkfstools -i'";
	static const char lun[] =
		"give the LUN's block device as --parent of the snapshot above";
	static const struct {
		const char *type;
		const char *what;
		const char *todo;
	} known[] = {
		{ "SPARSE", "a hosted sparse or streamOptimized extent", clone },
		{ "VMFSSPARSE", "a COWD snapshot of VMFS 5 or older", clone },
		{ "VSANSPARSE", "a snapshot on vSAN", object },
		{ "VVOL", "a vVol", object },
		{ "VMFSRDM", "a raw device mapping", lun },
		{ "VMFSRDMP", "a raw device mapping", lun },
		{ "VMFSRAW", "a raw device", lun },
	};
	const char *kind = p->settings[KEY_CREATE_TYPE].value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(type, known[i].type))
			return bad_line(p, line,
					"%s is %s (createType %s), which is not read: %s",
					type, known[i].what,
					kind ? kind : "not given",
					known[i].todo);
	return bad_line(p, line,
			"\"%.60s\" is no known extent type, expected SESPARSE, FLAT, VMFS or ZERO",
			type);
}

static int parse_type(const struct parser *p, unsigned int line,
		      const char *word, enum extent_type *type)
{
	for (*type = EXTENT_SESPARSE; *type <= EXTENT_ZERO; ++*type)
		if (!strcmp(word, extent_type_name(*type)))
			break;
	if (p->foreign && *type != EXTENT_SESPARSE) {
		*type = EXTENT_FOREIGN;
		return 0;
	}
	return *type <= EXTENT_ZERO ? 0 : bad_type(p, line, word);
}

/*
 * Whoever copied the file may have named it in other bytes than the encoding
 * that the descriptor states asks for, so these are kept.
 */
static int parse_file_name(const struct parser *p, unsigned int line,
			   const char *what, const char *name, char **file,
			   char **raw)
{
	const char *encoding = p->settings[KEY_ENCODING].value;
	char *copy;
	int r;

	r = encoding_convert(encoding, name, file);
	if (r == -ENOMEM)
		return fail_memory();
	if (!r && !strcmp(*file, name))
		return 0;
	copy = strdup(name);
	if (!copy)
		return fail_memory();
	if (!r) {
		*raw = copy;
		return 0;
	}
	*file = copy;
	if (r == -EINVAL)
		warn("%s:%u: encoding \"%.60s\" is not known here, expected one of 'iconv -l', such as UTF-8: %s \"%s\" is taken as it is",
		     p->d->path, p->settings[KEY_ENCODING].line, encoding,
		     what, name);
	else
		warn("%s:%u: %s \"%s\" cannot be converted from encoding %s to the locale's, and is taken as it is",
		     p->d->path, line, what, name, encoding);
	return 0;
}

/* The rest of an extent's line: "file" and perhaps an offset. */
static int parse_location(const struct parser *p, struct extent *e, char *text)
{
	char *name, *end, *word;
	int r;

	text += strspn(text, BLANK);
	if (e->type == EXTENT_FOREIGN)
		return 0;
	if (e->type == EXTENT_ZERO) {
		if (!*text)
			return 0;
		return bad_line(p, e->line,
				"%.60s found after ZERO, expected nothing",
				text);
	}
	name = text + 1;
	end = *text == '"' ? strchr(name, '"') : NULL;
	if (!end)
		return bad_line(p, e->line,
				"\"%.60s\" found, expected the extent's file name in quotes",
				text);
	*end++ = '\0';
	if (!*name)
		return bad_line(p, e->line, "the extent's file name is empty");
	r = descriptor_check_name(p->d, e->line, name);
	if (r)
		return r;
	r = parse_file_name(p, e->line, "extent file", name, &e->file, &e->raw);
	if (r)
		return r;
	word = next_word(&end);
	if (*word || e->type == EXTENT_FLAT) {
		r = parse_sectors(p, e->line, "offset", word,
				  FILE_SECTORS - e->sectors, &e->offset);
		if (r)
			return r;
	}
	word = next_word(&end);
	if (*word)
		return bad_line(p, e->line,
				"\"%.60s\" found after the offset, expected nothing",
				word);
	return 0;
}

static int parse_extent(struct parser *p, unsigned int line, char *text)
{
	struct descriptor *d = p->d;
	struct extent *e = &d->extents[d->nr_extents++];
	const char *access = next_word(&text);
	int r;

	e->line = line;
	r = parse_sectors(p, line, "number of sectors", next_word(&text),
			  SESPARSE_MAX_CAPACITY - d->capacity, &e->sectors);
	if (r)
		return r;
	if (!e->sectors)
		return bad_line(p, line,
				"an extent of 0 sectors, expected at least 1");
	d->capacity += e->sectors;
	r = parse_type(p, line, next_word(&text), &e->type);
	if (r)
		return r;
	if (!strcmp(access, "NOACCESS") && e->type != EXTENT_ZERO &&
	    e->type != EXTENT_FOREIGN)
		return bad_line(p, line,
				"access is NOACCESS, expected RW or RDONLY: this extent is not to be read");
	if (e->type != d->extents[0].type &&
	    (e->type == EXTENT_SESPARSE ||
	     d->extents[0].type == EXTENT_SESPARSE))
		return bad_line(p, line,
				"extent type %s, expected no SESPARSE among others (line %u has %s)",
				extent_type_name(e->type), d->extents[0].line,
				extent_type_name(d->extents[0].type));
	return parse_location(p, e, text);
}

static int parse_lines(struct parser *p)
{
	size_t nr_extents = 0;
	unsigned int i;
	int r = 0;

	for (i = 0; i < p->nr_lines && !r; i++) {
		if (is_extent(p->lines[i]))
			nr_extents++;
		else if (*p->lines[i] && *p->lines[i] != '#')
			r = parse_setting(p, i + 1, p->lines[i]);
	}
	if (r)
		return r;
	p->d->extents = calloc(nr_extents + 1, sizeof(*p->d->extents));
	if (!p->d->extents)
		return fail_memory();
	for (i = 0; i < p->nr_lines && !r; i++)
		if (is_extent(p->lines[i]))
			r = parse_extent(p, i + 1, p->lines[i]);
	return r;
}

static int parse_cid(const struct parser *p, enum key key, u32 *cid,
		     unsigned int *line)
{
	const struct setting *s = &p->settings[key];

	if (!s->line)
		return fail(EXIT_DEVICE,
			    "%s: has no %s, expected %s=<8 hex digits>",
			    p->d->path, key_names[key], key_names[key]);
	if (!*s->value || strlen(s->value) > 8 ||
	    s->value[strspn(s->value, "0123456789abcdefABCDEF")])
		return bad_line(p, s->line,
				"%s is \"%.60s\", expected 1 to 8 hex digits",
				key_names[key], s->value);
	*cid = (u32)strtoul(s->value, NULL, 16);
	*line = s->line;
	return 0;
}

static int parse_hint(const struct parser *p)
{
	const struct setting *s = &p->settings[KEY_HINT];
	struct descriptor *d = p->d;

	if (d->parent_cid == NO_PARENT || !s->line || !*s->value)
		return 0;
	d->hint_line = s->line;
	return parse_file_name(p, s->line, "parentFileNameHint", s->value,
			       &d->hint, &d->raw_hint);
}

static int keep_type(const struct parser *p)
{
	const char *value = p->settings[KEY_CREATE_TYPE].value;

	if (!value)
		return 0;
	p->d->create_type = strdup(value);
	return p->d->create_type ? 0 : fail_memory();
}

static int check_version(const struct parser *p)
{
	const struct setting *s = &p->settings[KEY_VERSION];

	if (!s->line)
		return fail(EXIT_DEVICE,
			    "%s: is empty or has no version, expected a VMDK descriptor with version=1, 2 or 3",
			    p->d->path);
	if (strlen(s->value) != 1 || *s->value < '1' || *s->value > '3')
		return bad_line(p, s->line,
				"version is \"%.60s\", expected 1, 2 or 3",
				s->value);
	return 0;
}

static int parse_text(struct parser *p)
{
	struct descriptor *d = p->d;
	int r;

	r = check_magic(p);
	if (!r && p->size > DESCRIPTOR_BYTES)
		r = fail(EXIT_DEVICE,
			 "%s: has more than %d bytes and not the magic of a seSparse extent, expected one, or a VMDK descriptor, which is a small text file",
			 d->path, DESCRIPTOR_BYTES);
	if (!r)
		r = split_lines(p);
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

static int parse(struct parser *p)
{
	int r;

	r = read_text(p);
	if (r)
		return r;
	return holds_extent(p) ? describe_extent(p) : parse_text(p);
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
	static const struct {
		const char *prefix;
		const char *what;
	} known[] = {
		{ "vsan://", "an object of vSAN" },
		{ "vvol://", "a vVol" },
		{ "object:", "an object of vSAN or a vVol" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncasecmp(name, known[i].prefix, strlen(known[i].prefix)))
			return fail(EXIT_DEVICE,
				    "%s:%u: \"%s\" is %s, which is not read: clone the disk to VMFS or NFS with 'vmkfstools -i'",
				    d->path, line, name, known[i].what);
	return 0;
}

/**
 * descriptor_read() - read and check a descriptor
 * @log: how much to tell
 * @path: the file, which may also be a seSparse extent: its descriptor is then
 *        what one of this extent alone would be
 * @foreign: only a seSparse disk's extents are wanted: those of others may be
 *           of any kind, and become EXTENT_FOREIGN
 * @descriptor: set to what it says, for descriptor_free()
 *
 * Return: 0, or an exit code after a message.
 */
int descriptor_read(const struct log *log, const char *path, bool foreign,
		    struct descriptor **descriptor)
{
	struct parser p = { .log = log, .foreign = foreign };
	int r;

	*descriptor = NULL;
	p.d = calloc(1, sizeof(*p.d));
	if (p.d)
		p.d->path = strdup(path);
	if (!p.d || !p.d->path)
		r = fail_memory();
	else
		r = parse(&p);
	free(p.lines);
	free(p.text);
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
