// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes the redirection entries of the I/O APICs.  Source: Intel 82093AA I/O APIC
 * data sheet (order number 290566), sections 3.1 and 3.2.
 */
#include "arch/board/ioapic.h"

#include "lib/compiler.h"
#include "lib/error.h"

#define REGISTERS_SIZE 32u
#define ALIGNMENT 16u
#define SELECT 0x00u
#define WINDOW 0x10u

#define REGISTER_VERSION 0x01u
#define VERSION(version) ((version) & 0xFF)
#define VERSION_RESERVED 0xFF007F00u
#define LINES_MAX 240u
#define VERSION_LINES(version) (((version) >> 16 & 0xFF) + 1)
#define ENTRY_LOW(input) (0x10u + 2 * (input))
#define ENTRY_HIGH(input) (0x11u + 2 * (input))

#define ENTRY_MASKED BIT(16)
#define ENTRY_LEVEL BIT(15)
#define ENTRY_LOW_ACTIVE BIT(13)
#define ENTRY_DELIVERY (7u << 8)
#define ENTRY_DELIVERY_SMI (2u << 8)
#define ENTRY_DELIVERY_NMI (4u << 8)
#define DESTINATION_SHIFT 24
#define DESTINATION_ALL 0xFFu

struct io_apic {
	void *registers;
	uint32_t first, lines;
};

static struct io_apic io_apics[MADT_IO_APICS];
static unsigned io_apic_count;

static uint32_t get(const struct io_apic *io_apic, uint32_t offset)
{
	mmio_write32(io_apic->registers, SELECT, offset);
	return mmio_read32(io_apic->registers, WINDOW);
}

static void put(const struct io_apic *io_apic, uint32_t offset, uint32_t value)
{
	mmio_write32(io_apic->registers, SELECT, offset);
	mmio_write32(io_apic->registers, WINDOW, value);
}

/* Finds the I/O APIC that has the line, and the number of the input. */
static const struct io_apic *find(uint32_t line, uint32_t *input)
{
	for (unsigned i = 0; i < io_apic_count; i++) {
		*input = line - io_apics[i].first;
		if (*input < io_apics[i].lines)
			return &io_apics[i];
	}
	return NULL;
}

/*
 * How many inputs the I/O APIC has; 0 when there is no I/O APIC at that address.  Ordinary memory
 * would keep whatever is written to either register, and an address without anything reads as all
 * ones.
 */
static uint32_t probe(const struct io_apic *io_apic)
{
	uint32_t version = get(io_apic, REGISTER_VERSION);

	if ((mmio_read32(io_apic->registers, SELECT) & 0xFF) != REGISTER_VERSION ||
	    version & VERSION_RESERVED || VERSION(version) == 0 ||
	    VERSION_LINES(version) > LINES_MAX)
		return 0;
	return VERSION_LINES(version);
}

/* Does another I/O APIC have the same registers or one of the same lines? */
static bool is_taken(const struct io_apic *candidate)
{
	for (unsigned i = 0; i < io_apic_count; i++)
		if (io_apics[i].registers == candidate->registers ||
		    (candidate->first < io_apics[i].first + io_apics[i].lines &&
		     io_apics[i].first < candidate->first + candidate->lines))
			return true;
	return false;
}

int ioapic_add(const struct madt_io_apic *entry, mmio_map_t *map)
{
	struct io_apic io_apic = { .first = entry->first_line };

	if (entry->address == 0 || !IS_ALIGNED(entry->address, ALIGNMENT) ||
	    entry->first_line > UINT32_MAX - LINES_MAX)
		return -E_INVAL;
	if (io_apic_count == ARRAY_SIZE(io_apics))
		return -E_NOSPC;
	io_apic.registers = map(entry->address, REGISTERS_SIZE);
	if (!io_apic.registers)
		return -E_NOSPC;
	io_apic.lines = probe(&io_apic);
	if (io_apic.lines == 0)
		return -E_IO;
	if (is_taken(&io_apic))
		return -E_EXIST;
	/*
	 * Masked and edge-triggered: that clears an input that still waits for an end of interrupt.
	 * An input that raises SMIs is left alone, since the firmware handles them.
	 */
	for (uint32_t input = 0; input < io_apic.lines; input++)
		if ((get(&io_apic, ENTRY_LOW(input)) & ENTRY_DELIVERY) != ENTRY_DELIVERY_SMI)
			put(&io_apic, ENTRY_LOW(input), ENTRY_MASKED);
	io_apics[io_apic_count++] = io_apic;
	return 0;
}

unsigned ioapic_count(void)
{
	return io_apic_count;
}

unsigned ioapic_lines(void)
{
	unsigned lines = 0;

	for (unsigned i = 0; i < io_apic_count; i++)
		lines += io_apics[i].lines;
	return lines;
}

static int connect(const struct madt_line *line, uint32_t low, uint32_t destination)
{
	uint32_t input;
	const struct io_apic *io_apic = find(line->line, &input);

	if (!io_apic)
		return -E_RANGE;
	if (line->level)
		low |= ENTRY_LEVEL;
	if (line->low)
		low |= ENTRY_LOW_ACTIVE;
	put(io_apic, ENTRY_LOW(input), low | ENTRY_MASKED);
	put(io_apic, ENTRY_HIGH(input), destination << DESTINATION_SHIFT);
	return 0;
}

int ioapic_connect(const struct madt_line *line, unsigned vector, uint32_t apic_id)
{
	return apic_id < DESTINATION_ALL ? connect(line, vector, apic_id) : -E_RANGE;
}

int ioapic_connect_nmi(const struct madt_line *line, uint32_t apic_id)
{
	/* The data sheet requires edge triggering for NMIs, whatever the line is otherwise. */
	const struct madt_line edge = { line->line, false, line->low };
	int error = -E_RANGE;

	if (apic_id < DESTINATION_ALL)
		error = connect(&edge, ENTRY_DELIVERY_NMI, apic_id);
	if (!error)
		ioapic_unmask(line->line);
	return error;
}

static void change(uint32_t line, uint32_t clear, uint32_t set)
{
	uint32_t input;
	const struct io_apic *io_apic = find(line, &input);

	if (io_apic)
		put(io_apic, ENTRY_LOW(input), (get(io_apic, ENTRY_LOW(input)) & ~clear) | set);
}

void ioapic_mask(uint32_t line)
{
	change(line, 0, ENTRY_MASKED);
}

void ioapic_unmask(uint32_t line)
{
	change(line, ENTRY_MASKED, 0);
}
