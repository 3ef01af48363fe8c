// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libdevmapper.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device/dm.h"
#include "device/kmsg.h"
#include "device/module.h"
#include "device/dm-table.h"
#include "util/message.h"
#include "util/signals.h"

/* libdevmapper says at great length what our own messages say. */
static void log_nothing(int level, const char *file, int line, int error,
			const char *format, ...)
{
	(void)level;
	(void)file;
	(void)line;
	(void)error;
	(void)format;
}

static void log_everything(int level, const char *file, int line, int error,
			   const char *format, ...)
{
	char text[1024];
	va_list ap;

	(void)level;
	(void)error;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	note("libdevmapper: %s:%d: %s", file, line, text);
}

static int task_error(struct dm_task *task)
{
	int error = dm_task_get_errno(task);

	if (!error)
		error = errno; /* it did not come as far as the ioctl */
	return error ? error : EIO;
}

/* Once device_start() has succeeded only memory can be missing. */
static struct dm_task *task_create(int type, const char *name)
{
	struct dm_task *task = dm_task_create(type);

	if (task && !dm_task_set_name(task, name)) {
		dm_task_destroy(task);
		task = NULL;
	}
	if (!task)
		fail_memory();
	return task;
}

/**
 * device_start() - check that there is a device-mapper and that we may use it
 * @log: how much libdevmapper is to tell, too
 *
 * Return: 0, or an exit code after a message.
 */
int device_start(const struct log *log)
{
	char version[64];

	dm_log_with_errno_init(log->debug ? log_everything : log_nothing);
	errno = 0;
	if (dm_driver_version(version, sizeof(version)))
		return 0;
	if (geteuid() || errno == EACCES || errno == EPERM)
		return fail(EXIT_PERMISSION,
			    "device-mapper: no permission: run this as root");
	return fail(EXIT_DEVICE,
		    "device-mapper: not in this kernel: modprobe dm_mod");
}

/* Ask for a target, which has the kernel load it if need be; set @has to the answer. */
static int ask_for_target(const char *type, bool *has)
{
	struct dm_task *task = task_create(DM_DEVICE_GET_TARGET_VERSION, type);

	if (!task)
		return EXIT_MEMORY;
	*has = dm_task_run(task);
	dm_task_destroy(task);
	return 0;
}

/**
 * device_check_target() - check that the kernel has a target, or can load it
 * @type: its name
 *
 * Return: 0, or an exit code after a message.
 */
int device_check_target(const char *type)
{
	struct module_failure why = { .told = "" };
	bool has;
	int r;

	r = ask_for_target(type, &has);
	if (r || has)
		return r;
	/* The kernel does not tell why it could not, so it is tried once more. */
	if (module_load(type, &why))
		r = ask_for_target(type, &has);
	if (r || has)
		return r;
	return fail(EXIT_DEVICE,
		    "device-mapper: the kernel has no %s target and could not load it: %s%s%s",
		    type, why.told, module_advice(&why),
		    strcmp(type, "sesparse") ? "" :
		    "; without it, sesparsesetup restore writes the disk to a device or file, and nbdkit sesparse serves it");
}

/**
 * device_get_state() - look at a device
 * @name: its name
 * @state: filled in
 *
 * Return: 0, also if there is none, or an exit code after a message.
 */
int device_get_state(const char *name, struct device_state *state)
{
	struct dm_task *task = task_create(DM_DEVICE_INFO, name);
	struct dm_info info;
	int r = 0;

	memset(state, 0, sizeof(*state));
	if (!task)
		return EXIT_MEMORY;
	if (!dm_task_run(task) || !dm_task_get_info(task, &info)) {
		r = fail(exit_code_of(task_error(task)),
			 "%s: cannot ask device-mapper about it: %s", name,
			 strerror(task_error(task)));
		goto out;
	}
	if (!info.exists)
		goto out;
	state->exists = true;
	snprintf(state->uuid, sizeof(state->uuid), "%s",
		 dm_task_get_uuid(task) ? dm_task_get_uuid(task) : "");
	state->major = info.major;
	state->minor = info.minor;
	state->open_count = info.open_count;
	state->read_only = info.read_only;
	state->has_table = info.live_table;
	state->deferred = info.deferred_remove;
out:
	dm_task_destroy(task);
	return r;
}

