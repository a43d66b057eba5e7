/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The asynchronous ring: calls that Umbra executes, in order, before the next
 * direct call. One producer: callers must not run in interrupt context.
 */
#ifndef UMBRA_GUEST_RUNTIME_RING_H
#define UMBRA_GUEST_RUNTIME_RING_H

#include <stdbool.h>
#include <stdint.h>

/* Queue a call. False, and nothing is done, when the slot at the cursor is still in use. */
bool ring_queue(uint32_t call, uint32_t arg1, uint32_t arg2, uint32_t arg3, uint32_t arg4);

/* Queue a call, or make it directly when the ring is full. */
void ring_call(uint32_t call, uint32_t arg1, uint32_t arg2, uint32_t arg3, uint32_t arg4);

/* The slot (0..63) which the next queued call takes. */
unsigned int ring_cursor(void);

/* How many slots are not marked free. */
unsigned int ring_used(void);

#endif
