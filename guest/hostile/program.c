// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by a program on its own kernel, by its flags and single steps. A kernel of ring 1 is
 * protected from ring 3 by nothing but what Umbra makes of its tables, gates and stacks: each trap
 * must be the one that a CPU without Umbra would raise, and no byte may have changed.
 * Owns the code page and the canary of all files program*.c.
 */
#include "guest/hostile/program.h"

#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#define CANARY 0xCAu
#define CANARY_PAGES 2u
#define IMAGE_START (GUEST_KERNEL_BASE + 0x100000u) /* guest.ld */
#define TICK_NS 20000u

/* xor eax, eax; int 0x80 */
static const uint8_t leave[] = {0x31, 0xC0, 0xCD, 0x80};

static uint8_t canary[CANARY_PAGES * PAGE_SIZE] __attribute__((aligned(4096)));
static uint8_t *page;
static uint32_t sum;

/* Code and constants, which nothing changes while the kernel runs. */
static uint32_t image_sum(void)
{
	uint32_t value = 0;

	for (const uint32_t *at = (const uint32_t *)IMAGE_START; at < (const uint32_t *)user_end;
	     at++)
		value = (value << 1 | value >> 31) ^ *at;
	return value;
}

void program_open(void)
{
	uint32_t frame = page_alloc();

	page = virt_of(frame);
	paging_set(paging_kernel_space(), USER_TEST, frame | PTE_USER_DATA);
	memset(canary, CANARY, sizeof(canary));
	sum = image_sum();
}

uint32_t program_canary(void)
{
	return (uint32_t)(uintptr_t)canary + PAGE_SIZE;
}

void program_prepare(struct trap_frame *frame)
{
	user_prepare(frame, user_nothing);
	frame->eip = USER_TEST;
}

struct fault program_run(const struct program_code *code, struct trap_frame *frame)
{
	struct fault fault;

	memcpy(page, code->at, code->length);
	memcpy(page + code->length, leave, sizeof(leave));
	compiler_barrier();
	fault = user_run(frame);
	for (size_t i = 0; i < sizeof(canary); i += sizeof(uint32_t))
		if (*(const uint32_t *)(const void *)(canary + i) != CANARY * 0x01010101u)
			attack_fail("offset 0x%x of the canary has changed", (uint32_t)i);
	return fault;
}

void program_expect(const char *what, uint32_t with, struct fault fault, uint32_t vector,
		    uint32_t error, uint32_t offset)
{
	bool good = vector == FAULT_NONE
			    ? fault.vector == FAULT_NONE
			    : fault_is(fault, vector, error) && fault.eip == USER_TEST + offset;

	if (!good)
		attack_fail("%s 0x%x: vector %u error 0x%x eip 0x%x, not %u 0x%x", what, with,
			    fault.vector, fault.error, fault.eip, vector, error);
}

void program_close(void)
{
	if (image_sum() != sum)
		attack_fail("the kernel's code has changed");
}

/* --- flags ---------------------------------------------------------------------------------- */

/* push the flags; popf.  And as iret takes them, whose eip is behind it. */
static const struct program_code pop_flags = {2, {0x50, 0x9D}};
static const struct program_code iret_flags = {
	9, {0x50, 0x6A, LGUEST_SELECTOR_USER_CODE, 0x68, 9, 0, 0, USER_TEST >> 24, 0xCF}
};

static void try_flags(const char *name, const struct program_code *code, uint32_t flags)
{
	struct trap_frame frame;
	struct fault fault;
	bool steps = (flags & EFLAGS_TF) != 0;

	program_prepare(&frame);
	frame.eax = flags;
	fault = program_run(code, &frame);
	/* The step ends behind the `xor` that follows. */
	program_expect(name, flags, fault, steps ? TRAP_DEBUG : FAULT_NONE, 0, code->length + 2u);
	if ((frame.eflags & (EFLAGS_IOPL | EFLAGS_VM | EFLAGS_IF)) != EFLAGS_IF)
		attack_fail("%s 0x%x: ring 3 has eflags 0x%x", name, flags, frame.eflags);
}

/* Each bit alone, with interrupts on and off, and all that are privileged together. */
ATTACK(program_flags, "program-flags", SURVIVES)
{
	program_open();
	for (uint32_t bit = 0; bit < 32; bit++) {
		uint32_t flags = 1u << bit | EFLAGS_FIXED;

		try_flags("popf", &pop_flags, flags);
		try_flags("popf", &pop_flags, flags | EFLAGS_IF | EFLAGS_IOPL);
		if (1u << bit == EFLAGS_VM)
			continue; /* vm86.c */
		try_flags("iret", &iret_flags, flags);
		try_flags("iret", &iret_flags, flags | EFLAGS_IF | EFLAGS_IOPL);
	}
	program_close();
}

/* --- single steps --------------------------------------------------------------------------- */

static uint32_t calls;

static bool note_call(struct trap_frame *frame)
{
	calls++;
	return frame->eax != USER_CALL_EXIT;
}

/* A step that ends in the kernel would be its own fault, which it has no one to tell of. */
static bool check_step(struct trap_frame *frame)
{
	if (!trap_from_user(frame))
		attack_fail("a step ended in ring 1, at 0x%x", frame->eip);
	return true;
}

ATTACK(program_steps, "program-steps", SURVIVES)
{
	/* push eax; popf; mov al, 1; the way into the kernel, which begins at offset 4. */
	static const struct {
		const char *name;
		uint32_t vector, error, offset;
		struct program_code code;
	} ways[] = {
		{"system call", FAULT_NONE, 0, 0, {6, {0x50, 0x9D, 0xB0, 1, 0xCD, 0x80}}},
		{"breakpoint", TRAP_BREAKPOINT, 0, 5, {5, {0x50, 0x9D, 0xB0, 1, 0xCC}}},
		{"int 3", TRAP_BREAKPOINT, 0, 6, {6, {0x50, 0x9D, 0xB0, 1, 0xCD, 3}}},
		{"ud2", TRAP_INVALID_OPCODE, 0, 4, {6, {0x50, 0x9D, 0xB0, 1, 0x0F, 0x0B}}},
		{"hypercall", TRAP_PROTECTION, VECTOR_ERROR(LGUEST_HYPERCALL_VECTOR), 4,
		 {6, {0x50, 0x9D, 0xB0, 1, 0xCD, LGUEST_HYPERCALL_VECTOR}}},
		{"privileged", TRAP_PROTECTION, 0, 4, {5, {0x50, 0x9D, 0xB0, 1, 0xF4}}},
		{"page fault", TRAP_PAGE, PAGE_FAULT_USER | PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE,
		  4,
		 {6, {0x50, 0x9D, 0xB0, 1, 0x89, 0x0B}}},
	};

	program_open();
	trap_set_handler(TRAP_DEBUG, check_step);
	trap_set_handler(TRAP_SYSTEM_CALL, note_call);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct trap_frame frame;
		struct fault fault;

		program_prepare(&frame);
		frame.eax = EFLAGS_FIXED | EFLAGS_TF;
		frame.ebx = program_canary();
		calls = 0;
		timer_arm(TICK_NS);
		fault = program_run(&ways[i].code, &frame);
		program_expect(ways[i].name, i, fault, ways[i].vector, ways[i].error,
			       ways[i].offset);
		if (calls != (ways[i].vector == FAULT_NONE ? 2 : 0))
			attack_fail("%s: %u calls", ways[i].name, calls);
	}
	program_close();
}
