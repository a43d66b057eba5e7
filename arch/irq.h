/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hardware interrupt lines of the board (0-15, ISA numbering) and their
 * handlers.
 */
#ifndef UMBRA_ARCH_IRQ_H
#define UMBRA_ARCH_IRQ_H

#include <stdint.h>

/* Line n raises vector IRQ_FIRST_VECTOR + n. */
#define IRQ_FIRST_VECTOR 0x20u
#define IRQ_LINES 16u

typedef void irq_handler_t(void *context);

/* Programs the interrupt controllers; every line is masked.  Boot CPU, once, interrupts off. */
void irq_init(void);

/*
 * handler(context) runs with interrupts off on the boot CPU whenever line
 * fires, and the line is acknowledged after it; it is unmasked here.  -E_RANGE for a line
 * above 15, -E_EXIST when the line is taken (line 2 always is).  Boot time
 * only.
 */
int irq_register(unsigned line, irq_handler_t *handler, void *context);

/*
 * Shuts a line for good, for a device that raises it without end.  Boot CPU,
 * interrupts off, from the line's handler too.
 */
void irq_silence(unsigned line);

/*
 * Serves the interrupt that came in by vector (IRQ_FIRST_VECTOR and the 15
 * above it): calls the handler, then acknowledges.  A line without a handler
 * is masked, with a warning.  Boot CPU, interrupts off, no lock held.
 */
void irq_dispatch(unsigned vector);

/* How many interrupts had no cause so far. */
uint32_t irq_spurious_count(void);

#endif
