// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "dm-sesparse/portable.h"
#include "host/identity.h"
#include "host/loop.h"

/* Of a file system in user space, which may number its files anew each time. */
#define FUSE_MAGIC 0x65735546

/* What sysfs knows a device by for good, surest first. */
static const struct {
	const char *attribute;
	const char *what;
} ids[] = {
	{ "dm/uuid", "UUID" },
	{ "md/uuid", "UUID" },
	{ "wwid", "WWID" },
	{ "device/wwid", "WWID" },
	{ "uuid", "UUID" },
	{ "serial", "serial number" },
	{ "device/serial", "serial number" },
	{ "dm/name", "mapped as" },
};

/* A serial number may be of any bytes. */
static void print_word(FILE *f, const char *word)
{
	for (; *word; word++)
		if ((unsigned char)*word <= 0x20 || *word == '%' ||
		    (unsigned char)*word >= 0x7f)
			fprintf(f, "%%%02x", (unsigned char)*word);
		else
			fputc(*word, f);
}

/* Return: true if the attribute is there and not empty; it is printed then. */
static bool print_attribute(FILE *f, const char *folder, const char *attribute,
			    const char *what)
{
	char path[128], line[256];
	bool found = false;
	FILE *sysfs;

	snprintf(path, sizeof(path), "%s/%s", folder, attribute);
	sysfs = fopen(path, "re");
	if (!sysfs)
		return false;
	if (fgets(line, sizeof(line), sysfs)) {
		line[strcspn(line, "\n")] = '\0';
		found = *line;
	}
	fclose(sysfs);
	if (found) {
		fprintf(f, "%s ", what);
		print_word(f, line);
	}
	return found;
}

/* A number alone may be another file's once this one is gone. */
static void print_file(FILE *f, int at, const char *path, int flags)
{
	struct statx stx;

	if (statx(at, path, flags, STATX_INO | STATX_BTIME, &stx)) {
		fputs("file", f);
		return;
	}
	fprintf(f, "file %llu", (unsigned long long)stx.stx_ino);
	if (stx.stx_mask & STATX_BTIME)
		fprintf(f, " made at %lld.%09u",
			(long long)stx.stx_btime.tv_sec,
			stx.stx_btime.tv_nsec);
	else
		fprintf(f, " of file system %u:%u", stx.stx_dev_major,
			stx.stx_dev_minor);
}

/* A loop device is its file. */
static bool print_loop(FILE *f, dev_t dev, const char *folder)
{
	char *file = NULL;
	struct stat st;

	if (loop_backing_file(major(dev), minor(dev), &file) || !file)
		return false;
	if (stat(file, &st)) {
		free(file);
		return false;
	}
	print_file(f, AT_FDCWD, file, 0);
	free(file);
	return print_attribute(f, folder, "loop/offset", ", from byte") || true;
}

static void print_disk(FILE *f, dev_t dev, const char *folder)
{
	size_t i;

	if (print_loop(f, dev, folder))
		return;
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		if (print_attribute(f, folder, ids[i].attribute, ids[i].what))
			return;
	print_attribute(f, folder, "dev", "device");
}

static void print_device(FILE *f, dev_t dev)
{
	char folder[64], parent[80];

	snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u", major(dev),
		 minor(dev));
	if (!print_attribute(f, folder, "partition", "partition")) {
		print_disk(f, dev, folder);
		return;
	}
	print_attribute(f, folder, "start", " from sector");
	fputs(" of ", f);
	snprintf(parent, sizeof(parent), "%s/..", folder);
	print_disk(f, dev, parent);
}

/**
 * identity_print() - print what a file or block device is
 * @f: where to
 * @fd: it, open
 *
 * It is a part of a line: what identifies a device for good, or else its number;
 * a file's number, and when it was made.  Sizes and contents are left to others.
 */
void identity_print(FILE *f, int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st))
		fputs("unknown", f);
	else if (S_ISBLK(st.st_mode))
		print_device(f, st.st_rdev);
	else if (!fstatfs(fd, &fs) && fs.f_type == FUSE_MAGIC)
		fputs("file in user space", f);
	else
		print_file(f, fd, "", AT_EMPTY_PATH);
}
