/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which a guest comes up, and what each guest provides.
 */
#ifndef UMBRA_GUEST_RUNTIME_RUNTIME_H
#define UMBRA_GUEST_RUNTIME_RUNTIME_H

#include <stdint.h>

/* Entered by start.asm at high addresses, after INIT and the first NEW_PGTABLE. */
void __attribute__((noreturn)) runtime_start(void);

/*
 * The guest itself: segments, gates, paging, timer and device page are ready,
 * interrupts are off, print uses NOTIFY. Returning powers off.
 */
void guest_main(void);

/*
 * Of guests of generation A, and weak: the first runs on the page tables that
 * Umbra has made, before the guest's own; the second says where they begin.
 */
void initial_tables_use(void);
uint32_t initial_tables_bottom(uint32_t memory);

#endif
