// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rules.h"

#define MAX_RULES 32
#define EXIT_BAD_RULE 125
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *const calls[NR_CALLS] = {
	[CALL_SEEK_DATA] = "lseek:data",
	[CALL_SEEK_HOLE] = "lseek:hole",
	[CALL_READ] = "read",
	[CALL_PREAD] = "pread",
	[CALL_PREADV] = "preadv",
	[CALL_WRITE] = "write",
	[CALL_PWRITE] = "pwrite",
	[CALL_PWRITEV] = "pwritev",
	[CALL_STAT] = "stat",
	[CALL_FSTAT] = "fstat",
	[CALL_FSYNC] = "fsync",
	[CALL_FDATASYNC] = "fdatasync",
	[CALL_FTRUNCATE] = "ftruncate",
	[CALL_FALLOCATE] = "fallocate",
	[CALL_OPEN_DIRECT] = "open:direct",
	[CALL_OPEN] = "open",
	[CALL_OPENAT2] = "openat2",
	[CALL_RENAME] = "rename",
	[CALL_UNLINK] = "unlink",
	[CALL_URING] = "io_uring_setup",
};

static const struct {
	const char *word;
	enum answer answer;
} answers[] = {
	{ "short ", ANSWER_SHORT },
	{ "below ", ANSWER_BELOW },
	{ "above ", ANSWER_ABOVE },
	{ "size ", ANSWER_SIZE },
	{ "mode ", ANSWER_MODE },
};

static struct rule rules[MAX_RULES];
static unsigned int nr_rules;
static bool parsed;

static _Noreturn void bad_rule(const char *text)
{
	fprintf(stderr, "SESPARSE_INJECT: bad rule \"%s\"\n", text);
	_exit(EXIT_BAD_RULE);
}

static bool is_error(const char *name, size_t length, int *error)
{
	const char *known;

	for (*error = 1; *error < 256; ++*error) {
		known = strerrorname_np(*error);
		if (known && strlen(known) == length &&
		    !strncmp(known, name, length))
			return true;
	}
	return false;
}

/* Return: where @text goes on behind the answer. */
static const char *parse_answer(struct rule *rule, const char *text)
{
	const size_t length = strcspn(text, " ");
	char *end;
	size_t i;
	int error;

	if (is_error(text, length, &error)) {
		rule->answer = ANSWER_ERROR;
		rule->value = error;
		return text + length;
	}
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		if (strncmp(text, answers[i].word, strlen(answers[i].word)))
			continue;
		rule->answer = answers[i].answer;
		text += strlen(answers[i].word);
		break;
	}
	rule->value = strtoll(text, &end, 0);
	if (end == text)
		bad_rule(rule->text);
	return end;
}

static void parse_when(struct rule *rule, const char *text)
{
	int end = 0;

	text += strspn(text, " ");
	rule->first = 1;
	rule->last = ULLONG_MAX;
	rule->last_byte = LLONG_MAX;
	if (!*text || !strcmp(text, "always"))
		return;
	if (!strcmp(text, "once")) {
		rule->last = 1;
		return;
	}
	if (sscanf(text, "at %llu%n", &rule->first, &end) == 1 && !text[end]) {
		rule->last = rule->first;
		return;
	}
	if (sscanf(text, "in %lld-%lld%n", &rule->first_byte, &rule->last_byte,
		   &end) == 2 && !text[end])
		return;
	if (sscanf(text, "from %llu%n", &rule->first, &end) != 1 || text[end])
		bad_rule(rule->text);
}

static void parse_rule(const char *text)
{
	struct rule *rule = &rules[nr_rules];
	const char *equals = strchr(text, '=');
	size_t length = 0;

	rule->text = text;
	for (rule->call = 0; rule->call < NR_CALLS; rule->call++) {
		length = strlen(calls[rule->call]);
		if (!strncmp(text, calls[rule->call], length) &&
		    text[length] == ':')
			break;
	}
	if (rule->call == NR_CALLS || !equals || nr_rules == MAX_RULES - 1)
		bad_rule(text);
	/* bad_rule() does not return, so there is one. */
	rule->name = strndup(text + length + 1,
			     /* cppcheck-suppress nullPointerArithmeticRedundantCheck */
			     (size_t)(equals - text) - length - 1);
	if (!rule->name)
		bad_rule(text);
	parse_when(rule, parse_answer(rule, equals + 1));
	nr_rules++;
}

