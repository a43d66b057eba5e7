/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct hypercalls and the structure that this guest shares with Umbra.
 * Everything here may be called in any context of the guest's kernel (ring 1).
 */
#ifndef UMBRA_GUEST_RUNTIME_HYPERCALL_H
#define UMBRA_GUEST_RUNTIME_HYPERCALL_H

#include "guest/lguest_abi.h"

/* The one shared structure; start.asm has announced it before any C code runs. */
extern struct lguest_data_b lguest_data;

/* One direct call; arguments a call does not use are given as 0. */
static inline void hypercall(uint32_t call, uint32_t arg1, uint32_t arg2, uint32_t arg3,
			     uint32_t arg4)
{
	__asm__ volatile("int %0"
			 :
			 : "i"(LGUEST_HYPERCALL_VECTOR), "a"(call), "b"(arg1), "c"(arg2),
			   "d"(arg3), "S"(arg4)
			 : "memory", "cc");
}

/* Drain the asynchronous ring. */
static inline void hypercall_flush_async(void)
{
	hypercall(LGUEST_FLUSH_ASYNC, 0, 0, 0, 0);
}

/* Give Umbra the occasion to deliver what waits. */
static inline void hypercall_send_interrupts(void)
{
	hypercall(LGUEST_SEND_INTERRUPTS, 0, 0, 0, 0);
}

/* Signal a device, a queue or a text at a guest-physical address. */
static inline void hypercall_notify(uint32_t physical)
{
	hypercall(LGUEST_NOTIFY, physical, 0, 0, 0);
}

#endif
