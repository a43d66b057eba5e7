// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks by page tables: frames past the limit, large pages, tables in odd
 * places, and more address spaces and pages than shadow memory has room for.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/string.h"
#include "guest/runtime/user.h"

#include <stddef.h>

#define SPACE paging_kernel_space()
#define LARGE_PAGE 0x80u

static uint32_t read_word(uint32_t address)
{
	uint32_t value = 0;

	(void)fault_of("movl (%1), %0", "+r"(value) : "r"(address) : "memory");
	return value;
}

/* Told to be mapped, with what is around it: entries that no access would be permitted by. */
static void map_frames_told(uint32_t first)
{
	for (uint32_t i = 0; i < 16; i++)
		paging_map(SPACE, USER_TEST + i * PAGE_SIZE, first + i * PAGE_SIZE, PTE_USER_DATA);
	for (uint32_t how = UMBRA_MAP_ONE; how <= UMBRA_MAP_AROUND; how++)
		hypercall(LGUEST_MAP_PAGE, USER_TEST + 5 * PAGE_SIZE, how, 0, 0);
}

/* The last page of memory is the last of a group; what comes behind it is nobody's. */
ATTACK(map_page_past_limit, "map-page-past-limit", EITHER)
{
	uint32_t last = (machine_memory() & ~0xFFFu) - PAGE_SIZE, value = 0;

	map_frames_told(last + 0x1000000);
	map_frames_told(0xFFFF0000);
	map_frames_told(last);
	value = read_word(USER_TEST + 2 * PAGE_SIZE);
	if (value != 0 && value != 0xFFFFFFFF)
		attack_fail("a frame past memory reads 0x%x", value);
}

/* Upper entries that are no tables, and the tables themselves as pages, written between calls. */
ATTACK(map_page_bad_tables, "map-page-bad-tables", EITHER)
{
	const uint32_t uppers[] = {
		0, PTE_TABLE | LARGE_PAGE, 0xFFFFF000 | PTE_TABLE,
		machine_memory() | PTE_TABLE, PTE_TABLE & ~PTE_ACCESSED,
	};

	map_frames_told(0);
	for (size_t i = 0; i < sizeof(uppers) / sizeof(*uppers); i++) {
		paging_put(SPACE, USER_TEST, PAGING_DIRECTORY, uppers[i]);
		hypercall(LGUEST_MAP_PAGE, USER_TEST, UMBRA_MAP_AROUND, 0, 0);
		hypercall(LGUEST_MAP_PAGE, USER_TEST, UMBRA_MAP_ONE, 0, 0);
		hypercall(LGUEST_FLUSH_WRITABLE, 0, 0, 0, 0);
	}
}

ATTACK(map_page_reserved, "map-page-reserved", "MAP_PAGE in the range")
{
	hypercall(LGUEST_MAP_PAGE, 0xFFE00000, UMBRA_MAP_AROUND, 0, 0);
}

/* More tables than the budget has pages, each told and not touched. */
ATTACK(map_page_everywhere, "map-page-everywhere", SURVIVES)
{
	uint32_t frame = page_alloc();

	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t address = 0x10000000; address < 0xA0000000; address += 0x400000) {
			if (round == 0)
				paging_map(SPACE, address, frame, PTE_USER_DATA);
			hypercall(LGUEST_MAP_PAGE, address, round, 0, 0);
			hypercall(LGUEST_FLUSH_WRITABLE, 0, 0, 0, 0);
		}
	}
	for (uint32_t address = 0x10000000; address < 0xA0000000; address += 0x400000)
		paging_put(SPACE, address, PAGING_DIRECTORY, 0);
	paging_flush_user();
}

/* Past memory, and past the device area too. May read as ones, and never as something of others. */
static void touch_frame(uint32_t physical)
{
	uint32_t value;

	paging_set(SPACE, WINDOW_TEST, physical | PTE_KERNEL);
	value = read_word(WINDOW_TEST);
	if (value != 0 && value != 0xFFFFFFFF)
		attack_fail("frame 0x%x reads 0x%x", physical, value);
}

