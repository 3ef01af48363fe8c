// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device/overlay-store.h"
#include "device/overlay.h"
#include "dm-sesparse/format.h"
#include "host/in-use.h"
#include "host/lock.h"
#include "host/loop.h"
#include "host/contents.h"
#include "source/file.h"
#include "source/missing.h"
#include "util/message.h"
#include "vmdk/image.h"

#define RAM "ram:"

/* For one that can take anything at all. */
#define MIN_BYTES (1ULL << 20)

/**
 * overlay_parse_size() - read a size
 * @text: a number, and perhaps K, M, G or T
 * @bytes: set to it, 1 MiB to 2^62
 *
 * Return: 0, or an exit code after a message.
 */
int overlay_parse_size(const char *text, u64 *bytes)
{
	static const char units[] = "KMGT";
	unsigned int shift = 0;
	const char *unit;
	char *end;

	errno = 0;
	*bytes = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		end++;
	}
	if (*text < '0' || *text > '9' || *end || errno ||
	    *bytes > (1ULL << 62) >> shift || *bytes << shift < MIN_BYTES)
		return fail(EXIT_USAGE,
			    "\"%s\" is no size of an overlay, expected 1M or more, such as 512M or 20G",
			    text);
	*bytes <<= shift;
	return 0;
}

/**
 * overlay_parse() - read where writes are to go
 * @text: a file's name, or ram:SIZE
 * @options: filled in
 *
 * Return: 0, or an exit code after a message.
 */
int overlay_parse(const char *text, struct overlay_options *options)
{
	if (!strncmp(text, RAM, strlen(RAM)))
		return overlay_parse_size(text + strlen(RAM),
					  &options->bytes);
	options->path = text;
	return *text ? 0 : fail(EXIT_USAGE,
				"--overlay: expected a file, a block device or ram:SIZE");
}

/* What is written to must be nothing that is read. */
static int check_no_part(const char *path, const struct stat *st,
			 const struct image *image)
{
	char *part;
	int r;

	r = image_find_overlap(image, st, &part);
	if (!r && part)
		r = fail(EXIT_BUSY,
			 "--overlay %s: is, holds or lies on %s: take another FILE",
			 path, part);
	free(part);
	return r;
}

/*
 * The lock is the open file's, which the loop device keeps open; a device that
 * is part of another cannot be opened exclusively.
 */
static int check_unused(const struct overlay *overlay, const struct stat *st)
{
	const char *path = overlay->options->path;
	char name[32];
	int fd, r;

	r = lock_take(path, overlay->fd);
	if (!r)
		r = in_use_check(path, st);
	if (r || !overlay->is_block)
		return r;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", overlay->fd);
	fd = open(name, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd < 0)
		return in_use_fail(path, st);
	close(fd);
	return 0;
}

static int check_nothing_known(const struct overlay *overlay)
{
	const char *path = overlay->options->path;
	char *found;
	int r;

	r = contents_find(path, overlay->fd, &found, NULL);
	if (!r && found)
		r = fail(EXIT_DEVICE,
			 "%s: holds something else than an overlay (%s), expected zeros",
			 path, found);
	free(found);
	return r;
}

static int look_into(struct overlay *overlay, const struct stat *st,
		     bool ignore_label)
{
	const char *path = overlay->options->path;
	enum store_state state;
	int r;

	r = overlay_store_look(path, overlay->fd, overlay->label, ignore_label,
			       &state);
	overlay->is_new = state == STORE_EMPTY;
	if (r || !overlay->is_new)
		return r;
	if (overlay->is_block)
		return check_nothing_known(overlay);
	if (!st->st_size)
		return 0;
	return fail(EXIT_DEVICE,
		    "%s: holds %lld bytes that are no overlay, expected a new name or an empty file",
		    path, (long long)st->st_size);
}

/**
 * overlay_find() - find and check what holds the writes, or is to hold them
 * @options: which
 * @image: the disk that they are to
 * @ignore_label: only warn if they were to another
 * @overlay: filled in, for overlay_free(), on failure too
 *
 * Nothing is changed yet.
 *
 * Return: 0, or an exit code after a message.
 */
int overlay_find(const struct overlay_options *options,
		 const struct image *image, bool ignore_label,
		 struct overlay *overlay)
{
	struct stat st;
	int r;

