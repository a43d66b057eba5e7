/* SPDX-License-Identifier: GPL-2.0-only */
/* Ticks of the TSC, which records have, as the nanoseconds that people read. */
#ifndef UMBRA_HV_TRACE_TRACE_TIME_H
#define UMBRA_HV_TRACE_TRACE_TIME_H

#include <stdint.h>

/* So many ticks in ns.  Any context, once the rate of the TSC is known. */
uint64_t trace_long_ticks_ns(uint64_t ticks);

/* The same; UINT32_MAX for more than that. */
uint32_t trace_ticks_ns(uint32_t ticks);

/* What time_ns() was when the TSC showed that, in the past.  Any context. */
uint64_t trace_time_ns(uint64_t tsc);

#endif
