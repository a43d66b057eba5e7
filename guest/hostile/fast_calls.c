// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that lead to ring 0 without a gate, or out of it. All of them have to fault, in ring
 * 1 and in ring 3, whatever firmware left in the registers that they use.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/string.h"
#include "guest/runtime/user.h"

#include <stddef.h>

static const struct {
	const char *name;
	uint8_t code[2];
} instructions[] = {
	{"syscall", {0x0F, 0x05}},
	{"sysret", {0x0F, 0x07}},
	{"sysenter", {0x0F, 0x34}},
	{"sysexit", {0x0F, 0x35}},
};

static uint32_t run_code(uint32_t address)
{
	__asm__ volatile("call *%0" : : "r"(address) : "memory", "eax", "ecx", "edx");
	return 0;
}

ATTACK(fast_calls, "fast-calls", SURVIVES)
{
	uint32_t frame = page_alloc();
	uint8_t *code = virt_of(frame);

	paging_set(paging_kernel_space(), USER_TEST, frame | PTE_USER_DATA);
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		struct fault fault;

		memcpy(code, instructions[i].code, 2);
		code[2] = 0xC3;		/* ret */
		compiler_barrier();
		fault = fault_in(run_code, (uint32_t)(uintptr_t)code, NULL);
		if (fault.vector != TRAP_INVALID_OPCODE && fault.vector != TRAP_PROTECTION)
			attack_fail("%s of ring 1 ended as vector %u", instructions[i].name,
				    fault.vector);
		fault = user_call(user_execute, USER_TEST, 0, NULL);
		if (fault.vector != TRAP_INVALID_OPCODE && fault.vector != TRAP_PROTECTION)
			attack_fail("%s of ring 3 ended as vector %u", instructions[i].name,
				    fault.vector);
	}
}
