/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's memory as a debugger sees it: by the guest's present tables, without a mark in them,
 * and without the `int3` of breakpoints.  On the guest's home CPU, with its window loaded.
 */
#ifndef UMBRA_HV_DEBUG_DEBUG_MEMORY_H
#define UMBRA_HV_DEBUG_DEBUG_MEMORY_H

#include "hv/debug/debug.h"

/* Where the page of a linear address is in the guest's memory; false: it has none there. */
bool debug_locate(const struct guest *guest, uint32_t address, gpa_t *gpa);

/*
 * Copy count bytes from or to a linear address, whatever the guest's tables permit; return how many
 * there were, up to the first that is not mapped.  The caller keeps count small, for interrupts are
 * off.
 */
uint32_t debug_read(struct guest *guest, uint32_t address, uint8_t *to, uint32_t count);
uint32_t debug_write(struct guest *guest, uint32_t address, const uint8_t *from, uint32_t count);

#endif
