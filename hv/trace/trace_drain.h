/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Follows the rings of all CPUs and hands out what is new in them as frames (lib/trace_frame.h):
 * records, how many were lost, and now and then the clock.  By one CPU, the boot CPU.
 */
#ifndef UMBRA_HV_TRACE_TRACE_DRAIN_H
#define UMBRA_HV_TRACE_TRACE_DRAIN_H

#include "lib/trace_frame.h"

#include <stdbool.h>

/*
 * The next frame; false when all that is complete has been handed out.  CPUs take turns, so what
 * comes out is in the order of its times for each CPU only.
 */
bool trace_drain_next(struct trace_frame *frame);

/*
 * From now on open records count as complete, and all but the last `newest` of each CPU are taken
 * for lost.  For a panic, when no other CPU runs.
 */
void trace_drain_end(uint32_t newest);

#endif
