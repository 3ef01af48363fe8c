/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few names of the kernel that the module's pure files use, for building
 * them in userspace.  Included through dm-sesparse/portable.h only.
 */
#ifndef SESPARSE_KERNEL_SHIM_H
#define SESPARSE_KERNEL_SHIM_H

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64; /* as the kernel's: %llu prints it everywhere */
typedef long long s64;
typedef u64 __le64;

typedef struct {
	s64 counter;
} atomic64_t;

#define atomic64_read(v) __atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define atomic64_sub(n, v) __atomic_fetch_sub(&(v)->counter, n, __ATOMIC_SEQ_CST)
#define atomic64_try_cmpxchg(v, old, new)                             \
	__atomic_compare_exchange_n(&(v)->counter, old, new, false,   \
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK_ULL(high, low) (~0ULL >> (63 - (high)) & ~0ULL << (low))
#define FIELD_PREP(mask, value) ((value) << __builtin_ctzll(mask) & (mask))
#define FIELD_GET(mask, word) (((word) & (mask)) >> __builtin_ctzll(mask))
#define __aligned(n) __attribute__((aligned(n)))
#ifndef __always_inline /* the C library's own will do */
#define __always_inline inline __attribute__((always_inline))
#endif
#define noinline __attribute__((noinline))
#define cond_resched() ((void)0)
#define prefetchw(p) __builtin_prefetch(p, 1)
#define static_assert _Static_assert
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define le64_to_cpu(x) le64toh(x)
#define cpu_to_le64(x) htole64(x)
#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define check_mul_overflow(a, b, d) __builtin_mul_overflow(a, b, d)
#define DIV_ROUND_UP_ULL(n, d)                                      \
	({                                                          \
		const u64 div_d_ = (d);                             \
		((u64)(n) + div_d_ - 1) / div_d_;                   \
	})
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define min_t(type, a, b)                                           \
	({                                                          \
		const type min_a_ = (a), min_b_ = (b);              \
		min_a_ < min_b_ ? min_a_ : min_b_;                  \
	})
#define max_t(type, a, b)                                           \
	({                                                          \
		const type max_a_ = (a), max_b_ = (b);              \
		max_a_ > max_b_ ? max_a_ : max_b_;                  \
	})
#define PAGE_SIZE 4096UL
#define ALIGN_DOWN(x, to) ((x) & ~((u64)(to) - 1)) /* @to: a power of two */
#define ALIGN(x, to) ALIGN_DOWN((x) + (to) - 1, to)
#define rounddown_pow_of_two(x) (1ULL << (fls64(x) - 1))
#define roundup_pow_of_two(x) (1ULL << fls64((x) - 1))
#define sesparse_memory(bytes) malloc(bytes)
#define sesparse_zeroed_memory(bytes) calloc(1, bytes)
#define sesparse_free_memory(p) free(p)
#define sesparse_interrupted() false

/* Bits that it takes to write @x: 0 for 0, 64 at the most. */
static inline unsigned int fls64(u64 x)
{
	return x ? 64 - (unsigned int)__builtin_clzll(x) : 0;
}

/* The lowest bit that is set; @x is not 0. */
static inline unsigned int __ffs64(u64 x)
{
	return (unsigned int)__builtin_ctzll(x);
}

static inline unsigned int hweight32(u32 x)
{
	return (unsigned int)__builtin_popcount(x);
}

static inline unsigned int hweight64(u64 x)
{
	return (unsigned int)__builtin_popcountll(x);
}

#endif /* SESPARSE_KERNEL_SHIM_H */
