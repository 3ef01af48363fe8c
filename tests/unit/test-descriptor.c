// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors that chance has changed: whatever comes of them, it ends soundly,
 * what is taken is in bounds, and what is told is fit for a terminal.
 */
#include <sanitizer/common_interface_defs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/bytes.h"
#include "source/source.h"
#include "unit.h"
#include "util/message.h"
#include "vmdk/descriptor.h"
#include "vmdk/utf16.h"

#define ROUNDS 20000

/* Room for some growth, and past what a descriptor may have. */
#define ROOM 140000

/* As much as any number of messages about one descriptor may have. */
#define TOLD 4096

static const char layer[] =
	"# Disk DescriptorFile\n"
	"version=1\n"
	"encoding=\"GBK\"\n"
	"CID=3729b687\n"
	"parentCID=00c0ffee\n"
	"createType=\"seSparse\"\n"
	"parentFileNameHint=\"\311\317\272\243.vmdk\" # the base\n"
	"# Extent description\n"
	"RW 2048 SESPARSE \"e-sesparse.vmdk\"\n"
	"RW 4096 SESPARSE \"\311\317-sesparse.vmdk\" 0\n"
	"ddb.grain = \"8\"\n";

static const char base[] =
	"version = 4\r\n"
	"CID=1\r\n"
	"parentCID = \"ffffffff\"\r\n"
	"RW 2048 FLAT \"flat.vmdk\" 63 partitionUUID 5d41402a device sda\r\n"
	"RW 10 ZERO\r\n"
	"RDONLY 2048 VMFS \"vmfs.vmdk\"\r\n"
	"ddb.iofilters = \"spm,vmwarevmcrypt\"\r\n"
	"\0\0\0\0";

/* What is of use to whoever breaks parsers. */
static const char *const pieces[] = {
	"\"", "=", "#", " ", "\t", "\n", "\r", "\r\n", "\xff\xfe", "\xfe\xff",
	"\xef\xbb\xbf", "\x1b[2J", "\xc2\x9b", "0", "-1", "137438953472",
	"18446744073709551615", "RW ", "RW 8 FLAT \"f\" 9\n", "CID=2\n",
	"version=9\n", "keyID=x\n", "NOACCESS ", " ZERO", "%s%n",
	"encoding=\"UTF-16\"\n", "\xd8\x3d",
};

struct sample {
	char bytes[ROOM];
	size_t size;
};

static void insert(struct sample *s, size_t at, const char *what, size_t size)
{
	if (s->size + size > ROOM)
		return;
	memmove(s->bytes + at + size, s->bytes + at, s->size - at);
	memcpy(s->bytes + at, what, size);
	s->size += size;
}

static void erase(struct sample *s, size_t at, size_t size)
{
	if (size > s->size - at)
		size = s->size - at;
	memmove(s->bytes + at, s->bytes + at + size, s->size - at - size);
	s->size -= size;
}

static void mutate(struct sample *s, unsigned long long *seed)
{
	const size_t at = unit_random(seed) % (s->size + 1);
	const size_t length = unit_random(seed) % 24;
	const char *piece;
	char copy[24];

	switch (unit_random(seed) % 6) {
	case 0:
		erase(s, at, length);
		break;
	case 1:
		memcpy(copy, s->bytes + at,
		       length < s->size - at ? length : s->size - at);
		insert(s, unit_random(seed) % (s->size + 1), copy,
		       length < s->size - at ? length : s->size - at);
		break;
	case 2:
		insert(s, at, "\0", 1);
		break;
	case 3:
		if (at < s->size)
			s->bytes[at] = (char)unit_random(seed);
		break;
	default:
		piece = pieces[unit_random(seed) % ARRAY_SIZE(pieces)];
		insert(s, at, piece, strlen(piece));
	}
}

