// SPDX-License-Identifier: GPL-2.0-only
/*
 * Only types are mounted of which it is known how to keep them from replaying their
 * journal.  Beneath all of them is a device that cannot be written to, but a kernel
 * that wants to replay and may not refuses the mount, and one that may would show
 * what is nowhere on the disk.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "dm-sesparse/portable.h"
#include "host/filesystem.h"
#include "source/bytes.h"
#include "source/file.h"
#include "util/message.h"
#include "util/signals.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

/* A program that mounts NTFS where the kernel does not. */
#define NTFS_HELPER "/sbin/mount.ntfs-3g"

/* What of it is not found exits so. */
#define NO_HELPER 127

/**
 * struct known - a type of file system
 * @type: what libblkid calls it
 * @driver: what the kernel does
 * @options: what keeps it as it is, and the host safe
 *
 * The superblock of an ext file system may ask for a panic of the host's kernel when
 * an error is found: errors=continue is said against that.  An XFS or btrfs with a
 * UUID that is mounted already is a copy of the host's own disk; XFS takes it, btrfs
 * by newer kernels.  Of NTFS, neither driver replays where it may not write, and a
 * kernel has at most the one that comes first here, or calls that by both names.  What
 * names on a FAT are converted to is by each kernel's configuration, if nothing is said.
 */
static const struct known {
	const char *type;
	const char *driver;
	const char *options;
} known[] = {
	{ "ext4", "ext4", "noload,errors=continue" },
	{ "ext3", "ext4", "noload,errors=continue" },
	{ "ext2", "ext4", "noload,errors=continue" },
	{ "xfs", "xfs", "norecovery,nouuid" },
	{ "btrfs", "btrfs", "rescue=nologreplay" },
	{ "ntfs", "ntfs3", "" },
	{ "ntfs", "ntfs", "" },
	{ "vfat", "vfat", "errors=continue,utf8" },
	{ "exfat", "exfat", "errors=continue" },
};

/**
 * filesystem_is_known() - can a file system of this type be mounted?
 * @type: what libblkid calls it
 *
 * Return: true if it can, where the kernel has it.
 */
bool filesystem_is_known(const char *type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].type, type))
			return true;
	return false;
}

/**
 * filesystem_names() - the types that are known, for messages
 *
 * Return: them, with commas between.
 */
const char *filesystem_names(void)
{
	return "ext2, ext3, ext4, xfs, btrfs, ntfs, vfat or exfat";
}

static const struct allowance {
	const char *word;
	unsigned int allow;
	unsigned long flag; /* that forbids it */
} allowances[] = {
	{ "exec", FILESYSTEM_EXEC, MS_NOEXEC },
	{ "symfollow", FILESYSTEM_SYMFOLLOW, MS_NOSYMFOLLOW },
};

static bool take_word(const char *word, size_t length, unsigned int *allow)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(allowances); i++) {
		if (strlen(allowances[i].word) != length ||
		    strncmp(allowances[i].word, word, length))
			continue;
		*allow |= allowances[i].allow;
		return true;
	}
	return false;
}

/**
 * filesystem_parse_allow() - read a list of what is to be allowed
 * @list: words of mount(8), with commas between
 * @allow: what they say is added to it
 *
 * Return: 0, or an exit code after a message.
 */
int filesystem_parse_allow(const char *list, unsigned int *allow)
{
	const char *word = list;
	size_t length;

	for (;; word += length + 1) {
		length = strcspn(word, ",");
		if (!take_word(word, length, allow))
			return fail(EXIT_USAGE,
				    "--allow %s: found \"%.*s\", expected exec or symfollow, with a comma between",
				    list, (int)length, word);
		if (!word[length])
			return 0;
	}
}

static unsigned long flags_of(const struct filesystem_mount *m)
{
	unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(allowances); i++)
		if (!(m->allow & allowances[i].allow))
			flags |= allowances[i].flag;
	return flags;
}

/* Where a btrfs tells of how many devices it is. */
#define BTRFS_NR_DEVICES_AT (65536 + 136)

/*
 * Of a btrfs on several devices the kernel would take any that it knows, the host's
 * own too, if they only say that they belong to it.
 */
static int check_devices(const struct filesystem_mount *m)
{
	struct stat st;
	uint64_t nr;
	int fd, r;

	if (strcmp(m->type, "btrfs"))
		return 0;
	r = file_open(m->device, &fd, &st);
	if (r)
		return r;
	if (bytes_read(fd, &nr, sizeof(nr), BTRFS_NR_DEVICES_AT))
		r = fail(EXIT_DEVICE, "%s: cannot read the superblock: %m",
			 m->device);
	else if (le64toh(nr) != 1)
		r = fail(EXIT_DEVICE,
			 "%s: is one of %llu devices of a btrfs, expected one that is all of it: mount it by hand, where only these are seen",
			 m->device, (unsigned long long)le64toh(nr));
	close(fd);
	return r;
}

/*
 * The superblock says how many devices there are, but what is read in the end are
 * those that its trees tell of: see how many the kernel took.
 */
