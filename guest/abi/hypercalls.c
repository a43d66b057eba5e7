// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypercall mechanism itself: what it keeps, its other encodings, and who
 * may use it.
 */
#include "guest/abi/instructions.h"
#include "guest/abi/segment.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/report.h"
#include "guest/runtime/user.h"

#include <stdbool.h>

/* CF, PF, AF, ZF, SF, DF and OF, with the fixed bit and IF which are always read as 1. */
#define STATUS_FLAGS 0xED7u

/* Bits of EFLAGS which a hypercall must bring back. */
#define COMPARED_FLAGS 0x4CD5u

static const struct abi_registers pattern = {
	0, 0xB0B1B2B3, 0xC0C1C2C3, 0xD0D1D2D3, 0xE0E1E2E3, 0xF0F1F2F3, 0xA5A5A5A5, STATUS_FLAGS,
};

static bool registers_same(const struct abi_registers *before, const struct abi_registers *after)
{
	CHECK_BOOL(after->eax == before->eax, "eax 0x%x", after->eax);
	CHECK_BOOL(after->ebx == before->ebx, "ebx 0x%x", after->ebx);
	CHECK_BOOL(after->ecx == before->ecx, "ecx 0x%x", after->ecx);
	CHECK_BOOL(after->edx == before->edx, "edx 0x%x", after->edx);
	CHECK_BOOL(after->esi == before->esi, "esi 0x%x", after->esi);
	CHECK_BOOL(after->edi == before->edi, "edi 0x%x", after->edi);
	CHECK_BOOL(after->ebp == before->ebp, "ebp 0x%x", after->ebp);
	CHECK_BOOL((after->eflags & COMPARED_FLAGS) == (before->eflags & COMPARED_FLAGS),
		   "eflags 0x%x, were 0x%x", after->eflags, before->eflags);
	return true;
}

/* Garbage in registers that a call does not use is normal, and all come back. */
TEST(hypercall, flush_async_keeps_registers)
{
	struct abi_registers registers = pattern;

	registers.eax = LGUEST_FLUSH_ASYNC;
	abi_int(&registers);
	registers.eax -= LGUEST_FLUSH_ASYNC;
	(void)registers_same(&pattern, &registers);
}

TEST(hypercall, send_interrupts_keeps_registers)
{
	struct abi_registers registers = pattern;

	registers.eax = LGUEST_SEND_INTERRUPTS;
	abi_int(&registers);
	registers.eax -= LGUEST_SEND_INTERRUPTS;
	(void)registers_same(&pattern, &registers);
}

/* A call has been executed when the descriptor that it loads has the limit it names. */
static bool loads_descriptor(void (*call)(struct abi_registers *), uint32_t limit)
{
	struct abi_registers registers = {LGUEST_LOAD_GDT_ENTRY, SEGMENT_FREE, limit, 0x0040F300,
					  0, 0, 0, 0x202};
	uint32_t found = 0;

	call(&registers);
	CHECK_BOOL(segment_limit(SEGMENT_FREE_SELECTOR, &found), "descriptor not usable");
	CHECK_BOOL(found == limit, "limit 0x%x, not 0x%x: call not executed", found, limit);
	CHECK_BOOL(registers.ebx == SEGMENT_FREE && registers.eax == LGUEST_LOAD_GDT_ENTRY,
		   "registers changed");
	return true;
}

TEST(hypercall, vmcall)
{
	(void)loads_descriptor(abi_vmcall, 0x123);
}

static bool is_replaced(const uint8_t *code)
{
	const volatile uint8_t *bytes = code;

	CHECK_BOOL(bytes[0] == 0xCD && bytes[1] == 0x1F && bytes[2] == 0x90,
		   "%x %x %x where int 0x1f and nop belong", bytes[0], bytes[1], bytes[2]);
	return true;
}

/* The second time meets what the first one has patched in. */
TEST(hypercall, vmcall_again)
{
	if (loads_descriptor(abi_vmcall, 0x124) && is_replaced(abi_vmcall_code))
		(void)loads_descriptor(abi_vmcall, 0x125);
}

TEST(hypercall, vmmcall)
{
	if (loads_descriptor(abi_vmmcall, 0x126))
		(void)is_replaced(abi_vmmcall_code);
}

/* vmcall; ret. */
static const uint8_t call_and_return[] = { 0x0F, 0x01, 0xC1, 0xC3 };
static uint8_t __attribute__((aligned(4096))) two_pages[2 * 4096];

/* Two pages need not lie together, and no kernel has one there: such a call just works. */
TEST(hypercall, vmcall_across_pages)
{
	volatile uint8_t *code = two_pages + 4096 - 2;
	uint32_t limit = 0;

	for (unsigned i = 0; i < sizeof(call_and_return); i++)
		code[i] = call_and_return[i];
	__asm__ volatile("call *%[code]"
			 :
			 : [code] "S" (code), "a" (LGUEST_LOAD_GDT_ENTRY),
			   "b" (SEGMENT_FREE), "c" (0x127), "d" (0x0040F300)
			 : "memory");
	CHECK(segment_limit(SEGMENT_FREE_SELECTOR, &limit), "descriptor not usable");
	CHECK(limit == 0x127, "limit 0x%x: call not executed", limit);
	CHECK(code[0] == 0x0F && code[1] == 0x01 && code[2] == 0xC1, "code changed");
}

TEST(hypercall, ring3_refused)
{
	struct fault fault = user_call(abi_user_int1f, 0, 0, NULL);

	CHECK(fault_is(fault, TRAP_PROTECTION, 0xFA), "vector %u error 0x%x", fault.vector,
	      fault.error);
	CHECK(fault.eip == user_address(abi_user_int1f), "eip 0x%x", fault.eip);
}

TEST(hypercall, ring3_vmcall_refused)
{
	struct fault fault = user_call(abi_user_vmcall, 0, 0, NULL);

	CHECK(fault.vector == TRAP_INVALID_OPCODE || fault.vector == TRAP_PROTECTION,
	      "vector %u error 0x%x", fault.vector, fault.error);
}
