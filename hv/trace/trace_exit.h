/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of entries, of exits and of what was done about them.  Only the copy of the run loop
 * calls these that runs while something is traced (hv/run/run_guest.c), so that they cost nothing
 * otherwise.  On the guest's CPU.
 */
#ifndef UMBRA_HV_TRACE_TRACE_EXIT_H
#define UMBRA_HV_TRACE_TRACE_EXIT_H

#include "hv/guest/guest.h"

/* A guest's turn begins: its first entry leaves a record whatever came before. */
void trace_turn(void);

/* The guest is entered next. */
void trace_entry(const struct guest *guest);

/* It has been left, for a page fault at that address or for another reason. */
void trace_exit(const struct guest *guest, uint32_t fault_address);

/* That exit has been handled. */
void trace_handled(const struct guest *guest);

#endif
