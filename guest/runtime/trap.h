/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps of a guest: the frame, the gates, and faults as values. A test can run
 * one instruction (fault_of) or a whole function (fault_in) and learn which
 * vector, error code and cr2 it ended with. Everything else that traps in the
 * kernel ends the guest with a register dump.
 */
#ifndef UMBRA_GUEST_RUNTIME_TRAP_H
#define UMBRA_GUEST_RUNTIME_TRAP_H

#include <stdbool.h>
#include <stdint.h>

enum trap_vector {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_BREAKPOINT = 3,
	TRAP_OVERFLOW = 4,
	TRAP_BOUND = 5,
	TRAP_INVALID_OPCODE = 6,
	TRAP_NO_FPU = 7,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_INVALID_TSS = 10,
	TRAP_NOT_PRESENT = 11,
	TRAP_STACK = 12,
	TRAP_PROTECTION = 13,
	TRAP_PAGE = 14,
	TRAP_FPU = 16,
	TRAP_ALIGNMENT = 17,
	TRAP_SYSTEM_CALL = 0x80
};

/* Entry stubs exist for vectors 0..63 and 0x80. */
#define TRAP_STUBS 64u
#define TRAP_VECTORS 256u

/* Bits of EFLAGS (Intel SDM volume 1, section 3.4.3). */
#define EFLAGS_CF 0x1u
#define EFLAGS_FIXED 0x2u
#define EFLAGS_TF 0x100u
#define EFLAGS_IF 0x200u
#define EFLAGS_DF 0x400u
#define EFLAGS_IOPL 0x3000u
#define EFLAGS_NT 0x4000u
#define EFLAGS_RF 0x10000u
#define EFLAGS_VM 0x20000u
#define EFLAGS_AC 0x40000u

/* Error code of a page fault (SDM volume 3, section 4.7). */
#define PAGE_FAULT_PRESENT 1u
#define PAGE_FAULT_WRITE 2u
#define PAGE_FAULT_USER 4u

/* What trap.asm builds on the stack; its offsets are drawn there. */
struct trap_frame {
	uint32_t gs, fs, es, ds;
	uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax;
	uint32_t vector;
	uint32_t error;                 /* 0 where the vector has none */
	uint32_t eip, cs, eflags;
	uint32_t esp, ss;               /* only when the trap came from ring 3 */
};

_Static_assert(sizeof(struct trap_frame) == 76, "trap.asm knows the layout");

#define FAULT_NONE 0xFFFFFFFFu

struct fault {
	uint32_t vector;                /* FAULT_NONE: nothing happened */
	uint32_t error;
	uint32_t cr2;                   /* as Umbra left it; means something for TRAP_PAGE */
	uint32_t eip;
};

/* Load all gates, and the segments and the stack that they need. Called once. */
void trap_init(void);

/*
 * Have the guest's gate for a vector point to the usual stub again. type_dpl is
 * the third byte of the gate: 0x8E interrupt gate, 0xEE the same for ring 3,
 * 0x8F and 0xEF trap gates. Vectors with a stub only.
 */
void trap_load_gate(unsigned int vector, uint32_t type_dpl);

/* Address of the stub that trap_load_gate uses. */
uint32_t trap_stub(unsigned int vector);

/* Load a gate as it stands. */
void trap_load_gate_raw(unsigned int vector, uint32_t low, uint32_t high);

/*
 * A handler is asked before anything else happens and returns whether the trap
 * is dealt with; it may change the frame. NULL removes it.
 */
typedef bool (*trap_handler_t)(struct trap_frame *frame);
void trap_set_handler(unsigned int vector, trap_handler_t handler);

/* Whether the frame was pushed on the way in from ring 3. */
static inline bool trap_from_user(const struct trap_frame *frame)
{
	return (frame->cs & 3) == 3;
}

/*
 * Call function(argument) and catch whatever exception it ends with; its stack
 * must stay usable. *result receives its value (NULL: not wanted) when the
 * vector is FAULT_NONE. Does not nest.
 */
struct fault fault_in(uint32_t (*function)(uint32_t), uint32_t argument, uint32_t *result);

/* Whether two faults have the same vector and error code. */
static inline bool fault_is(struct fault fault, uint32_t vector, uint32_t error)
{
	return fault.vector == vector && fault.error == error;
}

void fault_clear(void);
struct fault fault_last(void);

/* An entry of the exception table: where it may fault, where to go on. */
#define EXTABLE(from, to) \
	".pushsection .extable, \"a\"\n.long " #from ", " #to "\n.popsection\n"

/*
 * Execute one instruction that may fault; the value is a struct fault. Behind
 * the string stands what follows the first colon of an asm statement:
 *     fault_of("rdmsr", "=a"(low), "=d"(high) : "c"(number))
 *     fault_of("movw %w0, %%gs", : "r"(selector))
 */
#define fault_of(instruction, ...) \
	({ \
		fault_clear(); \
		__asm__ volatile("771: " instruction "\n772:\n" EXTABLE(771b, 772b) \
				 : __VA_ARGS__); \
		fault_last(); \
	})

/* Called by the assembly alone. */
void trap_dispatch(struct trap_frame *frame);

#endif
