// SPDX-License-Identifier: GPL-2.0-only
/*
 * EFLAGS across a reflected trap: the image that is pushed, and the flags that
 * the handler runs with. And what popf and iret of ring 1 can change.
 */
#include "guest/abi/debug_status.h"
#include "guest/abi/instructions.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/report.h"
#include "guest/runtime/user.h"

#include <stddef.h>

#define EFLAGS_OF 0x800u
#define EFLAGS_CLEARED (EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM)

static uint32_t flags_in_handler;
static uint32_t flags_in_frame;

static uint32_t read_flags(void)
{
	uint32_t flags;

	__asm__ volatile("pushfl\n\tpopl %0" : "=r"(flags));
	return flags;
}

static bool note_flags(struct trap_frame *frame)
{
	flags_in_handler = read_flags();
	flags_in_frame = frame->eflags;
	return false;
}

/* Run a stub of ring 3 with more flags, noting what its trap's handler sees. */
static struct fault run_with_flags(const char *stub, uint32_t vector, uint32_t flags,
				   struct trap_frame *frame)
{
	struct fault fault;

	flags_in_handler = EFLAGS_CLEARED;
	user_prepare(frame, stub);
	frame->eflags |= flags;
	trap_set_handler(vector, note_flags);
	fault = user_run(frame);
	trap_set_handler(vector, NULL);
	return fault;
}

/* DR6 says that it was a step, until it is told otherwise. */
static void check_step_cause(void)
{
	CHECK(read_dr6() == (DR6_RESET | DR6_STEP), "dr6 0x%x", read_dr6());
	write_dr6(DR6_RESET);
	CHECK(read_dr6() == DR6_RESET, "dr6 0x%x afterwards", read_dr6());
}

/* `mov eax, imm32` is 5 bytes long; the trap comes behind it. */
TEST(reflection, single_step_ring3)
{
	struct trap_frame frame;
	struct fault fault = run_with_flags(user_nothing, TRAP_DEBUG, EFLAGS_TF, &frame);

	CHECK(fault_is(fault, TRAP_DEBUG, 0), "vector %u error 0x%x", fault.vector, fault.error);
	CHECK(fault.eip == user_address(user_nothing) + 5, "eip 0x%x", fault.eip);
	CHECK(frame.eflags & EFLAGS_TF, "TF is lost from the frame");
	CHECK(!(flags_in_handler & EFLAGS_CLEARED), "handler has eflags 0x%x", flags_in_handler);
	check_step_cause();
}

static uint32_t step_kernel(uint32_t flags)
{
	__asm__ volatile("pushfl\n\torl %0, (%%esp)\n\tpopfl\n\tnop\n\tnop" : : "r"(flags) : "cc");
	return 0;
}

TEST(reflection, single_step_ring1)
{
	struct fault fault;

	trap_set_handler(TRAP_DEBUG, note_flags);
	fault = fault_in(step_kernel, EFLAGS_TF, NULL);
	trap_set_handler(TRAP_DEBUG, NULL);
	CHECK(fault_is(fault, TRAP_DEBUG, 0), "vector %u error 0x%x", fault.vector, fault.error);
	CHECK(!(flags_in_handler & EFLAGS_CLEARED), "handler has eflags 0x%x", flags_in_handler);
	check_step_cause();
}

/* An instruction that Umbra carries out is a step as well, and the trap comes behind it. */
static uint32_t step_emulated(uint32_t flags)
{
	__asm__ volatile("pushfl\n\torl %0, (%%esp)\n\tpopfl\n\tcli" : : "r"(flags) : "cc");
	return 0;
}

TEST(reflection, single_step_emulated)
{
	struct fault fault = fault_in(step_emulated, EFLAGS_TF, NULL);

	CHECK(fault_is(fault, TRAP_DEBUG, 0), "vector %u error 0x%x", fault.vector, fault.error);
	check_step_cause();
}

/* Whatever came before it, a trap that is no step does not say that it is one. */
TEST(reflection, icebp_is_no_step)
{
	struct fault fault;

	write_dr6(DR6_RESET);
	fault = user_call(abi_user_icebp, 0, 0, NULL);
	/* An emulator may not know the instruction. */
	if (fault.vector == TRAP_DEBUG)
		CHECK(read_dr6() == DR6_RESET, "dr6 0x%x", read_dr6());
}

TEST(reflection, nested_task_ring3)
{
	struct trap_frame frame;
	struct fault fault = run_with_flags(abi_user_ud2, TRAP_INVALID_OPCODE, EFLAGS_NT, &frame);

	CHECK(fault.vector == TRAP_INVALID_OPCODE, "vector %u", fault.vector);
	CHECK(frame.eflags & EFLAGS_NT, "NT is lost from the frame");
	CHECK(!(flags_in_handler & EFLAGS_CLEARED), "handler has eflags 0x%x", flags_in_handler);
}

static uint32_t fault_with_flags(uint32_t flags)
{
	__asm__ volatile("pushfl\n\torl %0, (%%esp)\n\tpopfl\n\tud2" : : "r"(flags) : "cc");
	return 0;
}

