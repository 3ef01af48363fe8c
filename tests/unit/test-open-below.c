// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done where there is no openat2(), beside openat2().
 */
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

/* Whether there is openat2(). */
static bool has_it;

#define syscall(...) (has_it ? syscall(__VA_ARGS__) : (errno = ENOSYS, -1L))
#include "userspace/source/open-below.c"

#define NR_TREES 60
#define NR_NAMES 300

static unsigned long long state;

static unsigned int below_n(unsigned int n)
{
	return (unsigned int)(unit_random(&state) % n);
}

/* A name of up to 8 parts that may be there, most of the time relative. */
static void make_name(char name[64], bool may_be_absolute)
{
	static const char *const parts[] = {
		"a", "b", "c", "f", ".", "..", "..", "", "a/b", "none",
	};
	unsigned int nr = below_n(8) + 1;

	strcpy(name, may_be_absolute && !below_n(20) ? "/" : "");
	while (nr--) {
		strcat(name, parts[below_n(sizeof(parts) / sizeof(*parts))]);
		strcat(name, nr || !below_n(6) ? "/" : "");
	}
}

/* A file, folder or link, called a, b or c, in the folder @at, and more below. */
static bool grow(int at, unsigned int depth)
{
	static const char *const names[] = { "a", "b", "c" };
	char target[64];
	unsigned int i;
	int fd;
	bool ok = true;

	for (i = 0; i < 3 && ok; i++) {
		switch (below_n(4)) {
		case 0:
			fd = openat(at, names[i], O_CREAT | O_WRONLY, 0600);
			ok = fd >= 0 && !close(fd);
			break;
		case 1:
			make_name(target, true);
			if (*target)
				ok = !symlinkat(target, at, names[i]);
			break;
		default:
			ok = !mkdirat(at, names[i], 0700);
			if (!ok || !depth)
				break;
			fd = openat(at, names[i], O_PATH | O_DIRECTORY);
			ok = fd >= 0 && grow(fd, depth - 1) && !close(fd);
		}
	}
	return ok;
}

/* What a name leads to: its inode, or the error. */
static unsigned long long leads_to(int top, const char *name, int flags, bool by)
{
	struct stat st;
	int fd, r;

	has_it = by;
	fd = open_below(top, name, flags);
	if (fd < 0)
		return (unsigned long long)fd;
	r = fstat(fd, &st);
	close(fd);
	return r ? 0 : st.st_ino;
}

static bool compare_tree(int top)
{
	char name[64];
	int i, flags;

	for (i = 0; i < NR_NAMES; i++) {
		make_name(name, true);
		flags = below_n(4) ? 0 : O_DIRECTORY;
		if (leads_to(top, name, flags, true) ==
		    leads_to(top, name, flags, false))
			continue;
		printf("# \"%s\", flags %#x\n", name, (unsigned int)flags);
		expect(leads_to(top, name, flags, false),
		       leads_to(top, name, flags, true));
	}
	return true;
}

/* The tree's top is two folders down, so that there is something above it. */
static bool try_tree(const char *folder)
{
	bool ok;
	int fd, top;

	fd = open(folder, O_PATH | O_DIRECTORY);
	expect(fd >= 0, true);
	expect(mkdirat(fd, "a", 0700) || mkdirat(fd, "a/top", 0700), false);
	expect(symlinkat("../..", fd, "a/b"), 0);
	top = openat(fd, "a/top", O_PATH | O_DIRECTORY);
	expect(top >= 0, true);
	ok = grow(top, 3);
	expect(ok, true);
	ok = compare_tree(top);
	close(top);
	close(fd);
	return ok;
}

static bool in_a_new_folder(bool (*run)(const char *folder))
{
	char folder[] = "/tmp/open-below.XXXXXX", command[64];
	bool ok;

	expect(!!mkdtemp(folder), true);
	ok = run(folder);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	/* NOLINTNEXTLINE(cert-env33-c): the folder is this test's own */
	expect(system(command), 0);
	return ok;
}

static bool names_lead_to_the_same_without_openat2(void)
{
	bool ok = true;
	int i;

	for (i = 0; i < NR_TREES && ok; i++) {
		state = (unsigned long long)i;
		ok = in_a_new_folder(try_tree);
		if (!ok)
			printf("# tree %d\n", i);
	}
	return ok;
}

static bool try_extremes(const char *folder)
{
	static char name[3 * PATH_MAX];
	int top = open(folder, O_PATH | O_DIRECTORY), i;

	expect(top >= 0, true);
	expect(mkdirat(top, "d", 0700), 0);
	expect(symlinkat("l0", top, "l"), 0);
	expect(symlinkat("d/.", top, "l40"), 0);
	for (i = 0; i < 40; i++) {
		char from[16], to[16];

		snprintf(from, sizeof(from), "l%d", i);
		snprintf(to, sizeof(to), "l%d", i + 1);
		expect(symlinkat(to, top, from), 0);
	}
	expect(leads_to(top, "l", 0, false), (unsigned long long)-ELOOP);
	expect(leads_to(top, "l", 0, true), (unsigned long long)-ELOOP);
	expect(leads_to(top, "l1", 0, false), leads_to(top, "l1", 0, true));
	expect(leads_to(top, "l1", 0, false), leads_to(top, "d", 0, true));
	for (i = 1; i <= (int)sizeof(name) - 3; i += i < 4080 ? 510 : 1) {
		memset(name, '/', (size_t)i);
		name[0] = 'd';
		name[i] = '\0';
		expect(leads_to(top, name, 0, false),
		       leads_to(top, name, 0, true));
		memset(name, 'n', (size_t)i);
		expect(leads_to(top, name, 0, false),
		       leads_to(top, name, 0, true));
		if (i > 4200)
			break;
	}
	close(top);
	return true;
}

static bool long_names_and_many_links(void)
{
	return in_a_new_folder(try_extremes);
}

int main(int argc, char **argv)
{
	static const struct unit units[] = {
		{ "names_lead_to_the_same_without_openat2",
		  names_lead_to_the_same_without_openat2 },
		{ "long_names_and_many_links", long_names_and_many_links },
		{ 0 }
	};

	return unit_main(units, argc, argv);
}
