/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of entries, of exits and of what was done about them, and the account of them.  Only the
 * copy of the run loop calls these that runs while something is traced (hv/run/run_guest.c), so
 * that they cost nothing otherwise.  On the guest's CPU.
 */
#ifndef UMBRA_HV_TRACE_TRACE_EXIT_H
#define UMBRA_HV_TRACE_TRACE_EXIT_H

#include "hv/guest/guest.h"

/*
 * Was the guest that has this CPU in it when the TSC showed that?  If not, *vector and *call get
 * what the exit was for that was being handled.
 */
bool trace_was_in_guest(uint64_t tsc, uint32_t *vector, uint32_t *call);

/* A guest's turn begins: its first entry leaves a record whatever came before. */
void trace_exit_begin(struct guest *guest);

/* The guest that has such a turn on this CPU; NULL: none. */
struct guest *trace_guest_here(void);

/* The turn ends. */
void trace_exit_end(struct guest *guest);

/* The guest is entered next. */
void trace_entry(struct guest *guest);

/* It has been left, for a page fault at that address or for another reason. */
void trace_exit(struct guest *guest, uint32_t fault_address);

/* That exit has been handled. */
void trace_handled(struct guest *guest);

#endif
