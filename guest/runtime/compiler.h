/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the C language does not spell, for guests: array sizes, single accesses
 * to memory that Umbra or a device shares with us, attributes. No state.
 */
#ifndef UMBRA_GUEST_RUNTIME_COMPILER_H
#define UMBRA_GUEST_RUNTIME_COMPILER_H

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Exactly one access, which the compiler neither repeats nor drops. */
#define READ_ONCE(object) (*(const volatile __typeof__(object) *)&(object))
#define WRITE_ONCE(object, value) (*(volatile __typeof__(object) *)&(object) = (value))

/* Memory accesses are not moved across it by the compiler. */
#define compiler_barrier() __asm__ volatile("" ::: "memory")

#define STRINGIFY_VALUE(value) #value
#define STRINGIFY(value) STRINGIFY_VALUE(value)

#endif
