// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are memory.  What the tool asks the system about them comes here, for
 * the linker has each such call renamed, so that no execution takes a system call;
 * everything else goes on to the system.
 *
 * A file has two descriptors: the second is what opening it for direct I/O leads to,
 * and takes only what is aligned.  What is opened must be closed.  Memory files that
 * the tool makes are such, too, with memory that is kept for the next one.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <liburing.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "files.h"
#include "fuzz.h"

/* No program of ours has so many open. */
#define FIRST 1000000
#define MAX_FILES 16
/* Those from here on are what the tool has made, if they are open. */
#define FIRST_MADE 8
#define SECTOR 512

/**
 * struct memory_file - a file
 * @bytes: what it holds
 * @size: how much
 * @direct: it has direct I/O
 * @is_sealed: it is not written any more
 * @nr_open: descriptors that are open
 * @room: of what the tool has made, the memory
 * @room_size: of that
 */
static struct memory_file {
	const char *bytes;
	size_t size;
	bool direct;
	bool is_sealed;
	int nr_open;
	char *room;
	size_t room_size;
} files[MAX_FILES];

/* The real ones, and ours, by the linker's names for them. */
int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __real_statx(int fd, const char *name, int flags, unsigned int mask,
		 struct statx *stx);
int __wrap_statx(int fd, const char *name, int flags, unsigned int mask,
		 struct statx *stx);
int __real_posix_fadvise(int fd, off_t at, off_t bytes, int advice);
int __wrap_posix_fadvise(int fd, off_t at, off_t bytes, int advice);
ssize_t __real_pread(int fd, void *buf, size_t bytes, off_t at);
ssize_t __wrap_pread(int fd, void *buf, size_t bytes, off_t at);
ssize_t __real_preadv(int fd, const struct iovec *iov, int nr, off_t at);
ssize_t __wrap_preadv(int fd, const struct iovec *iov, int nr, off_t at);
ssize_t __real_pwrite(int fd, const void *buf, size_t bytes, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t bytes, off_t at);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
off_t __real_lseek(int fd, off_t at, int whence);
off_t __wrap_lseek(int fd, off_t at, int whence);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_isatty(int fd);
int __wrap_io_uring_queue_init_params(unsigned int entries,
				      struct io_uring *ring,
				      struct io_uring_params *params);

static struct memory_file *find(int fd)
{
	return fd >= FIRST && fd < FIRST + 2 * MAX_FILES ?
	       &files[(fd - FIRST) / 2] : NULL;
}

static bool is_direct(int fd)
{
	return (fd - FIRST) % 2;
}

static int descriptor_of(size_t nr)
{
	return FIRST + 2 * (int)nr;
}

/**
 * files_set() - have a file hold some bytes
 * @nr: which, from 0 on
 * @bytes: they, which must stay as long as they are read
 * @size: their number
 * @direct: it has direct I/O
 *
 * Return: the file, open.
 */
int files_set(unsigned int nr, const void *bytes, size_t size, bool direct)
{
	must(nr < FIRST_MADE);
	files[nr].bytes = bytes;
	files[nr].size = size;
	files[nr].direct = direct;
	return descriptor_of(nr);
}

/**
 * files_open() - how many files were opened and not closed
 *
 * Return: their number.
 */
int files_open(void)
{
	int nr = 0;
	size_t i;

	for (i = 0; i < MAX_FILES; i++)
		nr += files[i].nr_open;
	return nr;
}

static int open_again(int fd, int flags)
{
	struct memory_file *file = find(fd);

	if (flags & O_DIRECT && !file->direct) {
		errno = EINVAL;
		return -1;
	}
	file->nr_open++;
	return fd - fd % 2 + !!(flags & O_DIRECT);
}

int __wrap_open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;

	if (sscanf(name, "/proc/self/fd/%d", &fd) == 1 && find(fd))
		return open_again(fd, flags);
	va_start(ap, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return __real_open(name, flags, mode);
}

int __wrap_close(int fd)
{
	struct memory_file *file = find(fd);

	if (!file)
		return __real_close(fd);
	must(file->nr_open-- > 0);
	return 0;
}

int __wrap_fstat(int fd, struct stat *st)
{
	const struct memory_file *file = find(fd);

	if (!file)
		return __real_fstat(fd, st);
	*st = (struct stat){
		.st_mode = S_IFREG | 0600,
		.st_nlink = 1,
		.st_ino = (ino_t)(file - files) + 1,
		.st_size = (off_t)file->size,
		.st_blksize = 4096,
		.st_blocks = (blkcnt_t)(file->size / SECTOR),
	};
	return 0;
}

