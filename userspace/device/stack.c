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
		{ names_lun, MAX_LUN, &stack->luns, &stack->nr_luns },
		{ names_mount, MAX_MOUNT, &stack->mounts, &stack->nr_mounts },
		{ names_mount_alone, MAX_MOUNT, &stack->mounts,
		  &stack->nr_mounts },
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

static void sort(struct stack_member *list, size_t nr)
{
	if (nr)
		qsort(list, nr, sizeof(*list), compare_members);
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
	sort(stack->parts, stack->nr_parts);
	sort(stack->lower, stack->nr_lower);
	sort(stack->luns, stack->nr_luns);
	sort(stack->mounts, stack->nr_mounts);
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
	if (stack->nr_luns)
		return stack->luns[0].name;
	if (stack->base.exists)
		return stack->names.base;
	if (stack->nr_lower)
		return stack->lower[stack->nr_lower - 1].name;
	if (stack->image.exists)
		return stack->names.image;
	if (stack->disk.exists && uuid_is_disk(stack->disk.uuid))
		return stack->names.disk;
	if (stack->nr_parts)
		return stack->parts[0].name;
	return stack->nr_mounts ? stack->mounts[0].name : NULL;
}

typedef int (*device_fn)(void *data, const char *name,
			 const struct device_state *state);

static int each_member(const struct stack_member *list, size_t nr,
		       device_fn each, void *data)
{
	size_t i;
	int r = 0;

	for (i = 0; i < nr && !r; i++)
		r = each(data, list[i].name, &list[i].state);
	return r;
}

static int if_exists(const char *name, const struct device_state *state,
		     device_fn each, void *data)
{
	return state->exists ? each(data, name, state) : 0;
}

/* Each device that is there, before what it is on, until @each returns not 0. */
static int each_device(const struct stack *stack, device_fn each, void *data)
{
	const struct names *names = &stack->names;
	size_t i;
	int r;

	r = each_member(stack->mounts, stack->nr_mounts, each, data);
	if (!r)
		r = each_member(stack->parts, stack->nr_parts, each, data);
	if (!r)
		r = if_exists(names->disk, &stack->disk, each, data);
	if (!r)
		r = if_exists(names->image, &stack->image, each, data);
	if (!r)
		r = each_member(stack->lower, stack->nr_lower, each, data);
	if (!r)
		r = if_exists(names->base, &stack->base, each, data);
	for (i = stack->nr_luns; i-- && !r;)
		r = each(data, stack->luns[i].name, &stack->luns[i].state);
	return r;
}

/* A device, and by how many of ours it is open. */
struct use {
	const char *name;
	const struct device_state *state;
	int by_us;
};

struct uses {
	struct use *list;
	size_t nr;
};

static int add_use(void *data, const char *name,
		   const struct device_state *state)
{
	struct uses *uses = data;

	uses->list[uses->nr++] = (struct use){ name, state, 0 };
	return 0;
}

static int count_use(void *data, unsigned int major, unsigned int minor)
{
	const struct uses *uses = data;
	size_t i;

	for (i = 0; i < uses->nr; i++)
		if (uses->list[i].state->major == major &&
		    uses->list[i].state->minor == minor)
			uses->list[i].by_us++;
	return 0;
}

static int count_below(void *data, const char *name,
		       const struct device_state *state)
{
	return device_each_below(name, state, count_use, data);
}

/**
 * stack_user() - find a device that somebody else has open
 * @stack: of stack_look()
 * @user: set to its name, or to NULL if only the devices of the stack use each
 *        other
 *
 * Return: 0, or an exit code after a message.
 */
int stack_user(const struct stack *stack, const char **user)
{
	struct uses uses = { 0 };
	size_t i;
	int r;

	*user = NULL;
	/* The disk, the image and the base, with their like. */
	uses.list = calloc(3 + stack->nr_parts + stack->nr_lower +
			   stack->nr_luns + stack->nr_mounts,
			   sizeof(*uses.list));
	if (!uses.list)
		return fail_memory();
	each_device(stack, add_use, &uses);
	r = each_device(stack, count_below, &uses);
	for (i = 0; i < uses.nr && !r && !*user; i++)
		if (uses.list[i].state->open_count > uses.list[i].by_us)
			*user = uses.list[i].name;
	free(uses.list);
	return r;
}

/* How devices are to go. */
struct removal {
	const struct log *log;
	bool deferred;
};

static int remove_device(void *data, const char *name,
			 const struct device_state *state)
{
	const struct removal *how = data;

	return device_remove(how->log, name, state->uuid, how->deferred);
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
	struct removal how = { log, deferred };

	return each_device(stack, remove_device, &how);
}

/**
 * stack_free() - free what stack_look() made
 * @stack: it
 */
void stack_free(struct stack *stack)
{
	free(stack->parts);
	free(stack->lower);
	free(stack->luns);
	free(stack->mounts);
	stack->parts = stack->lower = stack->luns = stack->mounts = NULL;
	stack->nr_parts = stack->nr_lower = stack->nr_luns = 0;
	stack->nr_mounts = 0;
}
