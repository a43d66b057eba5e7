// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which trap arrives where: exceptions of ring 3 and ring 1 one by one, gates
 * of both types, and gates that Umbra must drop or keep from ring 3.
 */
#include "guest/abi/instructions.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/report.h"
#include "guest/runtime/user.h"

#include <stdbool.h>
#include <stddef.h>

/* An error code that names an IDT entry: index, IDT bit (SDM volume 3, section 6.13). */
#define IDT_ERROR(vector) ((vector) * 8 + 2)

/* One instruction of ring 3: the trap it must end with, and how far eip has moved. */
struct user_row {
	const char *name;
	const char *stub;
	uint32_t vector;
	uint32_t error;
	uint32_t eip_offset;
};

static const struct user_row user_rows[] = {
	{"int3", abi_user_int3, TRAP_BREAKPOINT, 0, 1},
	{"into", abi_user_into, TRAP_OVERFLOW, 0, 1},
	{"bound", abi_user_bound, TRAP_BOUND, 0, 0},
	{"ud2", abi_user_ud2, TRAP_INVALID_OPCODE, 0, 0},
	{"divide", abi_user_divide, TRAP_DIVIDE, 0, 0},
	{"int_5", abi_user_int5, TRAP_PROTECTION, IDT_ERROR(5), 0},
	{"int_13", abi_user_int13, TRAP_PROTECTION, IDT_ERROR(13), 0},
	{"int_14", abi_user_int14, TRAP_PROTECTION, IDT_ERROR(14), 0},
	{"int_20", abi_user_int20, TRAP_PROTECTION, IDT_ERROR(0x20), 0},
	{"int_90", abi_user_int90, TRAP_PROTECTION, IDT_ERROR(0x90), 0},
	{"in", abi_user_in, TRAP_PROTECTION, 0, 0},
	{"out", abi_user_out, TRAP_PROTECTION, 0, 0},
	{"cli", abi_user_cli, TRAP_PROTECTION, 0, 0},
	{"sti", abi_user_sti, TRAP_PROTECTION, 0, 0},
	{"hlt", abi_user_hlt, TRAP_PROTECTION, 0, 0},
	{"rdmsr", abi_user_rdmsr, TRAP_PROTECTION, 0, 0},
	{"wrmsr", abi_user_wrmsr, TRAP_PROTECTION, 0, 0},
	{"mov_cr0", abi_user_mov_cr0, TRAP_PROTECTION, 0, 0},
	{"mov_cr3", abi_user_mov_cr3, TRAP_PROTECTION, 0, 0},
	{"mov_dr7", abi_user_mov_dr7, TRAP_PROTECTION, 0, 0},
	{"clts", abi_user_clts, TRAP_PROTECTION, 0, 0},
	{"lgdt", abi_user_lgdt, TRAP_PROTECTION, 0, 0},
	{"invlpg", abi_user_invlpg, TRAP_PROTECTION, 0, 0},
	{"load_ring1_gs", abi_user_load_gs, TRAP_PROTECTION, LGUEST_SELECTOR_KERNEL_DATA & ~3u, 0},
	{"rdtsc", abi_user_rdtsc, FAULT_NONE, 0, 0},
};

static struct fault run_row(const struct user_row *row, struct trap_frame *frame)
{
	user_prepare(frame, row->stub);
	frame->ebx = USER_STACK_TOP - PAGE_SIZE; /* two zeroes: the bounds of `bound` */
	if (row->stub == abi_user_load_gs)
		frame->ecx = LGUEST_SELECTOR_KERNEL_DATA;
	if (row->stub == abi_user_bound)
		frame->ecx = 5;
	if (row->stub == abi_user_into)
		frame->eflags |= 0x800;
	return user_run(frame);
}

