// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapbench: the grain map, built and looked up natively from the module's own
 * files: what it takes of memory and of time.
 *
 *   mapbench [ROUNDS]             prints a figure a line: kind, row, column, value
 *   mapbench fill PATTERN FILE    writes the tables of an extent that has none: all
 *                                 its grains allocated, inorder or random, or 100
 *                                 GiB of it, in runs of 1 MiB scattered
 *   mapbench snapshot EXTENT FILE writes the store of a dm-snapshot that maps as
 *                                 EXTENT does, up to where its data begin
 *   mapbench thin EXTENT          prints the same for dm-thin, as thin_restore's XML
 */
#include <endian.h>
#include <fcntl.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "../../dm-sesparse/build.h"

#define ENTRIES SESPARSE_TABLE_ENTRIES
#define TIB (1ULL << 28) /* grains */
#define LOOKUPS 4000000

/**
 * struct pattern - how a disk was written
 * @name: for the output
 * @grains: of the disk: many, for memory is taken by the MiB
 * @make: sets the physical grain of each, or ABSENT; returns how many it took
 */
struct pattern {
	const char *name;
	u64 grains;
	u64 (*make)(u64 *phys, u64 nr);
};

#define ABSENT (~0ULL)

static u64 state = 1;

static u64 next_random(void)
{
	u64 z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static double next_fraction(void)
{
	return (next_random() >> 11) * 0x1p-53;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *allocate(u64 nr, u64 size)
{
	void *p = calloc(nr, size);

	if (!p)
		die("mapbench");
	return p;
}

/* Of this process: what it waits for a processor is not counted, caches it shares are. */
static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static u64 make_inorder(u64 *phys, u64 nr)
{
	u64 i;

	for (i = 0; i < nr; i++)
		phys[i] = i;
	return nr;
}

/* Eight writers, each in its eighth of the disk, take turns of 64K. */
static u64 make_streams(u64 *phys, u64 nr)
{
	const u64 part = nr / 8;
	u64 i;

	for (i = 0; i < nr; i++)
		phys[i] = (i % part / 16 * 8 + i / part) * 16 + i % 16;
	return nr;
}

static void shuffle(u64 *a, u64 nr)
{
	u64 i, j, swap;

	for (i = nr; i > 1; i--) {
		j = next_random() % i;
		swap = a[i - 1];
		a[i - 1] = a[j];
		a[j] = swap;
	}
}

static u64 make_random(u64 *phys, u64 nr)
{
	make_inorder(phys, nr);
	shuffle(phys, nr);
	return nr;
}

/* Every tenth grain or so, in any order. */
static u64 make_sparse(u64 *phys, u64 nr)
{
	u64 *order = allocate(nr, sizeof(u64)), i, used = 0;

	make_random(order, nr);
	for (i = 0; i < nr; i++)
		phys[i] = ABSENT;
	while (used < nr / 10) {
		phys[order[used]] = used;
		used++;
	}
	free(order);
	return used;
}

struct extent {
	u64 first;
	u64 len;
};

/* A length in grains, log-normal (sigma is 1) about a median. */
static u64 lognormal(double median)
{
	const double pi = 3.14159265358979323846;

	return 1 + (u64)(median * exp(sqrt(-2 * log(1 - next_fraction())) *
				      cos(2 * pi * next_fraction())));
}

/* One that ends with each grain alike. */
static u64 geometric(double mean)
{
	return 1 + (u64)(log(1 - next_fraction()) / log(1 - 1 / mean));
}

/* Files of some length, 35 % of the disk, written one by one in any order. */
static u64 make_files(u64 *phys, u64 nr, u64 (*length)(double))
{
	struct extent *file = allocate(nr, sizeof(*file)), swap;
	u64 i, j, at = 0, files = 0, used = 0;

	while (at < nr) {
		file[files].first = at += length(54 * 65 / 35.0);
		if (at >= nr)
			break;
		file[files].len = min_t(u64, length(54), nr - at);
		at += file[files++].len;
	}
	for (i = files; i > 1; i--) {
		j = next_random() % i;
		swap = file[i - 1];
		file[i - 1] = file[j];
		file[j] = swap;
	}
	for (i = 0; i < nr; i++)
		phys[i] = ABSENT;
	for (i = 0; i < files; i++)
		for (j = 0; j < file[i].len; j++)
			phys[file[i].first + j] = used++;
	free(file);
	return used;
}

static u64 make_lognormal(u64 *phys, u64 nr)
{
	return make_files(phys, nr, lognormal);
}

static u64 make_geometric(u64 *phys, u64 nr)
{
	return make_files(phys, nr, geometric);
}

static const struct pattern patterns[] = {
	{ "in order", TIB, make_inorder },
	{ "8 streams of 64K", TIB, make_streams },
	{ "log-normal, median 220K, 35 % full", TIB, make_lognormal },
	{ "geometric, mean 216K, 35 % full", TIB, make_geometric },
	{ "random 4K, full", TIB / 4, make_random },
	{ "random 4K, 10 % full", TIB / 4, make_sparse },
};

static void figure(const char *row, const char *column, double value)
{
	printf("map\t%s\t%s\t%.6g\n", row, column, value);
}

/* Makes table entries of physical grains, where they stand. */
static __le64 *encode(u64 *phys, u64 nr)
{
	u64 i;

	for (i = 0; i < nr; i++)
		phys[i] = cpu_to_le64(
			phys[i] == ABSENT ? 0 : sesparse_encode_gte(phys[i]));
	return phys;
}

static struct sesparse_geometry geometry(u64 grains)
{
	return (struct sesparse_geometry){
		.capacity = grains * SESPARSE_GRAIN_SECTORS,
		.nr_grains = grains,
		.nr_tables = DIV_ROUND_UP_ULL(grains, ENTRIES),
		.max_grains = grains,
		.end = grains * SESPARSE_GRAIN_SECTORS,
	};
}

/* Builds the map; returns the ns that sesparse_build_table() took in all. */
static double build_map(struct sesparse_map *map, u64 grains,
			const __le64 *entries)
{
	const struct sesparse_geometry geo = geometry(grains);
	struct sesparse_fault fault;
	struct sesparse_build build;
	double begin;
	u64 table;

	if (sesparse_map_init(map, grains, false, NULL) ||
	    sesparse_build_init(&build, map) ||
	    sesparse_build_begin_layer(&build, 0, &geo))
		die("mapbench");
	begin = now();
	for (table = 0; table < geo.nr_tables && entries; table++)
		if (sesparse_build_table(&build, table,
					 entries + table * ENTRIES, &fault) ||
		    fault.nr)
			die("mapbench: sesparse_build_table");
	begin = now() - begin;
	if (sesparse_build_end_layer(&build) || sesparse_map_finish(map))
		die("mapbench");
	sesparse_build_exit(&build);
	return begin;
}

/* The mean of many look-ups of one grain each, anywhere. */
static double time_lookups(const struct sesparse_map *map)
{
	struct sesparse_run run;
	volatile u64 sum = 0;
	double begin = now();
	unsigned int i;

	for (i = 0; i < LOOKUPS; i++) {
		sesparse_map_lookup(map, next_random() % map->nr_grains, 1,
				    &run);
		sum += run.grain;
	}
	return (now() - begin) / LOOKUPS;
}

/* What of that is not the look-up. */
static double time_loop(const struct sesparse_map *map)
{
	volatile u64 sum = 0;
	double begin = now();
	unsigned int i;

	for (i = 0; i < LOOKUPS; i++)
		sum += next_random() % map->nr_grains;
	return (now() - begin) / LOOKUPS;
}

static void bench(const struct pattern *p, unsigned int rounds)
{
	u64 *phys = allocate(p->grains, sizeof(u64)), used;
	const __le64 *entries;
	double build = 1e99, lookup = 1e99, loop = 1e99, ns;
	struct sesparse_map map;
	u64 held = 0;

	used = p->make(phys, p->grains);
	entries = encode(phys, p->grains);
	while (rounds--) {
		ns = build_map(&map, p->grains, entries);
		build = ns < build ? ns : build;
		ns = time_lookups(&map);
		lookup = ns < lookup ? ns : lookup;
		ns = time_loop(&map);
		loop = ns < loop ? ns : loop;
		held = map.held;
		sesparse_map_exit(&map);
	}
	figure(p->name, "bytes_per_grain", (double)held / used);
	figure(p->name, "mib_per_tib", held / (double)p->grains * TIB / (1 << 20));
	figure(p->name, "build_ns_per_entry", build / p->grains);
	figure(p->name, "lookup_ns", lookup - loop);
	free(phys);
}

/* 62 TiB, nothing of it written. */
static void bench_empty(void)
{
	struct sesparse_map map;

	build_map(&map, 62 * TIB, NULL);
	figure("62 TiB, empty", "mib", map.held / 1048576.0);
	sesparse_map_exit(&map);
}

static void write_at(int fd, const void *data, size_t size, u64 sector)
{
	if (pwrite(fd, data, size,
		   (off_t)(sector * SESPARSE_SECTOR_SIZE)) !=
	    (ssize_t)size)
		die("mapbench: write");
}

static void read_at(int fd, void *data, size_t size, u64 sector)
{
	if (pread(fd, data, size,
		  (off_t)(sector * SESPARSE_SECTOR_SIZE)) !=
	    (ssize_t)size)
		die("mapbench: read");
}

static int open_extent(const char *path, int flags,
		       struct sesparse_geometry *geo)
{
	const int fd = open(path, flags);
	u8 header[SESPARSE_HEADER_BYTES];
	char why[256];

	if (fd < 0)
		die(path);
	read_at(fd, header, sizeof(header), 0);
	/* As if the device were as long as the grains that will be mapped want. */
	if (sesparse_decode_header(header, SESPARSE_MAX_CAPACITY, geo, why,
				   sizeof(why))) {
		fprintf(stderr, "mapbench: %s: %s\n", path, why);
		exit(1);
	}
	return fd;
}

static int fill(bool random, const char *path)
{
	struct sesparse_geometry geo;
	const int fd = open_extent(path, O_RDWR, &geo);
	__le64 *directory;
	u64 *phys, nr, table;

	nr = geo.nr_tables * ENTRIES;
	phys = allocate(nr, sizeof(u64));
	if (random)
		make_random(phys, geo.nr_grains);
	else
		make_inorder(phys, geo.nr_grains);
	write_at(fd, encode(phys, geo.nr_grains), nr * sizeof(__le64), geo.tables);
	directory = allocate(geo.nr_tables, sizeof(__le64));
	for (table = 0; table < geo.nr_tables; table++)
		directory[table] = cpu_to_le64(1ULL << 60 | table);
	write_at(fd, directory, geo.nr_tables * sizeof(__le64), geo.directory);
	free(directory);
	free(phys);
	return close(fd) ? 1 : 0;
}

#define SCATTERED_RUN 256 /* grains */
#define SCATTERED_RUNS (100ULL * 1024)

/* Each run in a table of its own: the disk may be too large for a list of grains. */
static int fill_scattered(const char *path)
{
	struct sesparse_geometry geo;
	const int fd = open_extent(path, O_RDWR, &geo);
	__le64 *directory = allocate(geo.nr_tables, sizeof(__le64));
	u64 phys[SCATTERED_RUN], n, i, at, table;

	for (n = 0; n < SCATTERED_RUNS; n++) {
		/* Not the last, which may be short. */
		do {
			table = next_random() % (geo.nr_tables - 1);
		} while (directory[table]);
		directory[table] = cpu_to_le64(1ULL << 60 | n);
		for (i = 0; i < SCATTERED_RUN; i++)
			phys[i] = n * SCATTERED_RUN + i;
		at = next_random() % (ENTRIES / SCATTERED_RUN);
		write_at(fd, encode(phys, SCATTERED_RUN), sizeof(phys),
			 geo.tables + n * SESPARSE_TABLE_SECTORS +
				 at * sizeof(phys) / SESPARSE_SECTOR_SIZE);
	}
	write_at(fd, directory, geo.nr_tables * sizeof(__le64), geo.directory);
	free(directory);
	return close(fd) ? 1 : 0;
}

static void refuse(const char *path, const char *what, u64 grain)
{
	fprintf(stderr, "mapbench: %s: grain %llu: %s\n", path,
		(unsigned long long)grain, what);
	exit(1);
}

/* The physical grain of each of the disk's, all of which must have one. */
static u64 *read_map(const char *path, u64 *nr)
{
	struct sesparse_geometry geo;
	const int fd = open_extent(path, O_RDONLY, &geo);
	__le64 *directory, entries[ENTRIES];
	u64 *phys, i;
	u32 index;

	phys = allocate(geo.nr_grains, sizeof(u64));
	directory = allocate(geo.nr_tables, sizeof(__le64));
	read_at(fd, directory, geo.nr_tables * sizeof(__le64), geo.directory);
	for (i = 0; i < geo.nr_grains; i++) {
		if (!(i % ENTRIES)) {
			if (sesparse_decode_gde(&geo, le64_to_cpu(directory[i / ENTRIES]),
						&index) != SESPARSE_ALLOCATED)
				refuse(path, "no table", i);
			read_at(fd, entries, sizeof(entries),
				geo.tables + (u64)index * SESPARSE_TABLE_SECTORS);
		}
		if (sesparse_decode_gte(&geo, le64_to_cpu(entries[i % ENTRIES]),
					&phys[i]) != SESPARSE_ALLOCATED)
			refuse(path, "not allocated", i);
	}
	free(directory);
	close(fd);
	*nr = geo.nr_grains;
	return phys;
}

/*
 * A persistent store as drivers/md/dm-snap-persistent.c reads it, in chunks of a
 * grain: a header; then areas of exceptions, a chunk each, as far apart as the
 * chunks of data that an area can map take.  The data may be anywhere, which is
 * behind the last area here.
 */
#define EXCEPTIONS (SESPARSE_GRAIN_BYTES / sizeof(struct exception))

struct exception {
	__le64 old_chunk;
	__le64 new_chunk;
};

static int snapshot(const char *extent, const char *path)
{
	const u32 header[] = {
		htole32(0x70416e53), /* "SnAp" */
		htole32(1), /* valid */
		htole32(1), /* version */
		htole32(SESPARSE_GRAIN_SECTORS),
	};
	struct exception area[EXCEPTIONS];
	u64 nr, i, data, *phys = read_map(extent, &nr);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);

	/* The list ends at an empty entry: behind full areas, in one more. */
	data = 1 + (nr / EXCEPTIONS + 1) * (EXCEPTIONS + 1);
	if (fd < 0 || ftruncate(fd, (off_t)(data * SESPARSE_GRAIN_BYTES)))
		die(path);
	write_at(fd, header, sizeof(header), 0);
	memset(area, 0, sizeof(area));
	for (i = 0; i < nr; i++) {
		area[i % EXCEPTIONS].old_chunk = cpu_to_le64(i);
		area[i % EXCEPTIONS].new_chunk = cpu_to_le64(data + phys[i]);
		if ((i + 1) % EXCEPTIONS && i + 1 < nr)
			continue;
		write_at(fd, area, sizeof(area),
			 (1 + i / EXCEPTIONS * (EXCEPTIONS + 1)) *
				 SESPARSE_GRAIN_SECTORS);
		memset(area, 0, sizeof(area));
	}
	free(phys);
	return close(fd) ? 1 : 0;
}

#define BLOCK 16 /* grains: 64K, the least that dm-thin has */

static int thin(const char *extent)
{
	u64 nr, i, *phys = read_map(extent, &nr);

	for (i = 0; i < nr; i++)
		if (phys[i] % BLOCK != i % BLOCK ||
		    phys[i] / BLOCK != phys[i / BLOCK * BLOCK] / BLOCK)
			refuse(extent, "not in order within its 64K", i);
	nr /= BLOCK;
	printf("<superblock uuid=\"\" time=\"0\" transaction=\"0\" flags=\"0\" version=\"2\" data_block_size=\"%d\" nr_data_blocks=\"%llu\">\n"
	       "<device dev_id=\"1\" mapped_blocks=\"%llu\" transaction=\"0\" creation_time=\"0\" snap_time=\"0\">\n",
	       BLOCK * SESPARSE_GRAIN_SECTORS, (unsigned long long)nr,
	       (unsigned long long)nr);
	for (i = 0; i < nr; i++)
		printf("<single_mapping origin_block=\"%llu\" data_block=\"%llu\" time=\"0\"/>\n",
		       (unsigned long long)i,
		       (unsigned long long)phys[i * BLOCK] / BLOCK);
	printf("</device>\n</superblock>\n");
	free(phys);
	return 0;
}

int main(int argc, char **argv)
{
	const unsigned int rounds = argc == 2 ? atoi(argv[1]) : 5;
	size_t i;

	if (argc == 4 && !strcmp(argv[1], "fill") &&
	    !strcmp(argv[2], "scattered"))
		return fill_scattered(argv[3]);
	if (argc == 4 && !strcmp(argv[1], "fill"))
		return fill(!strcmp(argv[2], "random"), argv[3]);
	if (argc == 4 && !strcmp(argv[1], "snapshot"))
		return snapshot(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "thin"))
		return thin(argv[2]);
	if (argc > 2 || !rounds) {
		fprintf(stderr, "Usage: mapbench [ROUNDS] | fill inorder|random|scattered FILE | snapshot EXTENT FILE | thin EXTENT\n");
		return 2;
	}
	for (i = 0; i < ARRAY_SIZE(patterns); i++)
		bench(&patterns[i], rounds);
	bench_empty();
	return 0;
}
