// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by a program on the memory of its own kernel, and by where its stack is when it is left:
 * pages of the kernel's and of Umbra's, touched in every way, and esp anywhere among them.
 */
#include "guest/hostile/attack.h"
#include "guest/hostile/program.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/timer.h"

#define IMAGE_START (GUEST_KERNEL_BASE + 0x100000u) /* guest.ld */
#define TICK_NS 20000u
#define FETCH 0x10u /* in the error code where there is NX */

/* --- memory --------------------------------------------------------------------------------- */

/*
 * How well the fault is known. QEMU's TCG reads before it writes, where a CPU asks for both at
 * once, and it takes the frame of an `iret` with the rights of a kernel: what the program gets
 * then depends on what stands there.
 */
enum known { EXACTLY, BUT_FOR_WRITE, THAT_IT_FAULTS };

/* Ways to touch the word at ebx. */
struct access {
	const char *name;
	enum known known;
	uint32_t error;
	uint32_t offset; /* of the instruction that faults; OWN_EIP: it has arrived there */
	struct program_code code;
};

#define OWN_EIP 0xFFFFFFFFu

static const struct access accesses[] = {
	{"read", EXACTLY, 0, 0, {2, {0x8B, 0x0B}}},	/* mov ecx, [ebx] */
	{"write", EXACTLY, PAGE_FAULT_WRITE, 0, {2, {0x89, 0x0B}}},	/* mov [ebx], ecx */
	{"xchg", BUT_FOR_WRITE, PAGE_FAULT_WRITE, 0, {2, {0x87, 0x0B}}},
	{"lock inc", BUT_FOR_WRITE, PAGE_FAULT_WRITE, 0, {3, {0xF0, 0xFF, 0x03}}},
	{"lock bts", BUT_FOR_WRITE, PAGE_FAULT_WRITE, 0, {5, {0xF0, 0x0F, 0xBA, 0x2B, 0x03}}},
	{"lock cmpxchg8b", BUT_FOR_WRITE, PAGE_FAULT_WRITE, 0, {4, {0xF0, 0x0F, 0xC7, 0x0B}}},
	{"stosd", EXACTLY, PAGE_FAULT_WRITE, 2, {3, {0x89, 0xDF, 0xAB}}},	/* mov edi, ebx */
	{"lodsd", EXACTLY, 0, 2, {3, {0x89, 0xDE, 0xAD}}},	/* mov esi, ebx */
	/* lea esp, [ebx + 4]; push eax */
	{"push", EXACTLY, PAGE_FAULT_WRITE, 3, {4, {0x8D, 0x63, 0x04, 0x50}}},
	{"pop", EXACTLY, 0, 2, {3, {0x89, 0xDC, 0x58}}},	/* mov esp, ebx */
	{"call on it", EXACTLY, PAGE_FAULT_WRITE, 3, {8, {0x8D, 0x63, 0x04, 0xE8, 0, 0, 0, 0}}},
	{"iret from it", THAT_IT_FAULTS, 0, 2, {3, {0x89, 0xDC, 0xCF}}},
	{"sgdt", EXACTLY, PAGE_FAULT_WRITE, 0, {3, {0x0F, 0x01, 0x03}}},
	{"sidt", EXACTLY, PAGE_FAULT_WRITE, 0, {3, {0x0F, 0x01, 0x0B}}},
	{"str", EXACTLY, PAGE_FAULT_WRITE, 0, {3, {0x0F, 0x00, 0x0B}}},
	{"smsw", EXACTLY, PAGE_FAULT_WRITE, 0, {3, {0x0F, 0x01, 0x23}}},
	{"jump", EXACTLY, 0, OWN_EIP, {2, {0xFF, 0xE3}}},
	{"call", EXACTLY, 0, OWN_EIP, {2, {0xFF, 0xD3}}},
};

static uint32_t idt_address(void)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) table;

	__asm__ volatile("sidt %0" : "=m"(table));
	return table.base;
}

