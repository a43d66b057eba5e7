/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoders for the instructions that reach Umbra because a guest may not
 * execute them: privileged ones (by #GP and #UD, ring 1), and plain moves
 * from and to device memory (by #PF).  Pure and table-driven; the guest
 * chooses every byte.  Both are for 32-bit code segments.  Called by
 * hv/emulate/emulate.c and mmio.c.
 */
#ifndef UMBRA_HV_EMULATE_DECODE_H
#define UMBRA_HV_EMULATE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Intel SDM vol. 3, 6.15, #GP: a longer instruction faults, whatever it is. */
#define DECODE_MAX_LENGTH 15u

enum decode_status {
	DECODE_DONE,
	DECODE_MORE,	/* ends behind the bytes given: try again with more of them */
	DECODE_UNKNOWN, /* not one of the instructions looked for, or not valid */
};

enum decode_op {
	OP_CLI,
	OP_STI,
	OP_HLT,
	OP_IN,	 /* eax, ax or al from the port */
	OP_OUT,
	OP_INS,	 /* to es:edi from the port dx */
	OP_OUTS, /* from segment:esi */
	OP_RDMSR,
	OP_WRMSR,
	OP_READ_DR, /* a debug register to gpr */
	OP_WRITE_DR,
	OP_VMCALL,
	OP_VMMCALL,
	OP_COUNT
};

/* Only the fields that the op has are meaningful; the others are 0. */
struct decoded {
	enum decode_op op;
	uint8_t length;		/* bytes, prefixes and all: 1..15 */
	uint8_t width;		/* of the port access: 1, 2 or 4 bytes */
	bool port_is_dx;	/* in, out: the port is in dx, else in port */
	uint8_t port;
	uint8_t gpr;		/* 0..7 for eax, ecx, edx, ebx, esp, ebp, esi, edi */
	uint8_t special;	/* mov of a debug register: its number, 0..7 */
};

/*
 * Decodes the instruction at bytes, of which available (0 or more) can be
 * read; more than 15 are never looked at.  *decoded is filled for DECODE_DONE.
 */
enum decode_status decode_privileged(const uint8_t *bytes, size_t available,
				     struct decoded *decoded);

/* A move between memory, whose address the fault gave, and a register or a constant. */
struct decoded_move {
	uint8_t length;		/* bytes, prefixes and all: 1..15 */
	bool write;		/* to memory, else from it */
	bool immediate;		/* value is written, else register reg */
	uint8_t width;		/* of the memory access: 1, 2 or 4 bytes */
	uint8_t reg_width;	/* of the register: more than width for movzx and movsx */
	bool sign_extend;	/* movsx; else the value is extended with zeroes */
	uint8_t reg;		/* 0..7; of reg_width 1, 4..7 are ah, ch, dh, bh */
	uint32_t value;
};

/* As decode_privileged, for mov, movzx and movsx with a memory operand. */
enum decode_status decode_move(const uint8_t *bytes, size_t available, struct decoded_move *move);

#endif
