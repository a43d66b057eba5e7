/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Breakpoints and watchpoints of a guest that a debugger has attached to.  On the guest's home CPU,
 * with its window loaded.
 */
#ifndef UMBRA_HV_DEBUG_DEBUG_POINTS_H
#define UMBRA_HV_DEBUG_DEBUG_POINTS_H

#include "hv/debug/debug.h"

/*
 * Puts an `int3` at a linear address, by the guest's present tables, and removes it; both do
 * nothing where that is so already.  False: nothing is mapped there, or there are too many.
 */
bool debug_breakpoint_set(struct guest *guest, uint32_t address);
bool debug_breakpoint_clear(struct guest *guest, uint32_t address);

/*
 * Has the CPU watch size bytes at a linear address, in as many debug registers as that takes, and
 * ends that.  False: it would take more than are free, or the place is Umbra's.
 */
bool debug_watch_set(struct guest *guest, enum debug_watch_kind kind, uint32_t address,
		     uint32_t size);
bool debug_watch_clear(struct guest *guest, enum debug_watch_kind kind, uint32_t address,
		       uint32_t size);

#endif
