// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/human.h"
#include "util/message.h"
#include "util/plain.h"

/**
 * human_size() - a size with the unit that makes it short, as qemu-img has it
 * @bytes: the size
 * @text: where to write it
 *
 * Return: @text.
 */
const char *human_size(u64 bytes, char text[HUMAN_SIZE])
{
	static const char *const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
	};
	double size = (double)bytes;
	size_t i;

	for (i = 0; size >= 1000 && i + 1 < ARRAY_SIZE(units); i++)
		size /= 1024;
	snprintf(text, HUMAN_SIZE, "%.3g %s", size, units[i]);
	return text;
}

/**
 * human_name() - print a name that may come out of an image
 * @name: the name
 *
 * Return: 0, or an exit code after a message.
 */
int human_name(const char *name)
{
	char *plain = strdup(name);

	if (!plain)
		return fail_memory();
	make_plain(plain);
	fputs(plain, stdout);
	free(plain);
	return 0;
}

/**
 * human_flush() - see that all that was printed has got to where it goes
 *
 * Return: 0, or an exit code after a message.
 */
int human_flush(void)
{
	return fflush(stdout) || ferror(stdout) ?
	       fail(EXIT_DEVICE, "cannot write the output: %m") : 0;
}
