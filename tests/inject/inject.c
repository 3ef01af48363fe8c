// SPDX-License-Identifier: GPL-2.0-only
/*
 * For LD_PRELOAD: changes what the system answers, as rules.h says.  What goes
 * by io_uring passes the functions here by, so where reads or writes are
 * changed, there is no io_uring.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "rules.h"

/* Declares @real, the function of this name that comes after the one here. */
/* NOLINTBEGIN(bugprone-macro-parentheses): names that are declared or made strings */
#define REAL(name)							\
	static __typeof__(&name) real;					\
									\
	if (!real)							\
		real = (__typeof__(&name))after(#name)
/* NOLINTEND(bugprone-macro-parentheses) */

static void *after(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function) {
		fprintf(stderr, "inject: there is no %s()\n", name);
		abort();
	}
	return function;
}

/* An answer that does not depend on what was asked. */
static bool is_answered(const struct rule *rule, ssize_t *result)
{
	if (!rule)
		return false;
	*result = -1;
	if (rule->answer == ANSWER_ERROR)
		errno = (int)rule->value;
	else if (rule->answer == ANSWER_VALUE && rule->value < 0)
		errno = EIO;
	else if (rule->answer != ANSWER_VALUE)
		return false;
	if (rule->answer == ANSWER_VALUE)
		*result = (ssize_t)rule->value;
	return true;
}

/* Likewise, but it may also be that less is to be done than was asked for. */
static bool is_transferred(const struct rule *rule, size_t *bytes,
			   ssize_t *result)
{
	if (is_answered(rule, result))
		return true;
	if (rule && rule->answer == ANSWER_SHORT &&
	    *bytes > (size_t)rule->value)
		*bytes = (size_t)rule->value;
	return false;
}

/* Whatever of @iov is within @bytes, in @cut; how many pieces they are. */
static int cut_pieces(const struct iovec *iov, int nr, size_t bytes,
		      struct iovec cut[IOV_MAX])
{
	int i;

	for (i = 0; i < nr && bytes; i++) {
		cut[i] = iov[i];
		if (cut[i].iov_len > bytes)
			cut[i].iov_len = bytes;
		bytes -= cut[i].iov_len;
	}
	return i;
}

static size_t bytes_of(const struct iovec *iov, int nr)
{
	size_t bytes = 0;
	int i;

	for (i = 0; i < nr; i++)
		bytes += iov[i].iov_len;
	return bytes;
}

off_t lseek(int fd, off_t offset, int whence)
{
	const struct rule *rule = NULL;
	ssize_t result;
	REAL(lseek);

	if (whence == SEEK_DATA)
		rule = rule_for_fd(CALL_SEEK_DATA, fd);
	else if (whence == SEEK_HOLE)
		rule = rule_for_fd(CALL_SEEK_HOLE, fd);
	if (is_answered(rule, &result))
		return result;
	if (rule && rule->answer == ANSWER_BELOW)
		return offset - rule->value;
	if (rule && rule->answer == ANSWER_ABOVE)
		return offset + rule->value;
	return real(fd, offset, whence);
}

ssize_t read(int fd, void *buf, size_t bytes)
{
	ssize_t result;
	REAL(read);

	return is_transferred(rule_for_fd(CALL_READ, fd), &bytes, &result) ?
	       result : real(fd, buf, bytes);
}

ssize_t pread(int fd, void *buf, size_t bytes, off_t at)
{
	ssize_t result;
	REAL(pread);

	return is_transferred(rule_for_bytes(CALL_PREAD, fd, at, bytes), &bytes,
			      &result) ?
	       result : real(fd, buf, bytes, at);
}

ssize_t write(int fd, const void *buf, size_t bytes)
{
	ssize_t result;
	REAL(write);

	return is_transferred(rule_for_fd(CALL_WRITE, fd), &bytes, &result) ?
	       result : real(fd, buf, bytes);
}

ssize_t pwrite(int fd, const void *buf, size_t bytes, off_t at)
{
	ssize_t result;
	REAL(pwrite);

	return is_transferred(rule_for_bytes(CALL_PWRITE, fd, at, bytes), &bytes,
			      &result) ?
	       result : real(fd, buf, bytes, at);
}

