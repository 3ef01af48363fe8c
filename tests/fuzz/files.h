/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that are memory, by descriptors that the rooms take for the system's.
 */
#ifndef TESTS_FUZZ_FILES_H
#define TESTS_FUZZ_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Calls that files.c has first. */
int files_set(unsigned int nr, const void *bytes, size_t size, bool direct);
int files_open(void);

#endif /* TESTS_FUZZ_FILES_H */