static int check_devices_taken(const struct filesystem_mount *m)
{
	struct btrfs_ioctl_fs_info_args info = { 0 };
	int fd, r = 0;

	if (strcmp(m->type, "btrfs"))
		return 0;
	fd = open(m->where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, BTRFS_IOC_FS_INFO, &info))
		r = fail(EXIT_DEVICE, "%s: cannot ask btrfs for its devices: %m",
			 m->where);
	else if (info.num_devices != 1)
		r = fail(EXIT_DEVICE,
			 "%s: is a btrfs that says it has one device, but tells of %llu: it is damaged, or made to show what is on other disks",
			 m->device, (unsigned long long)info.num_devices);
	if (fd >= 0)
		close(fd);
	if (r)
		filesystem_umount(m->where);
	return r;
}

/* Return: an errno; ENODEV: the kernel does not have that type. */
static int mount_by_kernel(const struct filesystem_mount *m)
{
	int error = ENODEV;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known) && error == ENODEV; i++)
		if (!strcmp(known[i].type, m->type))
			error = mount(m->device, m->where, known[i].driver,
				      flags_of(m), known[i].options) ? errno : 0;
	return error;
}

/* In a process of its own: an errno, which fits its exit code. */
static int mount_work(void *data)
{
	return mount_by_kernel(data);
}

/* The helper, in a process of its own; its words go where ours do. */
static int helper_work(void *data)
{
	const struct filesystem_mount *m = data;
	char options[64];

	snprintf(options, sizeof(options), "ro,norecover,nosuid,nodev%s",
		 m->allow & FILESYSTEM_EXEC ? "" : ",noexec");
	execl(NTFS_HELPER, NTFS_HELPER, m->device, m->where, "-o", options,
	      (char *)NULL);
	return NO_HELPER;
}

/* Its options have no word for links, but what is mounted can be told later. */
static int mount_by_helper(const struct filesystem_mount *m)
{
	int result, r;

	r = signals_run(m->signals, helper_work, (void *)m, NULL, &result);
	if (!r && result == NO_HELPER)
		return fail(EXIT_DEVICE,
			    "%s: the kernel has no NTFS, and there is no " NTFS_HELPER ": install ntfs-3g",
			    m->device);
	if (!r && result)
		return fail(EXIT_DEVICE,
			    "%s: " NTFS_HELPER " could not mount it at %s, and exits with %d",
			    m->device, m->where, result);
	if (!r && mount(NULL, m->where, NULL,
			MS_REMOUNT | MS_BIND | flags_of(m), NULL)) {
		r = fail(exit_code_of(errno), "%s: cannot set how it is mounted: %m",
			 m->where);
		filesystem_umount(m->where);
	}
	return r;
}

static int fail_mount(const struct filesystem_mount *m, int error)
{
	if (error == ENODEV)
		return fail(EXIT_DEVICE,
			    "%s: the kernel has no %s, which is what it holds: see modprobe %s",
			    m->device, m->type, m->type);
	if (error == EEXIST && !strcmp(m->type, "btrfs"))
		return fail(EXIT_BUSY,
			    "%s: a btrfs of the same UUID is mounted, or the kernel knows a newer one, and takes but one of them: umount that, or have it forgotten by btrfs device scan --forget",
			    m->device);
	return fail(exit_code_of(error),
		    "%s: the kernel cannot mount it as %s at %s: %s, see dmesg",
		    m->device, m->type, m->where, strerror(error));
}

/**
 * filesystem_mount() - mount a file system, without a change to it
 * @m: what and where
 *
 * It is mounted read-only.  On a signal it may have been, though this fails.
 *
 * Return: 0, or an exit code after a message.
 */
int filesystem_mount(const struct filesystem_mount *m)
{
	int error, r;

	r = check_devices(m);
	if (!r)
		r = signals_run(m->signals, mount_work, (void *)m, NULL,
				&error);
	if (r)
		return r;
	if (!error)
		return check_devices_taken(m);
	if (error == ENODEV && !strcmp(m->type, "ntfs"))
		return mount_by_helper(m);
	return fail_mount(m, error);
}

/**
 * filesystem_umount() - unmount what was mounted last at a folder
 * @where: the folder
 *
 * Return: 0, or an exit code after a message.
 */
int filesystem_umount(const char *where)
{
	if (!umount2(where, UMOUNT_NOFOLLOW))
		return 0;
	return fail(exit_code_of(errno), "%s: cannot unmount it: %m%s", where,
		    errno == EBUSY ?
		    ": a program has a file of it open, or is in it (fuser -vm tells which)" :
		    "");
}

/**
 * filesystem_forget() - have the kernel not remember a device
 * @type: of its file system
 * @device: its name
 *
 * The kernel keeps a list of devices of btrfs, by their UUIDs; a later mount of one
 * of the host's own, of which this is a copy, could take it for the host's.
 */
void filesystem_forget(const char *type, const char *device)
{
	struct btrfs_ioctl_vol_args args = { 0 };
	int fd;

	if (strcmp(type, "btrfs"))
		return;
	fd = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	snprintf(args.name, sizeof(args.name), "%s", device);
	/* It has forgotten it already where the device was the only one. */
	ioctl(fd, BTRFS_IOC_FORGET_DEV, &args);
	close(fd);
}
