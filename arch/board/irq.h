/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hardware interrupts and their handlers: by APICs where the machine has them, else by the pair of
 * 8259A.  Handlers run with interrupts off and no lock held, on the CPU that the interrupt goes to.
 * Called by drivers for their devices; irq_dispatch by the run loop and by traps in Umbra.
 */
#ifndef UMBRA_ARCH_BOARD_IRQ_H
#define UMBRA_ARCH_BOARD_IRQ_H

#include "arch/cpu/cpu.h"
#include "arch/cpu/mmio.h"

#include <stdbool.h>
#include <stdint.h>

struct madt;

#define IRQ_LINES 16u	/* of the ISA bus */

typedef void irq_handler_t(void *context);

/*
 * Finds the interrupt controllers and takes them over; every line is masked.  With apic false, or
 * where local APIC or I/O APIC is missing, the 8259A pair is used; panics without that. Boot CPU,
 * once, after acpi_init and cpu_announce, interrupts off.
 */
void irq_init(bool apic, mmio_map_t *map);

/* The same for each further CPU, on that CPU, interrupts off.  Only with APICs. */
void irq_init_cpu(struct cpu *cpu);

/*
 * Are the APICs in use?  If not, there are no vectors to allocate and no interrupts between CPUs.
 */
bool irq_has_apic(void);

/* The contents of the MADT; valid with APICs. */
const struct madt *irq_madt(void);

/*
 * handler(context) runs on the boot CPU whenever the ISA line fires, and the
 * line is acknowledged after it; it is unmasked here.  -E_RANGE for a line
 * above 15 or one that leads nowhere, -E_EXIST when the line is taken (line 2
 * always is), or the input of an I/O APIC that the firmware wired it to.  Boot time only.
 */
int irq_register(unsigned line, irq_handler_t *handler, void *context);

/*
 * Masks a line for good, because its device raises it without end.  Interrupts off; also from the
 * line's handler.  Any CPU.
 */
void irq_silence(unsigned line);

/*
 * Is an interrupt of that line, which has a handler, pending?  With interrupts off, to test whether
 * a device raises interrupts.  Boot CPU.
 */
bool irq_is_pending(unsigned line);

/*
 * Makes line raise an NMI on this CPU.  -E_RANGE for a line that does not exist, -E_UNSUPPORTED
 * without APICs, -E_EXIST when the line has a handler.  Any CPU.
 */
int irq_route_nmi(unsigned line);

/*
 * A free vector for interrupts that reach a CPU without a line (msi.c); its
 * number, -E_NOSPC, or -E_UNSUPPORTED without APICs.  Any CPU.
 */
int irq_vector_allocate(irq_handler_t *handler, void *context);

/* Frees a vector that its device has stopped raising.  Any CPU. */
void irq_vector_free(unsigned vector);

/*
 * The handler of one of the fixed vectors of arch/cpu/vectors.h: the timer's, or an
 * interrupt between CPUs.  Boot time only.
 */
void irq_vector_set(unsigned vector, irq_handler_t *handler, void *context);

/*
 * Serves the interrupt that came in by vector (32 and up): calls the handler,
 * then acknowledges.  A line without a handler is masked, with a
 * warning.  Interrupts off, no lock held.
 */
void irq_dispatch(unsigned vector);

#endif