int __wrap_fcntl(int fd, int command, ...)
{
	struct memory_file *file = find(fd);
	va_list ap;
	long argument;

	va_start(ap, command);
	argument = va_arg(ap, long);
	va_end(ap);
	if (!file)
		return __real_fcntl(fd, command, argument);
	if (command == F_ADD_SEALS)
		file->is_sealed = argument & F_SEAL_WRITE;
	if (command != F_DUPFD_CLOEXEC)
		return 0;
	file->nr_open++;
	return fd;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, request);
	argument = va_arg(ap, void *);
	va_end(ap);
	if (!find(fd))
		return __real_ioctl(fd, request, argument);
	if (request == BLKSSZGET) {
		*(int *)argument = SECTOR;
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

int __wrap_statx(int fd, const char *name, int flags, unsigned int mask,
		 struct statx *stx)
{
	if (!find(fd))
		return __real_statx(fd, name, flags, mask, stx);
	errno = ENOSYS;
	return -1;
}

int __wrap_posix_fadvise(int fd, off_t at, off_t bytes, int advice)
{
	return find(fd) ? 0 : __real_posix_fadvise(fd, at, bytes, advice);
}

ssize_t __wrap_pread(int fd, void *buf, size_t bytes, off_t at)
{
	const struct memory_file *file = find(fd);

	if (!file)
		return __real_pread(fd, buf, bytes, at);
	must(at >= 0 && bytes <= SSIZE_MAX);
	must(!is_direct(fd) || (!((uintptr_t)buf % SECTOR) &&
				!(bytes % SECTOR) && !(at % SECTOR)));
	if ((size_t)at >= file->size)
		return 0;
	if (bytes > file->size - (size_t)at)
		bytes = file->size - (size_t)at;
	memcpy(buf, file->bytes + at, bytes);
	return (ssize_t)bytes;
}

ssize_t __wrap_preadv(int fd, const struct iovec *iov, int nr, off_t at)
{
	ssize_t done = 0, n;

	if (!find(fd))
		return __real_preadv(fd, iov, nr, at);
	for (; nr--; iov++) {
		n = __wrap_pread(fd, iov->iov_base, iov->iov_len, at + done);
		done += n;
		if ((size_t)n < iov->iov_len)
			break;
	}
	return done;
}

int __wrap_memfd_create(const char *name, unsigned int flags)
{
	struct memory_file *file = files + FIRST_MADE;

	(void)name;
	(void)flags;
	while (file->nr_open)
		must(++file < files + MAX_FILES);
	file->size = 0;
	file->is_sealed = false;
	file->nr_open = 1;
	return descriptor_of((size_t)(file - files));
}

/* What is between the end and where it is written is zeros. */
static void grow(struct memory_file *file, size_t size)
{
	if (size <= file->size)
		return;
	if (size > file->room_size) {
		file->room = realloc(file->room, 2 * size);
		must(file->room);
		file->room_size = 2 * size;
	}
	memset(file->room + file->size, 0, size - file->size);
	file->bytes = file->room;
	file->size = size;
}

/* The file if the tool may write to it, or the errno is set. */
static struct memory_file *find_writable(int fd)
{
	struct memory_file *file = find(fd);

	if (file >= files + FIRST_MADE && !file->is_sealed)
		return file;
	errno = file < files + FIRST_MADE ? EBADF : EPERM;
	return NULL;
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t bytes, off_t at)
{
	struct memory_file *file;

	if (!find(fd))
		return __real_pwrite(fd, buf, bytes, at);
	must(at >= 0 && bytes <= SSIZE_MAX);
	file = find_writable(fd);
	if (!file)
		return -1;
	grow(file, (size_t)at + bytes);
	memcpy(file->room + at, buf, bytes);
	return (ssize_t)bytes;
}

int __wrap_ftruncate(int fd, off_t size)
{
	struct memory_file *file;

	if (!find(fd))
		return __real_ftruncate(fd, size);
	must(size >= 0);
	file = find_writable(fd);
	if (!file)
		return -1;
	grow(file, (size_t)size);
	file->size = (size_t)size;
	return 0;
}

/* All is data, and nothing but holes is asked for. */
off_t __wrap_lseek(int fd, off_t at, int whence)
{
	const struct memory_file *file = find(fd);

	if (!file)
		return __real_lseek(fd, at, whence);
	must(at >= 0 && (whence == SEEK_DATA || whence == SEEK_HOLE));
	if ((size_t)at < file->size)
		return whence == SEEK_DATA ? at : (off_t)file->size;
	errno = ENXIO;
	return -1;
}

/* A stream in memory has no descriptor, and is as safe as it gets. */
int __wrap_fsync(int fd)
{
	return fd < 0 || find(fd) ? 0 : __real_fsync(fd);
}

int __wrap_isatty(int fd)
{
	(void)fd;
	errno = ENOTTY;
	return 0;
}

/* What a kernel without it says: reads then go one after the other. */
int __wrap_io_uring_queue_init_params(unsigned int entries,
				      struct io_uring *ring,
				      struct io_uring_params *params)
{
	(void)entries;
	(void)ring;
	(void)params;
	return -ENOSYS;
}
