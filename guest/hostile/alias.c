// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by frames and addresses that have two roles at once: a page table that
 * is also a stack, the ring of calls or what a device writes to, roots that are
 * each other's tables, and segments whose base wraps around to Umbra's pages.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/ring.h"
#include "guest/runtime/string.h"
#include "guest/runtime/user.h"
#include "guest/runtime/virtio.h"

#include <stddef.h>

#define SPACE paging_kernel_space()
#define PAGES 512u			/* that one page table maps, whatever its format */
#define ROUNDS 64u
#define FREE_ENTRY 20u
#define DATA_SEGMENT 0x00CFF300u	/* SDM vol. 3, 3.4.5: writable, ring 3, 4 GB in pages */
#define SWITCHER 0xFFE00000u		/* docs/protocol.md: above all that a guest may map */
#define MARK 0x5BA25Eu

static struct virtqueue queue;

static uint32_t read_word(uint32_t address)
{
	uint32_t value = 0;

	(void)fault_of("movl (%1), %0", "+r"(value) : "r"(address) : "memory");
	return value;
}

static void touch_all(void)
{
	for (uint32_t i = 0; i < PAGES; i++) {
		(void)read_word(USER_TEST + i * PAGE_SIZE);
		(void)fault_of("movl %0, (%1)", : "r"(i), "r"(USER_TEST + i * PAGE_SIZE)
			       : "memory");
	}
}

/* The frame becomes the page table of USER_TEST. */
static void use_as_table(uint32_t frame)
{
	paging_put(SPACE, USER_TEST, PAGING_DIRECTORY, frame | PTE_TABLE);
	paging_flush_all();
}

/* --- Stacks and rings in page tables ----------------------------------------------------- */

/* What is pushed on the way in from ring 3 goes over the entries that map the stack. */
ATTACK(alias_stack_table, "alias-stack-table", EITHER)
{
	uint32_t table = paging_table(SPACE, WINDOW_TEST, PAGING_PTE, true);

	paging_set(SPACE, WINDOW_TEST, table | PTE_KERNEL);
	hypercall(LGUEST_SET_STACK, LGUEST_SELECTOR_KERNEL_DATA, WINDOW_TEST + PAGE_SIZE, 1, 0);
	for (uint32_t i = 0; i < ROUNDS; i++)
		(void)user_call(user_nothing, i, 0, NULL);
}

/* The same where the very entry that maps the stack is what is pushed over. */
ATTACK(alias_stack_own_entry, "alias-stack-own-entry", EITHER)
{
	uint32_t table = paging_table(SPACE, WINDOW_TEST, PAGING_PTE, true);
	uint32_t last = WINDOW_TEST + (PAGES - 1) * PAGE_SIZE;

	paging_set(SPACE, last, table | PTE_KERNEL);
	hypercall(LGUEST_SET_STACK, LGUEST_SELECTOR_KERNEL_DATA, last + PAGE_SIZE, 1, 0);
	for (uint32_t i = 0; i < ROUNDS; i++)
		(void)user_call(user_nothing, i, 0, NULL);
}

/* Umbra marks entries accessed and dirty that are calls of the ring, while it carries them out. */
ATTACK(alias_ring_table, "alias-ring-table", EITHER)
{
	use_as_table(phys_of(&lguest_data) & PAGE_MASK);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < LGUEST_RING_SIZE; i++) {
			uint32_t address = USER_TEST + (attack_random() % PAGES) * PAGE_SIZE;

			(void)ring_queue(LGUEST_SET_PTE, SPACE, address,
					 (attack_random() & 0x7FF000) | PTE_USER_DATA, 0);
		}
		hypercall_flush_async();
		touch_all();
	}
}

/* The descriptors of LOAD_TLS and a text lie in a table in use, and change as it is walked. */
ATTACK(alias_arguments_table, "alias-arguments-table", EITHER)
{
	uint32_t table = paging_table(SPACE, USER_TEST, PAGING_PTE, true);

	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < PAGE_SIZE / 4; i++)
			((volatile uint32_t *)virt_of(table))[i] = attack_random() & 0x7FFFFF;
		hypercall(LGUEST_LOAD_TLS, table + (attack_random() % 1000) * 4, 0, 0, 0);
		hypercall(LGUEST_SET_PTE, SPACE, USER_TEST, table | PTE_USER_DATA, 0);
		touch_all();
	}
}

/* --- Devices that write to tables in use --------------------------------------------------- */

/* Random numbers over the frame, again and again, while its entries are used. */
static void let_device_write(uint32_t frame)
{
	struct virtio virtio;
	uint32_t id, length;

	if (!virtio_open(&virtio, LGUEST_DEVICE_ENTROPY) || !virtio_start(&virtio, 0, &queue, 1)) {
		attack_fail("no entropy device");
		return;
	}
	for (uint32_t round = 0; round < ROUNDS; round++) {
		virtqueue_offer(&queue, 0, frame, PAGE_SIZE, true);
		virtqueue_kick(&queue);
		touch_all();
		(void)virtqueue_take(&queue, &id, &length);
		if (round % 4 == 3)
			paging_flush_all();
	}
}

