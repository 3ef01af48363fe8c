// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the text files that name a snapshot's extents and its parent.
 */
#include <stdarg.h>

#include "descriptor.h"
#include "edit.h"
#include "names.h"
#include "report.h"
#include "rng.h"

#define NO_CID 0xffffffffU

struct text {
	FILE *to;
	enum style style;
};

/* Failures to write show at the end. */
__printf(2, 3) static void
line(const struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(t->to, format, args);
	va_end(args);
	fputs(t->style == STYLE_CRLF ? "\r\n" : "\n", t->to);
}

/* @quoted as ESXi does it; nothing is where the style is loose. */
static void pair(const struct text *t, const char *key, bool quoted,
		 const char *value)
{
	if (t->style == STYLE_SPACES)
		line(t, "%s = %s", key, value);
	else if (quoted)
		line(t, "%s=\"%s\"", key, value);
	else
		line(t, "%s=%s", key, value);
}

/* The disk's data base always has spaces. */
static void put_ddb_pair(const struct text *t, const char *key,
			 const char *value)
{
	const char *quote = t->style == STYLE_SPACES ? "" : "\"";

	line(t, "ddb.%s = %s%s%s", key, quote, value, quote);
}

static u32 default_cid(const struct options *o, unsigned int layer)
{
	u32 cid = (u32)rng_key(o->seed, RNG_CID, layer, 0);

	return cid == NO_CID ? 0 : cid;
}

static u32 find_cid(const struct options *o, unsigned int layer)
{
	const struct edit *e = edit_find(o, EDIT_CID, layer);

	return e ? (u32)e->value : default_cid(o, layer);
}

static bool has_parent(const struct options *o, unsigned int layer)
{
	return layer > 1 || (layer && o->base[0] != BASE_NONE);
}

static u32 find_parent_cid(const struct options *o, unsigned int layer)
{
	const struct edit *e = edit_find(o, EDIT_PARENT_CID, layer);

	if (e)
		return (u32)e->value;
	return has_parent(o, layer) ? find_cid(o, layer - 1) : NO_CID;
}

static const char *create_type(const struct options *o, unsigned int layer)
{
	if (layer)
		return "seSparse";
	if (o->base[0] == BASE_VMFS)
		return "vmfs";
	return o->nr_extents == 1 ? "monolithicFlat" : "twoGbMaxExtentFlat";
}

static void put_parent(const struct text *t, const struct options *o,
		       unsigned int layer)
{
	const struct edit *e = edit_find(o, EDIT_PARENT_HINT, layer);
	char hint[GEN_MAX_NAME + GEN_SUFFIX];
	char suffix[GEN_SUFFIX];

	if (!e && !has_parent(o, layer))
		return;
	if (!e) {
		name_descriptor(suffix, layer - 1);
		snprintf(hint, sizeof(hint), "%s%s", o->name, suffix);
	}
	pair(t, "parentFileNameHint", true, e ? e->text : hint);
}

static void put_head(const struct text *t, const struct options *o,
		     unsigned int layer)
{
	char cid[9], parent[9];

	snprintf(cid, sizeof(cid), "%08x", find_cid(o, layer));
	snprintf(parent, sizeof(parent), "%08x", find_parent_cid(o, layer));
	line(t, "# Disk DescriptorFile");
	pair(t, "version", false, "1");
	pair(t, "encoding", true, o->encoding);
	pair(t, "CID", false, cid);
	pair(t, "parentCID", false, parent);
	pair(t, "isNativeSnapshot", true, "no");
	pair(t, "createType", true, create_type(o, layer));
	put_parent(t, o, layer);
}

static void put_base_extent(const struct text *t, const struct options *o,
			    unsigned int number)
{
	u64 sectors = options_base_sectors(o, number);
	char suffix[GEN_SUFFIX];

	if (!sectors)
		return;
	name_extent(suffix, o, 0, number);
	switch (o->base[number - 1]) {
	case BASE_FLAT:
		line(t, "RW %llu FLAT \"%s%s\" %llu", sectors, o->name, suffix,
		     o->base_offset);
		break;
	case BASE_VMFS:
		line(t, "RW %llu VMFS \"%s%s\"", sectors, o->name, suffix);
		break;
	default:
		line(t, "RW %llu ZERO", sectors);
		break;
	}
}

static void put_extents(const struct text *t, const struct options *o,
			unsigned int layer)
{
	char suffix[GEN_SUFFIX];
	unsigned int i;

	line(t, "# Extent description");
	for (i = 1; i <= o->nr_extents; i++) {
		if (!layer) {
			put_base_extent(t, o, i);
			continue;
		}
		name_extent(suffix, o, layer, i);
		line(t, "RW %llu SESPARSE \"%s%s\"", o->extents[i - 1], o->name,
		     suffix);
	}
}

static void put_tracking(const struct text *t, const struct options *o,
			 unsigned int layer)
{
	char path[GEN_MAX_NAME + GEN_SUFFIX];

	snprintf(path, sizeof(path), "%s-%06u-ctk.vmdk", o->name, layer);
	line(t, "# Change Tracking File");
	pair(t, "changeTrackPath", true, path);
	line(t, "%s", "");
}

static void put_ddb(const struct text *t, const struct options *o,
		    unsigned int layer)
{
	struct rng rng = { rng_key(o->seed, RNG_CID, layer, 1) };
	char id[33];
	u64 high;

	high = rng_next(&rng);
	snprintf(id, sizeof(id), "%016llx%016llx", high, rng_next(&rng));
	line(t, "# The Disk Data Base");
	line(t, "#DDB");
	line(t, "%s", "");
	if (!layer)
		put_ddb_pair(t, "adapterType", "lsilogic");
	put_ddb_pair(t, "encoding", o->encoding);
	if (layer)
		put_ddb_pair(t, "grain", "8");
	put_ddb_pair(t, "longContentID", id);
}

static void put_all(const struct text *t, const struct options *o,
		    unsigned int layer)
{
	put_head(t, o, layer);
	put_extents(t, o, layer);
	line(t, "%s", "");
	if (layer)
		put_tracking(t, o, layer);
	put_ddb(t, o, layer);
}

/**
 * descriptor_write() - write a snapshot's descriptor
 * @o: the request
 * @out: gets the file
 * @layer: the snapshot, 0 for the base
 *
 * Return: 0, or -1 after a report.
 */
int descriptor_write(const struct options *o, struct output *out,
		     unsigned int layer)
{
	struct text t = { .style = o->style };
	char suffix[GEN_SUFFIX];
	char *text = NULL;
	struct outfile f;
	size_t size;
	int ret;

	name_descriptor(suffix, layer);
	t.to = open_memstream(&text, &size);
	if (!t.to)
		return report("out of memory");
	put_all(&t, o, layer);
	ret = ferror(t.to);
	if (fclose(t.to) || ret) {
		free(text);
		return report("out of memory");
	}
	ret = output_create(out, &f, o->prefix, suffix);
	if (!ret) {
		ret = outfile_write(&f, text, size, 0);
		if (outfile_close(&f))
			ret = -1;
	}
	free(text);
	return ret;
}
