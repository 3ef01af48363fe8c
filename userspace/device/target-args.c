// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/target-args.h"
#include "util/message.h"

/**
 * target_args_print() - write a target's arguments
 * @args: they
 * @text: set to <#layers> {<dev> <sector>}... [<#opts> <opt>...], to be freed by
 *        the caller; NULL on failure
 *
 * Return: 0, or an exit code after a message.
 */
int target_args_print(const struct target_args *args, char **text)
{
	const unsigned int nr = args->nr_options + (args->parent.device ? 3 : 0);
	unsigned int i;
	size_t size;
	FILE *f;

	*text = NULL;
	f = open_memstream(text, &size);
	if (!f)
		return fail_memory();
	fprintf(f, "%u", args->nr_layers);
	for (i = 0; i < args->nr_layers; i++)
		fprintf(f, " %s %llu", args->layers[i].device,
			args->layers[i].sector);
	if (nr)
		fprintf(f, " %u", nr);
	if (args->parent.device)
		fprintf(f, " parent %s %llu", args->parent.device,
			args->parent.sector);
	for (i = 0; i < args->nr_options; i++)
		fprintf(f, " %s", args->options[i]);
	return fclose(f) ? fail_memory() : 0;
}

/* Cut the next word off @words, "" at their end. */
static const char *next_word(char **words)
{
	char *word = strsep(words, " ");

	return word ? word : "";
}

static struct target_device next_device(char **words)
{
	struct target_device d = { .device = next_word(words) };

	d.sector = strtoull(next_word(words), NULL, 10);
	return d;
}

/**
 * target_args_parse() - take a target's arguments apart
 * @text: <#layers> {<dev> <sector>}... [<#opts> <opt>...]
 * @args: filled in; its text is the caller's to free, on failure too
 *
 * What there is no room for is left out; no table that the kernel takes has it.
 *
 * Return: 0, or an exit code after a message.
 */
int target_args_parse(const char *text, struct target_args *args)
{
	unsigned long nr;
	const char *word;
	char *words;

	memset(args, 0, sizeof(*args));
	args->text = words = strdup(text);
	if (!words)
		return fail_memory();
	nr = strtoul(next_word(&words), NULL, 10);
	while (words && args->nr_layers < nr &&
	       args->nr_layers < SESPARSE_MAX_LAYERS)
		args->layers[args->nr_layers++] = next_device(&words);
	next_word(&words);
	while (words && args->nr_options < TARGET_MAX_OPTIONS) {
		word = next_word(&words);
		if (!strcmp(word, "parent"))
			args->parent = next_device(&words);
		else
			args->options[args->nr_options++] = word;
	}
	return 0;
}
