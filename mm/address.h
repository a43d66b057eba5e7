/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of address.  Host addresses are plain; an address that a guest chose has a type of
 * its own, which `sparse` refuses to mix with others, so that it reaches memory only through an
 * accessor that checks it.
 */
#ifndef UMBRA_MM_ADDRESS_H
#define UMBRA_MM_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __CHECKER__
#define __guest_address __attribute__((bitwise))
#define __force_address __attribute__((force))
#else
#define __guest_address
#define __force_address
#endif

/* A physical address of the machine. */
typedef uint64_t paddr_t;

/* A guest-physical and a guest-virtual address, unchecked. */
typedef uint32_t __guest_address gpa_t;
typedef uint32_t __guest_address gva_t;

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096u
#define PAGE_MASK (~(PAGE_SIZE - 1))

static inline gpa_t gpa_make(uint32_t value)
{
	return (__force_address gpa_t)value;
}

static inline uint32_t gpa_value(gpa_t gpa)
{
	return (__force_address uint32_t)gpa;
}

/* False when a 64-bit address that the guest gave lies outside 32 bits. */
static inline bool gpa_from_u64(uint64_t value, gpa_t *gpa)
{
	*gpa = gpa_make((uint32_t)value);
	return value <= UINT32_MAX;
}

/* False when gpa + offset wraps; *sum is undefined then. */
static inline bool gpa_add(gpa_t gpa, uint32_t offset, gpa_t *sum)
{
	uint32_t value;
	bool wraps = __builtin_add_overflow(gpa_value(gpa), offset, &value);

	*sum = gpa_make(value);
	return !wraps;
}

static inline gva_t gva_make(uint32_t value)
{
	return (__force_address gva_t)value;
}

static inline uint32_t gva_value(gva_t gva)
{
	return (__force_address uint32_t)gva;
}

#endif
