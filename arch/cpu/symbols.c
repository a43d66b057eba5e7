// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the function that an address lies in, in the table that arch/cpu/symbols.awk made of the
 * linker's output.
 */
#include "arch/cpu/symbols.h"

#include "arch/cpu/layout.h"

#include <stdbool.h>
#include <stddef.h>

struct symbol {
	uint32_t address;
	const char *name;
};

extern const uint32_t symbol_count;
extern const struct symbol symbol_table[];
extern const char text_start[], text_end[];

static bool is_code(uint32_t address)
{
	return (address >= (uint32_t)text_start && address < (uint32_t)text_end) ||
	       (address >= SWITCHER_CODE && address < SWITCHER_REGISTERS);
}

const char *symbol_find(uint32_t address, uint32_t *offset)
{
	uint32_t low = 0, high = symbol_count;

	if (!is_code(address))
		return NULL;
	/* The last symbol at or below address. */
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (symbol_table[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	*offset = address - symbol_table[low - 1].address;
	return symbol_table[low - 1].name;
}
