/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The multiple APIC description table (ACPI 6.4, section 5.2.12): which
 * processors and interrupt controllers there are, and how they are wired.
 */
#ifndef UMBRA_ARCH_BOARD_MADT_H
#define UMBRA_ARCH_BOARD_MADT_H

#include <stdbool.h>
#include <stdint.h>

/* So many entries of each kind are kept; further ones are counted in left_out. */
#define MADT_CPUS 64
#define MADT_IO_APICS 16
#define MADT_NMIS 16
#define MADT_REFUSALS 16

#define MADT_ISA_LINES 16u
#define MADT_ALL_CPUS UINT32_MAX /* the uid that stands for every processor */

struct madt_cpu {
	uint32_t apic_id;
	uint32_t uid;	/* the firmware's number, to which struct madt_local_nmi refers */
	bool by_x2apic;	/* the kind of its entry; else it has an id of 8 bits */
};

/* A processor that the table names and that cannot be used. */
struct madt_refusal {
	uint32_t apic_id;
	const char *cause;	/* a clause */
};

struct madt_io_apic {
	uint32_t address;	/* physical */
	uint32_t first_line;	/* number of its first input among those of all I/O APICs */
};

/* An interrupt input and how its signal looks. */
struct madt_line {
	uint32_t line;	/* global system interrupt */
	bool level;	/* else edge */
	bool low;	/* active low, else high */
};

/* A processor's input that carries NMIs. */
struct madt_local_nmi {
	uint32_t uid;	/* or MADT_ALL_CPUS */
	uint8_t lint;	/* 0 or 1 */
};

struct madt {
	unsigned cpu_count, io_apic_count, local_nmi_count, nmi_line_count;
	unsigned refusal_count;
	unsigned left_out;	/* entries for which there was no room */
	struct madt_cpu cpus[MADT_CPUS];	/* that can be used, in the firmware's order */
	struct madt_refusal refusals[MADT_REFUSALS];
	struct madt_io_apic io_apics[MADT_IO_APICS];
	struct madt_line isa[MADT_ISA_LINES];	/* by ISA line */
	struct madt_local_nmi local_nmis[MADT_NMIS];
	struct madt_line nmi_lines[MADT_NMIS];	/* inputs of I/O APICs that carry NMIs */
};

/*
 * Reads the table.  0, or -E_NOENT when there is none.  Each usable processor is listed once;
 * processors whose id stands for all, or is another one's, are among the refusals.  Boot CPU,
 * after acpi_init.
 */
int madt_read(struct madt *madt);

/* Moves the processors whose APIC ids can_reach denies to the refusals. */
void madt_refuse_unreachable(struct madt *madt, bool (*can_reach)(uint32_t apic_id));

#endif
