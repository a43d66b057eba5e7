// SPDX-License-Identifier: GPL-2.0-only
/*
 * What traps cost: system calls taken directly and reflected, and page faults
 * that go to the guest.
 */
#include "guest/bench/measure.h"

#include "guest/bench/handlers.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/user.h"

#define ROUNDS 2000u
#define PASSES 3u

void bench_load_handler(unsigned int vector, const char *handler, uint32_t type_dpl)
{
	uint32_t address = (uint32_t)(uintptr_t)handler;

	trap_load_gate_raw(vector, ((LGUEST_SELECTOR_KERNEL_CODE & 0xFFFCu) << 16) |
				   (address & 0xFFFF),
			   (address & 0xFFFF0000) | type_dpl << 8);
}

/* Ticks of a ring-3 loop, the best of a few. */
static uint32_t user_loop(const char *label)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t pass = 0; pass < PASSES; pass++) {
		struct trap_frame frame;

		user_prepare(&frame, label);
		frame.ebx = WINDOW_TEST;
		frame.ecx = ROUNDS;
		(void)user_run(&frame);
		if (frame.esi < best)
			best = frame.esi;
	}
	return best;
}

/* Less the loop itself: what stands there in place of the nop is counted whole. */
static void measure_user(const char *name, const char *label)
{
	uint32_t empty = user_loop(bench_user_nothing);

	measure_print(name, user_loop(label) - empty + ROUNDS, ROUNDS);
}

static void read_absent(uint32_t round)
{
	(void)round;
	__asm__ volatile("movl (%0), %%eax" : : "b"(WINDOW_TEST) : "eax", "memory");
}

void bench_traps(void)
{
	bench_load_handler(TRAP_SYSTEM_CALL, bench_system_call, 0xEF);
	measure_user("syscall_direct", bench_user_calls);
	bench_load_handler(TRAP_SYSTEM_CALL, bench_system_call, 0xEE);
	measure_user("syscall_reflected", bench_user_calls);
	trap_load_gate(TRAP_SYSTEM_CALL, 0xEF);

	bench_load_handler(TRAP_PAGE, bench_page_fault, 0x8F);
	measure("fault_reflected", read_absent, ROUNDS);
	measure_user("fault_reflected_user", bench_user_reads);
	trap_load_gate(TRAP_PAGE, 0x8E);
}
