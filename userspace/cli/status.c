// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/mountpoint.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "device/dm.h"
#include "device/name.h"
#include "device/target-args.h"
#include "device/stack.h"
#include "dm-sesparse/format.h"
#include "dm-sesparse/portable.h"
#include "host/loop.h"
#include "source/file.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"

/**
 * struct report - what is being told
 * @json: to programs, and not to people
 * @j: the JSON so far
 * @stack: the device that it is about
 * @above: layers of the devices above the one that is being told of
 * @layers: those of its own
 */
struct report {
	bool json;
	struct json j;
	struct stack stack;
	unsigned int above;
	unsigned int layers;
};

/**
 * struct listing - a report on all disks
 * @log: how much to tell
 * @report: the report, on one after the other
 * @nr: those that it has told of
 */
struct listing {
	const struct log *log;
	struct report report;
	unsigned int nr;
};

/* The name in /dev that a number of a device has, or else the number. */
static void find_node(unsigned int major, unsigned int minor, char *node,
		      size_t size)
{
	char link[64], target[256], name[NAME_SIZE + 2] = "";
	ssize_t n;
	FILE *f;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/dm/name", major,
		 minor);
	f = fopen(link, "re");
	if (f && fgets(name, sizeof(name), f)) {
		name[strcspn(name, "\n")] = '\0';
		snprintf(node, size, "/dev/mapper/%s", name);
	}
	if (f)
		fclose(f);
	if (*name)
		return;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major, minor);
	n = readlink(link, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	if (n < 0)
		snprintf(node, size, "%u:%u", major, minor);
	else
		snprintf(node, size, "/dev/%s", file_base_name(target));
}

static int print_device(const char *what, const char *node, u64 sector,
			const char *file)
{
	int r;

	printf("  %-8s ", what);
	r = human_name(node);
	if (sector)
		printf(" from sector %llu on", sector);
	if (!r && file) {
		fputs(" (", stdout);
		r = human_name(file);
		putchar(')');
	}
	putchar('\n');
	return r;
}

/* A device of a table, and the file behind it. */
static int tell_device(struct report *report, const char *what,
		       const char *key, const struct target_device *d)
{
	unsigned int major, minor;
	char node[256], *file = NULL;
	int r = 0;

	snprintf(node, sizeof(node), "%s", d->device);
	if (sscanf(d->device, "%u:%u", &major, &minor) == 2) {
		find_node(major, minor, node, sizeof(node));
		r = loop_backing_file(major, minor, &file);
	}
	if (r)
		return r;
	if (report->json) {
		json_open(&report->j, key, '{');
		json_string(&report->j, "device", node);
		json_number(&report->j, "sector", d->sector);
		json_string(&report->j, "file", file);
		json_close(&report->j, '}');
	} else {
		r = print_device(what, node, d->sector, file);
	}
	free(file);
	return r;
}

static int tell_layers(struct report *report, const struct target_args *params)
{
	char what[32];
	unsigned int i;
	int r = 0;

	report->layers = params->nr_layers;
	if (report->json)
		json_open(&report->j, "layers", '[');
	for (i = 0; i < params->nr_layers && !r; i++) {
		snprintf(what, sizeof(what), "layer %u:", report->above + i);
		r = tell_device(report, what, NULL, &params->layers[i]);
	}
	if (report->json)
		json_close(&report->j, ']');
	return r;
}

static void tell_options(struct report *report, const struct target_args *params)
{
	unsigned int i;

	if (report->json)
		json_open(&report->j, "options", '[');
	for (i = 0; i < params->nr_options; i++) {
		if (report->json)
			json_string(&report->j, NULL, params->options[i]);
		else
			printf("  option:  %s\n", params->options[i]);
	}
	if (report->json)
		json_close(&report->j, ']');
}

static int tell_params(struct report *report, const char *text)
{
	struct target_args params;
	int r;

	r = target_args_parse(text, &params);
	if (!r)
		r = tell_layers(report, &params);
	if (!r && params.parent.device)
		r = tell_device(report, "parent:", "parent", &params.parent);
	if (!r)
		tell_options(report, &params);
	free(params.text);
	return r;
}