static bool set_mode(struct dm_task *task, const struct device_request *request)
{
	return request->writable || dm_task_set_ro(task);
}

static int create_empty(const struct device_request *request)
{
	struct dm_task *task = task_create(DM_DEVICE_CREATE, request->name);
	int r = 0;

	if (!task)
		return EXIT_MEMORY;
	if (!dm_task_set_uuid(task, request->uuid) || !set_mode(task, request))
		r = fail_memory();
	else if (!dm_task_run(task))
		r = fail(exit_code_of(task_error(task)),
			 "%s: cannot create the device (UUID %s): %s%s",
			 request->name, request->uuid,
			 strerror(task_error(task)),
			 task_error(task) == EBUSY ?
			 ": one of that name or UUID exists" : "");
	dm_task_destroy(task);
	return r;
}

/* Return: an errno, which fits a process' exit code. */
static int load_table(void *data)
{
	const struct device_request *request = data;
	const struct dm_table_line *line;
	struct dm_task *task;
	int error = ENOMEM;
	size_t i;

	task = task_create(DM_DEVICE_RELOAD, request->name);
	if (!task)
		return error;
	if (!set_mode(task, request))
		goto out;
	for (i = 0; i < request->table->nr; i++) {
		line = &request->table->lines[i];
		if (!dm_task_add_target(task, line->start, line->length,
					line->type, line->params))
			goto out;
	}
	error = dm_task_run(task) ? 0 : task_error(task);
out:
	dm_task_destroy(task);
	return error;
}

/* The kernel may read for minutes here, all tables of all layers. */
static int load(const struct device_request *request, const sigset_t *signals)
{
	int kmsg = kmsg_open();
	int error, r;

	r = signals_run(signals, load_table, (void *)request, request->ticker,
			&error);
	if (!r && error) {
		bool told = kmsg_repeat(kmsg);

		r = fail(exit_code_of(error),
			 "%s: the kernel refused the table: %s%s",
			 request->name, strerror(error),
			 told ? "" : ", see dmesg");
	}
	kmsg_close(kmsg);
	return r;
}

/* Resume or remove, after which udev has the node to make or to drop. */
static int run_with_udev(struct dm_task *task, uint16_t flags)
{
	uint32_t cookie = 0;
	int error = 0;

	if (!dm_task_set_cookie(task, &cookie, flags))
		return -ENOMEM;
	errno = 0;
	if (!dm_task_run(task))
		error = -task_error(task);
	dm_udev_wait(cookie);
	return error;
}

static uint16_t udev_flags(enum device_visibility visibility)
{
	const uint16_t unscanned = DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG |
				   DM_UDEV_DISABLE_DISK_RULES_FLAG |
				   DM_UDEV_DISABLE_OTHER_RULES_FLAG;

	switch (visibility) {
	case DEVICE_HIDDEN:
		return unscanned | DM_UDEV_LOW_PRIORITY_FLAG;
	case DEVICE_UNSCANNED:
		return unscanned;
	default:
		return 0;
	}
}

static int resume(const struct device_request *request)
{
	struct dm_task *task = task_create(DM_DEVICE_RESUME, request->name);
	int error;

	if (!task)
		return EXIT_MEMORY;
	error = set_mode(task, request) ?
		run_with_udev(task, udev_flags(request->visibility)) : -ENOMEM;
	dm_task_destroy(task);
	if (!error)
		return 0;
	return fail(exit_code_of(-error), "%s: cannot activate the device: %s",
		    request->name, strerror(-error));
}

/**
 * device_create() - make a device
 * @log: how much to tell
 * @request: what it is to be
 * @signals: of signals_hold(): one of those ends the loading of the table
 *
 * Return: 0, or an exit code after a message; no device is left then.
 */
int device_create(const struct log *log, const struct device_request *request,
		  const sigset_t *signals)
{
	int r;

	step(log, "%s: creating the device, UUID %s", request->name,
	     request->uuid);
	r = create_empty(request);
	if (r)
		return r;
	step(log, "%s: loading the table", request->name);
	r = load(request, signals);
	if (!r)
		r = resume(request);
	if (r)
		device_remove(log, request->name, request->uuid, false);
	return r;
}

