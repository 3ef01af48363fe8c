// SPDX-License-Identifier: GPL-2.0-only
/*
 * nbdkit-sesparse-plugin - a VMware seSparse snapshot as a network block device
 *
 * All is found, checked and read before nbdkit serves, or goes to the background:
 * what is wrong is told where it was started, and what is served does not change.
 */
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "disk/walk.h"
#include "dm-sesparse/format.h"
#include "export/keys.h"
#include "export/read.h"
#include "export/served.h"
#include "util/message.h"
#include "vmdk/image-options.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

/* nbdkit's own limit is somewhat higher. */
#define MAX_REQUEST_BYTES (32U << 20)

/* Clients ask again from where an answer ends. */
#define MAX_RANGES 65536

/* nbdkit shows what is told by these to whoever gives it -v. */
static const struct log log = { .verbose = true, .debug = true };

static struct keys keys;
static struct served served;
static pthread_mutex_t checking = PTHREAD_MUTEX_INITIALIZER;

/* A message has named a way out by its name on sesparsesetup's command line. */
static bool has_named_option;

static bool names_option(const char *text)
{
	return !strncmp(text, "--", 2) || strstr(text, " --") ||
	       strstr(text, "(--");
}

static void tell(enum message_kind kind, const char *text)
{
	switch (kind) {
	case MESSAGE_ERROR:
		has_named_option |= names_option(text);
		nbdkit_error("%s", text);
		break;
	case MESSAGE_WARNING:
		fprintf(stderr, "nbdkit: sesparse: warning: %s\n", text);
		break;
	case MESSAGE_NOTE:
		fprintf(stderr, "nbdkit: sesparse: %s\n", text);
		break;
	case MESSAGE_STEP:
	case MESSAGE_DEBUG:
		nbdkit_debug("%s", text);
		break;
	}
}

static void sesparse_load(void)
{
	/* Names in descriptors are converted to its encoding. */
	setlocale(LC_CTYPE, "");
	message_divert(tell);
}

static void sesparse_unload(void)
{
	served_close(&served, &keys);
}

/* Return: what nbdkit takes for a failure, if @r is one, of which messages tell. */
static int failed(int r)
{
	if (!r)
		return 0;
	if (has_named_option)
		nbdkit_error("what is --NAME above is NAME=true here, or NAME=VALUE, and --debug is nbdkit's -v");
	return -1;
}

static int sesparse_config(const char *key, const char *value)
{
	return failed(keys_take(&keys, key, value));
}

static int sesparse_config_complete(void)
{
	if (keys.file)
		return failed(image_options_check(&keys.image));
	nbdkit_error("expected [file=]DESCRIPTOR: the disk's newest descriptor");
	return -1;
}

static int sesparse_get_ready(void)
{
	return failed(served_open(&log, &keys, &served));
}

/* A file that has grown or moved since may be read wrongly. */
static int check_unchanged(void)
{
	int r;

	pthread_mutex_lock(&checking);
	r = image_check_unchanged(&keys.image);
	pthread_mutex_unlock(&checking);
	return r;
}

static void *sesparse_open(int readonly)
{
	(void)readonly;
	return check_unchanged() ? NULL : NBDKIT_HANDLE_NOT_NEEDED;
}

static void sesparse_close(void *handle)
{
	(void)handle;
	if (check_unchanged())
		nbdkit_error("what was read by the connection that ends now may be wrong");
}

static int64_t sesparse_get_size(void *handle)
{
	(void)handle;
	return (int64_t)(served.disk.capacity * SESPARSE_SECTOR_SIZE);
}

static int sesparse_can_multi_conn(void *handle)
{
	(void)handle;
	return 1;
}

static int sesparse_can_cache(void *handle)
{
	(void)handle;
	return NBDKIT_CACHE_NATIVE;
}

static int sesparse_can_fast_zero(void *handle)
{
	(void)handle;
	return 0;
}

static int sesparse_block_size(void *handle, uint32_t *minimum,
			       uint32_t *preferred, uint32_t *maximum)
{
	(void)handle;
	*minimum = 1;
	*preferred = SESPARSE_GRAIN_SECTORS * SESPARSE_SECTOR_SIZE;
	*maximum = MAX_REQUEST_BYTES;
	return 0;
}

static int sesparse_pread(void *handle, void *buf, uint32_t count,
			  uint64_t offset, uint32_t flags)
{
	(void)handle;
	(void)flags;
	if (!read_part(&served.disk, buf, count, offset))
		return 0;
	nbdkit_set_error(EIO);
	return -1;
}

static int sesparse_cache(void *handle, uint32_t count, uint64_t offset,
			  uint32_t flags)
{
	(void)handle;
	(void)flags;
	if (!read_ahead(&served.disk, count, offset))
		return 0;
	nbdkit_set_error(EIO);
	return -1;
}

/* What cannot be read is data: whoever wants it gets the error. */
static uint32_t type_of(const struct disk_range *range, bool hole)
{
	if (hole || range->kind == DISK_ABSENT)
		return NBDKIT_EXTENT_HOLE | NBDKIT_EXTENT_ZERO;
	return range->kind == DISK_ZERO ? NBDKIT_EXTENT_ZERO : 0;
}

/* nbdkit takes no byte past what was asked for. */
static int add_extent(struct nbdkit_extents *extents, u64 end,
		      const struct disk_range *range, bool hole)
{
	const u64 start = range->start * SESPARSE_SECTOR_SIZE;

	return nbdkit_add_extent(extents, start,
				 min_t(u64, end - start, range->sectors *
				       SESPARSE_SECTOR_SIZE),
				 type_of(range, hole));
}

static int sesparse_extents(void *handle, uint32_t count, uint64_t offset,
			    uint32_t flags, struct nbdkit_extents *extents)
{
	const u64 end = offset + count;
	unsigned int left = flags & NBDKIT_FLAG_REQ_ONE ? 1 : MAX_RANGES;
	struct disk_range range;
	struct walk walk;
	bool hole;

	(void)handle;
	walk_begin(&walk, &served.disk, offset / SESPARSE_SECTOR_SIZE,
		   DIV_ROUND_UP_ULL(end, SESPARSE_SECTOR_SIZE));
	for (; left && walk_next(&walk, &range, &hole); left--)
		if (add_extent(extents, end, &range, hole))
			return -1;
	return 0;
}

static struct nbdkit_plugin plugin = {
	.name = "sesparse",
	.longname = "nbdkit sesparse plugin",
	.version = VERSION,
	.description = "A VMware seSparse snapshot with all below it, read-only",
	.load = sesparse_load,
	.unload = sesparse_unload,
	.config = sesparse_config,
	.config_complete = sesparse_config_complete,
	.config_help = keys_help,
	.magic_config_key = "file",
	.get_ready = sesparse_get_ready,
	.open = sesparse_open,
	.close = sesparse_close,
	.get_size = sesparse_get_size,
	.block_size = sesparse_block_size,
	.can_multi_conn = sesparse_can_multi_conn,
	.can_cache = sesparse_can_cache,
	.can_fast_zero = sesparse_can_fast_zero,
	.pread = sesparse_pread,
	.cache = sesparse_cache,
	.extents = sesparse_extents,
};

NBDKIT_REGISTER_PLUGIN(plugin)
