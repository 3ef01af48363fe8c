// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "dm-sesparse/format.h"
#include "source/file.h"
#include "util/message.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/descriptor.h"
#include "vmdk/file-kind.h"

/**
 * struct kind - a kind of files
 * @what: what such a file is
 * @todo: the way out
 */
struct kind {
	const char *what;
	const char *todo;
};

static const char give[] =
	"give the disk's descriptor, a small .vmdk file that begins with \"# Disk DescriptorFile\"";
static const char convert[] =
	"'qemu-img convert -O raw' reads it; if it is a snapshot's base, move it away and give what that makes by --parent";
static const char raw[] =
	"give the descriptor that names it, the small .vmdk file beside it; if it is a snapshot's base without one, move it to another name and give that by --parent";
static const char lost[] =
	"take it from a backup; a seSparse extent can also be given in its descriptor's place";

static bool ends_in(const char *name, const char *end)
{
	const size_t length = strlen(name), tail = strlen(end);

	return length > tail && !strcasecmp(name + length - tail, end);
}

/**
 * file_is_extent() - whether a file begins as a seSparse extent does
 * @bytes: how it begins
 * @size: how many of them there are
 *
 * Return: whether.
 */
bool file_is_extent(const void *bytes, size_t size)
{
	const struct sesparse_const_header *h = bytes;

	return size >= sizeof(h->magic) &&
	       le64_to_cpu(h->magic) == SESPARSE_CONST_MAGIC;
}

/* By all of the header but its magic. */
static bool is_damaged_extent(const struct text *t)
{
	const struct sesparse_const_header *h = (const void *)t->raw;

	return t->raw_size >= sizeof(*h) &&
	       le64_to_cpu(h->version) == SESPARSE_VERSION &&
	       le64_to_cpu(h->grain_size) == SESPARSE_GRAIN_SECTORS &&
	       le64_to_cpu(h->grain_table_size) == SESPARSE_TABLE_SECTORS;
}

static bool has(const char *bytes, size_t size, size_t at, const char *magic,
		size_t length)
{
	return size >= at + length && !memcmp(bytes + at, magic, length);
}

/**
 * struct magic - how a kind of files is told
 * @at: byte of the file where its mark is
 * @length: the mark's
 * @bytes: the mark
 * @kind: the kind
 */
struct magic {
	size_t at;
	size_t length;
	const char *bytes;
	struct kind kind;
};

#define MAGIC(at, magic) at, sizeof(magic) - 1, magic

/* What holds a disk or other files, and has a mark that little else can have. */
static const struct magic containers[] = {
	{ MAGIC(0, "\xbe\xba\xfe\xca\0\0\0\0"), { "a seSparse extent",
		"take what should be there from a backup" } },
	{ MAGIC(0, "COWD"), { "an extent of a VMFSSPARSE (COWD) snapshot",
		"clone its chain with 'vmkfstools -i'" } },
	{ MAGIC(0, "KDMV"), {
		"a hosted sparse disk (monolithicSparse or twoGbMaxExtentSparse)",
		convert } },
	{ MAGIC(0, "QFI\xfb"), { "a qcow2 image", convert } },
	{ MAGIC(0, "conectix"), { "a VHD image", convert } },
	{ MAGIC(0, "vhdxfile"), { "a VHDX image", convert } },
	{ MAGIC(64, "\x7f\x10\xda\xbe"), { "a VDI image", convert } },
	{ MAGIC(0, "\xfd" "7zXZ\0"), { "an xz file",
		"unpack it with 'unxz'" } },
	{ MAGIC(0, "\x28\xb5\x2f\xfd"), { "a zstd file",
		"unpack it with 'unzstd'" } },
	{ MAGIC(0, "7z\xbc\xaf\x27\x1c"), { "a 7z archive",
		"unpack it with '7z x'" } },
};

/* Likewise, but a guest may have written them right to its disk. */
static const struct magic streams[] = {
	{ MAGIC(0, "\x1f\x8b"), { "a gzip file", "unpack it with 'gunzip'" } },
	{ MAGIC(0, "BZh"), { "a bzip2 file", "unpack it with 'bunzip2'" } },
	{ MAGIC(0, "\x04\x22\x4d\x18"), { "an lz4 file",
		"unpack it with 'unlz4'" } },
	{ MAGIC(0, "PK\x03\x04"), { "a zip archive",
		"unpack it with 'unzip'" } },
	{ MAGIC(257, "ustar"), { "a tar archive (as an OVA is)",
		"unpack it with 'tar -xf'" } },
};

