/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC: each CPU's own interrupt controller, through which it gets
 * interrupts from elsewhere and sends them to other CPUs.  Its registers are at
 * the same place for every CPU, so all functions are about the calling CPU's,
 * unless they say otherwise.
 */
#ifndef UMBRA_ARCH_CPU_LAPIC_H
#define UMBRA_ARCH_CPU_LAPIC_H

#include "arch/cpu/mmio.h"

#include <stdbool.h>
#include <stdint.h>

/* The largest id that an interrupt through memory reaches; a larger one needs x2APIC. */
#define LAPIC_XAPIC_ID_MAX 254u

/*
 * Finds out how the local APICs are reached: through memory, or through MSRs
 * (x2APIC) where firmware left them so, or where large_ids says that an id needs it.  0, or
 * -E_UNSUPPORTED without a local APIC, -E_NOSPC when it cannot be mapped.  Boot CPU, once.
 */
int lapic_probe(bool large_ids, mmio_map_t *map);

/*
 * Takes the local APIC over from the firmware: everything masked but NMIs, no
 * interrupt in service, errors by VECTOR_APIC_ERROR.  Each CPU once, after
 * lapic_probe, interrupts off.
 */
void lapic_init_cpu(void);

/* Lets NMIs in by this CPU's input LINT0 or LINT1.  After lapic_init_cpu. */
void lapic_open_nmi_input(unsigned lint);

/*
 * Lets the interrupts of the 8259 pair through to the processor ("virtual wire mode"), where
 * firmware did not; the local APIC is not used for anything else then.  Boot CPU, once, after
 * lapic_probe, interrupts off.
 */
void lapic_pass_through(void);

uint32_t lapic_id(void);
bool lapic_is_x2apic(void);

/*
 * Can a message to that APIC id reach one CPU, if there is one of that id, and no other?
 * Valid after lapic_probe.
 */
bool lapic_can_reach(uint32_t apic_id);

/* Does an interrupt of that vector wait to be taken, on this CPU? */
bool lapic_is_pending(unsigned vector);

/* The interrupt being handled is over. */
void lapic_end(void);

/*
 * Send an interrupt to the CPU with that APIC id; startup makes one that was
 * reset by init begin in real mode at address, a multiple of 4 KB below 1 MB.
 * 0; -E_IO when the sender was still busy after a millisecond or so; -E_RANGE, and
 * nothing is sent, for an id that lapic_can_reach denies and for an init or startup to
 * the sender itself.  Not from an NMI, which may strike between the two halves of
 * another command.
 */
int lapic_send_vector(uint32_t apic_id, unsigned vector);
int lapic_send_nmi(uint32_t apic_id);
int lapic_send_init(uint32_t apic_id);
int lapic_send_startup(uint32_t apic_id, uint32_t address);

/* lapic_send_nmi for an NMI's handler: a command that the NMI interrupted is not disturbed. */
int lapic_send_nmi_from_nmi(uint32_t apic_id);

/* What the error register has gathered since the last call; SDM vol. 3, 10.5.3. */
uint32_t lapic_take_errors(void);

/* --- for arch/board/lapic_timer.c ---------------------------------------------------------- */

/* Offsets of registers, SDM vol. 3, table 10-1. */
#define LAPIC_LVT_TIMER 0x320u
#define LAPIC_INITIAL_COUNT 0x380u
#define LAPIC_CURRENT_COUNT 0x390u
#define LAPIC_DIVIDE 0x3E0u

#define LAPIC_LVT_MASKED (1u << 16)

uint32_t lapic_read(uint32_t offset);
void lapic_write(uint32_t offset, uint32_t value);

#endif
