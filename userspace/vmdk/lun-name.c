// SPDX-License-Identifier: GPL-2.0-only
/*
 * "/vm/vm.vmdk", from the top of the only datastore, "/vmfs/volumes/NAME/vm/vm.vmdk"
 * as on ESXi, and "[NAME] vm/vm.vmdk" as vSphere prints it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/message.h"
#include "vmdk/lun-name.h"
#include "vmfs/datastore.h"

#define VOLUMES "/vmfs/volumes/"

static bool is_name(const char *name, size_t length, const char *wanted)
{
	return strlen(wanted) == length && !strncmp(wanted, name, length);
}

/* A label, or the UUID, of which no two datastores have the same. */
static const struct datastore *find(const struct datastores *luns,
				    const char *name, size_t length,
				    unsigned int *nr)
{
	const struct datastore *d, *found = NULL;
	size_t i;

	*nr = 0;
	for (i = 0; i < datastores_nr(luns); i++) {
		d = datastores_get(luns, i);
		if (is_name(name, length, d->uuid)) {
			*nr = 1;
			return d;
		}
		if (!is_name(name, length, d->label))
			continue;
		found = d;
		++*nr;
	}
	return found;
}

/* "LABEL (UUID), ..." */
static char *list(const struct datastores *luns)
{
	const struct datastore *d;
	char *text = NULL;
	size_t i, size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (i = 0; i < datastores_nr(luns); i++) {
		d = datastores_get(luns, i);
		fprintf(f, "%s%s (%s)", i ? ", " : "", d->label, d->uuid);
	}
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

static int fail_name(const struct datastores *luns, const char *name,
		     unsigned int nr)
{
	char *names = list(luns);
	int r;

	if (!names)
		return fail_memory();
	if (nr > 1)
		r = fail(EXIT_USAGE,
			 "%s: %u datastores have that label, expected a UUID: the LUNs hold %s",
			 name, nr, names);
	else
		r = fail(EXIT_DEVICE,
			 "%s: no such datastore, expected /vmfs/volumes/NAME/FILE or [NAME] FILE: the LUNs hold %s",
			 name, names);
	free(names);
	return r;
}

/**
 * lun_name_is() - does a name say which datastore it is of?
 * @name: the name
 *
 * Return: true if so, whether there is such a datastore or not.
 */
bool lun_name_is(const char *name)
{
	return *name == '[' || !strncmp(name, VOLUMES, strlen(VOLUMES));
}

/**
 * lun_name_parse() - find the datastore that a name is of
 * @luns: the datastores
 * @name: a file's, as the user writes it
 * @parsed: filled in on success
 *
 * Return: 0, or an exit code after a message.
 */
int lun_name_parse(const struct datastores *luns, const char *name,
		   struct lun_name *parsed)
{
	const struct datastore *d;
	const char *begin, *end;
	unsigned int nr = 0;

	if (*name == '[') {
		begin = name + 1;
		end = strchr(begin, ']');
	} else if (!strncmp(name, VOLUMES, strlen(VOLUMES))) {
		begin = name + strlen(VOLUMES);
		end = strchrnul(begin, '/');
	} else if (datastores_nr(luns) == 1) {
		parsed->root = datastores_get(luns, 0)->root;
		parsed->below = name + strspn(name, "/");
		return 0;
	} else {
		return fail_name(luns, name, 0);
	}
	d = end ? find(luns, begin, (size_t)(end - begin), &nr) : NULL;
	if (nr != 1)
		return fail_name(luns, name, nr);
	parsed->root = d->root;
	parsed->below = end + (*end == ']');
	parsed->below += strspn(parsed->below, *end == ']' ? " /" : "/");
	return 0;
}
