/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware's ACPI tables: finds and checks them, and keeps what Umbra
 * needs to power the machine off, to reset it, to notice its power button and to
 * read its clocks.  There is no AML interpreter.  Called by the start code; later
 * by power.c, time.c and the readers of single tables, as madt.c.
 */
#ifndef UMBRA_ARCH_BOARD_ACPI_H
#define UMBRA_ARCH_BOARD_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Makes size bytes of physical memory readable, which never cross a 4 KB boundary, and returns
 * where they are; NULL when that is not possible.  The bytes need to stay readable only until the
 * next call.
 */
typedef const void *acpi_map_t(uint64_t address, size_t size);

/* A table whose length and checksum were found good; length counts the 36-byte header. */
struct acpi_table {
	uint64_t address;
	uint32_t length;
};

/* Address spaces of a register, ACPI 6.4 section 5.2.3.2. */
enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_PORT = 1, ACPI_SPACE_PCI = 2 };

#define ACPI_REFUSALS 12

/* A port in the fixed description table that cannot be what the table says it is. */
struct acpi_refusal {
	const char *what;	/* "the PM timer" */
	uint32_t port;
};

/*
 * What the fixed description table and \_S5 say.  A port of 0 means that there is none that can be
 * used.
 */
struct acpi_fixed {
	uint16_t pm1a_control;
	uint16_t pm1b_control;
	uint16_t smi_command;
	uint8_t acpi_enable;	/* what to write there to switch the firmware to ACPI mode, or 0 */
	uint8_t century;	/* CMOS register that holds the century, or 0 */
	uint16_t pm1a_event;
	uint16_t pm1b_event;
	uint8_t pm1_event_length; /* of each of the two, in bytes: a half status, a half enable */
	uint16_t gpe_blocks[2];
	uint8_t gpe_lengths[2];	/* likewise */
	uint16_t sci_line;	/* the interrupt line of all ACPI events */
	bool has_power_button;	/* in the PM1 event registers */
	uint16_t pm_timer;	/* the power management timer: a counter of 3.579545 MHz */
	bool pm_timer_is_32bit;	/* else it counts 24 bits */
	bool has_s5;
	uint8_t s5_type_a;	/* sleep types of the off state, 0..7 */
	uint8_t s5_type_b;
	bool has_reset;
	uint8_t reset_space;	/* enum acpi_space, or another one that Umbra does not know */
	uint8_t reset_value;
	uint64_t reset_address;
	unsigned refusal_count;
	struct acpi_refusal refusals[ACPI_REFUSALS];
};

/*
 * Finds the tables: by the loader's copy of the RSDP when rsdp_length is not 0 and the copy is
 * good, else by searching the BIOS areas.  map stays in use. 0, or -E_NOENT when there are no
 * usable tables; then the other functions find none.  Boot CPU, once.
 */
int acpi_init(const void *rsdp, size_t rsdp_length, acpi_map_t *map);

/*
 * The index-th (from 0) table with this 4-character signature.  0, or
 * -E_NOENT.  Boot CPU only.
 */
int acpi_find_table(const char *signature, unsigned index, struct acpi_table *table);

/*
 * Copies size bytes of the table, from offset on.  False when they are not all
 * in it, or cannot be read.  Boot CPU only.
 */
bool acpi_read_table(const struct acpi_table *table, uint32_t offset, void *to, size_t size);

/* Read by acpi_init; all zero when there is no FADT. */
const struct acpi_fixed *acpi_fixed(void);

/*
 * Finds `Name (\_S5, Package () {a, b, ...})` in length bytes of AML by its byte pattern.  True,
 * with both types masked to 3 bits, when the whole pattern is there.
 */
bool acpi_parse_s5(const uint8_t *aml, size_t length, uint8_t *type_a, uint8_t *type_b);

/*
 * These enter the off state, and use the reset register.  Both return only on failure:
 * -E_UNSUPPORTED when the tables do not say how (or say it in a way that Umbra does not know),
 * -E_NOENT when there is nothing where they say that the register is, -E_IO when the machine did
 * not react.  Interrupts off.
 */
int acpi_power_off(void);
int acpi_reset(void);

/*
 * Asks the firmware to hand the PM1 registers over unless it has done so; waits up to some seconds.
 * Nothing happens where the tables say nothing about that. Interrupts off.
 */
void acpi_enter_mode(void);

/*
 * pressed(), in an interrupt handler on the boot CPU, whenever the power button is pressed.  Turns
 * off all other ACPI events.  0, the error of irq_register, or -E_UNSUPPORTED when the tables
 * describe no such button; then pressing it does what the board does by itself; -E_NOENT when there
 * is nothing where the tables say that its register is.  Boot CPU, once, when interrupt lines work.
 */
int acpi_power_button_start(void (*pressed)(void));

#endif
