/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's registers as a debugger sees them: those of the CPU, of the FPU, and what else belongs
 * to the state of a virtual CPU.  On the guest's home CPU.
 */
#ifndef UMBRA_HV_DEBUG_DEBUG_STATE_H
#define UMBRA_HV_DEBUG_DEBUG_STATE_H

#include "hv/debug/debug.h"

#define DEBUG_REGISTER_MAX 16u		/* bytes */

/* The numbers of registers that others name. */
enum {
	DEBUG_ESP = 4, DEBUG_EBP = 5, DEBUG_EIP = 8, DEBUG_EFLAGS = 9, DEBUG_CS = 10,
	DEBUG_GENERAL_COUNT = 16,	/* from 0 on: eax to edi, eip, eflags, the segments */
	DEBUG_X87_COUNT = 16,
	DEBUG_SSE_COUNT = 9,
	DEBUG_SYSTEM_COUNT = 18,
	DEBUG_FIRST_SSE = DEBUG_GENERAL_COUNT + DEBUG_X87_COUNT,
	DEBUG_FIRST_SYSTEM = DEBUG_FIRST_SSE + DEBUG_SSE_COUNT,
	DEBUG_REGISTER_COUNT = DEBUG_FIRST_SYSTEM + DEBUG_SYSTEM_COUNT,
};

/* What a register is; type is a name of GDB's ("Predefined Target Types", appendix G.3). */
struct debug_register {
	const char *name, *type;
	uint8_t size;			/* bytes */
};

/* number is below DEBUG_REGISTER_COUNT. */
const struct debug_register *debug_register(unsigned number);

/* Copies the value, lowest byte first.  The guest has registers (debug_has_registers). */
void debug_register_read(struct guest *guest, unsigned number, uint8_t bytes[DEBUG_REGISTER_MAX]);

/*
 * Sets it.  False, and nothing happens, for a value with which the guest could not run or that is
 * not the guest's to have, and for registers that cannot be set.
 */
bool debug_register_write(struct guest *guest, unsigned number,
			  const uint8_t bytes[DEBUG_REGISTER_MAX]);

#endif
