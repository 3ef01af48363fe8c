// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>

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

/* All of it is to go, or none, so see before whether it can. */
static int look(const struct options *o, struct stack *stack, const char **user)
{
	int r;

	r = stack_look(&o->log, o->operands[1], stack);
	if (!r)
		r = check_ours(stack);
	*user = NULL;
	return r ? r : stack_user(stack, user);
}

static int look_until_free(const struct options *o, struct stack *stack,
			   const char **user)
{
	const struct timespec pause = { .tv_nsec = TRY_AGAIN_NS };
	int tries = 1, r;

	r = look(o, stack, user);
	while (!r && *user && tries++ < MAX_TRIES) {
		step(&o->log, "%s: is in use, trying again", *user);
		nanosleep(&pause, NULL);
		stack_free(stack);
		r = look(o, stack, user);
	}
	return r;
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
	struct stack stack;
	const char *user;
	int r;

	r = deferred ? look(o, &stack, &user) :
		       look_until_free(o, &stack, &user);
	if (!r && user && !deferred)
		r = fail(EXIT_BUSY,
			 "%s: is in use, end that or use close --deferred",
			 user);
	if (!r)
		r = stack_remove(&o->log, &stack, deferred);
	stack_free(&stack);
	return r;
}