ATTACK(device_over_table, "device-over-table", EITHER)
{
	let_device_write(paging_table(SPACE, USER_TEST, PAGING_PTE, true));
}

ATTACK(device_over_directory, "device-over-directory", EITHER)
{
	let_device_write(paging_table(SPACE, USER_TEST, PAGING_DIRECTORY, true));
}

ATTACK(device_over_ring, "device-over-ring", EITHER)
{
	let_device_write(phys_of(&lguest_data) & PAGE_MASK);
}

ATTACK(device_over_stack, "device-over-stack", EITHER)
{
	let_device_write(user_trap_stack() - PAGE_SIZE - GUEST_KERNEL_BASE);
}

/* --- Tables of several levels, and what is evicted ------------------------------------------ */

/* Two roots, each also a page table of the other, by which its tables show. */
ATTACK(alias_roots, "alias-roots", SURVIVES)
{
	enum paging_level top = paging_is_pae() ? PAGING_TOP : PAGING_DIRECTORY;
	enum paging_level shown = paging_is_pae() ? PAGING_DIRECTORY : PAGING_PTE;
	uint32_t window = USER_TEST + 2 * PAGES * PAGE_SIZE;
	uint32_t size = paging_is_pae() ? 8 : 4;
	uint32_t at = window + paging_index(USER_TEST, top) * PAGE_SIZE +
		      paging_index(USER_TEST, shown) * size;
	uint32_t spaces[2] = {paging_create(), paging_create()};

	for (uint32_t i = 0; i < 2; i++) {
		paging_map(spaces[i], USER_TEST, page_alloc(), PTE_USER_DATA);
		paging_put(spaces[i], window, PAGING_DIRECTORY, spaces[1 - i] | PTE_TABLE);
	}
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t other = spaces[1 - round % 2];

		paging_switch(spaces[round % 2]);
		paging_set(other, USER_TEST, page_alloc() | PTE_USER_DATA);
		if ((read_word(at) & PAGE_MASK) !=
		    ((uint32_t)paging_get(other, USER_TEST, shown) & PAGE_MASK))
			attack_fail("round %u shows 0x%x", round, read_word(at));
	}
	paging_switch(SPACE);
}

/* So many tables that those of the stack and of the code that runs are the oldest. */
ATTACK(evict_in_use, "evict-in-use", SURVIVES)
{
	uint32_t step = paging_is_pae() ? 0x200000 : 0x400000;
	uint32_t frame = page_alloc();
	uint32_t spaces[3];

	*(uint32_t *)virt_of(frame) = MARK;
	for (uint32_t i = 0; i < 3; i++)
		spaces[i] = paging_create();
	for (uint32_t round = 0; round < 6; round++) {
		uint32_t space = spaces[round % 3];

		paging_switch(space);
		for (uint32_t address = USER_TEST; address < GUEST_KERNEL_BASE; address += step) {
			if (pages_available() < 8)
				break;
			paging_map(space, address, frame, PTE_USER_DATA);
			if (user_call(user_read, address, 0, NULL).vector != FAULT_NONE)
				attack_fail("ring 3 cannot read 0x%x", address);
		}
	}
	paging_switch(SPACE);
}

/* --- Segments that wrap around --------------------------------------------------------------- */

/* Ring 3 reads and writes at the linear address, through a segment with that base. */
static void reach(uint32_t base, uint32_t linear)
{
	static const char *const code[] = {user_read, user_write};
	uint32_t high = (base & 0xFF000000) | DATA_SEGMENT | (base >> 16 & 0xFF);

	hypercall(LGUEST_LOAD_GDT_ENTRY, FREE_ENTRY, 0xFFFF | base << 16, high, 0);
	for (uint32_t i = 0; i < 2; i++) {
		struct trap_frame frame;
		struct fault fault;

		user_prepare(&frame, code[i]);
		frame.ds = FREE_ENTRY << 3 | 3;
		frame.ebx = linear - base;
		fault = user_run(&frame);
		if (fault.vector != TRAP_PAGE)
			attack_fail("0x%x by base 0x%x: vector %u", linear, base, fault.vector);
	}
}

ATTACK(segment_wraps, "segment-wraps", SURVIVES)
{
	static const uint32_t bases[] = {1, 0x80000000, SWITCHER, SWITCHER + 0x1000, 0xFFFFF000,
					 0xFFFFFFFF};

	for (uint32_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		for (uint32_t page = 0; page < 8; page++)
			reach(bases[i], SWITCHER + page * PAGE_SIZE);
		reach(bases[i], GUEST_KERNEL_BASE);
		reach(bases[i], 0xFFFFF000);
	}
}