TEST(traps, user)
{
	((volatile uint32_t *)(USER_STACK_TOP - PAGE_SIZE))[0] = 0;
	((volatile uint32_t *)(USER_STACK_TOP - PAGE_SIZE))[1] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(user_rows); i++) {
		const struct user_row *row = &user_rows[i];
		struct trap_frame frame;
		struct fault fault = run_row(row, &frame);
		bool good = fault_is(fault, row->vector, row->error);

		if (good && row->vector != FAULT_NONE)
			good = fault.eip == user_address(row->stub) + row->eip_offset &&
			       frame.cs == LGUEST_SELECTOR_USER_CODE &&
			       frame.ss == LGUEST_SELECTOR_USER_DATA &&
			       frame.esp == USER_STACK_TOP && (frame.eflags & EFLAGS_IF);
		report_case(row->name, good,
			    "vector %u error 0x%x eip +%d cs 0x%x ss 0x%x esp 0x%x eflags 0x%x",
			    fault.vector, fault.error, (int)(fault.eip - user_address(row->stub)),
			    frame.cs, frame.ss, frame.esp, frame.eflags);
	}
}

/* SEP is hidden, yet ring 3 sees the real CPUID; CPUs without the instruction raise #UD. */
TEST(traps, user_sysenter)
{
	struct fault fault = user_call(abi_user_sysenter, 0, 0, NULL);

	CHECK(fault_is(fault, TRAP_PROTECTION, 0) || fault_is(fault, TRAP_INVALID_OPCODE, 0),
	      "vector %u error 0x%x", fault.vector, fault.error);
}

/* An emulator may not know the instruction; what arrives must be one or the other. */
TEST(traps, user_icebp)
{
	struct fault fault = user_call(abi_user_icebp, 0, 0, NULL);

	CHECK(fault_is(fault, TRAP_DEBUG, 0) || fault_is(fault, TRAP_INVALID_OPCODE, 0),
	      "vector %u error 0x%x", fault.vector, fault.error);
}

TEST(traps, user_syscall)
{
	struct fault fault = user_call(abi_user_syscall, 0, 0, NULL);

	CHECK(fault_is(fault, TRAP_INVALID_OPCODE, 0), "vector %u error 0x%x", fault.vector,
	      fault.error);
}

/* --- Ring 1 ------------------------------------------------------------------ */

static uint32_t do_int3(uint32_t unused)
{
	__asm__ volatile("int3");
	return unused;
}

static uint32_t do_overflow(uint32_t unused)
{
	__asm__ volatile("movb $0x7F, %%al\n\taddb $1, %%al\n\tinto" : : : "eax", "cc");
	return unused;
}

static uint32_t do_int5(uint32_t unused)
{
	__asm__ volatile("int $5");
	return unused;
}

TEST(traps, kernel)
{
	static const uint32_t bounds[2];
	struct fault fault = fault_of("ud2", : );

	CHECK(fault_is(fault, TRAP_INVALID_OPCODE, 0), "ud2: vector %u", fault.vector);
	fault = fault_of("divl %%ecx", : "a"(1), "d"(0), "c"(0) : "cc");
	CHECK(fault_is(fault, TRAP_DIVIDE, 0), "divide: vector %u", fault.vector);
	fault = fault_of("bound %0, %1", : "r"(7), "m"(bounds));
	CHECK(fault_is(fault, TRAP_BOUND, 0), "bound: vector %u", fault.vector);
	fault = fault_in(do_int3, 0, NULL);
	CHECK(fault_is(fault, TRAP_BREAKPOINT, 0), "int3: vector %u", fault.vector);
	fault = fault_in(do_overflow, 0, NULL);
	CHECK(fault_is(fault, TRAP_OVERFLOW, 0), "into: vector %u", fault.vector);
}

/* The gate asks for DPL 0, so that ring 1 may not use it by `int`. */
TEST(traps, kernel_int_without_privilege)
{
	struct fault fault = fault_in(do_int5, 0, NULL);

	CHECK(fault_is(fault, TRAP_PROTECTION, IDT_ERROR(5)), "vector %u error 0x%x",
	      fault.vector, fault.error);
}

/* --- Gates ------------------------------------------------------------------- */

static bool handler_saw_flag;
static uint32_t handler_calls;

static bool note_flag(struct trap_frame *frame)
{
	(void)frame;
	handler_saw_flag = irq_is_enabled();
	handler_calls++;
	return false;
}

