// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes Umbra fail on purpose: to test on-panic= and watchdog=, and that the log tells the reason.
 */
#include "hv/console/command_fail.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/cpu_call.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/x86.h"
#include "hv/console/answer.h"
#include "lib/parse.h"
#include "lib/string.h"

/*
 * Each call needs more stack, and the compiler cannot remove it: the guard page below the stack
 * ends the recursion.
 */
static uint32_t __noinline overflow_stack(uint32_t depth)	/* NOLINT(misc-no-recursion) */
{
	volatile uint32_t room[64];

	room[depth % ARRAY_SIZE(room)] = depth;
	return depth == UINT32_MAX ? 0 : overflow_stack(depth + 1) + room[depth % ARRAY_SIZE(room)];
}

/* Only the watchdog gets out of this, if it was started. */
static void __noinline __noreturn stand_still(void)
{
	for (;;)
		cpu_pause();
}

static void stall_run(struct cpu_call *call)
{
	(void)call;
	stand_still();
}

void command_stall(const char *argument)
{
	static struct cpu_call calls[MAX_CPUS];
	uint32_t id;

	if (!parse_u32(argument, &id) || id >= cpu_count())
		answer_print("there is no such CPU; 'cpus' lists them\n");
	else if (id == this_cpu()->id)
		stand_still();
	else if (!calls[id].run) {
		cpu_call_init(&calls[id], id, stall_run);
		cpu_call_post(&calls[id]);
	}
}

void command_end(const char *argument)
{
	if (strcmp(argument, "panic") == 0)
		panic("asked for at the console");
	else if (strcmp(argument, "fault") == 0)
		*(volatile uint32_t *)NEVER_MAPPED = 0;
	else if (strcmp(argument, "stack") == 0)
		answer_print("%u\n", overflow_stack(0));
	else if (strcmp(argument, "hang") == 0)
		stand_still();
	else
		answer_print("the ways are panic, fault, stack and hang\n");
}