ssize_t preadv(int fd, const struct iovec *iov, int nr, off_t at)
{
	size_t bytes = bytes_of(iov, nr);
	struct iovec cut[IOV_MAX];
	ssize_t result;
	REAL(preadv);

	if (nr > IOV_MAX)
		return real(fd, iov, nr, at);
	if (is_transferred(rule_for_bytes(CALL_PREADV, fd, at, bytes), &bytes,
			   &result))
		return result;
	return real(fd, cut, cut_pieces(iov, nr, bytes, cut), at);
}

ssize_t pwritev(int fd, const struct iovec *iov, int nr, off_t at)
{
	size_t bytes = bytes_of(iov, nr);
	struct iovec cut[IOV_MAX];
	ssize_t result;
	REAL(pwritev);

	if (nr > IOV_MAX)
		return real(fd, iov, nr, at);
	if (is_transferred(rule_for_bytes(CALL_PWRITEV, fd, at, bytes), &bytes,
			   &result))
		return result;
	return real(fd, cut, cut_pieces(iov, nr, bytes, cut), at);
}

/* Change what was found; false if the call is to fail. */
static bool change_stat(const struct rule *rule, struct stat *st)
{
	ssize_t result;

	if (is_answered(rule, &result))
		return !result;
	if (rule && rule->answer == ANSWER_SIZE)
		st->st_size = (off_t)rule->value;
	if (rule && rule->answer == ANSWER_MODE)
		st->st_mode = (st->st_mode & ~(mode_t)S_IFMT) |
			      (mode_t)rule->value;
	return true;
}

int fstat(int fd, struct stat *st)
{
	REAL(fstat);

	if (real(fd, st))
		return -1;
	return change_stat(rule_for_fd(CALL_FSTAT, fd), st) ? 0 : -1;
}

int stat(const char *path, struct stat *st)
{
	REAL(stat);

	if (real(path, st))
		return -1;
	return change_stat(rule_for_path(CALL_STAT, path), st) ? 0 : -1;
}

int lstat(const char *path, struct stat *st)
{
	REAL(lstat);

	if (real(path, st))
		return -1;
	return change_stat(rule_for_path(CALL_STAT, path), st) ? 0 : -1;
}

static const struct rule *rule_for_stat(int fd, const char *path)
{
	return *path ? rule_for_path(CALL_STAT, path) :
	       rule_for_fd(CALL_FSTAT, fd);
}

int fstatat(int fd, const char *path, struct stat *st, int flags)
{
	REAL(fstatat);

	if (real(fd, path, st, flags))
		return -1;
	return change_stat(rule_for_stat(fd, path), st) ? 0 : -1;
}

int statx(int fd, const char *path, int flags, unsigned int mask,
	  struct statx *stx)
{
	struct stat st;
	REAL(statx);

	if (real(fd, path, flags, mask, stx))
		return -1;
	st.st_size = (off_t)stx->stx_size;
	st.st_mode = stx->stx_mode;
	if (!change_stat(rule_for_stat(fd, path), &st))
		return -1;
	stx->stx_size = (unsigned long long)st.st_size;
	stx->stx_mode = (unsigned short)st.st_mode;
	return 0;
}

int fsync(int fd)
{
	ssize_t result;
	REAL(fsync);

	return is_answered(rule_for_fd(CALL_FSYNC, fd), &result) ?
	       (int)result : real(fd);
}

int fdatasync(int fd)
{
	ssize_t result;
	REAL(fdatasync);

	return is_answered(rule_for_fd(CALL_FDATASYNC, fd), &result) ?
	       (int)result : real(fd);
}

int ftruncate(int fd, off_t bytes)
{
	ssize_t result;
	REAL(ftruncate);

	return is_answered(rule_for_fd(CALL_FTRUNCATE, fd), &result) ?
	       (int)result : real(fd, bytes);
}

int fallocate(int fd, int mode, off_t at, off_t bytes)
{
	ssize_t result;
	REAL(fallocate);

	return is_answered(rule_for_fd(CALL_FALLOCATE, fd), &result) ?
	       (int)result : real(fd, mode, at, bytes);
}

