/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which a guest comes up, and what each guest provides.
 */
#ifndef UMBRA_GUEST_RUNTIME_RUNTIME_H
#define UMBRA_GUEST_RUNTIME_RUNTIME_H

/* Entered by start.asm at high addresses, after INIT and the first NEW_PGTABLE. */
void __attribute__((noreturn)) runtime_start(void);

/*
 * The guest itself: segments, gates, paging, timer and device page are ready,
 * interrupts are off, print uses NOTIFY. Returning powers off.
 */
void guest_main(void);

#endif
