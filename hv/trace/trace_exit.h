/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of entries, of exits and of what was done about them, and the account of them.  Only the
 * copy of the run loop calls these that runs while something is traced (hv/run/run_guest.c), so
 * that they cost nothing otherwise.  On the guest's CPU.
 */
#ifndef UMBRA_HV_TRACE_TRACE_EXIT_H
#define UMBRA_HV_TRACE_TRACE_EXIT_H

#include "hv/guest/guest.h"

/* A guest's turn begins: its first entry leaves a record whatever came before. */
void trace_exit_begin(void);

/* The turn ends. */
void trace_exit_end(struct guest *guest);

/* The guest is entered next. */
void trace_entry(struct guest *guest);

/* It has been left, for a page fault at that address or for another reason. */
void trace_exit(struct guest *guest, uint32_t fault_address);

/* That exit has been handled. */
void trace_handled(struct guest *guest);

#endif
