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
#include "guest/runtime/string.h"

#define WORDS (PAGE_SIZE / sizeof(uint32_t))
#define MIXER 0x9E3779B1u               /* odd, so that different words stay different */

static volatile uint32_t *reach(uint32_t physical)
{
	if (physical < LINEAR_MAX)
		return virt_of(physical);
	paging_set(paging_kernel_space(), WINDOW_TEST, physical | PTE_KERNEL);
	return (volatile uint32_t *)WINDOW_TEST;
}

static void fill(uint32_t physical, uint32_t number)
{
	volatile uint32_t *words = reach(physical);

	for (uint32_t i = 0; i < WORDS; i++)
		words[i] = (physical + i + number) * MIXER;
}

static uint32_t count_wrong(uint32_t physical, uint32_t number)
{
	volatile uint32_t *words = reach(physical);
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < WORDS; i++)
		wrong += words[i] != (physical + i + number) * MIXER;
	return wrong;
}

static void fill_all(uint32_t number)
{
	for (uint32_t page = pages_untouched(); page < machine_memory(); page += PAGE_SIZE)
		fill(page, number);
}

static void check_all(const char *command, uint32_t number)
{
	uint32_t start = pages_untouched();
	uint32_t end = machine_memory();
	uint32_t wrong = 0;

	for (uint32_t page = start; page < end; page += PAGE_SIZE)
		wrong += count_wrong(page, number);
	print("%s: %u KB of %u KB checked, %u words wrong, %s\n", command, (end - start) / 1024,
	      end / 1024, wrong, wrong == 0 ? "OK" : "BAD");
}

void memory_command(const char *arguments)
{
	(void)arguments;
	fill_all(0);
	check_all("mem", 0);
}

void memory_fill_command(const char *arguments)
{
	fill_all(parse_number(arguments));
	print("filled with %u\n", parse_number(arguments));
}

void memory_check_command(const char *arguments)
{
	check_all("check", parse_number(arguments));
}