static void tell_range(struct report *report, const char *what,
		       unsigned long long start, unsigned long long length,
		       const char *type)
{
	if (!report->json) {
		printf("  %-9s%s%llu to %llu, %s\n", what,
		       strcmp(what, "base:") ? "" : "sectors ", start,
		       start + length - 1, type);
		return;
	}
	json_open(&report->j, NULL, '{');
	json_number(&report->j, "start", start);
	json_number(&report->j, "length", length);
	json_string(&report->j, "type", type);
}

/* What a linear target is a part of. */
static int tell_source(struct report *report, const char *params)
{
	char device[32];
	struct target_device d = { .device = device };

	return sscanf(params, "%31s %llu", device, &d.sector) == 2 ?
	       tell_device(report, "", "source", &d) : 0;
}

static int tell_target(void *data, unsigned long long start,
		       unsigned long long length, const char *type,
		       const char *params)
{
	struct report *report = data;
	int r;

	tell_range(report, "sectors:", start, length, type);
	r = strcmp(type, "sesparse") ? tell_source(report, params) :
				       tell_params(report, params);
	if (report->json)
		json_close(&report->j, '}');
	return r;
}

static int tell_base(void *data, unsigned long long start,
		     unsigned long long length, const char *type,
		     const char *params)
{
	struct report *report = data;
	int r;

	tell_range(report, "base:", start, length, type);
	r = tell_source(report, params);
	if (report->json)
		json_close(&report->j, '}');
	return r;
}

/* What a device of a file's pieces lies on. */
struct pieces {
	char (*devices)[32];
	size_t nr_devices;
	u64 data;
	u64 holes;
	u64 missing;
};

static int add_device(struct pieces *pieces, const char *device)
{
	char (*list)[32];
	size_t i;

	for (i = 0; i < pieces->nr_devices; i++)
		if (!strcmp(pieces->devices[i], device))
			return 0;
	list = reallocarray(pieces->devices, pieces->nr_devices + 1,
			    sizeof(*list));
	if (!list)
		return fail_memory();
	pieces->devices = list;
	snprintf(list[pieces->nr_devices++], sizeof(*list), "%s", device);
	return 0;
}

static int add_piece(void *data, unsigned long long start,
		     unsigned long long length, const char *type,
		     const char *params)
{
	struct pieces *pieces = data;
	char device[32];

	(void)start;
	(void)length;
	pieces->holes += !strcmp(type, "zero");
	pieces->missing += !strcmp(type, "error");
	if (strcmp(type, "linear") || sscanf(params, "%31s", device) != 1)
		return 0;
	pieces->data++;
	return add_device(pieces, device);
}

static int tell_pieces_of(struct report *report, const char *node,
			  const struct pieces *pieces)
{
	struct target_device d = { 0 };
	size_t i;
	int r = 0;

	if (report->json) {
		json_open(&report->j, NULL, '{');
		json_string(&report->j, "device", node);
		json_number(&report->j, "data", pieces->data);
		json_number(&report->j, "holes", pieces->holes);
		json_open(&report->j, "on", '[');
	} else {
		printf("  pieces:  %s, %llu with data, %llu holes", node,
		       pieces->data, pieces->holes);
		if (pieces->missing)
			printf(", %llu missing", pieces->missing);
		putchar('\n');
	}
	for (i = 0; i < pieces->nr_devices && !r; i++) {
		d.device = pieces->devices[i];
		r = tell_device(report, "  on:", NULL, &d);
	}
	if (report->json) {
		json_close(&report->j, ']');
		json_close(&report->j, '}');
	}
	return r;
}

static int look_at_pieces(const char *device, struct pieces *pieces)
{
	*pieces = (struct pieces){ 0 };
	return device_each_target(device, DEVICE_TABLE, add_piece, pieces);
}

/* People are not told of more pieces than these one by one. */
#define MAX_TOLD 16