	*overlay = (struct overlay){
		.options = options,
		.is_new = true,
		.fd = -1,
		.loop = -1,
	};
	if (!options->path)
		return 0;
	r = overlay_store_label(image, &overlay->label);
	if (r || (stat(options->path, &st) && errno == ENOENT))
		return r;
	r = file_open_writable(options->path, &overlay->fd, &st);
	overlay->is_block = !r && S_ISBLK(st.st_mode);
	if (!r)
		r = check_no_part(options->path, &st, image);
	if (!r)
		r = check_unused(overlay, &st);
	return r ? r : look_into(overlay, &st, ignore_label);
}

/* What a guest wrote is for nobody else to read. */
static int make_file(struct overlay *overlay)
{
	const char *path = overlay->options->path;

	overlay->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (overlay->fd < 0)
		return missing_fail(path, "cannot make it", errno);
	overlay->made = true;
	return lock_take(path, overlay->fd);
}

static int make_memory(struct overlay *overlay)
{
	overlay->fd = memfd_create("sesparsesetup overlay", MFD_CLOEXEC);
	if (overlay->fd < 0)
		return fail(exit_code_of(errno), "--overlay: no memory: %m");
	return 0;
}

static int set_size(const struct overlay *overlay, u64 capacity)
{
	const char *path = overlay->options->path ?: "--overlay";
	u64 bytes = overlay->options->bytes ?: overlay_store_bytes(capacity);

	if (!ftruncate(overlay->fd, (off_t)bytes))
		return 0;
	return fail(exit_code_of(errno),
		    "%s: cannot make it %llu bytes long: %m%s", path, bytes,
		    errno == EFBIG ? ": take less with --overlay-size" : "");
}

static int fill(struct overlay *overlay, u64 capacity)
{
	const char *path = overlay->options->path;
	int r = 0;

	if (overlay->fd < 0)
		r = path ? make_file(overlay) : make_memory(overlay);
	if (!r && !overlay->is_block)
		r = set_size(overlay, capacity);
	if (r || !path)
		return r; /* the kernel makes a store of zeros */
	overlay->formatted = true;
	return overlay_store_format(path, overlay->fd, overlay->label);
}

/* The disk's own sectors must not become larger by an overlay's. */
static int has_small_sectors(const struct overlay *overlay, bool *has)
{
	int size;

	if (ioctl(overlay->fd, BLKSSZGET, &size))
		return fail(exit_code_of(errno),
			    "%s: cannot tell its sectors' size: %m",
			    overlay->options->path);
	*has = size <= SESPARSE_SECTOR_SIZE;
	return 0;
}

/**
 * overlay_attach() - make it a block device
 * @log: how much to tell
 * @capacity: of the disk, in sectors
 * @overlay: of overlay_find()
 *
 * Return: 0, or an exit code after a message; overlay_undo() undoes it.
 */
int overlay_attach(const struct log *log, u64 capacity,
		   struct overlay *overlay)
{
	const char *path = overlay->options->path;
	struct loop_file file = {
		.path = path ? path : "(memory)",
		.writable = true,
	};
	bool as_it_is = false;
	struct stat st;
	int r = 0;

	if (overlay->is_new)
		r = fill(overlay, capacity);
	file.fd = overlay->fd;
	if (!r && overlay->is_block)
		r = has_small_sectors(overlay, &as_it_is);
	if (!r && !as_it_is)
		r = loop_attach(log, &file, &overlay->loop);
	if (r)
		return r;
	if (fstat(as_it_is ? overlay->fd : overlay->loop, &st))
		return fail(exit_code_of(errno), "%s: %m", file.path);
	snprintf(overlay->device, sizeof(overlay->device), "%u:%u",
		 major(st.st_rdev), minor(st.st_rdev));
	return 0;
}

/**
 * overlay_undo() - leave it as it was before overlay_attach()
 * @overlay: it, which no device uses any more
 */
void overlay_undo(struct overlay *overlay)
{
	const char *path = overlay->options->path;
	int error = 0;

	if (overlay->loop >= 0)
		close(overlay->loop);
	overlay->loop = -1;
	if (overlay->made)
		error = file_unlink(path, overlay->fd);
	else if (overlay->formatted && overlay->is_block)
		error = overlay_store_wipe(overlay->fd);
	else if (overlay->formatted)
		error = ftruncate(overlay->fd, 0) ? errno : 0;
	if (error)
		warn("%s: cannot undo what was done to it: %s", path,
		     strerror(error));
}

/**
 * overlay_free() - free what overlay_find() made, and let go of the loop device
 * @overlay: it, or all 0
 */
void overlay_free(struct overlay *overlay)
{
	if (!overlay->options)
		return;
	if (overlay->loop >= 0)
		close(overlay->loop);
	if (overlay->fd >= 0)
		close(overlay->fd);
	free(overlay->label);
	overlay->options = NULL;
}
