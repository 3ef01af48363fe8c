// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel has a program load its modules, and forgets what that says.  The same
 * program is run, so that what this machine forbids stays forbidden.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/module.h"
#include "dm-sesparse/portable.h"

#define LOADER_FILE "/proc/sys/kernel/modprobe"

/* The program's path; false: there is none. */
static bool find_loader(char *path, size_t size)
{
	FILE *f = fopen(LOADER_FILE, "re");
	bool found = f && fgets(path, (int)size, f);

	if (f)
		fclose(f);
	if (found)
		path[strcspn(path, "\n")] = '\0';
	return found && *path;
}

static void run_loader(const char *path, const char *module, int out)
{
	const int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 ||
	    setenv("LC_ALL", "C", 1))
		_exit(127);
	execl(path, path, module, (char *)NULL);
	dprintf(STDERR_FILENO, "cannot run it: %s\n", strerror(errno));
	_exit(127);
}

/* All that comes is read, so that whoever writes it is not stopped by it. */
static void read_line(int fd, char *line, size_t size)
{
	char rest[256];
	size_t length = 0;
	ssize_t n;

	for (;;) {
		const bool full = length == size - 1;

		n = full ? read(fd, rest, sizeof(rest)) :
			   read(fd, line + length, size - 1 - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		length += full ? 0 : (size_t)n;
	}
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* Return: how it exited, or -1. */
static int run_and_read(const char *path, const char *module, char *line,
			size_t size)
{
	int pipes[2], status = -1;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid)
		run_loader(path, module, pipes[1]);
	close(pipes[1]);
	if (pid > 0)
		read_line(pipes[0], line, size);
	close(pipes[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/**
 * module_load() - load a target's module as the kernel would
 * @type: the target
 * @why: filled in if that fails
 *
 * Return: true if it was loaded.
 */
bool module_load(const char *type, struct module_failure *why)
{
	char loader[256], module[64], line[256] = "";

	snprintf(module, sizeof(module), "dm-%s", type);
	snprintf(why->told, sizeof(why->told), "%s has no program",
		 LOADER_FILE);
	if (!find_loader(loader, sizeof(loader)))
		return false;
	if (!run_and_read(loader, module, line, sizeof(line))) {
		snprintf(why->told, sizeof(why->told),
			 "%s %s did, but there is none", loader, module);
		return true;
	}
	snprintf(why->told, sizeof(why->told), "%s %s: %s", loader, module,
		 *line ? line : "failed, and does not say why");
	return false;
}

/**
 * module_advice() - what can be done about it
 * @why: what there was to learn
 *
 * Return: that, for the end of a message, or "".
 */
const char *module_advice(const struct module_failure *why)
{
	static const struct advice {
		const char *told;
		const char *advice;
	} all[] = {
		{ "Key was rejected by service",
		  " (Secure Boot, or module.sig_enforce: it must be signed with a key that mokutil --import has enrolled)" },
		{ "Required key not available",
		  " (Secure Boot, or module.sig_enforce: it must be signed with a key that mokutil --import has enrolled)" },
		{ "Operation not permitted",
		  " (Secure Boot locks the kernel down: it must be signed with a key that mokutil --import has enrolled)" },
		{ "not found",
		  " (install dm-sesparse-dkms and this kernel's headers, or make install)" },
	};
	const struct advice *a;

	for (a = all; a < all + ARRAY_SIZE(all); a++)
		if (strstr(why->told, a->told))
			return a->advice;
	return " (dmesg may tell more)";
}
