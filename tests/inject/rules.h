/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which answers of the system are changed, and to what: SESPARSE_INJECT.
 *
 * It holds rules, parted by semicolons: CALL:NAME=ANSWER[ WHEN].
 *
 * CALL is a function's name (calls[] in rules.c); lseek:data and lseek:hole are
 * lseek() with SEEK_DATA and SEEK_HOLE; read and write are all that do so, with
 * and without an offset; stat is by a path, fstat of an open file; open is any way
 * to open, open:direct only for direct I/O, openat2 just that call.
 * NAME is the file's path, or its last parts, or * for every file.
 * ANSWER is one of
 *	EIO and other errors' names
 *	NUMBER		the call returns this, and does nothing
 *	short NUMBER	at most so many bytes are read or written
 *	below NUMBER	lseek: so far below the offset asked for
 *	above NUMBER	lseek: so far above it
 *	size NUMBER	stat, fstat: st_size
 *	mode NUMBER	stat, fstat: the type in st_mode
 * WHEN is once, at NUMBER, from NUMBER, or always, as it is without; the calls
 * that a rule fits are counted from 1.  Of reads and writes at an offset it may be
 * in FIRST-LAST: those that have one of these bytes of the file in them, as of a
 * medium with bad sectors.
 *
 * Each rule that has changed an answer is written, once, to the file that
 * SESPARSE_INJECT_LOG names: a test whose rule did nothing shows nothing.
 */
#ifndef SESPARSE_INJECT_RULES_H
#define SESPARSE_INJECT_RULES_H

#include <stdbool.h>
#include <sys/types.h>

enum call {
	CALL_SEEK_DATA,
	CALL_SEEK_HOLE,
	CALL_READ,
	CALL_PREAD,
	CALL_PREADV,
	CALL_WRITE,
	CALL_PWRITE,
	CALL_PWRITEV,
	CALL_STAT,
	CALL_FSTAT,
	CALL_FSYNC,
	CALL_FDATASYNC,
	CALL_FTRUNCATE,
	CALL_FALLOCATE,
	CALL_OPEN_DIRECT,
	CALL_OPEN,
	CALL_OPENAT2,
	CALL_RENAME,
	CALL_UNLINK,
	CALL_URING,
	NR_CALLS
};

enum answer {
	ANSWER_VALUE,
	ANSWER_ERROR,
	ANSWER_SHORT,
	ANSWER_BELOW,
	ANSWER_ABOVE,
	ANSWER_SIZE,
	ANSWER_MODE,
};

struct rule {
	enum call call;
	enum answer answer;
	long long value;
	const char *name;
	const char *text;
	unsigned long long first, last, calls;
	long long first_byte, last_byte;
	bool told;
};

const struct rule *rule_for_path(enum call call, const char *path);
const struct rule *rule_for_fd(enum call call, int fd);
const struct rule *rule_for_bytes(enum call call, int fd, off_t at, size_t bytes);
bool rules_read_or_write(void);

#endif /* SESPARSE_INJECT_RULES_H */
