/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shortest handlers and loops possible, so that a figure is Umbra's.
 */
#ifndef UMBRA_GUEST_BENCH_HANDLERS_H
#define UMBRA_GUEST_BENCH_HANDLERS_H

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

#endif