static bool has_mode(int flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

static bool open_is_answered(const char *path, int flags, ssize_t *result)
{
	return is_answered(rule_for_path(CALL_OPEN, path), result) ||
	       (flags & O_DIRECT &&
		is_answered(rule_for_path(CALL_OPEN_DIRECT, path), result));
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	ssize_t result;
	va_list list;
	REAL(open);

	va_start(list, flags);
	if (has_mode(flags))
		mode = va_arg(list, mode_t);
	va_end(list);
	return open_is_answered(path, flags, &result) ?
	       (int)result : real(path, flags, mode);
}

int openat(int fd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	ssize_t result;
	va_list list;
	REAL(openat);

	va_start(list, flags);
	if (has_mode(flags))
		mode = va_arg(list, mode_t);
	va_end(list);
	return open_is_answered(path, flags, &result) ?
	       (int)result : real(fd, path, flags, mode);
}

/* The C library has no function for openat2(). */
long syscall(long number, ...)
{
	const char *path;
	va_list list;
	ssize_t result;
	long a[6];
	int i;
	REAL(syscall);

	va_start(list, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	memcpy(&path, &a[1], sizeof(path));
	if (number == SYS_openat2 &&
	    (is_answered(rule_for_path(CALL_OPENAT2, path), &result) ||
	     is_answered(rule_for_path(CALL_OPEN, path), &result)))
		return result;
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static const struct rule *rule_for_rename(const char *from, const char *to)
{
	const struct rule *rule = rule_for_path(CALL_RENAME, from);

	return rule ? rule : rule_for_path(CALL_RENAME, to);
}

int rename(const char *from, const char *to)
{
	ssize_t result;
	REAL(rename);

	return is_answered(rule_for_rename(from, to), &result) ?
	       (int)result : real(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	ssize_t result;
	REAL(renameat);

	return is_answered(rule_for_rename(from, to), &result) ?
	       (int)result : real(from_fd, from, to_fd, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to,
	      unsigned int flags)
{
	ssize_t result;
	REAL(renameat2);

	return is_answered(rule_for_rename(from, to), &result) ?
	       (int)result : real(from_fd, from, to_fd, to, flags);
}

int unlink(const char *path)
{
	ssize_t result;
	REAL(unlink);

	return is_answered(rule_for_path(CALL_UNLINK, path), &result) ?
	       (int)result : real(path);
}

int unlinkat(int fd, const char *path, int flags)
{
	ssize_t result;
	REAL(unlinkat);

	return is_answered(rule_for_path(CALL_UNLINK, path), &result) ?
	       (int)result : real(fd, path, flags);
}

/* Those of liburing return the error as its negative. */
static bool has_no_ring(int *result)
{
	const struct rule *rule = rule_for_path(CALL_URING, "");

	*result = rule && rule->answer == ANSWER_ERROR ? -(int)rule->value :
		  -ENOSYS;
	return rule || rules_read_or_write();
}

int io_uring_queue_init(unsigned int entries, struct io_uring *ring,
			unsigned int flags)
{
	int result;

	if (has_no_ring(&result))
		return result;
	REAL(io_uring_queue_init);
	return real(entries, ring, flags);
}

int io_uring_queue_init_params(unsigned int entries, struct io_uring *ring,
			       struct io_uring_params *params)
{
	int result;

	if (has_no_ring(&result))
		return result;
	REAL(io_uring_queue_init_params);
	return real(entries, ring, params);
}

/* What programs with offsets of 64 bits everywhere call them by. */
/* NOLINTBEGIN(bugprone-macro-parentheses): the name that is declared */
#define SAME(new, old) \
	extern __typeof__(new) new __attribute__((alias(#old)))
/* NOLINTEND(bugprone-macro-parentheses) */

SAME(lseek64, lseek);
SAME(pread64, pread);
SAME(pwrite64, pwrite);
SAME(preadv64, preadv);
SAME(pwritev64, pwritev);
SAME(ftruncate64, ftruncate);
SAME(fallocate64, fallocate);
SAME(open64, open);
SAME(openat64, openat);
int stat64(const char *, struct stat64 *) __attribute__((alias("stat")));
int lstat64(const char *, struct stat64 *) __attribute__((alias("lstat")));
int fstat64(int, struct stat64 *) __attribute__((alias("fstat")));
int fstatat64(int, const char *, struct stat64 *, int)
	__attribute__((alias("fstatat")));
