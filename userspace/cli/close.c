// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "cli/closing.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "device/stack.h"
#include "util/message.h"

/* Whoever looks into new devices may have one open just now. */
#define MAX_TRIES 25
#define TRY_AGAIN_NS 200000000L

/* Whatever has the disk's name must be the disk. */
static int check_ours(const struct stack *stack)
{
	const char *name = stack->names.disk;

	if (stack->disk.exists && uuid_is_hidden(stack->disk.uuid))
		return fail(EXIT_DEVICE,
			    "%s: is below a device that sesparsesetup opened, expected that device's name",
			    name);
	if (stack->disk.exists && uuid_is_mount(stack->disk.uuid))
		return fail(EXIT_DEVICE,
			    "%s: is what a file system is mounted from, expected its disk's name: sesparsesetup umount takes it down",
			    name);
	if (stack->disk.exists && !uuid_is_disk(stack->disk.uuid))
		return fail(EXIT_DEVICE,
			    "%s: was not opened by sesparsesetup (UUID \"%s\"): dmsetup or what made it removes it",
			    name, stack->disk.uuid);
	if (!stack_lowest(stack))
		return fail(EXIT_DEVICE, "%s is not active: sesparsesetup status lists what is",
			    name);
	if (stack->disk.deferred)
		return fail(EXIT_BUSY,
			    "%s: is in use, and goes when it is closed there",
			    name);
	return 0;
}

static void leave_out(struct stack *stack, const char *mounted)
{
	size_t i;

	for (i = 0; i < stack->nr_mounts && mounted; i++)
		if (!strcmp(stack->mounts[i].name, mounted))
			stack->mounts[i].state.open_count = 0;
}

/* All of it is to go, or none, so see before whether it can. */
static int look(const struct closing *c, struct stack *stack, const char **user)
{
	int r;

	r = stack_look(c->log, c->name, stack);
	if (!r)
		r = check_ours(stack);
	*user = NULL;
	if (r)
		return r;
	leave_out(stack, c->mounted);
	return stack_user(stack, user);
}

/**
 * closing_look_until_free() - look at a disk's devices until nobody uses them
 * @c: the disk
 * @stack: filled in, for stack_free(), on failure too
 * @user: set to the device that somebody still had open after some seconds, or to NULL
 *
 * Return: 0, or an exit code after a message.
 */
int closing_look_until_free(const struct closing *c, struct stack *stack,
			    const char **user)
{
	const struct timespec pause = { .tv_nsec = TRY_AGAIN_NS };
	int tries = 1, r;

	r = look(c, stack, user);
	while (!r && *user && tries++ < MAX_TRIES) {
		step(c->log, "%s: is in use, trying again", *user);
		nanosleep(&pause, NULL);
		stack_free(stack);
		r = look(c, stack, user);
	}
	return r;
}

static bool is_mount(const struct stack *stack, const char *name)
{
	size_t i;

	for (i = 0; i < stack->nr_mounts; i++)
		if (!strcmp(stack->mounts[i].name, name))
			return true;
	return false;
}

/**
 * cmd_close() - take down what open made, or what a killed open left
 * @o: the command line
 *
 * Loop devices detach themselves when the device that holds them goes.
 *
 * Return: what to exit with.
 */
int cmd_close(struct options *o)
{
	const bool deferred = o->given & OPT_DEFERRED;
	const struct closing c = { .log = &o->log, .name = o->operands[1] };
	struct stack stack;
	const char *user;
	int r;

	r = deferred ? look(&c, &stack, &user) :
		       closing_look_until_free(&c, &stack, &user);
	if (!r && user && !deferred)
		r = fail(EXIT_BUSY, is_mount(&stack, user) ?
			 "%s: is mounted (status tells where): sesparsesetup umount that first, or use close --deferred" :
			 "%s: is in use, end that or use close --deferred",
			 user);
	if (!r)
		r = stack_remove(&o->log, &stack, deferred);
	stack_free(&stack);
	return r;
}