ATTACK(frame_past_limit, "frame-past-limit", EITHER)
{
	touch_frame(machine_memory() + 0x1000000);
}

ATTACK(frame_highest, "frame-highest", EITHER)
{
	touch_frame(0xFFFFF000);
}

ATTACK(frame_video, "frame-video", EITHER)
{
	if (machine_memory() <= 0xFEE00000)
		touch_frame(0xFEE00000);
}

/* Not announced: found by demand filling. */
ATTACK(frame_unannounced, "frame-unannounced", EITHER)
{
	paging_map(SPACE, WINDOW_TEST, machine_memory() + 0x1000000, PTE_KERNEL);
	(void)read_word(WINDOW_TEST);
}

/* PAE only: physical addresses beyond 4 GB, and every bit that could be one. */
ATTACK(frame_pae_high, "frame-pae-high", EITHER)
{
	if (!paging_is_pae())
		return;
	for (uint32_t bit = 32; bit < 64; bit++) {
		paging_set(SPACE, WINDOW_TEST, (1ull << bit) | PTE_KERNEL);
		(void)read_word(WINDOW_TEST);
	}
}

ATTACK(neighbour_past_limit, "neighbour-past-limit", SURVIVES)
{
	paging_map(SPACE, WINDOW_TEST, page_alloc(), PTE_KERNEL);
	paging_map(SPACE, WINDOW_TEST + PAGE_SIZE, 0xFFFFF000, PTE_KERNEL);
	(void)read_word(WINDOW_TEST);
}

ATTACK(large_page, "large-page", EITHER)
{
	paging_put(SPACE, USER_TEST, PAGING_DIRECTORY, PTE_TABLE | LARGE_PAGE);
	paging_tell_directory(SPACE, USER_TEST);
	(void)read_word(USER_TEST);
}

ATTACK(directory_past_limit, "directory-past-limit", EITHER)
{
	paging_put(SPACE, USER_TEST, PAGING_DIRECTORY, 0xFFFFF000 | PTE_TABLE);
	paging_tell_directory(SPACE, USER_TEST);
	(void)read_word(USER_TEST);
}

ATTACK(top_past_limit, "top-past-limit", EITHER)
{
	hypercall(LGUEST_NEW_PGTABLE, 0xFFFFF000, 0, 0, 0);
}

ATTACK(top_device_page, "top-device-page", EITHER)
{
	hypercall(LGUEST_NEW_PGTABLE, machine_memory(), 0, 0, 0);
}

ATTACK(top_misaligned, "top-misaligned", EITHER)
{
	hypercall(LGUEST_NEW_PGTABLE, SPACE + 4, 0, 0, 0);
}

/* Nothing is mapped there, not even the next instruction. */
ATTACK(top_empty, "top-empty", "kernel stack")
{
	hypercall(LGUEST_NEW_PGTABLE, page_alloc(), 0, 0, 0);
}

/* Each table in memory is also the table of another level. */
ATTACK(recursive_tables, "recursive-tables", SURVIVES)
{
	uint32_t table = paging_table(SPACE, USER_TEST, PAGING_PTE, true);

	paging_put(SPACE, USER_TEST, PAGING_PTE, table | PTE_USER_DATA);
	for (uint32_t i = 1; i < 64; i++) {
		uint32_t address = USER_TEST + i * PAGE_SIZE;

		/* The table maps itself: write its next entry through its own page. */
		((volatile uint32_t *)USER_TEST)[paging_is_pae() ? 2 * i : i] =
			page_alloc() | PTE_USER_DATA;
		*(volatile uint32_t *)address = i;
	}
	for (uint32_t i = 1; i < 64; i++)
		if (read_word(USER_TEST + i * PAGE_SIZE) != i)
			attack_fail("page %u holds 0x%x", i, read_word(USER_TEST + i * PAGE_SIZE));
}

