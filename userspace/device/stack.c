// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "device/stack.h"
#include "host/contents.h"
#include "util/message.h"

typedef void (*member_name_fn)(const struct names *names, unsigned int number,
			       char name[NAME_SIZE], char uuid[UUID_SIZE]);

/* Devices of one kind that bear the disk's name and a number. */
struct kind {
	member_name_fn name;
	unsigned int max;
	struct stack_member **list;
	size_t *nr;
};

/* The number in a name, or 0 if it is none of this kind. */
static unsigned int number_of(const struct stack *stack,
			      const struct kind *kind, const char *name)
{
	const size_t length = strlen(name);
	char expected[NAME_SIZE], uuid[UUID_SIZE];
	size_t digits = 0;
	unsigned long number;

	while (digits < length && name[length - digits - 1] >= '0' &&
	       name[length - digits - 1] <= '9' && digits < 9) {
		digits++;
		number = strtoul(name + length - digits, NULL, 10);
		if (!number || number > kind->max)
			continue;
		kind->name(&stack->names, (unsigned int)number, expected, uuid);
		if (!strcmp(name, expected))
			return (unsigned int)number;
	}
	return 0;
}

static int take_if(struct stack *stack, const struct kind *kind,
		   const char *name)
{
	struct stack_member *list, m = { 0 };
	char uuid[UUID_SIZE];
	int r;

	m.number = number_of(stack, kind, name);
	if (!m.number)
		return 0;
	r = device_get_state(name, &m.state);
	if (r)
		return r;
	kind->name(&stack->names, m.number, m.name, uuid);
	if (!m.state.exists || !uuid_differs_in_cid(m.state.uuid, uuid))
		return 0;
	list = reallocarray(*kind->list, *kind->nr + 1, sizeof(*list));
	if (!list)
		return fail_memory();
	*kind->list = list;
	list[(*kind->nr)++] = m;
	return 0;
}

static int take_member(void *data, const char *name)
{
	struct stack *stack = data;
	const struct kind kinds[] = {
		{ names_partition, MAX_PARTITION, &stack->parts,
		  &stack->nr_parts },
		{ names_lower, MAX_LOWER, &stack->lower, &stack->nr_lower },
	};
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(kinds) && !r; i++)
		r = take_if(stack, &kinds[i], name);
	return r;
}

static int compare_members(const void *a, const void *b)
{
	const struct stack_member *x = a, *y = b;

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
		r = device_each(take_member, stack);
	if (!r && stack->nr_parts)
		qsort(stack->parts, stack->nr_parts, sizeof(*stack->parts),
		      compare_members);
	if (!r && stack->nr_lower)
		qsort(stack->lower, stack->nr_lower, sizeof(*stack->lower),
		      compare_members);
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
	if (stack->nr_lower)
		return stack->lower[stack->nr_lower - 1].name;
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
	bool above = disk || image;
	size_t i;

	for (i = 0; i < stack->nr_parts; i++)
		if (is_used(&stack->parts[i].state, 0))
			return stack->parts[i].name;
	if (is_used(&stack->disk, (int)stack->nr_parts))
		return stack->names.disk;
	if (is_used(&stack->image, disk))
		return stack->names.image;
	for (i = 0; i < stack->nr_lower; i++, above = true)
		if (is_used(&stack->lower[i].state, above))
			return stack->lower[i].name;
	if (is_used(&stack->base, above))
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
	for (i = 0; i < stack->nr_lower && !r; i++)
		r = device_remove(log, stack->lower[i].name,
				  stack->lower[i].state.uuid, deferred);
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
	free(stack->lower);
	stack->parts = stack->lower = NULL;
	stack->nr_parts = stack->nr_lower = 0;
}
