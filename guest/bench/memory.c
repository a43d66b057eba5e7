// SPDX-License-Identifier: GPL-2.0-only
/*
 * What demand filling and flushing cost, with few pages in use and with many.
 */
#include "guest/bench/measure.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"

#define FEW 16u
#define MANY 4096u
#define FAULT_PAGES 512u
#define ROUNDS 20u

static uint32_t frame;

static void touch(uint32_t page)
{
	(void)*(volatile uint32_t *)(USER_TEST + page * PAGE_SIZE);
}

static void map_pages(uint32_t count, uint32_t flags)
{
	for (uint32_t i = 0; i < count; i++)
		paging_map(paging_kernel_space(), USER_TEST + i * PAGE_SIZE, frame, flags);
}

static void touch_all(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		touch(i);
}

/* Umbra knows none of the pages, and then each is touched once. */
static void measure_fill(const char *name, uint32_t flags)
{
	map_pages(FAULT_PAGES, 0);
	paging_flush_all();
	map_pages(FAULT_PAGES, flags);
	measure_print(name, measure_once(touch, FAULT_PAGES), FAULT_PAGES);
}

static void flush_user(uint32_t round)
{
	(void)round;
	paging_flush_user();
}

static void flush_all(uint32_t round)
{
	(void)round;
	paging_flush_all();
}

static void measure_flush(const char *kind, void (*flush)(uint32_t), uint32_t pages)
{
	char name[40];

	map_pages(pages, PTE_USER_DATA);
	touch_all(pages);
	format_text(name, sizeof(name), "flush_%s_%u", kind, pages);
	measure(name, flush, ROUNDS);
	touch_all(pages);
	flush(0);
	format_text(name, sizeof(name), "touch_after_flush_%s_%u", kind, pages);
	measure_print(name, measure_once(touch, pages), pages);
	map_pages(pages, 0);
	flush(0);
}

void bench_memory(void)
{
	frame = page_alloc();
	/* Once for the tables themselves, which are new the first time. */
	map_pages(MANY, PTE_USER_DATA);
	touch_all(MANY);
	measure_fill("fault_demand", PTE_PRESENT | PTE_WRITE | PTE_USER);
	measure_fill("fault_demand_accessed", PTE_USER_DATA);
	map_pages(MANY, 0);
	paging_flush_all();
	measure_flush("user", flush_user, FEW);
	measure_flush("user", flush_user, MANY);
	measure_flush("all", flush_all, FEW);
	measure_flush("all", flush_all, MANY);
}
