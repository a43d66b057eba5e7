// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frame allocator of a guest: a border that moves up, and a list of the
 * frames that came back, linked through their first word.
 */
#include "guest/runtime/pages.h"

#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/string.h"

/* Of guest.ld. */
extern const char image_end[];

static uint32_t border;
static uint32_t limit;
static uint32_t returned;
static uint32_t returned_count;

void pages_init(uint32_t memory)
{
	border = phys_of(image_end);
	limit = memory < LINEAR_MAX ? memory : LINEAR_MAX;
}

uint32_t page_alloc(void)
{
	uint32_t physical = returned;

	if (physical != 0) {
		returned = *(uint32_t *)virt_of(physical);
		returned_count--;
	} else {
		if (border + PAGE_SIZE > limit)
			machine_panic("out of memory");
		physical = border;
		border += PAGE_SIZE;
	}
	memset(virt_of(physical), 0, PAGE_SIZE);
	return physical;
}

void page_free(uint32_t physical)
{
	*(uint32_t *)virt_of(physical) = returned;
	returned = physical;
	returned_count++;
}

uint32_t pages_available(void)
{
	return returned_count + (limit - border) / PAGE_SIZE;
}

uint32_t pages_untouched(void)
{
	return border;
}
