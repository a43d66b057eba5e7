// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes a guest one of generation A (2.6.30-3.0): its layout of the shared
 * structure, and first page tables that Umbra makes (start.asm and call.asm).
 */
#include "guest/runtime/generation_a.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/runtime.h"

/* Of trap.asm. */
extern const char noirq_start[], noirq_end[];

struct lguest_data_a generation_a_data = {
	.common = {
		.blocked_interrupts = 1u << LGUEST_IRQ_TIMER,
		.hcall_status = {[0 ... LGUEST_RING_SIZE - 1] = LGUEST_RING_FREE},
	},
	.noirq_start = (uint32_t)noirq_start,
	.noirq_end = (uint32_t)noirq_end,
	.kernel_address = GUEST_KERNEL_BASE,
	.syscall_vec = LGUEST_SYSCALL_VECTOR,
};

/* Below the top level: two-level tables (4 MB each), PAE middle table and tables (2 MB). */
uint32_t initial_tables_bottom(uint32_t memory)
{
	uint32_t tables = (memory + 0x3FFFFF) / 0x400000 + 1 + (memory + 0x1FFFFF) / 0x200000;

	return generation_a_data.pgdir - tables * PAGE_SIZE;
}