TEST(reflection, nested_task_ring1)
{
	struct fault fault;

	trap_set_handler(TRAP_INVALID_OPCODE, note_flags);
	fault = fault_in(fault_with_flags, EFLAGS_NT, NULL);
	trap_set_handler(TRAP_INVALID_OPCODE, NULL);
	CHECK(fault.vector == TRAP_INVALID_OPCODE, "vector %u", fault.vector);
	CHECK(flags_in_frame & EFLAGS_NT, "NT is lost from the frame");
	CHECK(!(flags_in_handler & EFLAGS_CLEARED), "handler has eflags 0x%x", flags_in_handler);
}

TEST(reflection, nested_task_system_call)
{
	struct trap_frame frame;
	struct fault fault = run_with_flags(user_nothing, TRAP_SYSTEM_CALL, EFLAGS_NT, &frame);

	CHECK(fault.vector == FAULT_NONE, "vector %u", fault.vector);
	CHECK(frame.eflags & EFLAGS_NT, "NT is lost from the frame");
	CHECK(!(flags_in_handler & EFLAGS_CLEARED), "handler has eflags 0x%x", flags_in_handler);
}

TEST(reflection, other_flags_in_frame)
{
	uint32_t flags = EFLAGS_CF | EFLAGS_DF | EFLAGS_OF | EFLAGS_AC;
	struct trap_frame frame;
	struct fault fault = run_with_flags(abi_user_ud2, TRAP_INVALID_OPCODE, flags, &frame);

	CHECK(fault.vector == TRAP_INVALID_OPCODE, "vector %u", fault.vector);
	CHECK((frame.eflags & flags) == flags, "eflags 0x%x", frame.eflags);
	CHECK(!(frame.eflags & EFLAGS_IOPL), "IOPL in eflags 0x%x", frame.eflags);
}

/* RF in the image of an iret makes the next instruction only run without breakpoints. */
TEST(reflection, resume_flag)
{
	struct trap_frame frame;
	struct fault fault = run_with_flags(abi_user_ud2, TRAP_INVALID_OPCODE, EFLAGS_RF, &frame);

	CHECK(fault.vector == TRAP_INVALID_OPCODE, "vector %u", fault.vector);
	CHECK(!(flags_in_handler & EFLAGS_CLEARED), "handler has eflags 0x%x", flags_in_handler);
}

/* The pushed IF is the virtual one: bit 9 of the word, whatever else is in it. */
TEST(reflection, pushed_interrupt_flag)
{
	static const struct {
		uint32_t word;
		uint32_t pushed;
	} rows[] = {{0, 0}, {0x200, EFLAGS_IF}, {0x46, 0}, {0x246, EFLAGS_IF}, {0xC86, 0}};

	trap_set_handler(TRAP_INVALID_OPCODE, note_flags);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fault fault;

		WRITE_ONCE(lguest_data.common.irq_enabled, rows[i].word);
		fault = fault_of("ud2", : );
		WRITE_ONCE(lguest_data.common.irq_enabled, 0);
		if (fault.vector != TRAP_INVALID_OPCODE ||
		    (flags_in_frame & EFLAGS_IF) != rows[i].pushed) {
			report_fail("word 0x%x: vector %u, eflags 0x%x pushed", rows[i].word,
				    fault.vector, flags_in_frame);
			break;
		}
	}
	trap_set_handler(TRAP_INVALID_OPCODE, NULL);
}

/* Ring 1 has no say over the real IF and IOPL, and nobody tells it. */
TEST(reflection, popf_keeps_interrupts)
{
	uint32_t flags;

	__asm__ volatile("pushfl\n\tandl $~0x200, (%%esp)\n\torl $0x3000, (%%esp)\n\tpopfl\n\t"
			 "pushfl\n\tpopl %0"
			 : "=r"(flags)
			 :
			 : "cc");
	CHECK(flags & EFLAGS_IF, "IF is clear in ring 1");
	CHECK(!(flags & EFLAGS_IOPL), "IOPL in eflags 0x%x", flags);
}

TEST(reflection, iret_keeps_interrupts)
{
	struct trap_frame frame;
	struct fault fault;

	user_prepare(&frame, abi_user_pushf);
	frame.eflags = EFLAGS_FIXED | EFLAGS_IOPL;
	fault = user_run(&frame);
	CHECK(fault.vector == FAULT_NONE, "vector %u", fault.vector);
	CHECK(frame.ecx & EFLAGS_IF, "IF is clear in ring 3");
	CHECK(!(frame.ecx & EFLAGS_IOPL), "IOPL in eflags 0x%x", frame.ecx);
}

TEST(reflection, user_popf)
{
	uint32_t flags = 0;
	struct fault fault = user_call(abi_user_popf, EFLAGS_FIXED | EFLAGS_IOPL, 0, &flags);

	CHECK(fault.vector == FAULT_NONE, "vector %u", fault.vector);
	CHECK((flags & (EFLAGS_IF | EFLAGS_IOPL)) == EFLAGS_IF, "eflags 0x%x", flags);
}
