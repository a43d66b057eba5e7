// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by segments that no kernel has: stacks of 16 bits and those that expand down, ring 2,
 * descriptors that change while they are in use, and several for the same memory. Each is used over
 * exits of every kind; what becomes of the guest is its own affair, but never the wrong ring.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/user.h"

#include <stddef.h>

#define ENTRY 20u
#define SECOND_ENTRY 21u
#define SEGMENT_TYPES 16u
#define FLAT_LIMIT 0xFFFFu
#define TICK_NS 20000u

/* Bits of a descriptor's upper half, SDM vol. 3, 3.4.5. */
#define PRESENT_SEGMENT 0x00009000u
#define TYPE(type) ((type) << 8)
#define DPL(ring) ((ring) << 13)
#define FLAT_CODE TYPE(0xBu)
#define FLAT_DATA TYPE(0x3u)
#define LIMIT_HIGH 0x000F0000u

static void load(uint32_t entry, uint32_t low, uint32_t high)
{
	hypercall(LGUEST_LOAD_GDT_ENTRY, entry, low, high, 0);
}

/* A program on that stack, over a system call, a page fault, an interrupt. */
static void use_stack(uint32_t selector, uint32_t esp)
{
	static const char *const ways[] = {user_nothing, user_read, user_spin};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct trap_frame frame;

		user_prepare(&frame, ways[i]);
		frame.ss = frame.ds = frame.es = frame.fs = frame.gs = selector;
		frame.esp = esp;
		frame.ecx = 20000;
		timer_arm(TICK_NS);
		(void)user_run(&frame);
		if ((frame.cs & 3) != 3)
			attack_fail("ring 3 was left with cs 0x%x", frame.cs);
	}
}

/* Every type of segment, of 16 and 32 bits, with limits in bytes and in pages, small and large. */
ATTACK(stack_kinds, "stack-kinds", SURVIVES)
{
	static const uint32_t limits[] = {0, 0xFFF, 0xFFFF, 0xFFFFF};
	static const uint32_t pointers[] = {0, 2, 0x1000, 0x10000, USER_STACK_TOP, 0xFFFFFFFE};

	for (uint32_t kind = 0; kind < SEGMENT_TYPES * 4; kind++)
		for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
			uint32_t sizes = (kind / SEGMENT_TYPES) << 22;	/* D/B and G */

			load(ENTRY, limits[i] & 0xFFFF,
			     PRESENT_SEGMENT | TYPE(kind % SEGMENT_TYPES) | DPL(3u) | sizes |
				     (limits[i] & LIMIT_HIGH));
			use_stack(ENTRY << 3 | 3, pointers[(kind + i) % ARRAY_SIZE(pointers)]);
		}
}

static uint32_t go_to(uint32_t selectors)
{
	/* ss esp eflags cs eip: as an iret to an outer ring has it. */
	__asm__ volatile("pushl %0\n\tpushl %%esp\n\tpushfl\n\tpushl %1\n\tpushl $1f\n\tiretl\n"
			 "1:\tmovl %%cs, %%eax\n\tint $0x1F"
			 :
			 : "r"(selectors >> 16), "r"(selectors & 0xFFFF)
			 : "memory", "eax");
	return 0;
}

/* Descriptors of privilege 2, and conforming code, which takes the ring of whoever comes. */
ATTACK(ring_two, "ring-two", SURVIVES)
{
	static const uint32_t codes[] = {0xB, 0xF, 0x9, 0xD};

	load(SECOND_ENTRY, FLAT_LIMIT, 0x00CF0000 | PRESENT_SEGMENT | FLAT_DATA | DPL(2u));
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		for (uint32_t dpl = 0; dpl < 4; dpl++) {
			struct fault fault;

			load(ENTRY, FLAT_LIMIT,
			     0x00CF0000 | PRESENT_SEGMENT | TYPE(codes[i]) | DPL(dpl));
			fault = fault_in(go_to, (SECOND_ENTRY << 3 | 2) << 16 | ENTRY << 3 | 2,
					 NULL);
			if (fault.vector == FAULT_NONE || fault.error == 0)
				attack_fail("code type 0x%x dpl %u: vector %u error 0x%x", codes[i],
					    dpl, fault.vector, fault.error);
		}
}

/* A program's segments change under it, between one exit and the next. */
static uint32_t changes;

static bool change(struct trap_frame *frame)
{
	static const uint32_t uppers[] = {
		0x00CF0000 | PRESENT_SEGMENT | FLAT_DATA | DPL(3u),	/* as it should be */
		0x00CF1000 | FLAT_DATA | DPL(3u),			/* not present */
		0x00CF0000 | PRESENT_SEGMENT | FLAT_CODE | DPL(3u),
		0x00CF0000 | PRESENT_SEGMENT | FLAT_DATA | DPL(1u),
		0x00CF0000 | PRESENT_SEGMENT | TYPE(0x1u) | DPL(3u),	/* read-only */
		0,
	};

	(void)frame;
	load(ENTRY, FLAT_LIMIT, uppers[changes++ % ARRAY_SIZE(uppers)]);
	return false;
}

ATTACK(segments_change, "segments-change", SURVIVES)
{
	trap_set_handler(TRAP_SYSTEM_CALL, change);
	trap_set_handler(TRAP_PAGE, change);
	trap_set_handler(TRAP_PROTECTION, change);
	for (uint32_t i = 0; i < 300; i++)
		use_stack(ENTRY << 3 | 3, USER_STACK_TOP);
	if (changes == 0)
		attack_fail("nothing trapped");
}
