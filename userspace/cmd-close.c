// SPDX-License-Identifier: GPL-2.0-only
#include "cmd.h"
#include "dm.h"
#include "message.h"
#include "name.h"
#include "options.h"
#include "stack.h"

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
	const char *name = o->operands[1];
	struct stack stack;
	int r;

	r = stack_look(&o->log, name, &stack);
	if (r)
		return r;
	if (stack.disk.exists && uuid_is_base(stack.disk.uuid))
		return fail(EXIT_DEVICE,
			    "%s: is the base below a sesparse device, expected that device's name",
			    name);
	if (stack.disk.exists && !uuid_is_disk(stack.disk.uuid))
		return fail(EXIT_DEVICE,
			    "%s: was not opened by sesparsesetup (UUID \"%s\"): dmsetup or what made it removes it",
			    name, stack.disk.uuid);
	if (!stack.disk.exists && !stack.base.exists)
		return fail(EXIT_DEVICE, "%s is not active", name);
	if (stack.disk.deferred)
		return fail(EXIT_BUSY,
			    "%s: is in use, and goes when it is closed there",
			    name);
	if (stack.disk.exists)
		r = device_remove(&o->log, name, stack.disk.uuid, deferred);
	if (!r && stack.base.exists)
		r = device_remove(&o->log, stack.names.base, stack.base.uuid,
				  deferred);
	return r;
}