/* Tell people how many pieces there are, if they are many. */
static int tell_many(struct report *report, const char *device, bool *told)
{
	char node[sizeof("/dev/mapper/") + NAME_SIZE];
	struct pieces pieces;
	int r;

	snprintf(node, sizeof(node), "/dev/mapper/%s", device);
	r = look_at_pieces(device, &pieces);
	*told = pieces.data + pieces.holes > MAX_TOLD;
	if (!r && *told)
		r = tell_pieces_of(report, node, &pieces);
	free(pieces.devices);
	return r;
}

/* Ask a device of its targets, which become an array in JSON. */
static int tell_targets(struct report *report, const char *key,
			const char *device, device_target_fn tell)
{
	bool told = false;
	int r = 0;

	if (report->json)
		json_open(&report->j, key, '[');
	else
		r = tell_many(report, device, &told);
	if (!r && !told)
		r = device_each_target(device, DEVICE_TABLE, tell, report);
	if (report->json)
		json_close(&report->j, ']');
	return r;
}

/* The counts of a device's layers. */
struct counts {
	bool has_layers;
	u64 sums[5];
};

static int add_counts(void *data, unsigned long long start,
		      unsigned long long length, const char *type,
		      const char *params)
{
	struct counts *counts = data;
	u64 n[5];
	size_t i;

	(void)start;
	(void)length;
	if (strcmp(type, "sesparse") ||
	    sscanf(params, "%llu %llu %llu %llu %llu", &n[0], &n[1], &n[2],
		   &n[3], &n[4]) != 5)
		return 0;
	for (i = 0; i < ARRAY_SIZE(n); i++)
		counts->sums[i] += n[i];
	counts->has_layers = true;
	return 0;
}

static int add_length(void *data, unsigned long long start,
		      unsigned long long length, const char *type,
		      const char *params)
{
	u64 *end = data;

	(void)type;
	(void)params;
	*end = start + length;
	return 0;
}

/* The device that the chain makes: below an overlay it is hidden. */
static const char *image_of(const struct stack *stack)
{
	return stack->image.exists ? stack->names.image : stack->names.disk;
}

static const char *human_sectors(u64 sectors, char text[HUMAN_SIZE])
{
	return human_size(sectors * SESPARSE_SECTOR_SIZE, text);
}

static void print_grains(const u64 counts[4])
{
	static const char *const kinds[] = {
		"mapped", "zero", "absent", "corrupt",
	};
	char size[HUMAN_SIZE];
	size_t i;

	fputs("  grains:  ", stdout);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		printf("%s%llu %s (%s)", i ? ", " : "", counts[i], kinds[i],
		       human_size(counts[i] * SESPARSE_GRAIN_BYTES, size));
	putchar('\n');
}

static int tell_counts(struct report *report, const char *device)
{
	struct json *j = &report->j;
	struct counts counts = { 0 };
	const u64 *n = counts.sums;
	char size[HUMAN_SIZE];
	int r;

	r = device_each_target(device, DEVICE_STATUS, add_counts, &counts);
	if (r || !counts.has_layers)
		return r;
	if (!report->json) {
		print_grains(n);
		printf("  map:     %llu bytes (%s)\n", n[4],
		       human_size(n[4], size));
		return 0;
	}
	json_open(j, "grains", '{');
	json_number(j, "mapped", n[0]);
	json_number(j, "zero", n[1]);
	json_number(j, "absent", n[2]);
	json_number(j, "corrupt", n[3]);
	json_close(j, '}');
	json_number(j, "map-bytes", n[4]);
	return 0;
}

/* What a device of layers is made of; its layers' numbers go on from those above. */
static int tell_layered(struct report *report, const char *device)
{
	int r;

	r = tell_targets(report, "targets", device, tell_target);
	report->above += report->layers;
	return r;
}

static int tell_lower(struct report *report, const struct stack_member *lower)
{
	char node[sizeof("/dev/mapper/") + NAME_SIZE];
	int r;

	snprintf(node, sizeof(node), "/dev/mapper/%s", lower->name);
	if (report->json) {
		json_open(&report->j, NULL, '{');
		json_string(&report->j, "device", node);
	} else {
		printf("  lower:   %s\n", node);
	}
	r = tell_layered(report, lower->name);
	if (!r)
		r = tell_counts(report, lower->name);
	if (report->json)
		json_close(&report->j, '}');
	return r;
}

