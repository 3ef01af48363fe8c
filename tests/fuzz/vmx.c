// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM's configuration.  What is taken must name each disk once, in order, by a
 * name that is not empty; and written anew in the plainest form it must be taken as
 * the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "fuzz.h"
#include "lines.h"
#include "source/folder.h"
#include "source/source.h"
#include "util/message.h"
#include "vmdk/descriptor-text.h"
#include "vmdk/find-file.h"
#include "vmdk/vmx.h"

static int parse(int fd, struct vmx **vmx)
{
	static char path[] = "", below[] = "input.vmx", name[] = "input.vmx";
	/* Names are looked up in it by others, later. */
	struct folder folder = { .users = 1, .path = path, .real = path };
	const struct log log = { 0 };
	struct located located = {
		.file = { .path = name, .fd = fd },
		.top = &folder,
		.below = below,
	};
	int r;

	must(!fstat(fd, &located.file.st));
	r = vmx_read(&log, &located, vmx);
	must(!r || !*vmx);
	must(r >= 0 && r <= EXIT_BUSY);
	must(fuzz_told() || !r);
	must_equal(folder.users, *vmx ? 2 : 1);
	if (!*vmx)
		return r;
	/* It is not to be freed with the VM. */
	(*vmx)->folder = NULL;
	return r;
}

static const char *const buses[] = { "scsi", "sata", "nvme", "ide" };

/* A number in the order that disks are in. */
static unsigned int rank(const struct vmx_disk *disk)
{
	char again[VMX_NAME_SIZE];
	unsigned int bus, number, unit;

	for (bus = 0; bus < 4; bus++)
		if (!strncmp(disk->name, buses[bus], strlen(buses[bus])))
			break;
	must(bus < 4);
	must(sscanf(disk->name + strlen(buses[bus]), "%u-%u", &number,
		    &unit) == 2);
	must(number <= 255 && unit <= 255);
	snprintf(again, sizeof(again), "%s%u-%u", buses[bus], number, unit);
	must(!strcmp(disk->name, again));
	return bus << 16 | number << 8 | unit;
}

static void check(const struct vmx *vmx)
{
	const struct vmx_disk *disk;
	size_t i;

	must(!strcmp(vmx->path, "input.vmx"));
	for (i = 0; i < vmx->nr; i++) {
		disk = &vmx->disks[i];
		must(!i || rank(disk - 1) < rank(disk));
		rank(disk);
		must(disk->file && *disk->file && disk->line);
		must(!disk->raw || strcmp(disk->raw, disk->file));
	}
}

/* Any character may stand as |xx. */
static void write_escaped(FILE *f, const char *text)
{
	for (; *text; text++)
		if (*text > ' ' && *text < 0x7f && !strchr("|\"#", *text))
			fputc(*text, f);
		else
			fprintf(f, "|%02X", (unsigned char)*text);
}

static void write_setting(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s = \"", key);
	write_escaped(f, value);
	fprintf(f, "\"\n");
}

static void write_plain(FILE *f, const struct vmx *vmx)
{
	const struct vmx_disk *disk;
	char key[64];
	unsigned int place;

	write_setting(f, "config.version", "8");
	write_setting(f, ".encoding", "UTF-8");
	if (vmx->display_name)
		write_setting(f, "displayName", vmx->display_name);
	for (disk = vmx->disks; disk < vmx->disks + vmx->nr; disk++) {
		place = rank(disk);
		sprintf(key, "%s%u:%u.present", buses[place >> 16],
			place >> 8 & 255, place & 255);
		write_setting(f, key, "TRUE");
		strcpy(strrchr(key, '.'), ".deviceType");
		write_setting(f, key, "scsi-hardDisk");
		strcpy(strrchr(key, '.'), ".fileName");
		write_setting(f, key, disk->file);
	}
}

static void check_same(const struct vmx *a, const struct vmx *b)
{
	size_t i;

	must_equal(a->nr, b->nr);
	must(!a->display_name == !b->display_name);
	must(!a->display_name || !strcmp(a->display_name, b->display_name));
	for (i = 0; i < a->nr; i++) {
		must(!strcmp(a->disks[i].name, b->disks[i].name));
		must(!strcmp(a->disks[i].file, b->disks[i].file));
	}
}

/* A text that only just fitted may not fit written so. */
static void check_again(const struct vmx *vmx)
{
	struct vmx *again;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(f);
	write_plain(f, vmx);
	must(!fclose(f));
	if (size <= DESCRIPTOR_BYTES) {
		must(!parse(files_set(0, text, size, false), &again));
		must(again);
		check(again);
		check_same(vmx, again);
		vmx_free(again);
	}
	free(text);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	static const char good[] =
		".encoding = \"UTF-8\"\nconfig.version = \"8\"\n"
		"displayName = \"a|20name\"\n"
		"scsi0.present = \"TRUE\"\n"
		"scsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \"a.vmdk\"\n"
		"scsi0:0.deviceType = \"scsi-hardDisk\"\n"
		"nvme1:12.present = \"TRUE\"\nnvme1:12.fileName = \"b.vmdk\"\n"
		"ide1:0.present = \"TRUE\"\nide1:0.fileName = \"c.iso\"\n";

	return lines_mutate(data, size, max, seed, good, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vmx *vmx;

	if (parse(files_set(0, data, size, false), &vmx) || !vmx)
		return 0;
	check(vmx);
	check_again(vmx);
	fuzz_taken();
	vmx_free(vmx);
	return 0;
}
