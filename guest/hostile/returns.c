// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by iret and by single instructions: bad selectors, flags that ring 1
 * must not have, traps with no one to take them.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/user.h"

#include <stddef.h>

/* Selectors that no return may reach: Umbra's, gates, nothing, the wrong ring, past the table. */
static const uint32_t bad_selectors[] = {
	0, 1, 3, 0x08, 0x50, 0x53, 0x58, 0x5B, 0x60, 0x63, 0x68, 0x6B, 0x80, 0x83, 0x88, 0x8B,
	0xF8, 0xFB, 0x100, 0x103, 0x7, 0xFFFF, 0xFFFC,
};

/* The frame's upper half of a selector is ignored by the CPU, so it may hold anything. */
ATTACK(iret_selectors, "iret-selectors", SURVIVES)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_selectors); i++) {
		struct trap_frame frame;

		user_prepare(&frame, user_nothing);
		frame.cs = bad_selectors[i] | 0xABCD0000;
		if (user_run(&frame).vector == FAULT_NONE)
			attack_fail("iret to cs 0x%x", bad_selectors[i]);
		user_prepare(&frame, user_nothing);
		frame.ss = bad_selectors[i] | 0xABCD0000;
		if (user_run(&frame).vector == FAULT_NONE)
			attack_fail("iret to ss 0x%x", bad_selectors[i]);
	}
}

/* Data segments of a frame for ring 3: bad ones may become 0, nothing more. */
ATTACK(iret_data_segments, "iret-data-segments", SURVIVES)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_selectors); i++) {
		struct trap_frame frame;

		user_prepare(&frame, user_nothing);
		frame.ds = frame.es = frame.fs = frame.gs = bad_selectors[i];
		(void)user_run(&frame);
		if (frame.ds == 0x50 || frame.ds == 0x58 || frame.gs == 0x50 || frame.gs == 0x58)
			attack_fail("ring 3 has ds 0x%x gs 0x%x", frame.ds, frame.gs);
	}
}

/* Every single bit of EFLAGS on the way to ring 3. */
ATTACK(iret_flags, "iret-flags", SURVIVES)
{
	for (uint32_t bit = 0; bit < 32; bit++) {
		struct trap_frame frame;

		if (1u << bit == EFLAGS_VM)
			continue;
		user_prepare(&frame, user_nothing);
		frame.eflags |= 1u << bit;
		(void)user_run(&frame);
		if (frame.eflags & EFLAGS_IOPL)
			attack_fail("ring 3 has eflags 0x%x", frame.eflags);
	}
}

/*
 * VM in the image of an iret: a CPU ignores it outside ring 0, but emulators
 * are known that do not, and then the next trap pushes more than Umbra expects.
 */
ATTACK(iret_vm86, "iret-vm86", EITHER)
{
	struct trap_frame frame;

	user_prepare(&frame, user_nothing);
	frame.eflags |= EFLAGS_VM | EFLAGS_IOPL;
	(void)user_run(&frame);
	print("iret-vm86: back with eflags 0x%x cs 0x%x\n", frame.eflags, frame.cs);
}

/* The same with segment values that look like selectors of ring 0 and ring 1. */
ATTACK(iret_vm86_selectors, "iret-vm86-selectors", EITHER)
{
	static const uint16_t values[] = {0x08, 0x50, 0x58, 0x60, 0x61, 0x69};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct trap_frame frame;

		user_prepare(&frame, user_nothing);
		frame.eflags |= EFLAGS_VM | EFLAGS_IOPL;
		frame.cs = frame.ss = frame.ds = frame.es = frame.fs = frame.gs = values[i];
		frame.eip = 0;
		frame.esp = 0xFFE00000;
		(void)user_run(&frame);
	}
}

static uint32_t nested_task(uint32_t flags)
{
	__asm__ volatile("pushfl\n\torl %0, (%%esp)\n\tpopfl\n\tiretl" : : "r"(flags) : "cc");
	return 0;
}

