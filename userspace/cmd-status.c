// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "dm-sesparse/portable.h"
#include "dm.h"
#include "file.h"
#include "loop.h"
#include "message.h"
#include "name.h"
#include "options.h"
#include "stack.h"

/* The name in /dev that a number of a device has. */
static void print_node(unsigned int major, unsigned int minor)
{
	char link[64], target[256], name[NAME_SIZE + 2];
	ssize_t n;
	FILE *f;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/dm/name", major,
		 minor);
	f = fopen(link, "re");
	if (f) {
		if (fgets(name, sizeof(name), f)) {
			name[strcspn(name, "\n")] = '\0';
			printf("/dev/mapper/%s", name);
		}
		fclose(f);
		return;
	}
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major, minor);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0) {
		printf("%u:%u", major, minor);
		return;
	}
	target[n] = '\0';
	printf("/dev/%s", file_base_name(target));
}

/* A device of a table, "major:minor", and what is behind it. */
static int print_device(const char *what, const char *device,
			const char *sector)
{
	unsigned int major, minor;
	char *path = NULL;
	int r = 0;

	printf("  %-9s", what);
	if (sscanf(device, "%u:%u", &major, &minor) == 2) {
		print_node(major, minor);
		r = loop_backing_file(major, minor, &path);
	} else {
		fputs(device, stdout);
	}
	if (strcmp(sector, "0"))
		printf(" from sector %s on", sector);
	if (path) {
		make_plain(path);
		printf(" (%s)", path);
	}
	putchar('\n');
	free(path);
	return r;
}

/* Cut the next word off @words, "" at their end. */
static const char *next_word(char **words)
{
	char *word = strsep(words, " ");

	return word ? word : "";
}

/* <#layers> {<dev> <sector>}... [<#opts> <opt>...] */
static int print_words(char *words)
{
	unsigned long i, nr = strtoul(next_word(&words), NULL, 10);
	const char *word, *device;
	char what[32];
	int r = 0;

	for (i = 0; i < nr && words && !r; i++) {
		snprintf(what, sizeof(what), "layer %lu:", i);
		device = next_word(&words);
		r = print_device(what, device, next_word(&words));
	}
	next_word(&words);
	while (words && !r) {
		word = next_word(&words);
		if (strcmp(word, "parent")) {
			printf("  option:  %s\n", word);
			continue;
		}
		device = next_word(&words);
		r = print_device("parent:", device, next_word(&words));
	}
	return r;
}

static int print_table(void *data, unsigned long long start,
		       unsigned long long length, const char *type,
		       const char *params)
{
	char *words;
	int r;

	(void)data;
	printf("  sectors: %llu to %llu, %s\n", start, start + length - 1,
	       type);
	if (strcmp(type, "sesparse"))
		return 0;
	words = strdup(params);
	if (!words)
		return fail_memory();
	r = print_words(words);
	free(words);
	return r;
}

static int print_base(void *data, unsigned long long start,
		      unsigned long long length, const char *type,
		      const char *params)
{
	char device[32], sector[32];
	int r = 0;

	(void)data;
	printf("  base:    sectors %llu to %llu, %s\n", start,
	       start + length - 1, type);
	if (sscanf(params, "%31s %31s", device, sector) == 2)
		r = print_device("", device, sector);
	return r;
}

static int add_counts(void *data, unsigned long long start,
		      unsigned long long length, const char *type,
		      const char *params)
{
	u64 n[5];
	u64 *sums = data;
	size_t i;

	(void)start;
	(void)length;
	if (strcmp(type, "sesparse") ||
	    sscanf(params, "%llu %llu %llu %llu %llu", &n[0], &n[1], &n[2],
		   &n[3], &n[4]) != 5)
		return 0;
	for (i = 0; i < ARRAY_SIZE(n); i++)
		sums[i] += n[i];
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

static int print_counts(const char *name)
{
	u64 sums[5] = { 0 };
	int r;

	r = device_each_target(name, DEVICE_STATUS, add_counts, sums);
	if (r)
		return r;
	printf("  grains:  %llu mapped, %llu zero, %llu absent, %llu corrupt\n"
	       "  map:     %llu bytes\n",
	       sums[0], sums[1], sums[2], sums[3], sums[4]);
	return 0;
}

static int print_state(const char *name, const struct device_state *state)
{
	u64 sectors = 0;
	int r;

	r = device_each_target(name, DEVICE_TABLE, add_length, &sectors);
	if (r)
		return r;
	printf("/dev/mapper/%s is %s%s%s.\n", name,
	       state->has_table ? "active" : "without a table",
	       state->open_count ? " and is in use" : "",
	       state->deferred ? ", and goes when it is closed" : "");
	printf("  type:    sesparse\n  uuid:    %s\n"
	       "  size:    %llu sectors\n  mode:    %s\n",
	       state->uuid, sectors,
	       state->read_only ? "readonly" : "read/write");
	return 0;
}

/**
 * cmd_status() - say what a device is made of
 * @o: the command line
 *
 * Return: what to exit with.
 */
int cmd_status(struct options *o)
{
	const char *name = o->operands[1];
	struct stack stack;
	int r;

	r = stack_look(&o->log, name, &stack);
	if (r)
		return r;
	if (!stack.disk.exists) {
		printf("/dev/mapper/%s is inactive.\n", name);
		return EXIT_DEVICE;
	}
	if (!uuid_is_disk(stack.disk.uuid))
		return fail(EXIT_DEVICE,
			    "%s: was not opened by sesparsesetup (UUID \"%s\"), see dmsetup status",
			    name, stack.disk.uuid);
	r = print_state(name, &stack.disk);
	if (!r)
		r = device_each_target(name, DEVICE_TABLE, print_table, NULL);
	if (!r && stack.base.exists)
		r = device_each_target(stack.names.base, DEVICE_TABLE,
				       print_base, NULL);
	if (!r)
		r = print_counts(name);
	return r;
}
