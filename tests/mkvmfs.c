// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkvmfs writes LUNs with a VMFS volume for tests, and what every file on it
 * must read as.  It shares no code with the tool's reader, so that the two
 * readings of the layout check each other.  The same options and files give the
 * same LUNs anywhere.
 *
 * Where no file of the host is named, a file holds little-endian words of 64
 * bits: word number i, from the file's first byte, is mix(key + (i + 1) * G) in
 * the terms of mksesparse.c, with a key of the seed and the file descriptor's
 * number.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "gen/report.h"
#include "lun/bytes.h"
#include "lun/node.h"
#include "lun/system.h"

#define EXIT_USAGE 2

static u64 bytes_needed(const struct node *node)
{
	const struct node *child;
	u64 sum = 0, runs = 0;
	size_t i;

	for (i = 0; i < node->nr_ranges; i++) {
		if (node->ranges[i].fill != FILL_HOLE)
			runs += node->ranges[i].end - node->ranges[i].start +
				2 * FB_SIZE;
	}
	if (node->kind == NODE_FILE)
		sum = node->fill == FILL_HOLE ? min_t(u64, runs, node->size) :
						node->size;
	if (node->layout == LAYOUT_LARGE)
		sum += LARGE_BLOCKS * FB_SIZE;
	/* Pointer blocks, and those that are for holes. */
	sum += node->size / 4096 + 65536 + 300 * (node->deleted + 1);
	for (child = node->children; child; child = child->next)
		sum += bytes_needed(child) + 300;
	return sum;
}

/* With ample room, so that blocks that belong together find some. */
static u64 choose_size(const struct lun_options *o, const struct node *root)
{
	u64 groups = o->sbc_groups * (129ULL << 20) +
		     o->fdc_groups * (17ULL * o->md << 8);
	u64 size = bytes_needed(root) + 2ULL * o->md * o->skip_files +
		   65536ULL * o->skip_sub_blocks;

	size += size / 2 + groups + (1ULL << 30);
	return o->size ? o->size : round_up_to(size, PE_UNIT * o->images);
}

/* What follows a folder's node, in the order of a walk through the tree. */
static struct node *next_node(struct node *node)
{
	if (node->children)
		return node->children;
	while (node && !node->next)
		node = node->parent;
	return node ? node->next : NULL;
}

static int number_files(struct filesystem *fs, struct node *root)
{
	struct node *node;

	for (node = next_node(root); node; node = next_node(node)) {
		if (node->kind != NODE_SYSTEM &&
		    resource_take(&fs->fdc, &fs->v, &node->fd))
			return -1;
	}
	return 0;
}

/* A raw device mapping names its LUN where other files have data. */
static int store_rdm(struct filesystem *fs, struct node *node)
{
	static const char id[] = "naa.60003ff44dc75adc9";

	node->zla = ZLA_INLINE;
	node->block_size = fs->v.sub_block;
	node->inline_data = calloc(1, 4096);
	if (!node->inline_data)
		return report("out of memory");
	node->inline_data[0] = 2;
	node->inline_data[1] = 60;
	memcpy(node->inline_data + 0x20, id, sizeof(id));
	return 0;
}

static void describe(const struct node *node, FILE *manifest)
{
	static const char *const kinds[] = {
		[NODE_FOLDER] = "dir", [NODE_LINK] = "link", [NODE_RDM] = "rdm"
	};
	char owner[36];

	if (node->kind != NODE_FILE) {
		fprintf(manifest, "%s ", kinds[node->kind]);
		path_write(manifest, node->path);
		if (node->kind == NODE_RDM)
			fprintf(manifest, " %llu", node->size);
		if (node->target) {
			putc(' ', manifest);
			path_write(manifest, node->target);
		}
		putc('\n', manifest);
	}
	if (node->lock) {
		lun_uuid_text(&node->owner, owner);
		fputs("lock ", manifest);
		path_write(manifest, node->path);
		fprintf(manifest, " %u %s\n", node->lock, owner);
	}
}

static int store(struct filesystem *fs, struct node *node, FILE *manifest)
{
	int ret;

	switch (node->kind) {
	case NODE_FILE:
		ret = file_store(fs, node, manifest);
		break;
	case NODE_LINK:
		ret = file_store(fs, node, NULL);
		break;
	case NODE_RDM:
		ret = store_rdm(fs, node);
		break;
	default:
		ret = folder_store(fs, node);
		break;
	}
	if (!ret)
		ret = inode_write(fs, node);
	if (!ret)
		describe(node, manifest);
	return ret;
}

