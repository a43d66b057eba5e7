// SPDX-License-Identifier: GPL-2.0-only
/*
 * Code whose last instruction ends exactly where its segment does. Behind it the instruction
 * pointer is outside of the segment, and an interrupt or NMI that comes there leaves a frame that
 * no `iret` can return by. What has a fault to get is whoever runs there, by every kind of code
 * segment: of the GDT and of the TLS entries, for 16 and 32 bits, with a limit in bytes and in
 * pages, conforming or not. QEMU's TCG does not look at the limit: what stands behind it there
 * faults as well.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/user.h"

#include <stddef.h>

#define GDT_FIRST 20u
#define GDT_COUNT 5u
#define SEGMENTS (GDT_COUNT + LGUEST_GDT_TLS_COUNT)

/* Bits of a descriptor's upper half, SDM vol. 3, 3.4.5. */
#define CODE_SEGMENT 0x00009B00u	/* present, code, readable, accessed */
#define CONFORMING 0x00000400u
#define BITS_32 0x00400000u
#define LIMIT_IN_PAGES 0x00800000u
#define DPL(ring) ((ring) << 13)

#define RUN_UP 64u	/* nops before the last instruction: each round begins elsewhere */
#define TICK_NS 30000u

struct descriptor {
	uint32_t low, high;
};

/* Of trap.asm: the iret by which a kernel of ours goes back to what was interrupted. */
extern const char noirq_iret[];
#define IRETS_MAX 200u	/* each that fails in ring 1 leaves its frame on the stack */

static uint8_t code[2 * PAGE_SIZE] __attribute__((aligned(4096)));
static uint32_t base;		/* where the segments begin that have a base */
static uint32_t ring;
static uint32_t rounds, irets, back, lost;

static struct descriptor descriptor(uint32_t start, uint32_t limit, uint32_t bits)
{
	return (struct descriptor){
		(limit & 0xFFFF) | start << 16,
		(start >> 16 & 0xFF) | bits | CODE_SEGMENT | DPL(ring) | (limit & 0xF0000) |
			(start & 0xFF000000),
	};
}

/* The first page of the code is inside, the second one is not; each in another way. */
static struct descriptor edge(uint32_t number)
{
	switch (number % 6) {
	case 0:
		return descriptor(base, PAGE_SIZE - 1, BITS_32);
	case 1:
		return descriptor(base, 0, BITS_32 | LIMIT_IN_PAGES);
	case 2:
		return descriptor(base, PAGE_SIZE - 1, 0);
	case 3:
		return descriptor(base, 0, LIMIT_IN_PAGES);
	case 4:
		return descriptor(base, PAGE_SIZE - 1, BITS_32 | CONFORMING);
	default:
		return descriptor(0, base / PAGE_SIZE, BITS_32 | LIMIT_IN_PAGES);
	}
}

/* The TLS entries get other kinds each time. */
static void load_segments(uint32_t first)
{
	static struct descriptor tls[LGUEST_GDT_TLS_COUNT];

	for (uint32_t i = 0; i < GDT_COUNT; i++) {
		struct descriptor entry = edge(i);

		hypercall(LGUEST_LOAD_GDT_ENTRY, GDT_FIRST + i, entry.low, entry.high, 0);
	}
	for (uint32_t i = 0; i < LGUEST_GDT_TLS_COUNT; i++)
		tls[i] = edge(first + i);
	hypercall(LGUEST_LOAD_TLS, phys_of(tls), 0, 0, 0);
}

static uint32_t selector(uint32_t number)
{
	uint32_t index = number < GDT_COUNT ? GDT_FIRST + number
					    : LGUEST_GDT_TLS_FIRST + number - GDT_COUNT;

	return index << 3 | ring;
}

/* The offset of base in the segment. */
static uint32_t offset_in(uint32_t number, uint32_t first_tls)
{
	uint32_t kind = number < GDT_COUNT ? number : first_tls + number - GDT_COUNT;

	return kind % 6 == 5 ? base : 0;
}