/**
 * device_remove() - remove a device
 * @log: how much to tell
 * @name: its name, for messages
 * @uuid: its UUID: another device may have got the name meanwhile
 * @deferred: if it is in use, remove it as soon as it is not
 *
 * Return: 0, also if it has gone already, or an exit code after a message.
 */
int device_remove(const struct log *log, const char *name, const char *uuid,
		  bool deferred)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_REMOVE);
	int error = 0;

	if (!task)
		return fail_memory();
	step(log, "%s: removing the device, UUID %s", name, uuid);
	/* Whoever looks into new devices may have it open just now. */
	if (!dm_task_set_uuid(task, uuid) || !dm_task_retry_remove(task) ||
	    (deferred && !dm_task_deferred_remove(task)))
		error = -ENOMEM;
	if (!error)
		error = run_with_udev(task, 0);
	dm_task_destroy(task);
	if (!error || error == -ENXIO)
		return 0;
	return fail(exit_code_of(-error), "%s: cannot remove the device: %s%s",
		    name, strerror(-error), error == -EBUSY ?
		    ": it is in use, end that or use close --deferred" : "");
}

/**
 * device_each() - go through all devices of this machine
 * @each: called with the name of each until it returns not 0
 * @data: for @each
 *
 * Return: 0, what @each returned, or an exit code after a message.
 */
int device_each(device_name_fn each, void *data)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_LIST);
	const struct dm_names *device;
	int r = 0;

	if (!task)
		return fail_memory();
	device = dm_task_run(task) ? dm_task_get_names(task) : NULL;
	if (!device) {
		r = fail(exit_code_of(task_error(task)),
			 "cannot ask device-mapper for its devices: %s",
			 strerror(task_error(task)));
		goto out;
	}
	while (device->dev && !r) {
		r = each(data, device->name);
		if (!device->next)
			break;
		device = (const void *)((const char *)device + device->next);
	}
out:
	dm_task_destroy(task);
	return r;
}

/**
 * device_each_below() - go through what a device lies on
 * @name: the device's name
 * @state: what it is like
 * @each: called with the number of each device below it until it returns not 0
 * @data: for @each
 *
 * Of one without a table that can be read, the table that was loaded counts.
 *
 * Return: 0, what @each returned, or an exit code after a message.
 */
int device_each_below(const char *name, const struct device_state *state,
		      device_number_fn each, void *data)
{
	struct dm_task *task = task_create(DM_DEVICE_DEPS, name);
	const struct dm_deps *deps = NULL;
	uint32_t i;
	int r = 0;

	if (!task)
		return EXIT_MEMORY;
	if ((state->has_table || dm_task_query_inactive_table(task)) &&
	    dm_task_run(task))
		deps = dm_task_get_deps(task);
	if (!deps && task_error(task) != ENXIO) /* it may have gone */
		r = fail(exit_code_of(task_error(task)),
			 "%s: cannot ask device-mapper what it lies on: %s",
			 name, strerror(task_error(task)));
	for (i = 0; deps && i < deps->count && !r; i++)
		r = each(data, major(deps->device[i]), minor(deps->device[i]));
	dm_task_destroy(task);
	return r;
}

/**
 * device_each_target() - ask a device about its targets
 * @name: the device's name
 * @question: what to ask
 * @each: called with the answer about each target until it returns not 0
 * @data: for @each
 *
 * Return: 0, what @each returned, or an exit code after a message.
 */
int device_each_target(const char *name, enum device_question question,
		       device_target_fn each, void *data)
{
	struct dm_task *task = task_create(question == DEVICE_TABLE ?
					   DM_DEVICE_TABLE : DM_DEVICE_STATUS,
					   name);
	char *type, *params;
	uint64_t start, length;
	void *next = NULL;
	int r = 0;

	if (!task)
		return EXIT_MEMORY;
	if (!dm_task_run(task)) {
		r = fail(exit_code_of(task_error(task)),
			 "%s: cannot ask device-mapper about its targets: %s",
			 name, strerror(task_error(task)));
		goto out;
	}
	do {
		next = dm_get_next_target(task, next, &start, &length, &type,
					  &params);
		if (type)
			r = each(data, start, length, type, params);
	} while (next && !r);
out:
	dm_task_destroy(task);
	return r;
}
