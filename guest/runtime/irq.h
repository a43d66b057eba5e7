/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual interrupts: the virtual interrupt flag (bit 9 of irq_enabled), the
 * mask of lines, and one handler a line.
 */
#ifndef UMBRA_GUEST_RUNTIME_IRQ_H
#define UMBRA_GUEST_RUNTIME_IRQ_H

#include <stdbool.h>
#include <stdint.h>

struct trap_frame;

/* Clear the virtual flag; returns the word to give to irq_restore. */
uint32_t irq_save(void);

/* Put the word back; when that enables interrupts, those that wait arrive here. */
void irq_restore(uint32_t word);

/* irq_restore with the flag set. */
void irq_enable(void);

/* Whether the virtual flag is set. */
bool irq_is_enabled(void);

/* Wait for an interrupt with the flag set; the flag stays set. Call it with the flag clear. */
void irq_wait(void);

/*
 * Give line (0..31) a handler (NULL: the interrupt is only counted) and unmask
 * it. The handler runs with the virtual flag clear, on the interrupted stack.
 */
void irq_attach(unsigned int line, void (*handler)(struct trap_frame *frame));

/* Mask or unmask a line; what waits on it is delivered some time after. */
void irq_mask(unsigned int line);
void irq_unmask(unsigned int line);

/* Interrupts taken on a line since the start. */
uint32_t irq_count(unsigned int line);

/* Called by the trap code alone. */
void irq_dispatch(struct trap_frame *frame);

#endif
