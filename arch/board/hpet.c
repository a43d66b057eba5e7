// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the HPET and reads its counter.  Source: Intel, "IA-PC HPET Specification", revision 1.0a,
 * section 2.3; for the ACPI table, section 3.2.4.  Only the low 32 bits of the counter are used: a
 * 32-bit processor can read no more in one access.
 */
#include "arch/board/hpet.h"

#include "arch/board/acpi.h"
#include "arch/cpu/log.h"
#include "lib/compiler.h"
#include "lib/format.h"

#include <stdbool.h>

#define TABLE_ADDRESS 40u /* a generic address: kind of space, three bytes, the address */
#define REGISTERS_SIZE 1024u

#define REGISTER_PERIOD 0x004u /* the upper half of the capabilities: femtoseconds a tick */
#define REGISTER_CONFIGURATION 0x010u
#define REGISTER_COUNTER 0x0F0u
#define CONFIGURATION_ENABLE BIT(0)

#define FS_PER_SECOND 1000000000000000ull
#define PERIOD_MAX 100000000u /* 100 ns, by the specification */
#define PERIOD_MIN 100000u    /* 10 GHz: no HPET is that fast */

static void *registers;
static struct counter hpet;

static uint32_t read_hpet(void)
{
	return mmio_read32(registers, REGISTER_COUNTER);
}

/*
 * The address in the firmware's table.  False when there is no table, or, with *cause, a bad
 * one.
 */
static bool find_address(uint64_t *address, const char **cause)
{
	struct __packed {
		uint8_t space, attributes[3];
		uint64_t address;
	} place;
	struct acpi_table table;

	if (acpi_find_table("HPET", 0, &table) != 0)
		return false;
	if (!acpi_read_table(&table, TABLE_ADDRESS, &place, sizeof(place)))
		*cause = "its table ends too early";
	else if (place.space != ACPI_SPACE_MEMORY || place.address == 0)
		*cause = "its table has no address of memory";
	else
		*address = place.address;
	return !*cause;
}

/* Maps the registers.  Returns how many femtoseconds a tick takes, or 0 and the cause. */
static uint32_t map_registers(uint64_t address, mmio_map_t *map, const char **cause)
{
	uint32_t period;

	registers = map(address, REGISTERS_SIZE);
	if (!registers) {
		*cause = "its registers cannot be mapped";
		return 0;
	}
	period = mmio_read32(registers, REGISTER_PERIOD);
	if (period >= PERIOD_MIN && period <= PERIOD_MAX)
		return period;
	*cause = "it says that a tick is shorter than 0.1 ns or longer than 100 ns";
	return 0;
}

const struct counter *hpet_open(mmio_map_t *map)
{
	const char *cause = NULL;
	uint64_t address = 0;
	uint32_t period = 0;

	if (find_address(&address, &cause))
		period = map_registers(address, map, &cause);
	if (cause)
		log_warn("time", "the HPET at %08llx cannot be used: %s",
			 (unsigned long long)address, cause);
	if (period == 0)
		return NULL;
	mmio_write32(registers, REGISTER_CONFIGURATION,
		     mmio_read32(registers, REGISTER_CONFIGURATION) | CONFIGURATION_ENABLE);
	hpet = (struct counter){
		.name = "hpet", .read = read_hpet, .mask = UINT32_MAX,
		.hz = (uint32_t)((FS_PER_SECOND + period / 2) / period),
	};
	format_text(hpet.place, sizeof(hpet.place), "%08llx", (unsigned long long)address);
	return &hpet;
}
