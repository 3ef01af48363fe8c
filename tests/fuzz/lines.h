/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How texts are changed for those targets that take one.
 */
#ifndef TESTS_FUZZ_LINES_H
#define TESTS_FUZZ_LINES_H

#include <stddef.h>
#include <stdint.h>

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);
size_t lines_mutate(uint8_t *data, size_t size, size_t max, unsigned int seed,
		    const char *good, unsigned int spared);

#endif /* TESTS_FUZZ_LINES_H */
