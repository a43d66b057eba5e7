// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory check of the demo guest. Frames in the linear map are reached
 * there, those above through one page of the test window.
 */
#include "guest/demo/memory.h"

#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"

#define WORDS (PAGE_SIZE / sizeof(uint32_t))
#define MIXER 0x9E3779B1u               /* odd, so that different words stay different */

static volatile uint32_t *reach(uint32_t physical)
{
	if (physical < LINEAR_MAX)
		return virt_of(physical);
	paging_set(paging_kernel_space(), WINDOW_TEST, physical | PTE_KERNEL);
	return (volatile uint32_t *)WINDOW_TEST;
}

static void fill(uint32_t physical)
{
	volatile uint32_t *words = reach(physical);

	for (uint32_t i = 0; i < WORDS; i++)
		words[i] = (physical + i) * MIXER;
}

static uint32_t count_wrong(uint32_t physical)
{
	volatile uint32_t *words = reach(physical);
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < WORDS; i++)
		wrong += words[i] != (physical + i) * MIXER;
	return wrong;
}

void memory_command(const char *arguments)
{
	uint32_t start = pages_untouched();
	uint32_t end = machine_memory();
	uint32_t wrong = 0;

	(void)arguments;
	for (uint32_t page = start; page < end; page += PAGE_SIZE)
		fill(page);
	for (uint32_t page = start; page < end; page += PAGE_SIZE)
		wrong += count_wrong(page);
	print("mem: %u KB of %u KB checked, %u words wrong, %s\n", (end - start) / 1024,
	      end / 1024, wrong, wrong == 0 ? "OK" : "BAD");
}
