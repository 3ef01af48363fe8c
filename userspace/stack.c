// SPDX-License-Identifier: GPL-2.0-only
#include "stack.h"

/**
 * stack_look() - look at the devices of a disk
 * @log: how much to tell
 * @name: the disk's
 * @stack: filled in
 *
 * Return: 0, also if there are none, or an exit code after a message.
 */
int stack_look(const struct log *log, const char *name, struct stack *stack)
{
	int r;

	r = names_make(name, 0, &stack->names);
	if (!r)
		r = device_start(log);
	if (!r)
		r = device_get_state(stack->names.disk, &stack->disk);
	if (!r)
		r = device_get_state(stack->names.base, &stack->base);
	if (!r && !uuid_is_base_of(stack->base.uuid, &stack->names))
		stack->base.exists = false;
	return r;
}
