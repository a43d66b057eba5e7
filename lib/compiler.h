/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the C language does not spell: attributes, alignment, single reads and
 * the step from a member to its structure.  No state; used everywhere.
 */
#ifndef UMBRA_LIB_COMPILER_H
#define UMBRA_LIB_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __noreturn __attribute__((noreturn))
#define __noinline __attribute__((noinline))
#define __force_inline __attribute__((always_inline))
#define __must_check __attribute__((warn_unused_result))
#define __printf(text, first) __attribute__((__format__(__printf__, text, first)))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1u << (n))
#define BIT64(n) (1ull << (n))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* align must be a power of two of the value's own type. */
#define ALIGN_DOWN(value, align) ((value) & ~((align) - 1))
#define ALIGN_UP(value, align) ALIGN_DOWN((value) + (align) - 1, align)
#define IS_ALIGNED(value, align) (((value) & ((align) - 1)) == 0)

#define container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer) - offsetof(type, member)))

/*
 * A guest or a device may change the object at any time: exactly one access,
 * which the compiler neither repeats nor drops.
 */
#define READ_ONCE(object) (*(const volatile __typeof__(object) *)&(object))
#define WRITE_ONCE(object, value) (*(volatile __typeof__(object) *)&(object) = (value))

/* Memory accesses written before it are not moved behind it by the compiler. */
#define compiler_barrier() __asm__ volatile("" ::: "memory")

#endif
