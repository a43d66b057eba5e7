// SPDX-License-Identifier: GPL-2.0-only
/* The names of the exceptions for messages: readers need not look up the vector. */
#include "arch/cpu/exception_names.h"

#include "lib/compiler.h"

static const char *const names[32] = {
	[0] = "#DE, divide error", [1] = "#DB, debug", [2] = "NMI", [3] = "#BP, breakpoint",
	[4] = "#OF, overflow", [5] = "#BR, bound range exceeded", [6] = "#UD, invalid opcode",
	[7] = "#NM, no FPU", [8] = "#DF, double fault", [9] = "coprocessor segment overrun",
	[10] = "#TS, invalid TSS", [11] = "#NP, segment not present", [12] = "#SS, stack segment",
	[13] = "#GP, general protection", [14] = "#PF, page fault", [16] = "#MF, FPU error",
	[17] = "#AC, alignment check", [18] = "#MC, machine check", [19] = "#XM, SIMD error",
	[20] = "#VE, virtualization", [21] = "#CP, control protection",
};

const char *exception_name(unsigned vector)
{
	if (vector >= ARRAY_SIZE(names))
		return "interrupt";
	return names[vector] ? names[vector] : "reserved";
}