/* iret with NT set is a task switch back, along a link that Umbra's TSS must not have. */
ATTACK(iret_nested_task, "iret-nested-task", SURVIVES)
{
	struct fault fault = fault_in(nested_task, EFLAGS_NT, NULL);

	if (fault.vector == FAULT_NONE)
		attack_fail("a task switch went through");
}

/* --- Nobody takes the trap ------------------------------------------------------------- */

static void drop_gate(uint32_t vector)
{
	trap_load_gate_raw(vector, 0, 0);
}

ATTACK(no_gate, "no-gate", "without a handler")
{
	drop_gate(TRAP_INVALID_OPCODE);
	__asm__ volatile("ud2");
}

ATTACK(no_gate_user, "no-gate-user", "without a handler")
{
	drop_gate(TRAP_PROTECTION);
	(void)user_call(user_read, 0, 0, NULL);
	__asm__ volatile("movl %%cr0, %%eax" : : : "eax");
}

ATTACK(no_gate_page_fault, "no-gate-page-fault", "without a handler")
{
	drop_gate(TRAP_PAGE);
	(void)*(volatile uint32_t *)WINDOW_TEST;
}

ATTACK(no_gates_at_all, "no-gates-at-all", "without a handler")
{
	for (uint32_t vector = 0; vector < 32; vector++)
		drop_gate(vector);
	drop_gate(TRAP_SYSTEM_CALL);
	(void)user_call(user_nothing, 0, 0, NULL);
}

/* The handler of page faults is itself not mapped: faults until the stack ends. */
ATTACK(fault_loop, "fault-loop", "kernel stack")
{
	trap_load_gate_raw(TRAP_PAGE, LGUEST_SELECTOR_KERNEL_CODE << 16 | 0x5000,
			   WINDOW_TEST | 0x8E00);
	(void)*(volatile uint32_t *)WINDOW_TEST;
}

/* --- Traps on the way in and out -------------------------------------------------------- */

static uint32_t step_over_call(uint32_t flags)
{
	__asm__ volatile("pushfl\n\torl %0, (%%esp)\n\tpopfl\n\tint $0x1F\n\tnop\n\tnop"
			 :
			 : "r"(flags), "a"(LGUEST_FLUSH_ASYNC)
			 : "memory", "cc");
	return 0;
}

/* Single step across a hypercall must trap in the guest, never in Umbra. */
ATTACK(step_over_call, "step-over-call", SURVIVES)
{
	struct fault fault = fault_in(step_over_call, EFLAGS_TF, NULL);

	if (fault.vector != TRAP_DEBUG)
		attack_fail("vector %u", fault.vector);
}

static uint32_t shadowed_call(uint32_t flags)
{
	__asm__ volatile("movl %%ss, %%ecx\n\tpushfl\n\torl %0, (%%esp)\n\tpopfl\n\t"
			 "movl %%ecx, %%ss\n\tint $0x1F\n\tnop"
			 :
			 : "r"(flags), "a"(LGUEST_FLUSH_ASYNC)
			 : "memory", "cc", "ecx");
	return 0;
}

/* A load of SS holds a debug trap back over the next instruction, which enters Umbra. */
ATTACK(shadowed_step, "shadowed-step", SURVIVES)
{
	(void)fault_in(shadowed_call, EFLAGS_TF, NULL);
}

/* Breakpoints on the page that Umbra is entered by. */
ATTACK(debug_registers, "debug-registers", SURVIVES)
{
	for (uint32_t i = 0; i < 2; i++) {
		__asm__ volatile("movl %0, %%dr0" : : "r"(0xFFE00000));
		__asm__ volatile("movl %0, %%dr1" : : "r"(0xFFE01FFC));
		__asm__ volatile("movl %0, %%dr7" : : "r"(0x00DF075F));
		hypercall_flush_async();
		(void)user_call(user_nothing, 0, 0, NULL);
	}
}
