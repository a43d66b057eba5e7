// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by virtual-8086 mode. A CPU lets no ring but 0 enter it: `iret` of ring 1 or 3 ignores
 * VM, and finds that the selectors of the frame are none. QEMU's TCG enters it from every ring, and
 * then each way out of a guest has another frame than elsewhere. Either way the guest must get a
 * protection fault, whatever ended its turn, and nobody else may notice.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/user.h"

#include <stddef.h>

/* Of vm86.asm. */
extern const char user_iret_vm86[];
uint32_t kernel_iret_vm86(uint32_t frame);

/* Where the code lies for that mode: its segments, taken for selectors, name different rings. */
static const uint32_t segments[] = {0x1000, 0x1001, 0x1003};
#define CODE_PAGE 0x10000u
/* The machine wants something by then, even if nobody else is on this CPU. */
#define INTERRUPT_NS 200000u
#define STACK_OFFSET 0x800u

/* What the code does, and so how the guest is left. */
struct way_out {
	const char *name;
	uint8_t code[12];
	uint32_t flags;
};

/*
 * mov ecx, 0x100000; dec ecx; jnz; hlt: up to an interrupt, for which it is long enough.  It has an
 * end, since the interrupt may come too early: on a CPU that nobody else uses no other follows.
 */
#define LOOP {0x66, 0xB9, 0x00, 0x00, 0x10, 0x00, 0x66, 0x49, 0x75, 0xFC, 0xF4}

static const struct way_out endless = {"no interrupt", {0xEB, 0xFE}, 0};	/* jmp $ */

static const struct way_out ways_out[] = {
	{"interrupt", LOOP, 0},
	{"ud2", {0x0F, 0x0B}, 0},
	{"hlt", {0xF4}, 0},
	{"int3", {0xCC}, 0},
	{"icebp", {0xF1}, 0},
	{"divide", {0x31, 0xC9, 0xF7, 0xF1}, 0},		/* xor cx, cx; div cx */
	{"page", {0xA1, 0x00, 0xF0}, 0},			/* mov ax, [0xF000] */
	{"system call", {0xCD, 0x80}, 0},
	{"hypercall", {0xCD, 0x1F}, 0},
	{"timer's vector", {0xCD, 0xEF}, 0},
	{"nmi's vector", {0xCD, 0x02}, 0},
	{"fpu", {0xDB, 0xE3}, 0},				/* fninit */
	{"port", {0xE4, 0x80}, 0},				/* in al, 0x80 */
	{"step", {0x90, 0x90}, EFLAGS_TF},
	{"step to interrupt", LOOP, EFLAGS_TF},
	{"iret", {0xCF}, 0},
	{"alignment", LOOP, EFLAGS_AC},
	{"nested task", {0xCF}, EFLAGS_NT},
};

static void put_code(const uint8_t *code, size_t size)
{
	static uint8_t *page;

	if (page == NULL) {
		uint32_t frame = page_alloc();

		page = virt_of(frame);
		paging_set(paging_kernel_space(), CODE_PAGE, frame | PTE_USER_DATA);
		/* The first fetch must find it mapped. */
		(void)user_call(user_read, CODE_PAGE, 0, NULL);
	}
	/* For each of the segments. */
	for (uint32_t base = 0; base <= 0x30; base += 0x10)
		memcpy(page + base, code, size);
	compiler_barrier();
}

static struct fault enter(bool from_user, uint32_t segment, uint32_t flags)
{
	uint32_t words[] = {0, flags | EFLAGS_VM | EFLAGS_FIXED, segment, STACK_OFFSET};
	struct trap_frame frame;

	if (!from_user)
		return fault_in(kernel_iret_vm86, (uint32_t)(uintptr_t)words, NULL);
	user_prepare(&frame, user_iret_vm86);
	frame.ebx = words[0];
	frame.ecx = words[1];
	frame.edx = words[2];
	frame.esi = words[3];
	return user_run(&frame);
}

static void try_way(const struct way_out *way, bool from_user, uint32_t segment, uint32_t flags)
{
	struct fault fault;

	put_code(way->code, sizeof(way->code));
	timer_arm(INTERRUPT_NS);
	fault = enter(from_user, segment, way->flags | flags);
	if (fault.vector != TRAP_PROTECTION)
		attack_fail("ring %u, segment %x, flags %x: %s ended as vector %u",
			    from_user ? 3 : 1, segment, flags, way->name, fault.vector);
}

static void try_all(bool from_user)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways_out); i++)
		for (size_t j = 0; j < ARRAY_SIZE(segments); j++) {
			try_way(&ways_out[i], from_user, segments[j], EFLAGS_IF);
			try_way(&ways_out[i], from_user, segments[j], EFLAGS_IF | EFLAGS_IOPL);
		}
}

ATTACK(vm86_user, "vm86-user", SURVIVES)
{
	try_all(true);
}

ATTACK(vm86_kernel, "vm86-kernel", SURVIVES)
{
	try_all(false);
}

/* Without an end: every interrupt of the machine comes in there. */
ATTACK(vm86_storm, "vm86-storm", SURVIVES)
{
	while (!attack_over())
		try_way(&ways_out[0], true, segments[0], EFLAGS_IF | EFLAGS_IOPL);
}

/*
 * Interrupts off in that mode. With the word spin nothing but an NMI brings the guest out where the
 * mode can be entered; then Umbra needs watchdog=.
 */
ATTACK(vm86_silent, "vm86-silent", SURVIVES)
{
	if (machine_has_word("spin")) {
		try_way(&endless, true, segments[0], 0);
		try_way(&endless, false, segments[0], EFLAGS_IOPL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ways_out); i++) {
		try_way(&ways_out[i], true, segments[0], 0);
		try_way(&ways_out[i], false, segments[0], EFLAGS_IOPL);
	}
}

static uint32_t flags_in_handler;

static bool note_flags(struct trap_frame *frame)
{
	__asm__ volatile("pushfl\n\tpopl %0" : "=r"(flags_in_handler));
	(void)frame;
	return false;
}

/*
 * IOPL comes along through a gate: with it a kernel, and later each of its programs, would have the
 * machine's ports, and could turn interrupts off. A gate that leads straight into the kernel is
 * the one for system calls.
 */
ATTACK(vm86_privilege, "vm86-privilege", SURVIVES)
{
	const struct way_out call = {"system call", {0xCD, 0x80}, 0};

	trap_set_handler(TRAP_SYSTEM_CALL, note_flags);
	put_code(call.code, sizeof(call.code));
	(void)enter(true, segments[2], EFLAGS_IF | EFLAGS_IOPL);
	if (flags_in_handler & EFLAGS_IOPL)
		attack_fail("ring 1 has eflags 0x%x", flags_in_handler);
	(void)enter(true, segments[2], EFLAGS_IOPL);
	if (flags_in_handler != 0 && !(flags_in_handler & EFLAGS_IF))
		attack_fail("ring 1 has eflags 0x%x: interrupts are off", flags_in_handler);
}
