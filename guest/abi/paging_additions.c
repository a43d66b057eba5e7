// SPDX-License-Identifier: GPL-2.0-only
/*
 * Additions to the protocol about page tables: MAP_PAGE, which is SET_PTE for a page about to be
 * used, and FLUSH_WRITABLE, after which nothing that was written may be so unseen.
 */
#include "guest/abi/memory.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/report.h"

#include <stdint.h>

#define SPACE paging_kernel_space()
#define PAGES 3u

/* Frames that can be told apart, at pages that follow each other; with these flags, untold. */
static void map_untold(uint32_t *frames, uint32_t flags)
{
	for (uint32_t i = 0; i < PAGES; i++) {
		frames[i] = frame_with(0xA0 + i);
		paging_map(SPACE, USER_TEST + i * PAGE_SIZE, frames[i], flags);
	}
}

static void free_all(const uint32_t *frames)
{
	for (uint32_t i = 0; i < PAGES; i++) {
		unmap(USER_TEST + i * PAGE_SIZE);
		page_free(frames[i]);
	}
}

static void map_page(uint32_t address, enum umbra_map how)
{
	hypercall(LGUEST_MAP_PAGE, address, how, 0, 0);
}

TEST(additions, asked)
{
	uint32_t low = 0, high = 1;
	struct fault fault =
		fault_of("rdmsr", "=a"(low), "=d"(high) : "c"(UMBRA_MSR_ADDITIONS));

	CHECK(fault.vector == FAULT_NONE, "vector %u", fault.vector);
	CHECK(low == UMBRA_ADDITIONS && high == 0, "0x%x 0x%x", high, low);
}

TEST(additions, map_page_as_set_pte)
{
	uint32_t frames[PAGES];

	for (enum umbra_map how = UMBRA_MAP_ONE; how <= UMBRA_MAP_AROUND; how++) {
		map_untold(frames, PTE_USER_DATA);
		(void)peek(USER_TEST);
		paging_map(SPACE, USER_TEST, frames[1], PTE_USER_DATA);
		map_page(USER_TEST, how);
		CHECK(peek(USER_TEST) == 0xA1, "reads 0x%x, how %u", peek(USER_TEST), how);
		paging_put(SPACE, USER_TEST, PAGING_PTE, 0);
		map_page(USER_TEST, how);
		CHECK(peek(USER_TEST) == 0xBAD, "still mapped, how %u", how);
		free_all(frames);
	}
}

/* Accessed and dirty are for accesses. */
TEST(additions, map_page_marks_nothing)
{
	const uint32_t marks = PTE_ACCESSED | PTE_DIRTY;
	uint32_t frames[PAGES];

	map_untold(frames, PTE_USER_DATA & ~marks);
	map_page(USER_TEST, UMBRA_MAP_ONE);
	map_page(USER_TEST + PAGE_SIZE, UMBRA_MAP_AROUND);
	for (uint32_t i = 0; i < PAGES; i++)
		CHECK(!(leaf(USER_TEST + i * PAGE_SIZE) & marks), "page %u: 0x%x", i,
		      leaf(USER_TEST + i * PAGE_SIZE));
	/* Accessed, and mapped by the call, but clean: a write is seen. */
	paging_map(SPACE, USER_TEST, frames[0], PTE_USER_DATA & ~PTE_DIRTY);
	map_page(USER_TEST, UMBRA_MAP_AROUND);
	(void)user_call(user_write, USER_TEST, 1, NULL);
	CHECK(leaf(USER_TEST) & PTE_DIRTY, "0x%x after a write", leaf(USER_TEST));
	free_all(frames);
}

/* In the kernel's part it reaches all spaces, as SET_PTE does. */
TEST(additions, map_page_of_the_kernel)
{
	uint32_t space = paging_create(), frames[PAGES], value;

	map_untold(frames, PTE_USER_DATA);
	paging_set(SPACE, WINDOW_TEST, frames[0] | PTE_KERNEL);
	(void)peek(WINDOW_TEST);
	paging_switch(space);
	(void)peek(WINDOW_TEST);
	paging_map(SPACE, WINDOW_TEST, frames[1], PTE_KERNEL);
	map_page(WINDOW_TEST, UMBRA_MAP_AROUND);
	paging_switch(SPACE);
	value = peek(WINDOW_TEST);
	unmap(WINDOW_TEST);
	free_all(frames);
	paging_destroy(space);
	CHECK(value == 0xA1, "reads 0x%x", value);
}

/* As a fork does: entries that may be written no more, one that may, and one of another frame. */
TEST(additions, flush_writable)
{
	uint32_t frames[PAGES], word;
	struct fault fault;

	map_untold(frames, PTE_USER_DATA);
	for (uint32_t i = 0; i < PAGES; i++)
		(void)user_call(user_write, USER_TEST + i * PAGE_SIZE, 0xC0 + i, NULL);
	paging_map(SPACE, USER_TEST, frames[0], PTE_USER_DATA & ~PTE_WRITE);
	paging_map(SPACE, USER_TEST + PAGE_SIZE, frames[1], PTE_USER_DATA & ~PTE_DIRTY);
	hypercall(LGUEST_FLUSH_WRITABLE, 0, 0, 0, 0);
	word = peek(USER_TEST);
	fault = user_call(user_write, USER_TEST, 2, NULL);
	CHECK(word == 0xC0, "reads 0x%x", word);
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE | PAGE_FAULT_USER),
	      "vector %u error 0x%x", fault.vector, fault.error);
	(void)user_call(user_write, USER_TEST + PAGE_SIZE, 3, NULL);
	CHECK(leaf(USER_TEST + PAGE_SIZE) & PTE_DIRTY && frame_word(frames[1]) == 3,
	      "entry 0x%x, word 0x%x", leaf(USER_TEST + PAGE_SIZE), frame_word(frames[1]));
	fault = user_call(user_write, USER_TEST + 2 * PAGE_SIZE, 4, NULL);
	CHECK(fault.vector == FAULT_NONE && frame_word(frames[2]) == 4, "vector %u, word 0x%x",
	      fault.vector, frame_word(frames[2]));
	free_all(frames);
}
