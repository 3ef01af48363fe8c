// SPDX-License-Identifier: GPL-2.0-only
#include <blkid/blkid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/signature.h"
#include "util/message.h"

static blkid_probe new_probe(int fd)
{
	blkid_probe probe = blkid_new_probe();

	if (!probe)
		return NULL;
	if (!blkid_probe_set_device(probe, fd, 0, 0) &&
	    !blkid_probe_enable_superblocks(probe, 1) &&
	    !blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_MAGIC |
					       BLKID_SUBLKS_TYPE |
					       BLKID_SUBLKS_BADCSUM) &&
	    !blkid_probe_enable_partitions(probe, 1) &&
	    !blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC |
					      BLKID_PARTS_FORCE_GPT))
		return probe;
	blkid_free_probe(probe);
	return NULL;
}

static void tell(blkid_probe probe, FILE *text)
{
	const char *type, *at;

	if (blkid_probe_lookup_value(probe, "TYPE", &type, NULL) ||
	    blkid_probe_lookup_value(probe, "SBMAGIC_OFFSET", &at, NULL)) {
		if (blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL) ||
		    blkid_probe_lookup_value(probe, "PTMAGIC_OFFSET", &at,
					     NULL))
			return;
		fprintf(text, "%sa partition table (%s) at byte %s",
			ftell(text) ? ", " : "", type, at);
		return;
	}
	fprintf(text, "%s%s at byte %s", ftell(text) ? ", " : "", type, at);
}

/**
 * signature_find() - look for filesystems, partition tables and the like
 * @path: a file or block device
 * @fd: the same, open
 * @found: set to what was found and where, to be freed by the caller; NULL: none
 *
 * Return: 0, or an exit code after a message.
 */
int signature_find(const char *path, int fd, char **found)
{
	blkid_probe probe;
	size_t length;
	FILE *text;
	int r;

	*found = NULL;
	text = open_memstream(found, &length);
	if (!text)
		return fail_memory();
	probe = new_probe(fd);
	if (probe) {
		while (!(r = blkid_do_probe(probe)))
			tell(probe, text);
		blkid_free_probe(probe);
	} else {
		r = -1;
	}
	if (fclose(text))
		return fail_memory();
	if (r < 0)
		return fail(EXIT_DEVICE,
			    "%s: cannot look for what it holds: %m", path);
	if (!length) {
		free(*found);
		*found = NULL;
	}
	return 0;
}
