// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a switch between address spaces costs, for as many as a system with
 * that many processes would go round.
 */
#include "guest/bench/measure.h"

#include "guest/runtime/compiler.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"

#include <stddef.h>

#define SPACES 128u
#define ROUNDS 512u

static uint32_t spaces[SPACES];
static uint32_t count;

static void switch_and_touch(uint32_t round)
{
	paging_switch(spaces[round & (count - 1)]);
	(void)*(volatile uint32_t *)USER_TEST;
}

void bench_spaces(void)
{
	static const uint32_t counts[] = {2, 8, 32, 128};
	char name[16];

	for (uint32_t i = 0; i < SPACES; i++) {
		spaces[i] = paging_create();
		paging_map(spaces[i], USER_TEST, page_alloc(), PTE_USER_DATA);
	}
	count = SPACES;
	measure_print("switch_first", measure_once(switch_and_touch, SPACES), SPACES);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		count = counts[i];
		format_text(name, sizeof(name), "switch_%u", count);
		measure(name, switch_and_touch, ROUNDS);
	}
	paging_switch(paging_kernel_space());
}
