/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this room share: single steps, and the way a guest is stopped. */
#ifndef UMBRA_HV_DEBUG_DEBUG_INTERNAL_H
#define UMBRA_HV_DEBUG_DEBUG_INTERNAL_H

#include "hv/debug/debug.h"

/* Stops the guest and tells the debugger; nothing when it is stopped already. */
void debug_stop(struct guest *guest, enum debug_stop_kind kind, uint32_t address);

/* Before an entry, and after the exit: TF set for it, and the guest's own again. */
void debug_step_arm(struct guest *guest);
void debug_step_disarm(struct guest *guest);

/* The instruction was executed: ends the step.  True when that is what the debugger wanted. */
bool debug_step_finish(struct guest *guest);

/* Whatever step was begun is given up, as when the guest starts anew. */
void debug_step_forget(struct guest *guest);

/* The breakpoint that was set at a linear address of the guest, by whatever name; or NULL. */
struct debug_breakpoint *debug_breakpoint_at(struct guest *guest, uint32_t address);

/* Writes the `int3`, or what belongs there. */
void debug_breakpoint_insert(struct guest *guest, struct debug_breakpoint *breakpoint);
void debug_breakpoint_lift(struct guest *guest, struct debug_breakpoint *breakpoint);

/* Removes them all: from memory, or from the list alone, when the memory is new. */
void debug_breakpoints_remove(struct guest *guest);
void debug_breakpoints_forget(struct guest_debug *debug);

#endif