/* A directory that is its own page table, as systems do that map their tables. */
ATTACK(directory_maps_itself, "directory-maps-itself", SURVIVES)
{
	uint32_t directory = paging_table(SPACE, USER_TEST, PAGING_DIRECTORY, true);
	uint32_t index = paging_index(USER_TEST, PAGING_DIRECTORY);
	uint32_t size = paging_is_pae() ? 8 : 4;

	paging_put(SPACE, USER_TEST, PAGING_DIRECTORY, directory | PTE_TABLE);
	paging_flush_all();
	if ((read_word(USER_TEST + index * PAGE_SIZE + index * size) & PAGE_MASK) != directory)
		attack_fail("the directory does not show itself");
	paging_put(SPACE, USER_TEST, PAGING_DIRECTORY, 0);
	paging_tell_directory(SPACE, USER_TEST);
}

/* The frame of the shared structure is also a stack, a table and a user page. */
ATTACK(shared_data_as_table, "shared-data-as-table", EITHER)
{
	paging_put(SPACE, USER_TEST, PAGING_DIRECTORY,
		   (phys_of(&lguest_data) & PAGE_MASK) | PTE_TABLE);
	paging_tell_directory(SPACE, USER_TEST);
	for (uint32_t i = 0; i < 512; i++)
		(void)read_word(USER_TEST + i * PAGE_SIZE);
}

/* --- Exhaustion ------------------------------------------------------------------------ */

/* Address spaces without end: bare top levels with the kernel's part, each run once a round. */
ATTACK(many_spaces, "many-spaces", SURVIVES)
{
	uint32_t space = paging_create();
	uint32_t count = pages_available() / 2;
	uint32_t first = pages_untouched();

	if (count > 8000)
		count = 8000;
	for (uint32_t i = 0; i < count; i++)
		(void)page_alloc();
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < count; i++) {
			uint32_t top = first + i * PAGE_SIZE;

			memcpy(virt_of(top), virt_of(space), PAGE_SIZE);
			paging_switch(top);
			if (user_call(user_write, USER_STACK_TOP - 4096, i, NULL).vector !=
			    FAULT_NONE)
				attack_fail("space %u cannot run ring 3", i);
		}
	}
	paging_switch(SPACE);
	print("many-spaces: %u address spaces\n", count);
}

/* One page in every table slot of the user part, all through one table of the guest's. */
ATTACK(sparse_shared, "sparse-shared", SURVIVES)
{
	uint32_t step = paging_is_pae() ? 0x200000 : 0x400000;
	uint32_t table = page_alloc();
	uint32_t frame = page_alloc();

	for (uint32_t i = 0; i < 1024; i++)
		((uint32_t *)virt_of(table))[i] = frame | PTE_USER_DATA;
	if (paging_is_pae())
		for (uint32_t i = 1; i < 1024; i += 2)
			((uint32_t *)virt_of(table))[i] = 0;
	*(uint32_t *)virt_of(frame) = 0x5BA25E;
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t address = USER_TEST; address < GUEST_KERNEL_BASE; address += step) {
			paging_put(SPACE, address, PAGING_DIRECTORY, table | PTE_TABLE);
			if (read_word(address) != 0x5BA25E)
				attack_fail("0x%x reads 0x%x", address, read_word(address));
		}
	}
}

/* The same with a table for each slot, as far as memory goes. */
ATTACK(sparse_own, "sparse-own", SURVIVES)
{
	uint32_t step = paging_is_pae() ? 0x200000 : 0x400000;
	uint32_t frame = page_alloc();

	*(uint32_t *)virt_of(frame) = 0x5BA25E;
	for (uint32_t address = USER_TEST; address < GUEST_KERNEL_BASE; address += step) {
		if (pages_available() < 4)
			break;
		paging_map(SPACE, address, frame, PTE_USER_DATA);
		paging_map(SPACE, address + step / 2, frame, PTE_USER_DATA);
		if (read_word(address) + read_word(address + step / 2) != 2 * 0x5BA25E)
			attack_fail("0x%x reads 0x%x", address, read_word(address));
	}
}
