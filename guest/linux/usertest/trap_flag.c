// SPDX-License-Identifier: GPL-2.0-only
/* A program that steps through itself, with the trap flag set by popf. */
#include "guest/linux/usertest/test.h"

#include <ucontext.h>

#define MOST 64u

static volatile unsigned steps;
static uintptr_t addresses[MOST];

static void remember(int number, siginfo_t *info, void *frame)
{
	(void)number;
	if (info->si_code != TRAP_TRACE)
		test_fail("si_code %d", info->si_code);
	if (steps < MOST)
		addresses[steps] = (uintptr_t)((ucontext_t *)frame)->uc_mcontext.gregs[REG_EIP];
	steps++;
}

extern char trap_flag_first[], trap_flag_last[];

/*
 * The first trap comes behind the instruction after popf, and the last one behind the popf that
 * clears the flag. A system call and what follows it are one step: the flag is back only with
 * the iret (SDM volume 3, 18.3.1.4).
 */
TEST(trap_flag, every_instruction)
{
	handle(SIGTRAP, remember, 0);
	for (unsigned round = 0; round < 20; round++) {
		steps = 0;
		__asm__ volatile(
			"pushf\n\torl $0x100, (%%esp)\n\tpopf\n\tnop\n.globl trap_flag_first\n"
			"trap_flag_first:\n\tnop\n\tmov $20, %%eax\n\tint $0x80\n\tnop\n\tcpuid\n\t"
			"nop\n\tpushf\n\tandl $~0x100, (%%esp)\n\tpopf\n.globl trap_flag_last\n"
			"trap_flag_last:\n\tnop"
			:
			:
			: "eax", "ebx", "ecx", "edx", "memory", "cc");
		CHECK(steps == 9, "%u steps, not 9", steps);
		CHECK(addresses[0] == (uintptr_t)trap_flag_first, "the first is at 0x%lx",
		      (unsigned long)addresses[0]);
		CHECK(addresses[8] == (uintptr_t)trap_flag_last, "the last is at 0x%lx",
		      (unsigned long)addresses[8]);
		for (unsigned i = 1; i < 9; i++)
			CHECK(addresses[i] > addresses[i - 1], "step %u is at 0x%lx", i,
			      (unsigned long)addresses[i]);
	}
}