/* The devices of the layers that the disk's own has no room for. */
static int tell_all_lower(struct report *report)
{
	const struct stack *stack = &report->stack;
	size_t i;
	int r = 0;

	if (!stack->nr_lower)
		return 0;
	if (report->json)
		json_open(&report->j, "lower", '[');
	for (i = 0; i < stack->nr_lower && !r; i++)
		r = tell_lower(report, &stack->lower[i]);
	if (report->json)
		json_close(&report->j, ']');
	return r;
}

/* The devices of files that lie in pieces on LUNs. */
static int tell_pieces(struct report *report)
{
	const struct stack *stack = &report->stack;
	char node[sizeof("/dev/mapper/") + NAME_SIZE];
	struct pieces pieces;
	size_t i;
	int r = 0;

	if (!stack->nr_luns)
		return 0;
	if (report->json)
		json_open(&report->j, "pieces", '[');
	for (i = 0; i < stack->nr_luns && !r; i++) {
		snprintf(node, sizeof(node), "/dev/mapper/%s",
			 stack->luns[i].name);
		r = look_at_pieces(stack->luns[i].name, &pieces);
		if (!r)
			r = tell_pieces_of(report, node, &pieces);
		free(pieces.devices);
	}
	if (report->json)
		json_close(&report->j, ']');
	return r;
}

static int tell_state(struct report *report)
{
	const struct device_state *state = &report->stack.disk;
	const char *name = report->stack.names.disk;
	struct json *j = &report->j;
	char size[HUMAN_SIZE];
	u64 sectors = 0;
	int r;

	r = device_each_target(name, DEVICE_TABLE, add_length, &sectors);
	if (r)
		return r;
	if (!report->json) {
		printf("/dev/mapper/%s is %s%s%s.\n", name,
		       state->has_table ? "active" : "without a table",
		       state->open_count ? " and is in use" : "",
		       state->deferred ? ", and goes when it is closed" : "");
		printf("  type:    sesparse\n  uuid:    %s\n"
		       "  size:    %llu sectors (%s)\n  mode:    %s\n",
		       state->uuid, sectors, human_sectors(sectors, size),
		       state->read_only ? "readonly" : "read/write");
		return 0;
	}
	json_string(j, "uuid", state->uuid);
	json_bool(j, "active", state->has_table);
	json_bool(j, "in-use", state->open_count);
	json_bool(j, "deferred", state->deferred);
	json_bool(j, "readonly", state->read_only);
	json_number(j, "sectors", sectors);
	return 0;
}

static int tell_store(void *data, unsigned long long start,
		      unsigned long long length, const char *type,
		      const char *params)
{
	struct target_device d = { 0 };
	char device[32];

	(void)start;
	(void)length;
	(void)type;
	d.device = device;
	if (sscanf(params, "%*s %31s", device) != 1)
		return 0;
	return tell_device(data, "overlay:", "store", &d);
}

/* What is lost, or about to be, is told where it cannot be overlooked. */
static const char *judge_fill(const char *name, const char *params)
{
	if (!strncmp(params, "Overflow", 8)) {
		warn("%s: the overlay is full: what was written is there, more cannot be written",
		     name);
		return "full";
	}
	if (!strncmp(params, "Invalid", 7) || !strncmp(params, "Merge", 5)) {
		warn("%s: the overlay is invalid, it could not be written to: what was written is lost",
		     name);
		return "invalid";
	}
	return "active";
}

