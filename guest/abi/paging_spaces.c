// SPDX-License-Identifier: GPL-2.0-only
/*
 * NEW_PGTABLE: many address spaces, tables that are used again for another
 * space, and frames that turn from tables into data and back.
 */
#include "guest/abi/memory.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/report.h"

#include <stdbool.h>
#include <stddef.h>

#define SPACE paging_kernel_space()
#define SPACES 64u

/* A space takes this many frames: top, upper tables, three page tables and two pages. */
#define FRAMES_PER_SPACE 9u

static uint32_t spaces[SPACES];
static uint32_t frames[SPACES];

static uint32_t spaces_create(void)
{
	uint32_t count = pages_available() / FRAMES_PER_SPACE;

	if (count > SPACES)
		count = SPACES;
	for (uint32_t i = 0; i < count; i++) {
		spaces[i] = paging_create();
		frames[i] = frame_with(0x1000 + i);
		paging_map(spaces[i], USER_TEST, frames[i], PTE_USER_DATA);
	}
	return count;
}

static void spaces_destroy(uint32_t count)
{
	paging_switch(SPACE);
	while (count-- > 0) {
		paging_destroy(spaces[count]);
		page_free(frames[count]);
	}
}

/* Every space shows its own frame, read in ring 1 and written in ring 3. */
static bool space_good(uint32_t i, uint32_t round)
{
	uint32_t expected = round == 0 ? 0x1000 + i : 0x2000 * round + i;
	uint32_t value;
	struct fault fault;

	paging_switch(spaces[i]);
	value = peek(USER_TEST);
	CHECK_BOOL(value == expected, "round %u: space %u reads 0x%x", round, i, value);
	fault = user_call(user_write, USER_TEST, 0x2000 * (round + 1) + i, NULL);
	CHECK_BOOL(fault.vector == FAULT_NONE, "round %u: space %u: vector %u", round, i,
		   fault.vector);
	return true;
}

TEST(paging, many_spaces)
{
	uint32_t count = spaces_create();
	bool good = count > 1;

	for (uint32_t round = 0; round < 3 && good; round++)
		for (uint32_t i = 0; i < count && good; i++)
			good = space_good(i, round);
	spaces_destroy(count);
	CHECK(count > 1, "not enough memory");
}

/* The same frame as the top level of a second space: the first one's pages are gone. */
TEST(paging, top_level_used_again)
{
	uint32_t space = paging_create();
	uint32_t frame = frame_with(0xAAAA);
	uint32_t again, value;

	paging_map(space, USER_TEST, frame, PTE_USER_DATA);
	paging_switch(space);
	(void)peek(USER_TEST);
	paging_switch(SPACE);
	paging_destroy(space);
	again = paging_create();
	paging_switch(again);
	value = peek(USER_TEST);
	paging_switch(SPACE);
	paging_destroy(again);
	page_free(frame);
	CHECK(again == space, "test is wrong: 0x%x is not 0x%x", again, space);
	CHECK(value == 0xBAD, "reads 0x%x of the space before", value);
}

/* Tables are ordinary memory: writable while in use, and data afterwards. */
TEST(paging, table_becomes_data)
{
	uint32_t address = USER_TEST + 0x04000000;
	uint32_t frame = frame_with(0xAAAA);
	uint64_t entry;
	uint32_t table;

	paging_set(SPACE, address, frame | PTE_USER_DATA);
	(void)peek(address);
	entry = paging_get(SPACE, address, PAGING_DIRECTORY);
	table = (uint32_t)entry & PAGE_MASK;
	paging_set(SPACE, address, 0);
	paging_put(SPACE, address, PAGING_DIRECTORY, 0);
	paging_tell_directory(SPACE, address);
	for (uint32_t i = 0; i < PAGE_SIZE / sizeof(uint32_t); i++)
		((volatile uint32_t *)virt_of(table))[i] = 0xFFFFFFFF;
	CHECK(peek(address) == 0xBAD, "data is taken for a table");
	page_free(table);
	page_free(frame);
}

/* Back to the first table, which the guest left right after its start. */
TEST(paging, switch_to_itself)
{
	for (uint32_t i = 0; i < 100; i++)
		paging_switch(SPACE);
	CHECK(paging_get(SPACE, GUEST_KERNEL_BASE, PAGING_PTE) & PTE_PRESENT, "page 0 lost");
}

/* Only with PAE: the four top-level slots are cached by the CPU until CR3 is loaded. */
TEST(paging, pae_top_slot)
{
	uint32_t address = 0x80000000;
	uint32_t frame = frame_with(0xAAAA);
	uint64_t entry;

	if (!paging_is_pae()) {
		report_skip("two-level tables");
		return;
	}
	CHECK(peek(address) == 0xBAD, "slot 2 is not empty");
	paging_map(SPACE, address, frame, PTE_USER_DATA);
	hypercall(LGUEST_SET_PGD, SPACE, 2, 0, 0);
	CHECK(peek(address) == 0xAAAA, "reads 0x%x", peek(address));
	entry = paging_get(SPACE, address, PAGING_TOP);
	paging_put(SPACE, address, PAGING_TOP, 0);
	hypercall(LGUEST_SET_PGD, SPACE, 2, 0, 0);
	CHECK(peek(address) == 0xBAD, "still mapped");
	page_free((uint32_t)entry & PAGE_MASK);
	page_free(frame);
}
