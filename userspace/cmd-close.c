// SPDX-License-Identifier: GPL-2.0-only
#include "cmd.h"
#include "dm.h"
#include "message.h"
#include "name.h"
#include "options.h"

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
	struct device_state disk, base;
	struct names names;
	int r;

	r = names_make(o->operands[1], 0, &names);
	if (!r)
		r = device_start(&o->log);
	if (!r)
		r = device_get_state(names.disk, &disk);
	if (!r)
		r = device_get_state(names.base, &base);
	if (r)
		return r;
	if (disk.exists && uuid_is_base(disk.uuid))
		return fail(EXIT_DEVICE,
			    "%s: is the base below a sesparse device, expected that device's name",
			    names.disk);
	if (disk.exists && !uuid_is_disk(disk.uuid))
		return fail(EXIT_DEVICE,
			    "%s: is not a sesparse device (UUID \"%s\"): dmsetup or what made it removes it",
			    names.disk, disk.uuid);
	base.exists = base.exists && uuid_is_base(base.uuid);
	if (!disk.exists && !base.exists)
		return fail(EXIT_DEVICE, "%s is not active", names.disk);
	if (disk.exists)
		r = device_remove(&o->log, names.disk, deferred);
	if (!r && base.exists)
		r = device_remove(&o->log, names.base, deferred);
	return r;
}