/* The same in UTF-16, as far as it is ASCII. */
static void widen(struct sample *s, enum utf16 order)
{
	size_t i;

	if (2 * s->size > ROOM)
		return;
	for (i = s->size; i-- > 0;) {
		s->bytes[2 * i + (order == UTF16_BE)] = s->bytes[i];
		s->bytes[2 * i + (order == UTF16_LE)] = '\0';
	}
	s->size *= 2;
}

/* Pad it to about what a descriptor may have. */
static void lengthen(struct sample *s)
{
	memset(s->bytes + s->size, '\n', 65530 - s->size);
	s->size = 65530;
}

static void make(struct sample *s, unsigned long long *seed)
{
	const bool is_layer = unit_random(seed) & 1;
	unsigned int changes = unit_random(seed) % 8;

	s->size = is_layer ? sizeof(layer) - 1 : sizeof(base) - 1;
	memcpy(s->bytes, is_layer ? layer : base, s->size);
	if (!(unit_random(seed) % 64))
		lengthen(s);
	if (!(unit_random(seed) % 4))
		widen(s, unit_random(seed) & 1 ? UTF16_LE : UTF16_BE);
	while (changes--)
		mutate(s, seed);
}

/* Where messages go while descriptors are read, and what stderr is then. */
struct capture {
	int kept;
	int told;
	int file;
};

static bool open_capture(struct capture *c)
{
	c->kept = dup(STDERR_FILENO);
	c->told = memfd_create("told", MFD_CLOEXEC);
	c->file = memfd_create("descriptor", MFD_CLOEXEC);
	__sanitizer_set_report_fd((void *)(intptr_t)c->kept);
	return c->kept >= 0 && c->told >= 0 && c->file >= 0;
}

static void close_capture(const struct capture *c)
{
	__sanitizer_set_report_fd((void *)(intptr_t)STDERR_FILENO);
	close(c->kept);
	close(c->told);
	close(c->file);
}

/* Read a sample; set @told to what was said, and @d to what it is. */
static bool read_sample(const struct capture *c, const struct sample *s, int *r,
			struct descriptor **d, char told[TOLD + 1])
{
	const struct log log = { .debug = false };
	char name[] = "d.vmdk";
	const struct source source = { .path = name, .fd = c->file };
	size_t done;

	expect(ftruncate(c->file, 0), 0);
	expect(ftruncate(c->told, 0), 0);
	expect(lseek(c->told, 0, SEEK_SET), 0);
	expect(bytes_write(c->file, s->bytes, s->size, 0), 0);
	dup2(c->told, STDERR_FILENO);
	*r = descriptor_read_source(&log, &source, false, d);
	fflush(stderr);
	dup2(c->kept, STDERR_FILENO);
	expect(bytes_read_some(c->told, told, TOLD, 0, &done), 0);
	expect(done < TOLD, true);
	told[done] = '\0';
	expect(strlen(told), done);
	return true;
}

/* Every number and name of what was taken. */
static bool is_sound(const struct descriptor *d)
{
	const struct extent *e;
	u64 sectors = 0;

	expect(d->nr_extents > 0, true);
	for (e = d->extents; e < d->extents + d->nr_extents; e++) {
		expect(e->type <= EXTENT_ZERO, true);
		expect(e->sectors > 0, true);
		expect(e->offset <= FILE_SECTORS - e->sectors, true);
		expect(!e->file, e->type == EXTENT_ZERO);
		expect(e->file && !*e->file, false);
		expect(e->line > 0, true);
		sectors += e->sectors;
	}
	expect(d->capacity, sectors);
	expect(d->capacity <= SESPARSE_MAX_CAPACITY, true);
	expect(d->hint && d->parent_cid == NO_PARENT, false);
	return true;
}

static bool is_told_well(int r, const char *told)
{
	const char *c;

	expect(r && !*told, false);
	for (c = told; *c; c++)
		expect((unsigned char)*c < 0x20 && *c != '\n', false);
	return true;
}