static void try_access(const struct access *access, uint32_t address, uint32_t present)
{
	uint32_t error = access->error | PAGE_FAULT_USER | present;
	struct trap_frame frame;
	struct fault fault;

	program_prepare(&frame);
	frame.ebx = address;
	fault = program_run(&access->code, &frame);
	if (access->known == THAT_IT_FAULTS) {
		if (fault.vector == FAULT_NONE)
			attack_fail("%s 0x%x went through", access->name, address);
		return;
	}
	if (access->known == BUT_FOR_WRITE)
		fault.error |= PAGE_FAULT_WRITE;
	if (access->offset == OWN_EIP)
		fault.error &= ~FETCH;
	program_expect(access->name, address, fault, TRAP_PAGE, error,
		       access->offset == OWN_EIP ? address - USER_TEST : access->offset);
	if (fault.cr2 != address)
		attack_fail("%s 0x%x: cr2 is 0x%x", access->name, address, fault.cr2);
}

/* present: whether the kernel's own tables have the page, which is what the error code tells of. */
static void try_accesses(uint32_t address, uint32_t present)
{
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
		try_access(&accesses[i], address, present);
}

ATTACK(program_memory, "program-memory", SURVIVES)
{
	program_open();
	const uint32_t kernel[] = {
		GUEST_KERNEL_BASE,
		IMAGE_START,
		program_canary(),
		user_trap_stack() - 64,
		(uint32_t)(uintptr_t)&lguest_data,
		(uint32_t)(uintptr_t)virt_of(paging_kernel_space()),
		WINDOW_DEVICES,
	};
	const uint32_t others[] = {WINDOW_TEST, idt_address(), idt_address() & PAGE_MASK,
				    0 - lguest_data.common.reserve_mem, 0xFFFFFFF0};

	for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
		try_accesses(kernel[i], PAGE_FAULT_PRESENT);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		try_accesses(others[i], 0);
	program_close();
}

/* --- stacks --------------------------------------------------------------------------------- */

/* Whatever esp is when ring 3 is left, the kernel's stack is where SET_STACK has it. */
ATTACK(program_stacks, "program-stacks", SURVIVES)
{
	static const struct {
		const char *name;
		uint32_t vector, error, offset;
		struct program_code code;
	} ways[] = {
		{"system call", FAULT_NONE, 0, 0, {0, {0}}},
		{"breakpoint", TRAP_BREAKPOINT, 0, 1, {1, {0xCC}}},
		{"ud2", TRAP_INVALID_OPCODE, 0, 0, {2, {0x0F, 0x0B}}},
		{"hypercall", TRAP_PROTECTION, VECTOR_ERROR(LGUEST_HYPERCALL_VECTOR), 0,
		 {2, {0xCD, LGUEST_HYPERCALL_VECTOR}}},
		{"privileged", TRAP_PROTECTION, 0, 0, {1, {0xFA}}},
		/* mov ecx, 20000; dec ecx; jnz: a machine's interrupt, and the timer's */
		{"interrupt", FAULT_NONE, 0, 0,
		 {8, {0xB9, 0x20, 0x4E, 0, 0, 0x49, 0x75, 0xFD}}},
	};

	program_open();
	const uint32_t stacks[] = {
		program_canary(),
		program_canary() - 2,
		program_canary() + PAGE_SIZE,
		IMAGE_START + 64,
		user_trap_stack(),
		user_trap_stack() - sizeof(struct trap_frame) + 8,
		(uint32_t)(uintptr_t)&lguest_data + 64,
		idt_address() + 64,
		(idt_address() & PAGE_MASK) + PAGE_SIZE,
		GUEST_KERNEL_BASE,
		0,
		2,
		0xFFFFFFFF,
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		for (size_t j = 0; j < ARRAY_SIZE(stacks); j++) {
			struct trap_frame frame;
			struct fault fault;

			program_prepare(&frame);
			frame.esp = stacks[j];
			timer_arm(TICK_NS);
			fault = program_run(&ways[i].code, &frame);
			program_expect(ways[i].name, stacks[j], fault, ways[i].vector,
				       ways[i].error, ways[i].offset);
			if (frame.esp != stacks[j] || frame.ss != LGUEST_SELECTOR_USER_DATA)
				attack_fail("%s: 0x%x:0x%x, not 0x%x", ways[i].name, frame.ss,
					    frame.esp, stacks[j]);
		}
	program_close();
}
