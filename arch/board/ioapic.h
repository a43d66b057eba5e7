/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The I/O APICs, which turn the board's interrupt lines into messages to local APICs.  Their inputs
 * are numbered across all I/O APICs; ACPI calls them global system interrupts, here they are lines.
 * Only irq.c calls this, and holds its lock after boot: a register is reached in two accesses.
 */
#ifndef UMBRA_ARCH_BOARD_IOAPIC_H
#define UMBRA_ARCH_BOARD_IOAPIC_H

#include "arch/board/madt.h"
#include "arch/cpu/mmio.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Maps the I/O APIC that entry describes and masks its inputs.  0; -E_INVAL for a place where none
 * can be; -E_NOSPC when it cannot be mapped or there are too many; -E_IO when nothing answers
 * there, or not as an I/O APIC does; -E_EXIST when the place or a line is that of another one.
 * Boot CPU.
 */
int ioapic_add(const struct madt_io_apic *entry, mmio_map_t *map);

/* How many I/O APICs work, and how many inputs they have together. */
unsigned ioapic_count(void);
unsigned ioapic_lines(void);

/*
 * Programs the input for line->line, masked: it raises vector on the CPU with
 * that APIC id.  -E_RANGE when there is no such input, or the id does not fit
 * into its 8 bits.
 */
int ioapic_connect(const struct madt_line *line, unsigned vector, uint32_t apic_id);

/* The same, but it raises an NMI there, at once. */
int ioapic_connect_nmi(const struct madt_line *line, uint32_t apic_id);

/* Mask and unmask an input; a line that does not exist is ignored. */
void ioapic_mask(uint32_t line);
void ioapic_unmask(uint32_t line);

#endif
