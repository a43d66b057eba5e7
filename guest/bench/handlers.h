/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shortest handlers and loops possible, so that a figure is Umbra's.
 */
#ifndef UMBRA_GUEST_BENCH_HANDLERS_H
#define UMBRA_GUEST_BENCH_HANDLERS_H

#include <stdint.h>

/* For vector 0x80: returns at once. */
extern const char bench_system_call[];

/* For vector 14: drops the error code, steps over the two bytes that faulted, returns. */
extern const char bench_page_fault[];

/*
 * Ring-3 loops (section .user), ecx times: int 0x80; a read of two bytes' length
 * at ebx; nop. At the end esi holds the ticks of the whole loop, and an invalid
 * instruction leaves ring 3.
 */
extern const char bench_user_calls[], bench_user_reads[], bench_user_nothing[];

/* Load that handler; type_dpl as for trap_load_gate. */
void bench_load_handler(unsigned int vector, const char *handler, uint32_t type_dpl);

/*
 * For an interrupt that comes while bench_wait_interrupt waits: notes what that
 * returns, and goes on at bench_interrupt_next.
 */
extern const char bench_interrupt[];
extern uint32_t bench_interrupt_next;

/*
 * Turns interrupts on and waits for the one whose gate has that handler: ticks from
 * the moment when it took the CPU from the loop in here to the handler's first
 * instruction.
 */
uint32_t bench_wait_interrupt(void);

#endif
