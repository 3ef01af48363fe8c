// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files that are written: sparse, and removed again after a failure.
 */
#include <fcntl.h>
#include <unistd.h>

#include "output.h"
#include "report.h"

/* What filesystems allocate; anything all zero of this size stays a hole. */
#define PAGE 4096

static void report_open(const char *path)
{
	const char *slash = strrchr(path, '/');
	const int error = errno;

	if (error == ENOENT && slash && slash > path)
		report_line("%s: there is no folder %.*s: make it first", path,
			    (int)(slash - path), path);
	else
		report_line("%s: %s", path, strerror(error));
}

/**
 * output_create() - make a file, or empty it if it is there
 * @out: remembers the file
 * @f: the file
 * @prefix: DIR/NAME
 * @suffix: what follows in the file's name
 *
 * Return: 0, or -1 after a report.
 */
int output_create(struct output *out, struct outfile *f, const char *prefix,
		  const char *suffix)
{
	char **more = reallocarray(out->path, out->nr + 1, sizeof(*more));
	char *path;

	if (!more)
		return report("out of memory");
	out->path = more;
	if (asprintf(&path, "%s%s", prefix, suffix) < 0)
		return report("out of memory");
	f->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (f->fd < 0) {
		report_open(path);
		free(path);
		return -1;
	}
	f->path = path;
	out->path[out->nr++] = path;
	return 0;
}

/**
 * output_remove() - remove every file made
 * @out: the files
 */
void output_remove(struct output *out)
{
	size_t i;

	for (i = 0; i < out->nr; i++) {
		if (unlink(out->path[i]))
			report_line("%s: %s", out->path[i], strerror(errno));
	}
}

/**
 * output_free() - forget the files, all of them closed
 * @out: the files
 */
void output_free(struct output *out)
{
	while (out->nr)
		free(out->path[--out->nr]);
	free(out->path);
	out->path = NULL;
}

/**
 * outfile_write() - write all of something
 * @f: the file
 * @data: what to write
 * @size: its bytes
 * @offset: where to
 *
 * Return: 0, or -1 after a report.
 */
int outfile_write(const struct outfile *f, const void *data, size_t size,
		  u64 offset)
{
	const char *at = data;

	while (size) {
		ssize_t n = pwrite(f->fd, at, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return report("%s: writing at %llu: %s", f->path,
				      offset, strerror(n ? errno : EIO));
		at += n;
		size -= (size_t)n;
		offset += (u64)n;
	}
	return 0;
}

static bool all_zero(const char *data, size_t size)
{
	return !size || (!*data && !memcmp(data, data + 1, size - 1));
}

/**
 * outfile_write_sparse() - write all of something but its zeros
 * @f: the file, a hole there
 * @data: what to write
 * @size: its bytes
 * @offset: where to, a multiple of what filesystems allocate
 *
 * Return: 0, or -1 after a report.
 */
int outfile_write_sparse(const struct outfile *f, const void *data, size_t size,
			 u64 offset)
{
	const char *at = data;
	size_t start = 0, end, n;

	/* [start, end) is what has to be written and has not been yet. */
	for (end = 0; end < size; end += n) {
		n = min_t(size_t, PAGE, size - end);
		if (!all_zero(at + end, n))
			continue;
		if (outfile_write(f, at + start, end - start, offset + start))
			return -1;
		start = end + n;
	}
	return start < end ? outfile_write(f, at + start, end - start,
					   offset + start) :
			     0;
}

/**
 * outfile_read() - read back what was written
 * @f: the file
 * @data: where to
 * @size: bytes wanted, zeros where the file is shorter
 * @offset: where from
 *
 * Return: 0, or -1 after a report.
 */
int outfile_read(const struct outfile *f, void *data, size_t size, u64 offset)
{
	char *at = data;

	memset(data, 0, size);
	while (size) {
		ssize_t n = pread(f->fd, at, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return report("%s: reading at %llu: %s", f->path,
				      offset, strerror(errno));
		if (!n)
			break;
		at += n;
		size -= (size_t)n;
		offset += (u64)n;
	}
	return 0;
}

/**
 * outfile_truncate() - set a file's size
 * @f: the file
 * @size: in bytes
 *
 * Return: 0, or -1 after a report.
 */
int outfile_truncate(const struct outfile *f, u64 size)
{
	if (ftruncate(f->fd, (off_t)size))
		return report("%s: making it %llu bytes long: %s", f->path,
			      size, strerror(errno));
	return 0;
}

/**
 * outfile_close() - close a file
 * @f: the file
 *
 * Return: 0, or -1 after a report.
 */
int outfile_close(struct outfile *f)
{
	int fd = f->fd;

	f->fd = -1;
	if (close(fd))
		return report("%s: %s", f->path, strerror(errno));
	return 0;
}
