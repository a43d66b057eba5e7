// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Umbra promises at entry and at INIT: registers, boot_params, memory, and
 * the fields of lguest_data which it fills in.
 */
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/report.h"

#include <stdbool.h>

/* 2020-01-01: a wall clock that is older was not set. */
#define SECONDS_2020 1577836800u

/* Pages at each end of free memory which the test of zeroes looks at. */
#define ZERO_PAGES 128u

TEST(init, entry_segments)
{
	const struct entry_state *state = &entry_state;

	CHECK(state->cs == LGUEST_SELECTOR_KERNEL_CODE, "cs 0x%x", state->cs);
	CHECK(state->ds == LGUEST_SELECTOR_KERNEL_DATA, "ds 0x%x", state->ds);
	CHECK(state->es == LGUEST_SELECTOR_KERNEL_DATA, "es 0x%x", state->es);
	CHECK(state->ss == LGUEST_SELECTOR_KERNEL_DATA, "ss 0x%x", state->ss);
	CHECK(state->fs == 0 && state->gs == 0, "fs 0x%x gs 0x%x", state->fs, state->gs);
}

TEST(init, entry_registers)
{
	const struct entry_state *state = &entry_state;

	CHECK(state->esi == LGUEST_BOOT_PARAMS_ADDRESS, "esi 0x%x", state->esi);
	CHECK((state->eax | state->ebx | state->ecx | state->edx | state->edi | state->ebp) == 0,
	      "eax 0x%x ebx 0x%x ecx 0x%x edx 0x%x edi 0x%x ebp 0x%x", state->eax, state->ebx,
	      state->ecx, state->edx, state->edi, state->ebp);
	CHECK(state->esp == 0, "esp 0x%x", state->esp);
	CHECK(state->eflags == 0x202, "eflags 0x%x", state->eflags);
}

TEST(init, boot_params)
{
	CHECK(machine_boot_u8(LGUEST_BP_SENTINEL) == 0, "sentinel not 0");
	CHECK(machine_boot_u16(LGUEST_BP_VERSION) >= 0x207, "version 0x%x",
	      machine_boot_u16(LGUEST_BP_VERSION));
	CHECK(machine_boot_u8(LGUEST_BP_LOADFLAGS) & LGUEST_BP_KEEP_SEGMENTS,
	      "KEEP_SEGMENTS is clear");
	CHECK(machine_boot_u32(LGUEST_BP_HARDWARE_SUBARCH) == LGUEST_SUBARCH, "subarch %u",
	      machine_boot_u32(LGUEST_BP_HARDWARE_SUBARCH));
	CHECK(machine_boot_u32(LGUEST_BP_SETUP_DATA) == 0, "setup_data not 0");
	CHECK(machine_boot_u32(LGUEST_BP_KERNEL_ALIGNMENT) != 0, "kernel_alignment is 0");
	CHECK(machine_boot_u32(LGUEST_BP_CMD_LINE_PTR) == LGUEST_COMMAND_LINE_ADDRESS,
	      "command line at 0x%x", machine_boot_u32(LGUEST_BP_CMD_LINE_PTR));
}

TEST(init, memory_map)
{
	const struct lguest_e820_entry *entry =
		virt_of(LGUEST_BOOT_PARAMS_ADDRESS + LGUEST_BP_E820_MAP);

	CHECK(machine_boot_u8(LGUEST_BP_E820_ENTRIES) == 1, "%u entries",
	      machine_boot_u8(LGUEST_BP_E820_ENTRIES));
	CHECK(entry->start == 0 && entry->type == 1, "start 0x%x type %u", (uint32_t)entry->start,
	      entry->type);
	CHECK(entry->size % PAGE_SIZE == 0 && entry->size >= 0x200000, "size 0x%x",
	      (uint32_t)entry->size);
}

static bool page_is_zero(uint32_t physical)
{
	const uint32_t *words = virt_of(physical);

	for (uint32_t i = 0; i < PAGE_SIZE / sizeof(uint32_t); i++)
		if (words[i] != 0)
			return false;
	return true;
}

TEST(init, memory_zeroed)
{
	uint32_t start = pages_untouched();
	uint32_t end = start + pages_available() * PAGE_SIZE;

	for (uint32_t page = start; page < end; page += PAGE_SIZE) {
		if (page >= start + ZERO_PAGES * PAGE_SIZE && page < end - ZERO_PAGES * PAGE_SIZE)
			continue;
		CHECK(page_is_zero(page), "frame 0x%x is not zero", page);
	}
}

TEST(init, reserve_mem)
{
	uint32_t reserve = lguest_data.common.reserve_mem;

	CHECK(reserve >= 0x200000 && reserve % 0x200000 == 0 && reserve <= 0x1000000, "0x%x",
	      reserve);
}

TEST(init, time)
{
	CHECK(lguest_data.common.time.seconds > SECONDS_2020, "seconds %u",
	      lguest_data.common.time.seconds);
	CHECK(lguest_data.common.time.nanoseconds < 1000000000, "nanoseconds %u",
	      lguest_data.common.time.nanoseconds);
}

/* 0 is allowed and means that the TSC is no clock; anything below 1 MHz is a mistake. */
TEST(init, tsc_khz)
{
	uint32_t khz = lguest_data.common.tsc_khz;

	CHECK(khz == 0 || khz >= 1000, "%u kHz", khz);
}