static const struct magic others[] = {
	{ MAGIC(0, "\x7f" "ELF"), { "a program (ELF)", give } },
	{ MAGIC(0, "\xff\xd8\xff"), { "a JPEG picture", give } },
	{ MAGIC(0, "\x89PNG"), { "a PNG picture", give } },
	{ MAGIC(0, "%PDF"), { "a PDF document", give } },
	{ MAGIC(0, "MRVN"), { "a VM's NVRAM", give } },
	{ MAGIC(0, "\xd0\xbe\xd2\xbe"), { "a VM's memory or state", give } },
	{ MAGIC(0, "\xd1\xba\xd1\xba"), { "a VM's memory or state", give } },
	{ MAGIC(0, "\xd2\xbe\xd2\xbe"), { "a VM's memory or state", give } },
	{ MAGIC(0, "\xd3\xbe\xd3\xbe"), { "a VM's memory or state", give } },
	{ MAGIC(0, "\xa2\x72\x19\xf6"), { "a change tracking file", give } },
	{ MAGIC(512, "EFI PART"), { "a disk's raw bytes (with a GPT)", raw } },
	{ MAGIC(4096, "EFI PART"), { "a disk's raw bytes (with a GPT)", raw } },
	{ MAGIC(510, "\x55\xaa"), {
		"a disk's raw bytes (with an MBR or boot sector)", raw } },
};

static const struct kind damaged = {
	"a seSparse extent whose magic is damaged",
	"'sesparsesetup dump' shows its headers"
};

static const struct kind *find_magic(const struct magic *m, size_t nr,
				     const char *bytes, size_t size)
{
	for (; nr--; m++)
		if (has(bytes, size, m->at, m->bytes, m->length))
			return &m->kind;
	return NULL;
}

static const struct kind *kind_of_container(const char *bytes, size_t size,
					    bool sure)
{
	static const struct kind stream = { "a streamOptimized disk", convert };
	const struct kind *kind;

	/* Streams are compressed, which the flags say. */
	if (has(bytes, size, 0, "KDMV", 4) && size > 10 && bytes[10] & 1)
		return &stream;
	kind = find_magic(containers, ARRAY_SIZE(containers), bytes, size);
	return kind || sure ? kind :
	       find_magic(streams, ARRAY_SIZE(streams), bytes, size);
}

static const struct kind *kind_by_magic(const struct text *t)
{
	const struct kind *kind;

	kind = kind_of_container(t->raw, t->raw_size, false);
	if (!kind)
		kind = find_magic(others, ARRAY_SIZE(others), t->raw,
				  t->raw_size);
	if (!kind && is_damaged_extent(t))
		kind = &damaged;
	return kind;
}

/**
 * file_kind_of_container() - is a disk's data packed, or in another format?
 * @bytes: how they begin, FILE_KIND_BYTES where there are so many
 * @size: how many of them there are
 * @sure: only where the mark is one that a guest can hardly have written there
 * @todo: set to the way out, if they are
 *
 * Return: what they are, or NULL: maybe the data themselves.
 */
const char *file_kind_of_container(const void *bytes, size_t size, bool sure,
				   const char **todo)
{
	const struct kind *kind = kind_of_container(bytes, size, sure);

	if (!kind)
		return NULL;
	*todo = kind->todo;
	return kind->what;
}

static bool mentions(const struct text *t, const char *what)
{
	unsigned int i;

	for (i = 0; i < t->nr_lines; i++)
		if (strcasestr(t->lines[i], what))
			return true;
	return false;
}

static const struct kind *kind_of_markup(const struct text *t)
{
	static const struct kind ovf = { "an OVF package's XML",
		"the disks that it names are streamOptimized, which 'qemu-img convert' reads" };
	static const struct kind vmxf = { "a VM's .vmxf file (XML)", give };
	static const struct kind html = { "a web page (HTML)",
		"what was to be downloaded was not: try again, or copy it with scp" };
	static const struct kind xml = { "XML", give };

	if (mentions(t, "<html"))
		return &html;
	if (mentions(t, "<Foundry"))
		return &vmxf;
	return mentions(t, "Envelope") ? &ovf : &xml;
}

