/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The profile: at so many moments a second each CPU writes down what it is at, into the ring of the
 * trace.  Of a guest that is its EIP and those of its callers, as far as frame pointers lead; of
 * Umbra, which lets no interrupt in, what exit it is handling.
 */
#ifndef UMBRA_HV_TRACE_PROFILE_H
#define UMBRA_HV_TRACE_PROFILE_H

#include "hv/guest/guest.h"

#include <stdint.h>

#define PROFILE_HZ_MAX 10000u

/* On this CPU from now on, so often a second (1 to PROFILE_HZ_MAX), or no more with 0. */
void profile_run(uint32_t hz);

#endif
