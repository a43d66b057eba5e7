// SPDX-License-Identifier: GPL-2.0-only
/*
 * The asynchronous ring: order, wrap, a full ring, the cursor, and what drains
 * it. The call that leaves a trace is LOAD_GDT_ENTRY: lsl shows the last limit.
 */
#include "guest/abi/instructions.h"
#include "guest/abi/segment.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/report.h"
#include "guest/runtime/ring.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

#define LOAD_HIGH 0x0040F300u

static bool queue_limit(uint32_t limit)
{
	return ring_queue(LGUEST_LOAD_GDT_ENTRY, SEGMENT_FREE, limit, LOAD_HIGH, 0);
}

static void load_limit(uint32_t limit)
{
	hypercall(LGUEST_LOAD_GDT_ENTRY, SEGMENT_FREE, limit, LOAD_HIGH, 0);
}

static uint32_t current_limit(void)
{
	uint32_t limit;

	return segment_limit(SEGMENT_FREE_SELECTOR, &limit) ? limit : 0;
}

TEST(ring, drained_before_direct_call)
{
	CHECK(queue_limit(0x101), "slot %u is not free", ring_cursor());
	load_limit(0x102);
	CHECK(ring_used() == 0, "%u slots still queued", ring_used());
	CHECK(current_limit() == 0x102, "limit 0x%x: the direct call came first", current_limit());
}

TEST(ring, in_order)
{
	for (uint32_t i = 0; i < 5; i++)
		CHECK(queue_limit(0x200 + i), "slot %u is not free", ring_cursor());
	CHECK(ring_used() == 5, "%u slots queued", ring_used());
	hypercall_flush_async();
	CHECK(ring_used() == 0, "%u slots still queued", ring_used());
	CHECK(current_limit() == 0x204, "limit 0x%x", current_limit());
}

/* Rounds of odd length, so that the cursor passes the end at every offset. */
TEST(ring, wraps)
{
	for (uint32_t round = 0; round < 200; round++) {
		for (uint32_t i = 0; i <= round % 7; i++)
			CHECK(queue_limit(0x300 + round * 8 + i), "round %u: slot %u is not free",
			      round, ring_cursor());
		hypercall_flush_async();
		CHECK(current_limit() == 0x300 + round * 8 + round % 7, "round %u: limit 0x%x",
		      round, current_limit());
	}
}

TEST(ring, full)
{
	uint32_t start = ring_cursor();

	for (uint32_t i = 0; i < LGUEST_RING_SIZE; i++)
		CHECK(queue_limit(0x400 + i), "slot %u is not free", ring_cursor());
	CHECK(!queue_limit(0x500), "a 65th call went in");
	CHECK(ring_cursor() == start, "the cursor moved");
	load_limit(0x501);
	CHECK(ring_used() == 0, "%u slots still queued", ring_used());
	CHECK(current_limit() == 0x501, "limit 0x%x", current_limit());
}

TEST(ring, flush_tlb_batch)
{
	for (uint32_t i = 0; i < LGUEST_RING_SIZE; i++)
		CHECK(ring_queue(LGUEST_FLUSH_TLB, LGUEST_FLUSH_USER, 0, 0, 0),
		      "slot %u is not free", ring_cursor());
	hypercall_flush_async();
	CHECK(ring_used() == 0, "%u slots still queued", ring_used());
}

TEST(ring, drained_by_vmcall)
{
	struct abi_registers registers = {.eax = LGUEST_FLUSH_ASYNC, .eflags = 0x202};

	CHECK(queue_limit(0x600), "slot %u is not free", ring_cursor());
	abi_vmcall(&registers);
	CHECK(ring_used() == 0, "not drained");
	CHECK(current_limit() == 0x600, "limit 0x%x", current_limit());
}

/* Page faults, emulated instructions and interrupts leave the ring alone. */
TEST(ring, not_drained_by_other_exits)
{
	uint32_t before = timer_ticks();
	uint32_t end = clock_ms() + 1000;
	uint8_t value;

	paging_map(paging_kernel_space(), WINDOW_TEST, page_alloc(), PTE_PRESENT | PTE_WRITE);
	timer_arm(NS_PER_MS);
	load_limit(0x700);
	CHECK(queue_limit(0x701), "slot %u is not free", ring_cursor());
	*(volatile uint32_t *)WINDOW_TEST = 1;
	CHECK(ring_used() == 1 && current_limit() == 0x700, "drained by a page fault");
	__asm__ volatile("inb $0x70, %0" : "=a"(value));
	CHECK(ring_used() == 1 && current_limit() == 0x700, "drained by an emulated instruction");
	WRITE_ONCE(lguest_data.common.irq_enabled, LGUEST_EFLAGS_IF);
	while (timer_ticks() == before && (int32_t)(end - clock_ms()) > 0)
		;
	WRITE_ONCE(lguest_data.common.irq_enabled, 0);
	CHECK(ring_used() == 1 && current_limit() == 0x700, "drained by an interrupt");
	hypercall_flush_async();
	CHECK(ring_used() == 0 && current_limit() == 0x701, "not drained by the call");
	paging_set(paging_kernel_space(), WINDOW_TEST, 0);
}

/* Umbra reads at its cursor: a slot further on does not count. */
TEST(ring, cursor_not_scanned)
{
	uint32_t ahead = (ring_cursor() + 3) % LGUEST_RING_SIZE;
	struct lguest_data_common *data = &lguest_data.common;

	load_limit(0x800);
	data->hcalls[ahead] = (struct lguest_hcall){LGUEST_LOAD_GDT_ENTRY,
						    {SEGMENT_FREE, 0x801, LOAD_HIGH, 0}};
	compiler_barrier();
	WRITE_ONCE(data->hcall_status[ahead], LGUEST_RING_QUEUED);
	hypercall_flush_async();
	if (READ_ONCE(data->hcall_status[ahead]) != LGUEST_RING_QUEUED)
		report_fail("a slot ahead of the cursor was executed");
	WRITE_ONCE(data->hcall_status[ahead], LGUEST_RING_FREE);
	CHECK(current_limit() == 0x800, "limit 0x%x", current_limit());
}
