/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share: properties that must hold, an input as a file, and
 * numbers drawn from an input.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* End with a report unless @condition holds. */
#define must(condition)                                                 \
	do {                                                            \
		if (!(condition))                                       \
			fuzz_broken(__FILE__, __LINE__, #condition);    \
	} while (0)

/* Likewise unless the two are equal; says both. */
#define must_equal(found, expected)                                     \
	do {                                                            \
		unsigned long long found_ = (unsigned long long)(found); \
		unsigned long long wanted_ =                            \
			(unsigned long long)(expected);                 \
		if (found_ != wanted_)                                  \
			fuzz_differs(__FILE__, __LINE__, #found,        \
				     found_, wanted_);                  \
	} while (0)

void fuzz_broken(const char *file, int line, const char *condition)
	__attribute__((noreturn));
void fuzz_differs(const char *file, int line, const char *what,
		  unsigned long long found, unsigned long long expected)
	__attribute__((noreturn));

/* Bytes of the input that were not drawn yet; when they end, zeros come. */
struct draw {
	const uint8_t *next;
	size_t left;
};

uint8_t draw_byte(struct draw *draw);
void draw_bytes(struct draw *draw, void *bytes, size_t size);
uint64_t draw_number(struct draw *draw, unsigned int bytes);

bool fuzz_told(void);
void fuzz_taken(void);
const char *fuzz_folder(void);

#endif /* TESTS_FUZZ_H */
