// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "device/stack.h"
#include "host/contents.h"
#include "util/message.h"

/* The number in a partition's name, or 0 if it is none. */
static unsigned int part_number(const struct stack *stack, const char *name)
{
	const size_t length = strlen(stack->names.disk);
	char expected[NAME_SIZE], uuid[UUID_SIZE];
	unsigned long number;

	if (strncmp(name, stack->names.disk, length))
		return 0;
	name += length;
	number = strtoul(name + (*name == 'p'), NULL, 10);
	if (!number || number > MAX_PARTITION)
		return 0;
	names_partition(&stack->names, (unsigned int)number, expected, uuid);
	return strcmp(name, expected + length) ? 0 : (unsigned int)number;
}

static int take_part(void *data, const char *name)
{
	struct stack *stack = data;
	char uuid[UUID_SIZE];
	struct stack_part *parts, part = { 0 };
	int r;

	part.number = part_number(stack, name);
	if (!part.number)
		return 0;
	r = device_get_state(name, &part.state);
	if (r)
		return r;
	names_partition(&stack->names, part.number, part.name, uuid);
	if (!part.state.exists || !uuid_differs_in_cid(part.state.uuid, uuid))
		return 0;
	parts = reallocarray(stack->parts, stack->nr_parts + 1,
			     sizeof(*parts));
	if (!parts)
		return fail_memory();
	stack->parts = parts;
	parts[stack->nr_parts++] = part;
	return 0;
}

static int compare_parts(const void *a, const void *b)
{
	const struct stack_part *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int look_at_hidden(const char *name, const char *uuid,
			  struct device_state *state)
{
	int r = device_get_state(name, state);

	if (!r && !uuid_differs_in_cid(state->uuid, uuid))
		state->exists = false;
	return r;
}

/**
 * stack_look() - look at the devices of a disk
 * @log: how much to tell
 * @name: the disk's
 * @stack: filled in, for stack_free(), on failure too
 *
 * Return: 0, also if there are none, or an exit code after a message.
 */
int stack_look(const struct log *log, const char *name, struct stack *stack)
{
	const struct names *names = &stack->names;
	int r;

	memset(stack, 0, sizeof(*stack));
	r = names_make(name, 0, &stack->names);
	if (!r)
		r = device_start(log);
	if (!r)
		r = device_get_state(names->disk, &stack->disk);
	if (!r)
		r = look_at_hidden(names->image, names->image_uuid,
				   &stack->image);
	if (!r)
		r = look_at_hidden(names->base, names->base_uuid,
				   &stack->base);
	if (!r)
		r = device_each(take_part, stack);
	if (!r && stack->nr_parts)
		qsort(stack->parts, stack->nr_parts, sizeof(*stack->parts),
		      compare_parts);
	return r;
}

/**
 * stack_lowest() - the device that open made first
 * @stack: of stack_look()
 *
 * Return: its name, or NULL if none of them is there.
 */
const char *stack_lowest(const struct stack *stack)
{
	if (stack->base.exists)
		return stack->names.base;
	if (stack->image.exists)
		return stack->names.image;
	if (stack->disk.exists && uuid_is_disk(stack->disk.uuid))
		return stack->names.disk;
	return stack->nr_parts ? stack->parts[0].name : NULL;
}

static bool is_used(const struct device_state *state, int by_us)
{
	return state->exists && state->open_count > by_us;
}

/**
 * stack_user() - find a device that somebody else has open
 * @stack: of stack_look()
 *
 * Return: its name, or NULL if only the devices of the stack use each other.
 */
const char *stack_user(const struct stack *stack)
{
	const bool disk = stack->disk.exists, image = stack->image.exists;
	size_t i;

	for (i = 0; i < stack->nr_parts; i++)
		if (is_used(&stack->parts[i].state, 0))
			return stack->parts[i].name;
	if (is_used(&stack->disk, (int)stack->nr_parts))
		return stack->names.disk;
	if (is_used(&stack->image, disk))
		return stack->names.image;
	if (is_used(&stack->base, disk || image))
		return stack->names.base;
	return NULL;
}

/**
 * stack_remove() - remove the devices, each before what it is on
 * @log: how much to tell
 * @stack: of stack_look()
 * @deferred: what is in use goes as soon as it is not
 *
 * Return: 0, or an exit code after a message.
 */
int stack_remove(const struct log *log, const struct stack *stack,
		 bool deferred)
{
	const struct names *names = &stack->names;
	size_t i;
	int r = 0;

	for (i = 0; i < stack->nr_parts && !r; i++)
		r = device_remove(log, stack->parts[i].name,
				  stack->parts[i].state.uuid, deferred);
	if (!r && stack->disk.exists)
		r = device_remove(log, names->disk, stack->disk.uuid,
				  deferred);
	if (!r && stack->image.exists)
		r = device_remove(log, names->image, stack->image.uuid,
				  deferred);
	if (!r && stack->base.exists)
		r = device_remove(log, names->base, stack->base.uuid,
				  deferred);
	return r;
}

/**
 * stack_free() - free what stack_look() made
 * @stack: it
 */
void stack_free(struct stack *stack)
{
	free(stack->parts);
	stack->parts = NULL;
	stack->nr_parts = 0;
}
