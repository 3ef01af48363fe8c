// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each character stands for the same power of two of bytes, and lines have a
 * power of two of them, so that lines begin at round places.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/picture.h"
#include "disk/usage.h"
#include "disk/walk.h"
#include "source/file.h"
#include "util/human.h"
#include "util/message.h"
#include "vmdk/chain.h"
#include "vmdk/descriptor.h"

/* Before the characters of a line: where it begins. */
#define LABEL_WIDTH 10
/* What else there is: title, legend, blank lines, two of the table, prompt. */
#define OTHER_LINES 8
/* A screen that is larger is none. */
#define MAX_SCREEN 4096

/* What a character stands for, in sectors. */
struct cell {
	u64 data;
	u64 zero;
	u64 error;
	u64 all;
};

/*
 * The picture: @cells in lines of @columns, each @unit sectors; @is_diff: of what
 * changed, where any zeros count.
 */
struct picture {
	struct cell *cells;
	u64 nr;
	u64 columns;
	u64 unit;
	bool is_diff;
};

static void paint(void *private, const struct disk_range *range, bool hole)
{
	const struct picture *p = private;
	const u64 end = range->start + range->sectors;
	u64 at, next;

	for (at = range->start; at < end; at = next) {
		struct cell *cell = &p->cells[at / p->unit];

		next = min_t(u64, end, (at / p->unit + 1) * p->unit);
		if (range->kind == DISK_DATA && !hole)
			cell->data += next - at;
		if (range->kind == DISK_ZERO)
			cell->zero += next - at;
		if (range->kind == DISK_ERROR)
			cell->error += next - at;
	}
}

/* All of it may not be painted: what did not change is not. */
static void measure_cells(const struct picture *p, u64 capacity)
{
	u64 i;

	for (i = 0; i < p->nr; i++)
		p->cells[i].all = min_t(u64, p->unit, capacity - i * p->unit);
}

static char cell_char(const struct cell *cell, bool is_diff)
{
	if (cell->error)
		return '!';
	if (cell->data == cell->all)
		return '#';
	if (cell->data)
		return cell->data >= cell->all - cell->data ? '+' : '-';
	return cell->zero &&
	       (is_diff || cell->zero >= cell->all - cell->zero) ? '0' : '.';
}

static void print_cells(const struct picture *p)
{
	char label[HUMAN_SIZE];
	u64 i;

	for (i = 0; i < p->nr; i++) {
		if (i % p->columns == 0)
			printf("%*s ", LABEL_WIDTH - 1,
			       human_size(i * p->unit * SESPARSE_SECTOR_SIZE,
					 label));
		putchar(cell_char(&p->cells[i], p->is_diff));
		if (i % p->columns == p->columns - 1 || i + 1 == p->nr)
			putchar('\n');
	}
	printf("\n%*s # data  + half or more  - less  0 zeros  . %s  ! I/O error\n",
	       LABEL_WIDTH - 1, "", p->is_diff ? "unchanged" : "hole");
}

static void print_share(const struct share *s, u64 capacity)
{
	char data[HUMAN_SIZE], mean[HUMAN_SIZE];

	printf("%10s %5.1f%% %10llu %10s  ",
	       human_size(s->data * SESPARSE_SECTOR_SIZE, data),
	       100.0 * (double)s->data / (double)capacity, s->runs,
	       human_size(share_mean(s), mean));
}

/* The links from @first on, in one line. */
static void print_others(const struct usage *usage, size_t first,
			 u64 capacity)
{
	struct share sum = { 0 };
	size_t i;

	for (i = first; i < usage->nr; i++) {
		sum.data += usage->links[i].data;
		sum.runs += usage->links[i].runs;
	}
	print_share(&sum, capacity);
	printf("%zu more below\n", usage->nr - first);
}

static int print_shares(const struct disk *disk, const struct usage *usage,
			size_t most)
{
	size_t i, nr = usage->nr <= most ? usage->nr : most - 1;
	int r = 0;

	printf("\n%10s %6s %10s %10s  %s\n", "data", "share", "runs",
	       "mean run", "in");
	for (i = 0; i < nr && !r; i++) {
		print_share(&usage->links[i], disk->capacity);
		r = human_name(file_base_name(disk->chain->links[i]->path));
		putchar('\n');
	}
	if (nr < usage->nr)
		print_others(usage, nr, disk->capacity);
	print_share(&usage->total, disk->capacity);
	puts("all");
	return r;
}

/* As many lines of the links as leave two thirds of the screen. */
static size_t choose_links(const struct winsize *window, size_t nr)
{
	const size_t most = window->ws_row / 3 > 2 ? window->ws_row / 3 : 2;

	return nr < most ? nr : most;
}

static void choose_cells(const struct winsize *window, size_t links,
			 u64 capacity, struct picture *p)
{
	u64 lines = 1;

	if (window->ws_row > links + OTHER_LINES + 1)
		lines = window->ws_row - links - OTHER_LINES;
	p->columns = 1;
	while (p->columns * 2 + LABEL_WIDTH <= window->ws_col)
		p->columns *= 2;
	p->unit = SESPARSE_GRAIN_SECTORS;
	while (DIV_ROUND_UP_ULL(capacity, p->unit) > p->columns * lines)
		p->unit *= 2;
	p->nr = DIV_ROUND_UP_ULL(capacity, p->unit);
}

/* A number of an environment variable that is one, else @number. */
static unsigned short choose_number(const char *variable, unsigned short number)
{
	const char *text = getenv(variable);
	unsigned long value;
	char *end;

	if (!text || *text < '1' || *text > '9')
		return number;
	value = strtoul(text, &end, 10);
	return *end || value > MAX_SCREEN ? number : (unsigned short)value;
}

/* What the user says it is, else what the terminal says, else what most had. */
static struct winsize find_window(void)
{
	struct winsize window = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) || !window.ws_row ||
	    !window.ws_col)
		window = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	window.ws_row = choose_number("LINES", window.ws_row);
	window.ws_col = choose_number("COLUMNS", window.ws_col);
	return window;
}

static void print_title(const struct disk *disk, const struct picture *p)
{
	const u64 bytes = disk->capacity * SESPARSE_SECTOR_SIZE;
	char size[HUMAN_SIZE], unit[HUMAN_SIZE];

	printf("%llu bytes (%s), a character is %s:\n\n", bytes,
	       human_size(bytes, size),
	       human_size(p->unit * SESPARSE_SECTOR_SIZE, unit));
}

/**
 * picture_print() - show where a disk's data are and how scattered
 * @disk: the disk
 *
 * Return: 0, or an exit code after a message.
 */
int picture_print(const struct disk *disk)
{
	const struct winsize window = find_window();
	struct picture p = { .is_diff = disk->since };
	struct usage usage;
	size_t links;
	int r;

	r = usage_count(disk, &usage);
	links = choose_links(&window, usage.nr);
	choose_cells(&window, links, disk->capacity, &p);
	p.cells = calloc(p.nr, sizeof(*p.cells));
	if (!r && !p.cells)
		r = fail_memory();
	if (!r) {
		measure_cells(&p, disk->capacity);
		walk_disk(disk, paint, &p);
		print_title(disk, &p);
		print_cells(&p);
		r = print_shares(disk, &usage, links);
	}
	free(p.cells);
	usage_free(&usage);
	return r;
}