static bool changed_descriptors_end_soundly(void)
{
	static struct sample s;
	static char told[TOLD + 1];
	unsigned long long seed = 1;
	unsigned int i, taken = 0;
	struct descriptor *d;
	struct capture c;
	bool good;
	int r;

	expect(open_capture(&c), true);
	for (i = 0; i < ROUNDS; i++) {
		make(&s, &seed);
		if (!read_sample(&c, &s, &r, &d, told))
			return false;
		expect(!d, r != 0);
		taken += !r;
		good = is_told_well(r, told) && (r || is_sound(d));
		descriptor_free(d);
		if (!good) {
			printf("# in round %u: %s\n", i, told);
			return false;
		}
	}
	close_capture(&c);
	/* Neither all nor none were changed beyond recognition. */
	expect(taken > ROUNDS / 10 && taken < ROUNDS - ROUNDS / 10, true);
	return true;
}

/* Text as it may be anywhere, but that does not show itself to be a descriptor. */
static void make_other(struct sample *s, unsigned long long *seed)
{
	static const char *const lines[] = {
		"SECRET", "SECRET=1", "CID=SECRET", "parentCID=SECRET",
		"version=1", "version=SECRET", "RW 8 FLAT \"SECRET\" 0",
		"RW SECRET", "keyID=SECRET", "encoding=SECRET", "# SECRET",
		"parentFileNameHint=\"SECRET", "createType=\"SECRET\"",
		"<SECRET>", "#!SECRET", "displayName = \"SECRET\"", "\1SECRET",
		"KDMVSECRET", "COWDSECRET", "\0SECRET", "",
	};
	unsigned int nr = unit_random(seed) % 12;
	const char *line;

	s->size = 0;
	while (nr--) {
		line = lines[unit_random(seed) % ARRAY_SIZE(lines)];
		insert(s, s->size, line, *line ? strlen(line) : 1);
		insert(s, s->size, "\n", 1);
	}
	if (!(unit_random(seed) % 4))
		widen(s, unit_random(seed) & 1 ? UTF16_LE : UTF16_BE);
}

static bool nothing_of_other_files_is_told(void)
{
	static struct sample s;
	static char told[TOLD + 1];
	unsigned long long seed = 2;
	struct descriptor *d;
	struct capture c;
	unsigned int i;
	int r;

	expect(open_capture(&c), true);
	for (i = 0; i < ROUNDS; i++) {
		make_other(&s, &seed);
		if (!read_sample(&c, &s, &r, &d, told))
			return false;
		expect(r, EXIT_DEVICE);
		expect_text(told, "d.vmdk: is not a VMDK descriptor, but ");
		expect(strstr(told, "SECRET") != NULL, false);
	}
	close_capture(&c);
	return true;
}

static bool descriptors_without_memory_are_let_go(void)
{
	static struct sample s;
	static char told[TOLD + 1];
	struct descriptor *d;
	struct capture c;
	long after;
	int r = EXIT_MEMORY;

	expect(open_capture(&c), true);
	s.size = sizeof(layer) - 1;
	memcpy(s.bytes, layer, s.size);
	for (after = 0; r; after++) {
		unit_fail_allocation(after);
		if (!read_sample(&c, &s, &r, &d, told))
			return false;
		unit_fail_allocation(-1);
		expect(r && r != EXIT_MEMORY, false);
		expect(!d, r != 0);
	}
	descriptor_free(d);
	close_capture(&c);
	expect(after > 4, true);
	return true;
}

int main(int argc, char **argv)
{
	static const struct unit units[] = {
		{ "changed_descriptors_end_soundly",
		  changed_descriptors_end_soundly },
		{ "nothing_of_other_files_is_told",
		  nothing_of_other_files_is_told },
		{ "descriptors_without_memory_are_let_go",
		  descriptors_without_memory_are_let_go },
		{ 0 }
	};

	return unit_main(units, argc, argv);
}