/* Whether the virtual interrupt flag is set in the handler of a trap of ring 3. */
static bool flag_in_handler(const char *stub, unsigned int vector, uint32_t type_dpl)
{
	struct fault fault;

	handler_calls = 0;
	trap_load_gate(vector, type_dpl);
	trap_set_handler(vector, note_flag);
	fault = user_call(stub, GUEST_KERNEL_BASE, 0, NULL);
	trap_set_handler(vector, NULL);
	trap_load_gate(vector, 0x8E);
	CHECK_BOOL(fault.vector == vector && handler_calls == 1, "vector %u, %u calls",
		   fault.vector, handler_calls);
	return handler_saw_flag;
}

TEST(traps, interrupt_gate_clears_flag)
{
	CHECK(!flag_in_handler(abi_user_ud2, TRAP_INVALID_OPCODE, 0x8E), "#UD: flag still set");
	CHECK(!flag_in_handler(user_read, TRAP_PAGE, 0x8E), "#PF: flag still set");
	CHECK(!flag_in_handler(abi_user_cli, TRAP_PROTECTION, 0x8E), "#GP: flag still set");
}

TEST(traps, trap_gate_keeps_flag)
{
	CHECK(flag_in_handler(abi_user_ud2, TRAP_INVALID_OPCODE, 0x8F), "#UD: flag cleared");
	CHECK(flag_in_handler(user_read, TRAP_PAGE, 0x8F), "#PF: flag cleared");
	CHECK(flag_in_handler(abi_user_cli, TRAP_PROTECTION, 0x8F), "#GP: flag cleared");
}

/* A gate for ring 3 in a vector of the CPU's: both types must let `int 5` through. */
TEST(traps, gate_for_ring3)
{
	for (uint32_t type_dpl = 0xEE; type_dpl <= 0xEF; type_dpl++) {
		struct fault fault;

		trap_load_gate(TRAP_BOUND, type_dpl);
		fault = user_call(abi_user_int5, 0, 0, NULL);
		trap_load_gate(TRAP_BOUND, 0x8E);
		CHECK(fault_is(fault, TRAP_BOUND, 0), "gate 0x%x: vector %u error 0x%x", type_dpl,
		      fault.vector, fault.error);
	}
}

/* Vectors from 32 up carry real interrupts: a gate's DPL must not open them to ring 3. */
TEST(traps, irq_vectors_closed)
{
	struct fault fault;

	trap_load_gate(LGUEST_IRQ_BASE, 0xEE);
	fault = user_call(abi_user_int20, 0, 0, NULL);
	trap_load_gate(LGUEST_IRQ_BASE, 0x8E);
	CHECK(fault_is(fault, TRAP_PROTECTION, IDT_ERROR(0x20)), "vector %u error 0x%x",
	      fault.vector, fault.error);
}

/* Linux loads 2 and 15, and a task gate in 8; all of it is dropped. */
TEST(traps, dropped_vectors)
{
	trap_load_gate_raw(2, 0x00600000, 0x00008E00);
	trap_load_gate_raw(8, 0x00F80000, 0x00008500);
	trap_load_gate_raw(15, 0x00600000, 0x00008E00);
	trap_load_gate_raw(LGUEST_HYPERCALL_VECTOR, 0x00600000, 0x0000EF00);
	hypercall_flush_async();
	CHECK(user_call(abi_user_int1f, 0, 0, NULL).vector == TRAP_PROTECTION,
	      "the hypercall vector is open to ring 3");
}

/* The selector in a gate is Umbra's business: 0x61 whatever the guest writes. */
TEST(traps, gate_selector_forced)
{
	uint32_t stub = trap_stub(TRAP_INVALID_OPCODE);
	struct fault fault;

	trap_load_gate_raw(TRAP_INVALID_OPCODE, LGUEST_SELECTOR_USER_DATA << 16 | (stub & 0xFFFF),
			   (stub & 0xFFFF0000) | 0x8E00);
	fault = fault_of("ud2", : );
	trap_load_gate(TRAP_INVALID_OPCODE, 0x8E);
	CHECK(fault_is(fault, TRAP_INVALID_OPCODE, 0), "vector %u", fault.vector);
}
