// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings a guest up and runs it. Owns the structure shared with Umbra, whose
 * initial values are part of the protocol.
 */
#include "guest/runtime/runtime.h"

#include "guest/runtime/device.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/trap.h"

/* Of trap.asm: the window in which no interrupt may be delivered. */
extern const char noirq_start[], noirq_end[];

/* Weak: a guest of another generation has its own. */
struct lguest_data_b __attribute__((weak)) lguest_data = {
	.common = {
		.blocked_interrupts = 1u << LGUEST_IRQ_TIMER,
		.hcall_status = {[0 ... LGUEST_RING_SIZE - 1] = LGUEST_RING_FREE},
	},
	.noirq_start = (uint32_t)noirq_start,
	.noirq_end = (uint32_t)noirq_end,
	.kernel_address = GUEST_KERNEL_BASE,
	.syscall_vec = LGUEST_SYSCALL_VECTOR,
};

/* What a guest of generation A does with the page tables that it was given; others have none. */
void __attribute__((weak)) initial_tables_use(void)
{
}

uint32_t __attribute__((weak)) initial_tables_bottom(uint32_t memory)
{
	return memory;
}

void runtime_start(void)
{
	uint32_t memory = machine_memory();

	pages_init(initial_tables_bottom(memory));
	trap_init();
	initial_tables_use();
	paging_init(memory);
	timer_init();
	device_init();
	guest_main();
	machine_poweroff();
}