static bool has_key(const struct text *t, const char *key)
{
	return text_find_key(t, key);
}

/* Of what is text. */
static const struct kind *kind_by_text(const struct text *t)
{
	static const struct kind vmx = { "a VM's configuration (.vmx)",
		"give the .vmdk file that it names as a disk's fileName" };
	static const struct kind vmsd = { "a VM's list of snapshots (.vmsd)",
		"give the .vmdk file of the snapshot that is wanted" };
	static const struct kind script = { "a script", give };
	static const struct kind other = {
		"text without a descriptor's first line, or its version and CID",
		give
	};
	unsigned int i;

	for (i = 0; i < t->nr_lines && !*t->lines[i]; i++)
		;
	if (i < t->nr_lines && *t->lines[i] == '<')
		return kind_of_markup(t);
	if (i < t->nr_lines && !strncmp(t->lines[i], "#!", 2))
		return &script;
	if (has_key(t, "config.version") || has_key(t, "virtualHW.version") ||
	    has_key(t, "displayName") || has_key(t, "guestOS"))
		return &vmx;
	if (has_key(t, "snapshot.lastUID") || has_key(t, "snapshot.current") ||
	    has_key(t, "snapshot.numSnapshots"))
		return &vmsd;
	return &other;
}

/* Of what has no mark of its own. */
static const struct kind *kind_by_name(const char *path)
{
	static const struct {
		const char *end;
		struct kind kind;
	} names[] = {
		{ "-flat.vmdk", { "by its name a base disk's raw bytes", raw } },
		{ "-rdm.vmdk", { "by its name a mapped LUN", raw } },
		{ "-rdmp.vmdk", { "by its name a mapped LUN", raw } },
		{ "-ctk.vmdk", { "by its name a change tracking file", give } },
		{ "-sesparse.vmdk", {
			"by its name a seSparse extent, whose header is damaged",
			"take it from a backup" } },
		{ ".nvram", { "by its name a VM's NVRAM", give } },
		{ ".vmsn", { "by its name a VM's memory or state", give } },
		{ ".vmem", { "by its name a VM's memory or state", give } },
	};
	static const struct kind binary = { "binary data", give };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (ends_in(path, names[i].end))
			return &names[i].kind;
	return &binary;
}

/* Bytes that no text has, whatever its encoding. */
static bool is_binary(const struct text *t)
{
	size_t i;

	if (t->nul_line)
		return true;
	for (i = 0; i < t->size; i++)
		if (t->bytes[i] > 0 && t->bytes[i] < '\t')
			return true;
	return false;
}

/**
 * file_is_sesparse() - is it a seSparse extent, or a descriptor that names any?
 * @text: of the file
 *
 * Return: true if it is, good or bad.
 */
bool file_is_sesparse(const struct text *text)
{
	return file_is_extent(text->raw, text->raw_size) ||
	       is_damaged_extent(text) ||
	       (text_is_descriptor(text) &&
		mentions(text, extent_type_name(EXTENT_SESPARSE)));
}

/**
 * file_may_be_extent() - may a file be a seSparse extent without its magic?
 * @text: of the file
 *
 * Return: true if it has a sector or more of what is neither text, nor nothing but
 * NULs, nor known to be something else.
 */
bool file_may_be_extent(const struct text *text)
{
	const struct kind *kind = kind_by_magic(text);

	if (text->raw_size < SESPARSE_SECTOR_SIZE || text_is_descriptor(text))
		return false;
	if (kind)
		return kind == &damaged;
	return text->size ? is_binary(text) : !text->whole;
}

/**
 * file_kind_fail() - say what a file is that is no descriptor
 * @text: of the file, which has not shown itself to be one
 *
 * Return: an exit code, after the message.
 */
int file_kind_fail(const struct text *text)
{
	static const struct kind empty = { "an empty file", lost };
	static const struct kind nuls = { "nothing but NUL bytes", lost };
	const struct kind *kind;

	if (!text->raw_size)
		kind = &empty;
	else
		kind = kind_by_magic(text);
	if (!kind && !text->size && text->whole)
		kind = &nuls;
	if (!kind)
		kind = is_binary(text) || !text->size ?
		       kind_by_name(text->path) : kind_by_text(text);
	return fail(EXIT_DEVICE, "%s: is not a VMDK descriptor, but %s: %s",
		    text->path, kind->what, kind->todo);
}
