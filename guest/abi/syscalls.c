// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls through vector 0x80: taken directly by the CPU when its gate is
 * a trap gate, on the stack of SET_STACK, which must be mapped at that moment.
 */
#include "guest/abi/instructions.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/report.h"
#include "guest/runtime/user.h"

#include <stddef.h>

static struct trap_frame seen;
static uint32_t seen_word;
static uint32_t seen_address;
static uint32_t calls;

/* Takes calls other than USER_CALL_EXIT. */
static bool note_call(struct trap_frame *frame)
{
	if (frame->eax == USER_CALL_EXIT)
		return false;
	seen = *frame;
	seen_word = lguest_data.common.irq_enabled;
	seen_address = (uint32_t)(uintptr_t)frame;
	calls++;
	return true;
}

static struct fault run_call(struct trap_frame *frame)
{
	struct fault fault;

	calls = 0;
	trap_set_handler(TRAP_SYSTEM_CALL, note_call);
	user_prepare(frame, abi_user_system_call);
	frame->ebx = 0xB0B1B2B3;
	frame->edi = 0xF0F1F2F3;
	frame->eflags |= EFLAGS_CF;
	fault = user_run(frame);
	trap_set_handler(TRAP_SYSTEM_CALL, NULL);
	return fault;
}

TEST(syscalls, direct)
{
	struct trap_frame frame;
	struct fault fault = run_call(&frame);

	CHECK(fault.vector == FAULT_NONE && calls == 1, "vector %u, %u calls", fault.vector,
	      calls);
	CHECK(seen.cs == LGUEST_SELECTOR_USER_CODE && seen.ss == LGUEST_SELECTOR_USER_DATA &&
	      seen.esp == USER_STACK_TOP && seen.eip == user_address(abi_user_system_call) + 7,
	      "cs 0x%x ss 0x%x esp 0x%x eip 0x%x", seen.cs, seen.ss, seen.esp, seen.eip);
	CHECK(seen_address == user_trap_stack() - sizeof(seen), "frame at 0x%x", seen_address);
	CHECK(seen.eax == 1 && seen.ebx == 0xB0B1B2B3 && seen.edi == 0xF0F1F2F3,
	      "registers changed");
	CHECK(seen.eflags & EFLAGS_IF, "eflags 0x%x pushed", seen.eflags);
	CHECK(seen_word & EFLAGS_IF, "irq_enabled became 0x%x", seen_word);
	CHECK(frame.ecx & EFLAGS_CF, "eflags 0x%x after the call", frame.ecx);
}

/* Linux from about 4.6 has an interrupt gate there: reflected, virtual flag clear. */
TEST(syscalls, interrupt_gate)
{
	struct trap_frame frame;
	struct fault fault;

	trap_load_gate(TRAP_SYSTEM_CALL, 0xEE);
	fault = run_call(&frame);
	trap_load_gate(TRAP_SYSTEM_CALL, 0xEF);
	CHECK(fault.vector == FAULT_NONE && calls == 1, "vector %u, %u calls", fault.vector,
	      calls);
	CHECK(!(seen_word & EFLAGS_IF), "irq_enabled is 0x%x in the handler", seen_word);
	CHECK(seen.eflags & EFLAGS_IF, "eflags 0x%x pushed", seen.eflags);
	CHECK(seen_address == user_trap_stack() - sizeof(seen), "frame at 0x%x", seen_address);
}

TEST(syscalls, gate_closed)
{
	struct fault fault;

	trap_load_gate(TRAP_SYSTEM_CALL, 0x8F);
	fault = user_call(user_nothing, 0, 0, NULL);
	trap_load_gate(TRAP_SYSTEM_CALL, 0xEF);
	CHECK(fault_is(fault, TRAP_PROTECTION, 0x80 * 8 + 2), "vector %u error 0x%x", fault.vector,
	      fault.error);
}

static uint32_t call_from_kernel(uint32_t number)
{
	__asm__ volatile("int $0x80" : : "a"(number) : "memory");
	return number;
}

TEST(syscalls, from_ring1)
{
	struct fault fault;

	calls = 0;
	trap_set_handler(TRAP_SYSTEM_CALL, note_call);
	fault = fault_in(call_from_kernel, 1, NULL);
	trap_set_handler(TRAP_SYSTEM_CALL, NULL);
	CHECK(fault.vector == FAULT_NONE && calls == 1, "vector %u, %u calls", fault.vector,
	      calls);
	CHECK(seen.cs == LGUEST_SELECTOR_KERNEL_CODE, "cs 0x%x", seen.cs);
}

/* The CPU itself pushes on the stack: it must be mapped and writable whenever ring 3 runs. */
TEST(syscalls, stack_stays_mapped)
{
	uint32_t space = paging_create();

	for (uint32_t round = 0; round < 8; round++) {
		struct trap_frame frame;
		struct fault fault;

		if (round & 1)
			paging_flush_all();
		if (round & 2)
			paging_switch(space);
		if (round & 4)
			paging_flush_user();
		fault = run_call(&frame);
		paging_switch(paging_kernel_space());
		CHECK(fault.vector == FAULT_NONE && calls == 1, "round %u: vector %u, %u calls",
		      round, fault.vector, calls);
	}
	paging_destroy(space);
}

/* A clean, unaccessed entry of the stack page: Umbra has to mark it dirty by itself. */
TEST(syscalls, stack_entry_clean)
{
	uint32_t address = user_trap_stack() - PAGE_SIZE;
	uint64_t entry = paging_get(paging_kernel_space(), address, PAGING_PTE);
	struct trap_frame frame;
	struct fault fault;

	paging_set(paging_kernel_space(), address, entry & ~(PTE_ACCESSED | PTE_DIRTY));
	fault = run_call(&frame);
	CHECK(fault.vector == FAULT_NONE && calls == 1, "vector %u, %u calls", fault.vector,
	      calls);
	entry = paging_get(paging_kernel_space(), address, PAGING_PTE);
	CHECK((entry & (PTE_ACCESSED | PTE_DIRTY)) == (PTE_ACCESSED | PTE_DIRTY), "entry 0x%x",
	      (uint32_t)entry);
}

static uint8_t other_stack[PAGE_SIZE] __attribute__((aligned(4096)));

/* SET_STACK moves the stack at once; an esp below the border is as good as one on it. */
TEST(syscalls, stack_moves)
{
	uint32_t top = (uint32_t)(uintptr_t)(other_stack + sizeof(other_stack)) - 8;
	struct trap_frame frame;
	struct fault fault;

	hypercall(LGUEST_SET_STACK, LGUEST_SELECTOR_KERNEL_DATA, top, 1, 0);
	fault = run_call(&frame);
	user_init();
	CHECK(fault.vector == FAULT_NONE && calls == 1, "vector %u, %u calls", fault.vector,
	      calls);
	CHECK(seen_address == top - sizeof(seen), "frame at 0x%x, stack at 0x%x", seen_address,
	      top);
}