/* Those first whose blocks need the most room in one piece; folders at last. */
static int store_all(struct filesystem *fs, struct node *root, FILE *manifest)
{
	static const enum layout order[] = {
		LAYOUT_LARGE, LAYOUT_CONTIGUOUS, LAYOUT_REVERSED,
		LAYOUT_SCATTERED
	};
	struct node *node;
	size_t i;

	for (i = 0; i < 2 * ARRAY_SIZE(order); i++) {
		for (node = next_node(root); node; node = next_node(node)) {
			bool folder = node->kind == NODE_FOLDER;

			if (node->kind == NODE_SYSTEM || folder != i % 2 ||
			    node->layout != order[i / 2])
				continue;
			if (store(fs, node, manifest))
				return -1;
		}
	}
	return system_finish(fs, root);
}

static void describe_volume(const struct volume *v, FILE *manifest)
{
	char uuid[36];
	unsigned int i;

	lun_uuid_text(&v->o->uuid, uuid);
	fprintf(manifest, "volume %u %s ", v->o->version, uuid);
	path_write(manifest, v->o->label);
	putc('\n', manifest);
	for (i = 0; i < v->o->images; i++) {
		fputs("lun ", manifest);
		path_write(manifest, v->images[i].file.path);
		fprintf(manifest, " %u\n", v->o->sector);
	}
}

/* Where what is before the volume lies on the LUNs. */
static void describe_lvm(const struct volume *v, FILE *manifest)
{
	unsigned int i;

	for (i = 0; i < v->o->images; i++) {
		u64 start = v->images[i].start;

		if (start)
			fprintf(manifest, "meta - %u 0 %u\n", i + 1,
				2 * v->o->sector + 512);
		fprintf(manifest, "meta - %u %llu 512\n"
				  "meta - %u %llu 512\n"
				  "meta - %u %llu 1024\n", i + 1,
			start + LVM_AT, i + 1, start + LVM_AT +
			(v->v6 ? v->md : 512), i + 1, start + LVM_AT +
			lvm_table_at(v));
	}
}

static int make_all(struct filesystem *fs, struct node *root)
{
	struct outfile f;
	FILE *manifest;
	int ret;

	if (output_create(&fs->v.out, &f, fs->v.o->prefix, ".manifest"))
		return -1;
	manifest = fdopen(f.fd, "w");
	if (!manifest) {
		outfile_close(&f);
		return report("out of memory");
	}
	describe_volume(&fs->v, manifest);
	if (fs->v.o->map)
		fs->map = manifest;
	ret = system_begin(fs, root);
	if (!ret)
		ret = number_files(fs, root);
	if (!ret)
		ret = store_all(fs, root, manifest);
	if (!ret)
		ret = lvm_write(&fs->v);
	if (!ret && fs->map)
		describe_lvm(&fs->v, manifest);
	if (fclose(manifest) && !ret)
		ret = report("%s: %s", f.path, strerror(errno));
	return ret;
}

static int write_luns(const struct lun_options *o)
{
	struct filesystem fs = { 0 };
	struct node *root = node_new(NULL, "", NODE_FOLDER);
	int ret = -1;

	if (root && !spec_read(o, root)) {
		ret = volume_open(&fs.v, o, choose_size(o, root));
		if (!ret)
			ret = make_all(&fs, root);
		if (volume_close(&fs.v))
			ret = -1;
		if (ret)
			output_remove(&fs.v.out);
	}
	resource_free(&fs.fdc);
	resource_free(&fs.sbc);
	resource_free(&fs.pbc);
	resource_free(&fs.pb2);
	output_free(&fs.v.out);
	volume_free(&fs.v);
	node_free(root);
	return ret;
}

int main(int argc, char **argv)
{
	struct lun_options o;
	int status = EXIT_SUCCESS;

	switch (lun_options_parse(&o, argc, argv)) {
	case 0:
		if (write_luns(&o))
			status = EXIT_FAILURE;
		break;
	case LUN_OPTIONS_HELP:
		lun_options_help();
		break;
	default:
		status = EXIT_USAGE;
		break;
	}
	lun_options_free(&o);
	return status;
}