/* dm-snapshot's <sectors used>/<sectors> <of them metadata>, or a word. */
static int tell_fill(void *data, unsigned long long start,
		     unsigned long long length, const char *type,
		     const char *params)
{
	struct report *report = data;
	char part[HUMAN_SIZE], whole[HUMAN_SIZE];
	const char *state = judge_fill(report->stack.names.disk, params);
	unsigned long long used = 0, sectors = 0;
	bool known = sscanf(params, "%llu/%llu", &used, &sectors) == 2;

	(void)start;
	(void)length;
	(void)type;
	if (report->json) {
		json_string(&report->j, "state", state);
		if (known) {
			json_number(&report->j, "used-sectors", used);
			json_number(&report->j, "sectors", sectors);
		}
	} else if (known) {
		printf("  used:    %llu of %llu sectors (%s of %s)\n", used,
		       sectors, human_sectors(used, part),
		       human_sectors(sectors, whole));
	} else {
		printf("  used:    %s\n", state);
	}
	return 0;
}

static int tell_overlay(struct report *report)
{
	const struct stack *stack = &report->stack;
	int r;

	if (!stack->image.exists)
		return 0;
	if (report->json)
		json_open(&report->j, "overlay", '{');
	r = device_each_target(stack->names.disk, DEVICE_TABLE, tell_store,
			       report);
	if (!r)
		r = device_each_target(stack->names.disk, DEVICE_STATUS,
				       tell_fill, report);
	if (report->json)
		json_close(&report->j, '}');
	return r;
}

static int tell_part(struct report *report, const struct stack_member *part)
{
	u64 sectors = 0;
	char node[sizeof("/dev/mapper/") + NAME_SIZE], size[HUMAN_SIZE];
	int r;

	r = device_each_target(part->name, DEVICE_TABLE, add_length, &sectors);
	if (r)
		return r;
	snprintf(node, sizeof(node), "/dev/mapper/%s", part->name);
	if (!report->json) {
		printf("  part %u:  %s, %llu sectors (%s)%s\n", part->number,
		       node, sectors, human_sectors(sectors, size), part->state.open_count ? ", in use" : "");
		return 0;
	}
	json_open(&report->j, NULL, '{');
	json_number(&report->j, "number", part->number);
	json_string(&report->j, "device", node);
	json_number(&report->j, "sectors", sectors);
	json_bool(&report->j, "in-use", part->state.open_count);
	json_close(&report->j, '}');
	return 0;
}

static int tell_parts(struct report *report)
{
	const struct stack *stack = &report->stack;
	size_t i;
	int r = 0;

	if (report->json)
		json_open(&report->j, "partitions", '[');
	for (i = 0; i < stack->nr_parts && !r; i++)
		r = tell_part(report, &stack->parts[i]);
	if (report->json)
		json_close(&report->j, ']');
	return r;
}

static int tell_mount(struct report *report, const struct stack_member *m)
{
	char node[sizeof("/dev/mapper/") + NAME_SIZE], *where;
	int r;

	snprintf(node, sizeof(node), "/dev/mapper/%s", m->name);
	r = mountpoint_other(makedev(m->state.major, m->state.minor), NULL,
			     &where);
	if (r)
		return r;
	if (report->json) {
		json_open(&report->j, NULL, '{');
		json_string(&report->j, "device", node);
		json_string(&report->j, "where", where);
		json_close(&report->j, '}');
	} else {
		printf("  mount:   %s%s", node, where ? " at " : ", mounted nowhere that is seen here");
		r = where ? human_name(where) : 0;
		putchar('\n');
	}
	free(where);
	return r;
}

/* What file systems are mounted from. */
static int tell_mounts(struct report *report)
{
	const struct stack *stack = &report->stack;
	size_t i;
	int r = 0;

	if (!stack->nr_mounts)
		return 0;
	if (report->json)
		json_open(&report->j, "mounts", '[');
	for (i = 0; i < stack->nr_mounts && !r; i++)
		r = tell_mount(report, &stack->mounts[i]);
	if (report->json)
		json_close(&report->j, ']');
	return r;
}

