// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by hypercall numbers and arguments. `edges` tries every argument of
 * every call at the values where mistakes live; words from=N (where to start)
 * and count=N let a runner go on behind a case that killed the guest.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/ring.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/user.h"

#include <stddef.h>

ATTACK(init_twice, "init-twice", "INIT twice")
{
	hypercall(LGUEST_INIT, phys_of(&lguest_data), 0, 0, 0);
}

ATTACK(unknown_call, "unknown-call", "unknown hypercall")
{
	hypercall(machine_number("number", 3), 0, 0, 0, 0);
}

ATTACK(unknown_call_huge, "unknown-call-huge", "unknown hypercall")
{
	hypercall(0xFFFFFFFF, 0, 0, 0, 0);
}

ATTACK(unknown_call_queued, "unknown-call-queued", "unknown hypercall")
{
	ring_call(12, 0, 0, 0, 0);
	hypercall_flush_async();
}

/* INIT inside the ring, and a ring that is full of itself. */
ATTACK(init_queued, "init-queued", "INIT twice")
{
	ring_call(LGUEST_INIT, phys_of(&lguest_data), 0, 0, 0);
	hypercall_flush_async();
}

/* All slots are marked for good: Umbra must come out of the ring after one lap. */
ATTACK(ring_never_free, "ring-never-free", SURVIVES)
{
	for (uint32_t round = 0; round < 10000; round++) {
		for (uint32_t i = 0; i < LGUEST_RING_SIZE; i++)
			WRITE_ONCE(lguest_data.common.hcall_status[i], (uint8_t)(round % 255));
		hypercall_flush_async();
	}
}

/* A power-off whose text lies outside memory is a power-off without text. */
ATTACK(shutdown_outside, "shutdown-outside", EITHER)
{
	hypercall(LGUEST_SHUTDOWN, 0xFFFFFFFF, LGUEST_SHUTDOWN_POWEROFF, 0, 0);
}

ATTACK(shutdown_reason, "shutdown-reason", EITHER)
{
	hypercall(LGUEST_SHUTDOWN, machine_memory() - 1, 77, 0, 0);
}

/* --- Steal time: Umbra writes there by itself, whenever the guest gets the CPU ------- */

/* A little longer than a turn. */
#define TURN_US 6000u

static void steal_time_at(uint32_t address)
{
	hypercall(LGUEST_STEAL_TIME, address, 0, 0, 0);
}

ATTACK(steal_outside, "steal-outside", "STEAL_TIME at")
{
	steal_time_at(machine_memory());
}

ATTACK(steal_across_the_end, "steal-across-the-end", "STEAL_TIME at")
{
	steal_time_at(machine_memory() - 4);
}

ATTACK(steal_wraps, "steal-wraps", "STEAL_TIME at")
{
	steal_time_at(0xFFFFFFF8);
}

/* Over what Umbra itself reads: the ring, tables in use, and the structure's own words. */
ATTACK(steal_over_tables, "steal-over-tables", EITHER)
{
	const uint32_t places[] = {
		machine_memory() - 8, phys_of(&lguest_data) & ~7u,
		(phys_of(lguest_data.common.hcall_status) + 7) & ~7u,
		(phys_of(lguest_data.common.hcalls) + 7) & ~7u, paging_kernel_space(), 8,
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		uint8_t *bytes = virt_of(places[i]);
		uint8_t before[8];

		for (unsigned int at = 0; at < sizeof(before); at++)
			before[at] = bytes[at];
		steal_time_at(places[i]);
		/*
		 * Others have their turn: it is told anew.  No sleep: more than four seconds, told
		 * over the words for interrupts, mask the timer.
		 */
		for (unsigned int round = 0; round < 5; round++)
			clock_spin_us(TURN_US);
		steal_time_at(0);
		for (unsigned int at = 0; at < sizeof(before); at++)
			bytes[at] = before[at];
	}
}

/* --- Edges ------------------------------------------------------------------------- */

struct edge_call {
	uint32_t number;
	uint32_t arguments;             /* how many it has */
	uint32_t values[4];             /* a good call */
};

#define TOP 0xFFFFFFF1u                 /* stands for the physical address of our tables */

