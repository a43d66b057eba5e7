/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What C itself lacks: attributes, minimum and maximum, alignment, reads that happen exactly once,
 * and the way from a member to its structure.  No state; used everywhere.
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

/*
 * Macros here evaluate each argument once: it may have side effects, or be what a guest changes
 * meanwhile.  Where the same one is needed twice it goes into a variable first, whose name has a
 * number of its own, so that one use can be an argument of another.  Not for constants outside of
 * functions.
 */
#define MIN(a, b) EITHER(a, b, <, __COUNTER__)
#define MAX(a, b) EITHER(a, b, >, __COUNTER__)
#define EITHER(a, b, compare, number) EITHER_NUMBERED(a, b, compare, number)
#define EITHER_NUMBERED(a, b, compare, number)						\
	({										\
		__typeof__(a) a_##number = (a);						\
		__typeof__(b) b_##number = (b);						\
											\
		a_##number compare b_##number ? a_##number : b_##number;		\
	})

/* align must be a power of two of the value's own type. */
#define ALIGN_DOWN(value, align) ((value) & ~((align) - 1))
#define ALIGN_UP(value, align) ALIGN_UP_NUMBERED(value, align, __COUNTER__)
#define ALIGN_UP_NUMBERED(value, align, number) ALIGN_UP_BY(value, align, number)
#define ALIGN_UP_BY(value, align, number)						\
	({										\
		__typeof__(align) align_##number = (align);				\
											\
		ALIGN_DOWN((value) + align_##number - 1, align_##number);		\
	})
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