/* All of a disk that is there. */
static int tell_disk(struct report *report)
{
	const struct stack *stack = &report->stack;
	int r;

	if (report->json) {
		json_open(&report->j, NULL, '{');
		json_string(&report->j, "name", stack->names.disk);
	}
	r = tell_state(report);
	if (!r)
		r = tell_overlay(report);
	report->above = 0;
	if (!r)
		r = tell_layered(report, image_of(stack));
	if (!r && stack->base.exists)
		r = tell_targets(report, "base", stack->names.base, tell_base);
	if (!r)
		r = tell_counts(report, image_of(stack));
	if (!r)
		r = tell_all_lower(report);
	if (!r)
		r = tell_pieces(report);
	if (!r)
		r = tell_parts(report);
	if (!r)
		r = tell_mounts(report);
	if (report->json)
		json_close(&report->j, '}');
	return r;
}

/* One that is not; what is left of it an open that was killed did not make. */
static void tell_absence(struct report *report)
{
	const struct stack *stack = &report->stack;
	const char *name = stack->names.disk;
	const char *left = stack_lowest(stack);

	if (report->json) {
		json_open(&report->j, NULL, '{');
		json_string(&report->j, "name", name);
		json_bool(&report->j, "active", false);
		json_string(&report->j, "left", left);
		json_close(&report->j, '}');
	} else if (left) {
		printf("/dev/mapper/%s is inactive, but an open that was killed has left %s: close it.\n",
		       name, left);
	} else {
		printf("/dev/mapper/%s is inactive.\n", name);
	}
}

static int tell_stack(struct report *report)
{
	const struct device_state *disk = &report->stack.disk;
	int r = 0;

	if (disk->exists && !uuid_is_disk(disk->uuid))
		return fail(EXIT_DEVICE,
			    "%s: was not opened by sesparsesetup (UUID \"%s\"), see dmsetup status",
			    report->stack.names.disk, disk->uuid);
	if (report->json)
		json_open(&report->j, NULL, '[');
	if (disk->exists)
		r = tell_disk(report);
	else
		tell_absence(report);
	if (report->json)
		json_close(&report->j, ']');
	return r || disk->exists ? r : EXIT_DEVICE;
}

static int tell_named(const struct options *o, struct report *report,
		      const char *name)
{
	int r;

	r = stack_look(&o->log, name, &report->stack);
	if (!r)
		r = tell_stack(report);
	stack_free(&report->stack);
	return r;
}

/* A disk, or what is left of one whose own device is not there. */
static int tell_listed(struct listing *l, const char *device)
{
	const struct stack *stack = &l->report.stack;
	const char *first = stack->disk.exists ? stack->names.disk :
						 stack_lowest(stack);

	/* Of several devices of a disk one stands for it; it may have gone. */
	if (!first || strcmp(device, first))
		return 0;
	if (l->nr++ && !l->report.json)
		putchar('\n');
	if (stack->disk.exists)
		return tell_disk(&l->report);
	tell_absence(&l->report);
	return 0;
}

static int tell_if_ours(void *data, const char *name)
{
	struct listing *l = data;
	struct device_state state;
	char disk[NAME_SIZE];
	bool is_hidden;
	int r;

	r = device_get_state(name, &state);
	is_hidden = uuid_is_hidden(state.uuid);
	if (r || !(is_hidden || uuid_is_disk(state.uuid)))
		return r;
	if (is_hidden)
		name_of_disk(name, disk);
	r = stack_look(l->log, is_hidden ? disk : name, &l->report.stack);
	if (!r)
		r = tell_listed(l, name);
	stack_free(&l->report.stack);
	return r;
}

static int tell_all(const struct options *o)
{
	struct listing l = { .log = &o->log, .report.json = o->json };
	int r;

	r = device_start(&o->log);
	if (r)
		return r;
	if (o->json)
		json_open(&l.report.j, NULL, '[');
	r = device_each(tell_if_ours, &l);
	if (o->json)
		json_close(&l.report.j, ']');
	else if (!r && !l.nr)
		puts("No devices found");
	return r;
}

/**
 * cmd_status() - say what a device is made of, or each of ours
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_status(struct options *o)
{
	struct report report = { .json = o->json };

	return o->nr_operands < 2 ? tell_all(o) :
	       tell_named(o, &report, o->operands[1]);
}
