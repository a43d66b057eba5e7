// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the banks of machine-check registers.  Source: Intel SDM vol. 3, 15.3 (the registers)
 * and 15.8 (starting up).
 */
#include "arch/cpu/machine_check.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/x86.h"
#include "lib/format.h"

#include <stdbool.h>

#define MSR_CAPABILITIES 0x179u
#define CAPABILITIES_BANKS 0xFFu
#define CAPABILITIES_CONTROL BIT(8)
#define MSR_GLOBAL_CONTROL 0x17Bu
#define MSR_BANK_CONTROL(bank) (0x400u + 4 * (bank))
#define MSR_BANK_STATUS(bank) (0x401u + 4 * (bank))
#define MSR_BANK_ADDRESS(bank) (0x402u + 4 * (bank))

#define STATUS_VALID BIT64(63)
#define STATUS_HAS_ADDRESS BIT64(58)

#define TEXT_SIZE 80

static uint32_t bank_count(void)
{
	if (!cpu_features()->mce || !cpu_features()->mca)
		return 0;
	return (uint32_t)read_msr(MSR_CAPABILITIES) & CAPABILITIES_BANKS;
}

/* False when the bank holds no error. */
static bool describe(uint32_t bank, char text[TEXT_SIZE])
{
	uint64_t status = read_msr(MSR_BANK_STATUS(bank));

	if (!(status & STATUS_VALID))
		return false;
	if (status & STATUS_HAS_ADDRESS)
		format_text(text, TEXT_SIZE, "bank %u status %016llx address %llx", bank, status,
			    read_msr(MSR_BANK_ADDRESS(bank)));
	else
		format_text(text, TEXT_SIZE, "bank %u status %016llx", bank, status);
	return true;
}

void machine_check_init_cpu(void)
{
	uint32_t banks = bank_count();
	char text[TEXT_SIZE];

	if (banks && ((uint32_t)read_msr(MSR_CAPABILITIES) & CAPABILITIES_CONTROL))
		write_msr(MSR_GLOBAL_CONTROL, UINT64_MAX);
	for (uint32_t bank = 0; bank < banks; bank++) {
		if (describe(bank, text))
			log_warn("cpu", "a machine check from before: %s", text);
		/* Bank 0 is controlled by the firmware on processors of the P6 family. */
		if (bank > 0)
			write_msr(MSR_BANK_CONTROL(bank), UINT64_MAX);
		write_msr(MSR_BANK_STATUS(bank), 0);
	}
}

void machine_check_panic(const struct trap_frame *frame)
{
	const struct cpu *cpu = this_cpu();
	const char *ran = cpu->running ? cpu->running : "none";
	uint32_t banks = bank_count(), bank = 0;
	char text[TEXT_SIZE] = "no bank tells why";

	while (bank < banks && !describe(bank, text))
		bank++;
	if (frame)
		panic_with_frame(frame, "machine check on cpu%u in Umbra, guest %s: %s", cpu->id,
				 ran, text);
	panic("machine check on cpu%u while guest %s ran: %s", cpu->id, ran, text);
}
