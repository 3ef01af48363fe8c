/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sesparsesetup, run for a mutant.
 */
#ifndef MUTATE_RUN_H
#define MUTATE_RUN_H

#include "mutant.h"

#define EXIT_DEVICE 4
#define RUN_MAX_ARGS 8

/**
 * struct run - what the tool is run with, all files in the mutant's folder
 * @m: the mutant
 * @tool: sesparsesetup
 * @top: the newest descriptor
 * @restored: what a restore makes
 * @said: gets its messages
 * @mapped: gets the map
 */
struct run {
	struct mutant *m;
	const char *tool;
	char *top;
	char *restored;
	char *said;
	char *mapped;
};

/**
 * struct mapped - a range of a map
 * @start: its first byte
 * @length: how many there are
 * @depth: of the layer that it comes from, newest 0
 * @offset: where in that, of data
 * @is_zero: it reads as zeros
 * @is_lost: it is an I/O error
 */
struct mapped {
	u64 start;
	u64 length;
	u64 depth;
	u64 offset;
	bool is_zero;
	bool is_lost;
};

void run_begin(struct run *run, struct mutant *m, const char *tool);
void run_end(struct run *run);
int run_tool(const struct run *run, const char *out, const char *const *args);
int run_failed(const struct run *run, const char *what, int status);
int run_each_mapped(const struct run *run,
		    int (*take)(void *private, const struct mapped *range),
		    void *private);

#endif /* MUTATE_RUN_H */