/* rdtsc takes long enough that an interrupt comes meanwhile. Behind the limit: int 0x50. */
static void write_code(uint8_t *at)
{
	static const uint8_t last[] = {0x0F, 0x31}, behind[] = {0xCD, 0x50};

	memset(at, 0x90, 2 * PAGE_SIZE);
	memcpy(at + PAGE_SIZE - sizeof(last), last, sizeof(last));
	memcpy(at + PAGE_SIZE, behind, sizeof(behind));
	compiler_barrier();
}

/* Sends the frame into the next segment, a little before its end. */
static void next_round(struct trap_frame *frame)
{
	uint32_t number = rounds % SEGMENTS, first_tls = rounds / SEGMENTS % 6;

	if (number == 0)
		load_segments(first_tls);
	if (rounds % 16 == 0)
		timer_arm(TICK_NS);
	rounds++;
	frame->cs = selector(number);
	frame->eip = offset_in(number, first_tls) + PAGE_SIZE - 2 - rounds * 7 % RUN_UP;
}

/* Behind the limit, by the fetch, by Umbra, or by the kernel's own iret. */
static bool take_fault(struct trap_frame *frame)
{
	bool is_iret = ring == LGUEST_GUEST_RING && frame->eip == (uint32_t)(uintptr_t)noirq_iret;
	bool is_ours = is_iret;

	for (uint32_t i = 0; i < SEGMENTS; i++)
		is_ours |= frame->cs == selector(i);
	if (!is_ours)
		return false;
	if (is_iret)
		irets++;
	else if ((frame->eip & (PAGE_SIZE - 1)) != 0)
		lost = frame->eip;
	if (!attack_over() && lost == 0 && irets < IRETS_MAX) {
		next_round(frame);
		return true;
	}
	if (ring == LGUEST_GUEST_RING) {
		frame->cs = LGUEST_SELECTOR_KERNEL_CODE;
		frame->eip = back;
	} else {
		frame->cs = LGUEST_SELECTOR_USER_CODE;
		frame->eip = user_address(user_nothing);
	}
	return true;
}

static void judge(void)
{
	if (lost != 0)
		attack_fail("a fault at 0x%x, not at the end", lost);
	else if (rounds < SEGMENTS)
		attack_fail("%u rounds", rounds);
	print("cs-edge: %u rounds, %u by an iret that failed\n", rounds, irets);
}

ATTACK(cs_edge_kernel, "cs-edge-kernel", SURVIVES)
{
	struct trap_frame frame;

	ring = LGUEST_GUEST_RING;
	base = (uint32_t)(uintptr_t)code;
	write_code(code);
	trap_set_handler(TRAP_PROTECTION, take_fault);
	next_round(&frame);
	__asm__ volatile("movl $1f, %0\n\tpushl %1\n\tpushl %2\n\tlret\n1:"
			 : "=m"(back)
			 : "r"(frame.cs), "r"(frame.eip)
			 : "memory", "eax", "edx", "cc");
	judge();
}

/* The kernel's iret back into it may fault, too: then the next round begins. */
ATTACK(cs_edge_user, "cs-edge-user", SURVIVES)
{
	uint32_t first = page_alloc(), second = page_alloc();
	struct trap_frame frame;

	ring = 3;
	base = USER_TEST;
	write_code(code);
	memcpy(virt_of(first), code, PAGE_SIZE);
	memcpy(virt_of(second), code + PAGE_SIZE, PAGE_SIZE);
	paging_set(paging_kernel_space(), base, first | PTE_USER_DATA);
	paging_set(paging_kernel_space(), base + PAGE_SIZE, second | PTE_USER_DATA);
	trap_set_handler(TRAP_PROTECTION, take_fault);
	do {
		user_prepare(&frame, user_nothing);
		next_round(&frame);
		(void)user_run(&frame);
	} while (!attack_over());
	judge();
}