static void parse(void)
{
	const char *text = getenv("SESPARSE_INJECT");
	char *copy, *one;

	parsed = true;
	if (!text)
		return;
	copy = strdup(text);
	/* The rules refer to it as long as the program runs. */
	while ((one = strsep(&copy, ";"))) { /* NOLINT(clang-analyzer-unix.Malloc) */
		one += strspn(one, " \n\t");
		if (*one)
			parse_rule(one);
	}
}

/* Past the functions that are changed. */
static void tell(struct rule *rule)
{
	const char *log = getenv("SESPARSE_INJECT_LOG");
	char line[256];
	int fd, length;

	if (rule->told || !log)
		return;
	rule->told = true;
	fd = (int)syscall(SYS_openat, AT_FDCWD, log,
			  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		bad_rule(log);
	length = snprintf(line, sizeof(line), "%.250s\n", rule->text);
	if (syscall(SYS_write, fd, line, length) != length)
		bad_rule(log);
	close(fd);
}

static bool is_named(const struct rule *rule, const char *path)
{
	size_t length = strlen(path), suffix = strlen(rule->name);

	if (!strcmp(rule->name, "*"))
		return true;
	if (suffix > length || strcmp(path + length - suffix, rule->name))
		return false;
	return suffix == length || path[length - suffix - 1] == '/';
}

/* Reading at an offset is reading, too. */
static bool is_call(const struct rule *rule, enum call call)
{
	switch (rule->call) {
	case CALL_READ:
		return call >= CALL_READ && call <= CALL_PREADV;
	case CALL_WRITE:
		return call >= CALL_WRITE && call <= CALL_PWRITEV;
	default:
		return rule->call == call;
	}
}

/* What a call is about that no bytes of a file are asked of, or unknown ones. */
static const struct bytes {
	off_t at;
	size_t nr;
} any = { 0, SIZE_MAX };

static bool is_within(const struct rule *rule, const struct bytes *bytes)
{
	if (bytes->nr == SIZE_MAX)
		return !rule->first_byte && rule->last_byte == LLONG_MAX;
	return bytes->at <= rule->last_byte &&
	       (unsigned long long)bytes->at + bytes->nr >
	       (unsigned long long)rule->first_byte;
}

static const struct rule *find_rule(enum call call, const char *path,
				    const struct bytes *bytes)
{
	const struct rule *found = NULL;
	struct rule *rule;

	if (!parsed)
		parse();
	for (rule = rules; rule < rules + nr_rules; rule++) {
		if (!is_call(rule, call) || !is_named(rule, path) ||
		    !is_within(rule, bytes))
			continue;
		rule->calls++;
		if (found || rule->calls < rule->first ||
		    rule->calls > rule->last)
			continue;
		tell(rule);
		found = rule;
	}
	return found;
}

static const struct rule *find_rule_for_fd(enum call call, int fd,
					   const struct bytes *bytes)
{
	const int error = errno;
	char name[32], path[PATH_MAX];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, path, sizeof(path) - 1);
	errno = error;
	if (n < 0)
		return NULL;
	path[n] = '\0';
	return find_rule(call, path, bytes);
}

/**
 * rule_for_path() - what is to be answered to a call about a path
 * @call: the call
 * @path: the path
 *
 * Return: the rule, or NULL: the system's own answer.
 */
const struct rule *rule_for_path(enum call call, const char *path)
{
	return find_rule(call, path, &any);
}

/**
 * rule_for_fd() - what is to be answered to a call about an open file
 * @call: the call
 * @fd: the file
 *
 * Return: the rule, or NULL: the system's own answer.
 */
const struct rule *rule_for_fd(enum call call, int fd)
{
	return find_rule_for_fd(call, fd, &any);
}

/**
 * rule_for_bytes() - what is to be answered to a read or write at an offset
 * @call: the call
 * @fd: the file
 * @at: the offset
 * @bytes: how many are read or written
 *
 * Return: the rule, or NULL: the system's own answer.
 */
const struct rule *rule_for_bytes(enum call call, int fd, off_t at, size_t bytes)
{
	const struct bytes these = { at, bytes };

	return find_rule_for_fd(call, fd, &these);
}

/**
 * rules_read_or_write() - are answers to reads or writes changed?
 *
 * Return: true if so.
 */
bool rules_read_or_write(void)
{
	unsigned int i;

	if (!parsed)
		parse();
	for (i = 0; i < nr_rules; i++)
		if (rules[i].call >= CALL_READ && rules[i].call <= CALL_PWRITEV)
			return true;
	return false;
}