static const struct edge_call edge_calls[] = {
	{LGUEST_FLUSH_ASYNC, 4, {0, 0, 0, 0}},
	{LGUEST_NEW_PGTABLE, 1, {TOP, 0, 0, 0}},
	{LGUEST_FLUSH_TLB, 1, {0, 0, 0, 0}},
	{LGUEST_LOAD_IDT_ENTRY, 3, {9, 0x00600000, 0x8E00, 0}},
	{LGUEST_SET_STACK, 3, {LGUEST_SELECTOR_KERNEL_DATA, WINDOW_TEST, 1, 0}},
	{LGUEST_TS, 1, {0, 0, 0, 0}},
	{LGUEST_SET_CLOCKEVENT, 1, {NS_PER_MS, 0, 0, 0}},
	{LGUEST_HALT, 1, {0, 0, 0, 0}},
	{LGUEST_SET_PMD, 2, {TOP, 0, 0, 0}},
	{LGUEST_SET_PTE, 4, {TOP, USER_TEST, 0x63, 0}},
	{LGUEST_SET_PGD, 2, {TOP, 5, 0, 0}},
	{LGUEST_LOAD_TLS, 2, {TOP, 0, 0, 0}},
	{LGUEST_NOTIFY, 1, {TOP, 0, 0, 0}},
	{LGUEST_LOAD_GDT_ENTRY, 3, {20, 0xFFFF, 0xCFF300, 0}},
	{LGUEST_SEND_INTERRUPTS, 4, {0, 0, 0, 0}},
	{LGUEST_STEAL_TIME, 1, {0, 0, 0, 0}},
	{LGUEST_KICK, 2, {1, 0, 0, 0}},
	{LGUEST_FLUSH_WRITABLE, 4, {0, 0, 0, 0}},
	{LGUEST_MAP_PAGE, 2, {USER_TEST, UMBRA_MAP_AROUND, 0, 0}},
};

static uint32_t edge_values(uint32_t *values)
{
	uint32_t memory = machine_memory();
	uint32_t reserved = 0 - lguest_data.common.reserve_mem;
	const uint32_t all[] = {
		0, 1, 2, 3, 4, 5, 8, 14, 15, 16, 31, 32, 33, 255, 256, 511, 512, 513, 1023, 1024,
		0xFFF, 0x1000, 0x7FFFFFFF, 0x80000000, 0xC0000000, 0xFFFFF000, 0xFFFFFFFE,
		0xFFFFFFFF, memory, memory - 1, memory - 2, memory - 4, memory - 8, memory - 23,
		memory - 24, memory - PAGE_SIZE, memory + PAGE_SIZE, reserved, reserved - 1,
		0xFFE00000, 0xFFDFFFFF, phys_of(&lguest_data), paging_kernel_space() + 1,
		paging_kernel_space() + 32,
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		values[i] = all[i];
	return ARRAY_SIZE(all);
}

/* Whatever the last case did, the next one starts from a guest that works. */
static void repair(void)
{
	paging_switch(paging_kernel_space());
	user_init();
	for (unsigned int vector = 0; vector < TRAP_STUBS; vector++)
		trap_load_gate(vector, 0x8E);
	trap_load_gate(TRAP_SYSTEM_CALL, 0xEF);
	(void)irq_save();
}

static void edge_case(const struct edge_call *call, uint32_t argument, uint32_t value)
{
	uint32_t values[4];

	for (uint32_t i = 0; i < 4; i++)
		values[i] = call->values[i] == TOP ? paging_kernel_space() : call->values[i];
	values[argument] = value;
	timer_arm(NS_PER_MS);
	hypercall(call->number, values[0], values[1], values[2], values[3]);
	repair();
	(void)user_call(user_nothing, 0, 0, NULL);
}

ATTACK(edges, "edges", EITHER)
{
	uint32_t values[64];
	uint32_t value_count = edge_values(values);
	uint32_t first = machine_number("from", 0);
	uint32_t last = first + machine_number("count", 100000);
	uint32_t index = 0;

	for (size_t call = 0; call < ARRAY_SIZE(edge_calls); call++) {
		for (uint32_t argument = 0; argument < edge_calls[call].arguments; argument++) {
			for (uint32_t i = 0; i < value_count; i++, index++) {
				if (index < first || index >= last)
					continue;
				print("edge %u call %u arg%u=0x%x\n", index,
				      edge_calls[call].number, argument + 1, values[i]);
				edge_case(&edge_calls[call], argument, values[i]);
			}
		}
	}
	print("edge end %u\n", index);
}
