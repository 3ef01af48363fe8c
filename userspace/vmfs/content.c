// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "source/layout.h"
#include "util/message.h"
#include "vmfs/content.h"
#include "vmfs/fs.h"
#include "vmfs/lun.h"

/**
 * content_read() - read some of a file
 * @fs: where it is
 * @name: its name, for messages
 * @layout: where it lies
 * @at: the first byte of it
 * @buf: where to put them
 * @bytes: how many
 *
 * Return: 0, or an exit code after a message.
 */
int content_read(const struct fs *fs, const char *name,
		 const struct layout *layout, u64 at, void *buf, size_t bytes)
{
	struct layout_piece piece;
	char *to = buf;
	size_t some;
	int r = 0;

	if (at > layout->bytes || bytes > layout->bytes - at)
		return fail(EXIT_DEVICE,
			    "%s: %s has %llu bytes, expected %llu or more",
			    fs->volume.name, name, layout->bytes, at + bytes);
	for (; bytes && !r; bytes -= some, to += some, at += some) {
		layout_look(layout, at, &piece);
		some = min_t(u64, bytes, piece.end - at);
		if (piece.device)
			r = lun_read(lun_of(piece.device), name,
				     piece.at + (at - piece.start), to, some);
		else
			memset(to, 0, some);
	}
	return r;
}
