// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/assembly.h"
#include "device/dm.h"
#include "util/message.h"
#include "util/signals.h"

/**
 * assembly_begin() - from here on, let signals wait
 * @a: filled in, for assembly_end() if this succeeds
 * @log: how much to tell
 *
 * Return: 0, or an exit code after a message.
 */
int assembly_begin(struct assembly *a, const struct log *log)
{
	memset(a, 0, sizeof(*a));
	a->log = log;
	return signals_hold(&a->signals);
}

/**
 * assembly_check() - is it time to undo everything?
 *
 * Return: 0, or an exit code after a message, if a signal waits.
 */
int assembly_check(void)
{
	return signals_waiting() ?
	       fail(EXIT_DEVICE, "interrupted, undoing what was done") : 0;
}

/**
 * assembly_add() - make another device
 * @a: the devices so far
 * @request: what it is to be
 * @number: set to what a table calls it
 *
 * Return: 0, or an exit code after a message.
 */
int assembly_add(struct assembly *a, const struct device_request *request,
		 char number[DEVICE_NUMBER_SIZE])
{
	struct assembled *devices, *d;
	struct device_state state = { 0 };
	int r;

	devices = reallocarray(a->devices, a->nr + 1, sizeof(*devices));
	if (!devices)
		return fail_memory();
	a->devices = devices;
	r = assembly_check();
	if (!r)
		r = device_create(a->log, request, &a->signals);
	if (r)
		return r;
	d = &devices[a->nr++];
	snprintf(d->name, sizeof(d->name), "%s", request->name);
	snprintf(d->uuid, sizeof(d->uuid), "%s", request->uuid);
	r = device_get_state(request->name, &state);
	snprintf(number, DEVICE_NUMBER_SIZE, "%u:%u", state.major,
		 state.minor);
	return r ? r : assembly_check();
}

/**
 * assembly_undo() - remove the devices
 * @a: the devices so far
 */
void assembly_undo(struct assembly *a)
{
	while (a->nr) {
		a->nr--;
		device_remove(a->log, a->devices[a->nr].name,
			      a->devices[a->nr].uuid, false);
	}
}

/**
 * assembly_end() - let signals do what they do
 * @a: the devices, which stay
 */
void assembly_end(struct assembly *a)
{
	signals_release(&a->signals);
	free(a->devices);
	a->devices = NULL;
	a->nr = 0;
}
