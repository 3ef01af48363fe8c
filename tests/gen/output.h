/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that are written: sparse, and removed again after a failure.
 */
#ifndef GEN_OUTPUT_H
#define GEN_OUTPUT_H

#include "../../dm-sesparse/format.h"

/* Every file made so far. */
struct output {
	char **path;
	size_t nr;
};

/* A file being written. */
struct outfile {
	int fd;
	const char *path; /* belongs to the struct output */
};

int output_create(struct output *out, struct outfile *f, const char *prefix,
		  const char *suffix);
void output_remove(struct output *out);
void output_free(struct output *out);

int outfile_write(const struct outfile *f, const void *data, size_t size,
		  u64 offset);
int outfile_write_sparse(const struct outfile *f, const void *data, size_t size,
			 u64 offset);
int outfile_read(const struct outfile *f, void *data, size_t size, u64 offset);
int outfile_truncate(const struct outfile *f, u64 size);
int outfile_close(struct outfile *f);

#endif /* GEN_OUTPUT_H */
