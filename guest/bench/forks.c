// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to make a copy of an address space, run it and take it apart, as a kernel does at a
 * fork and an exit that tells each entry, and whether that depends on how many others live.
 */
#include "guest/bench/measure.h"

#include "guest/lguest_abi.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/ring.h"

#include <stddef.h>

#define PAGES 32u		/* of the parent, which the child shares */
#define TOUCHED 4u		/* by the child */
#define ROUNDS 32u

static uint32_t frames[PAGES];
static uint32_t parent;

static uint32_t address_of(uint32_t page)
{
	return USER_TEST + page * PAGE_SIZE;
}

static void put_and_tell(uint32_t space, uint32_t page, uint32_t flags)
{
	paging_map(space, address_of(page), frames[page], flags);
	ring_call(LGUEST_SET_PTE, space, address_of(page), frames[page] | flags, 0);
}

static void run(uint32_t space, uint32_t pages)
{
	paging_switch(space);
	for (uint32_t i = 0; i < pages; i++)
		(void)*(volatile uint32_t *)address_of(i);
}

/* The order is Linux's: entry by entry, of the parent without W, and of the child. */
static void fork_and_exit(uint32_t round)
{
	const uint32_t shared = PTE_USER_DATA & ~PTE_WRITE;
	uint32_t child = paging_create();

	(void)round;
	for (uint32_t i = 0; i < PAGES; i++) {
		put_and_tell(parent, i, shared);
		put_and_tell(child, i, shared);
	}
	run(child, TOUCHED);
	run(parent, PAGES);
	paging_destroy(child);
}

/* One more that lives: it has run, and has a page of its own where the parent has its. */
static void add_space(void)
{
	uint32_t space = paging_create();

	paging_map(space, address_of(0), frames[0], PTE_USER_DATA);
	run(space, 1);
}

void bench_forks(void)
{
	static const uint32_t counts[] = {1, 32, 1000};
	uint32_t count = 0;
	char name[24];

	for (uint32_t i = 0; i < PAGES; i++)
		frames[i] = page_alloc();
	parent = paging_create();
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		for (; count < counts[i]; count++)
			add_space();
		format_text(name, sizeof(name), "fork_beside_%u", counts[i]);
		measure(name, fork_and_exit, ROUNDS);
	}
	paging_switch(paging_kernel_space());
}
