// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "device/params.h"
#include "util/message.h"

/* Cut the next word off @words, "" at their end. */
static const char *next_word(char **words)
{
	char *word = strsep(words, " ");

	return word ? word : "";
}

static struct params_device next_device(char **words)
{
	struct params_device d = { .device = next_word(words) };

	d.sector = strtoull(next_word(words), NULL, 10);
	return d;
}

/**
 * params_parse() - take a target's arguments apart
 * @text: <#layers> {<dev> <sector>}... [<#opts> <opt>...]
 * @params: filled in; its text is the caller's to free, on failure too
 *
 * What there is no room for is left out; no table that the kernel takes has it.
 *
 * Return: 0, or an exit code after a message.
 */
int params_parse(const char *text, struct params *params)
{
	unsigned long nr;
	const char *word;
	char *words;

	memset(params, 0, sizeof(*params));
	params->text = words = strdup(text);
	if (!words)
		return fail_memory();
	nr = strtoul(next_word(&words), NULL, 10);
	while (words && params->nr_layers < nr &&
	       params->nr_layers < SESPARSE_MAX_LAYERS)
		params->layers[params->nr_layers++] = next_device(&words);
	next_word(&words);
	while (words && params->nr_options < PARAMS_MAX_OPTIONS) {
		word = next_word(&words);
		if (!strcmp(word, "parent"))
			params->parent = next_device(&words);
		else
			params->options[params->nr_options++] = word;
	}
	return 0;
}
