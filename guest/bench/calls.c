// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a hypercall costs, direct and queued.
 */
#include "guest/bench/measure.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/ring.h"

#define ROUNDS 1000u
#define BATCH LGUEST_RING_SIZE

static uint32_t frames[2];

static void null_call(uint32_t round)
{
	(void)round;
	hypercall_flush_async();
}

static void send_interrupts(uint32_t round)
{
	(void)round;
	hypercall_send_interrupts();
}

static void port_in(uint32_t round)
{
	(void)round;
	__asm__ volatile("inb $0x70, %%al" : : : "eax");
}

static uint32_t entry_of(uint32_t round)
{
	return frames[round & 1] | PTE_USER_DATA;
}

static void set_pte(uint32_t round)
{
	uint32_t value = entry_of(round);

	paging_put(paging_kernel_space(), USER_TEST, PAGING_PTE, value);
	paging_tell_pte(paging_kernel_space(), USER_TEST, value);
}

static void set_pte_batch(uint32_t round)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		uint32_t address = USER_TEST + i * PAGE_SIZE;

		paging_put(paging_kernel_space(), address, PAGING_PTE, entry_of(round));
		ring_call(LGUEST_SET_PTE, paging_kernel_space(), address, entry_of(round), 0);
	}
	hypercall_flush_async();
}

static void put_pte_batch(uint32_t round)
{
	for (uint32_t i = 0; i < BATCH; i++)
		paging_put(paging_kernel_space(), USER_TEST + i * PAGE_SIZE, PAGING_PTE,
			   entry_of(round));
}

void bench_calls(void)
{
	frames[0] = page_alloc();
	frames[1] = page_alloc();
	measure("null_hypercall", null_call, ROUNDS);
	measure("send_interrupts", send_interrupts, ROUNDS);
	measure("port_in", port_in, ROUNDS);
	measure("set_pte", set_pte, ROUNDS);
	measure("set_pte_async_64", set_pte_batch, ROUNDS / 10);
	/* What of it is the guest's own writing to its tables. */
	measure("set_pte_guest_64", put_pte_batch, ROUNDS / 10);
	for (uint32_t i = 0; i < BATCH; i++)
		paging_set(paging_kernel_space(), USER_TEST + i * PAGE_SIZE, 0);
}
