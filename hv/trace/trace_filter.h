/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is traced, and of whom: turned on and off while guests run.  The run loop tells here whose
 * turn it is, and the mask of its CPU follows (arch/cpu/trace.h).
 */
#ifndef UMBRA_HV_TRACE_TRACE_FILTER_H
#define UMBRA_HV_TRACE_TRACE_FILTER_H

#include "hv/guest/guest.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Gives every CPU a ring of so many records (CONFIG_TRACE_MIN to _MAX, rounded down to a power of
 * two), those that have one excepted; false when memory is out.  Boot CPU, once all CPUs are known.
 */
bool __must_check trace_prepare(uint32_t records);

/*
 * From now on records of these kinds are written (bits of enum trace_kind; 0: none), of the guest
 * of that name, or of all and of CPUs without guests when it is "".  Guests that run make way for a
 * moment.  trace_prepare was called.  Boot CPU.
 */
void trace_filter_set(uint32_t kinds, const char *guest);

/* What was set last.  Boot CPU. */
uint32_t trace_filter_kinds(void);
const char *trace_filter_guest(void);

/*
 * Keeps the accounts of all guests (hv/guest/guest_account.h) from now on, or no more.  Needs no
 * trace_prepare.  Boot CPU.
 */
void trace_account(bool on);

/* Has the guests that run now exit once, soon, so that their accounts are up to date. */
void trace_account_nudge(void);

/*
 * Has every CPU take samples so often a second (hv/trace/profile.h), of the guest of that name or,
 * when it is "", of all; 0: no more.  trace_prepare was called, unless hz is 0.  Boot CPU.
 */
void trace_profile(uint32_t hz, const char *guest);

/* Has every CPU empty its ring, soon.  Boot CPU. */
void trace_clear(void);

/* A guest gets this CPU, and stops running on it.  For hv/run/run.c. */
void trace_turn_begin(struct guest *guest);
void trace_turn_end(struct guest *guest);

#endif
