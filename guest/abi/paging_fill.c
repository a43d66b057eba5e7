// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand filling: what a guest need not announce, the accessed and dirty bits,
 * and page faults that belong to the guest.
 */
#include "guest/abi/memory.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/report.h"

#include <stddef.h>

#define SPACE paging_kernel_space()

/* Present pages without A and D, as a test wants to see them set. */
#define FRESH (PTE_PRESENT | PTE_WRITE)
#define FRESH_USER (PTE_PRESENT | PTE_WRITE | PTE_USER)

TEST(paging, fill_kernel)
{
	uint32_t frame = frame_with(0x1001);

	paging_map(SPACE, WINDOW_TEST, frame, FRESH);
	CHECK(peek(WINDOW_TEST) == 0x1001, "reads 0x%x", peek(WINDOW_TEST));
	CHECK(kernel_write(WINDOW_TEST, 0x1002).vector == FAULT_NONE, "write faults");
	CHECK(frame_word(frame) == 0x1002, "the frame holds 0x%x", frame_word(frame));
	unmap(WINDOW_TEST);
	page_free(frame);
}

TEST(paging, fill_user)
{
	uint32_t frame = frame_with(0x1003);
	uint32_t value = 0;
	struct fault fault;

	paging_map(SPACE, USER_TEST, frame, FRESH_USER);
	fault = user_call(user_read, USER_TEST, 0, &value);
	CHECK(fault.vector == FAULT_NONE && value == 0x1003, "vector %u, reads 0x%x", fault.vector,
	      value);
	fault = user_call(user_write, USER_TEST, 0x1004, NULL);
	CHECK(fault.vector == FAULT_NONE && frame_word(frame) == 0x1004,
	      "vector %u, the frame holds 0x%x", fault.vector, frame_word(frame));
	unmap(USER_TEST);
	page_free(frame);
}

/* A page that faulted may be mapped, and one that was read-only made writable, in silence. */
TEST(paging, grows_in_silence)
{
	uint32_t frame = frame_with(0x1005);
	uint32_t value = 0;

	unmap(WINDOW_TEST);
	CHECK(kernel_read(WINDOW_TEST, &value).vector == TRAP_PAGE, "absent page is readable");
	paging_map(SPACE, WINDOW_TEST, frame, PTE_PRESENT);
	CHECK(peek(WINDOW_TEST) == 0x1005, "still absent after mapping");
	CHECK(kernel_write(WINDOW_TEST, 1).vector == TRAP_PAGE, "read-only page is writable");
	paging_map(SPACE, WINDOW_TEST, frame, FRESH);
	CHECK(kernel_write(WINDOW_TEST, 0x1006).vector == FAULT_NONE, "still read-only");
	unmap(WINDOW_TEST);
	page_free(frame);
}

/* The same one level up: a directory entry that was absent. */
TEST(paging, directory_grows_in_silence)
{
	uint32_t address = USER_TEST + 0x10000000;
	uint32_t frame = frame_with(0x1007);
	uint32_t value = 0;

	CHECK(kernel_read(address, &value).vector == TRAP_PAGE, "absent page is readable");
	paging_map(SPACE, address, frame, FRESH);
	CHECK(peek(address) == 0x1007, "reads 0x%x", peek(address));
	paging_set(SPACE, address, 0);
	page_free(frame);
}

/* --- Accessed and dirty --------------------------------------------------------- */

TEST(paging, accessed_by_read)
{
	uint32_t frame = frame_with(1);

	paging_set(SPACE, WINDOW_TEST, frame | FRESH);
	CHECK(!(leaf(WINDOW_TEST) & (PTE_ACCESSED | PTE_DIRTY)), "entry 0x%x before any access",
	      leaf(WINDOW_TEST));
	(void)peek(WINDOW_TEST);
	CHECK(leaf(WINDOW_TEST) == (frame | FRESH | PTE_ACCESSED), "entry 0x%x after a read",
	      leaf(WINDOW_TEST));
	(void)kernel_write(WINDOW_TEST, 2);
	CHECK(leaf(WINDOW_TEST) == (frame | FRESH | PTE_ACCESSED | PTE_DIRTY),
	      "entry 0x%x after a write", leaf(WINDOW_TEST));
	unmap(WINDOW_TEST);
	page_free(frame);
}

/* SET_PTE with accessed set and dirty clear: the first write must still be noticed. */
TEST(paging, dirty_after_announced_clean)
{
	uint32_t frame = frame_with(1);

	paging_set(SPACE, WINDOW_TEST, frame | FRESH | PTE_ACCESSED);
	(void)peek(WINDOW_TEST);
	CHECK(!(leaf(WINDOW_TEST) & PTE_DIRTY), "dirty after a read");
	(void)kernel_write(WINDOW_TEST, 2);
	CHECK(leaf(WINDOW_TEST) & PTE_DIRTY, "a write went unnoticed");
	unmap(WINDOW_TEST);
	page_free(frame);
}

/* A guest that writes back what it cleaned announces it, and wants to see the next write. */
TEST(paging, dirty_again_after_cleaning)
{
	uint32_t frame = frame_with(1);

	paging_set(SPACE, USER_TEST, frame | PTE_USER_DATA);
	(void)user_call(user_write, USER_TEST, 5, NULL);
	paging_set(SPACE, USER_TEST, frame | (PTE_USER_DATA & ~PTE_DIRTY));
	CHECK(!(leaf(USER_TEST) & PTE_DIRTY), "dirty at once");
	(void)user_call(user_write, USER_TEST, 6, NULL);
	CHECK(leaf(USER_TEST) & PTE_DIRTY, "the second write went unnoticed");
	unmap(USER_TEST);
	page_free(frame);
}

/* Cleared in memory and flushed, both kinds of flush: bits must come back on the next access. */
TEST(paging, accessed_again_after_flush)
{
	uint32_t frame = frame_with(1);

	for (uint32_t all = 0; all < 2; all++) {
		paging_set(SPACE, USER_TEST, frame | PTE_USER_DATA);
		(void)user_call(user_write, USER_TEST, 5, NULL);
		paging_map(SPACE, USER_TEST, frame, FRESH_USER);
		if (all)
			paging_flush_all();
		else
			paging_flush_user();
		(void)user_call(user_read, USER_TEST, 0, NULL);
		CHECK(leaf(USER_TEST) == (frame | FRESH_USER | PTE_ACCESSED),
		      "entry 0x%x after a read, flush %u", leaf(USER_TEST), all);
		(void)user_call(user_write, USER_TEST, 5, NULL);
		CHECK(leaf(USER_TEST) & PTE_DIRTY, "a write went unnoticed, flush %u", all);
	}
	unmap(USER_TEST);
	page_free(frame);
}

/* A neighbour that was never touched must stay unaccessed, whatever Umbra maps ahead. */
TEST(paging, neighbours_untouched)
{
	uint32_t frames[16];

	for (uint32_t i = 0; i < 16; i++) {
		frames[i] = frame_with(i);
		paging_map(SPACE, WINDOW_TEST + i * PAGE_SIZE, frames[i], FRESH);
	}
	(void)peek(WINDOW_TEST + 7 * PAGE_SIZE);
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t entry = leaf(WINDOW_TEST + i * PAGE_SIZE);

		CHECK(entry == (frames[i] | FRESH | (i == 7 ? PTE_ACCESSED : 0)),
		      "page %u has entry 0x%x", i, entry);
	}
	for (uint32_t i = 0; i < 16; i++) {
		unmap(WINDOW_TEST + i * PAGE_SIZE);
		page_free(frames[i]);
	}
}

/* Software bits, and the cache and global bits, are the guest's own. */
TEST(paging, other_bits_kept)
{
	uint32_t frame = frame_with(0x1010);
	uint32_t bits = 0xE00 | PTE_GLOBAL | 0x18;

	paging_set(SPACE, WINDOW_TEST, frame | FRESH | bits);
	CHECK(peek(WINDOW_TEST) == 0x1010, "reads 0x%x", peek(WINDOW_TEST));
	CHECK(leaf(WINDOW_TEST) == (frame | FRESH | bits | PTE_ACCESSED), "entry 0x%x",
	      leaf(WINDOW_TEST));
	unmap(WINDOW_TEST);
	page_free(frame);
}

/* --- Faults of the guest's own ---------------------------------------------------- */

TEST(paging, fault_absent)
{
	uint32_t value = 0;
	struct fault fault;

	unmap(WINDOW_TEST + 0x5000);
	fault = kernel_read(WINDOW_TEST + 0x5678, &value);
	CHECK(fault_is(fault, TRAP_PAGE, 0) && fault.cr2 == WINDOW_TEST + 0x5678,
	      "read: vector %u error 0x%x cr2 0x%x", fault.vector, fault.error, fault.cr2);
	fault = kernel_write(WINDOW_TEST + 0x5678, 1);
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_WRITE), "write: vector %u error 0x%x",
	      fault.vector, fault.error);
	fault = user_call(user_read, USER_TEST + 0x5678, 0, NULL);
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_USER) && fault.cr2 == USER_TEST + 0x5678,
	      "ring 3: vector %u error 0x%x cr2 0x%x", fault.vector, fault.error, fault.cr2);
}

/* CR0.WP is set: ring 1 is held to read-only pages too. */
TEST(paging, fault_write_protected)
{
	uint32_t frame = frame_with(1);
	struct fault fault;

	paging_set(SPACE, WINDOW_TEST, frame | PTE_PRESENT);
	fault = kernel_write(WINDOW_TEST, 2);
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE),
	      "vector %u error 0x%x", fault.vector, fault.error);
	CHECK(frame_word(frame) == 1, "it was written all the same");
	unmap(WINDOW_TEST);
	page_free(frame);
}

TEST(paging, fault_supervisor_page)
{
	uint32_t address = GUEST_KERNEL_BASE + 0x100000;
	struct fault fault = user_call(user_read, address, 0, NULL);

	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_PRESENT | PAGE_FAULT_USER) &&
	      fault.cr2 == address, "vector %u error 0x%x cr2 0x%x", fault.vector, fault.error,
	      fault.cr2);
}

/* An access over a border names the first byte that is not there. */
TEST(paging, fault_straddles)
{
	uint32_t frame = frame_with(1);
	uint32_t value = 0;
	struct fault fault;

	paging_set(SPACE, WINDOW_TEST, frame | FRESH);
	unmap(WINDOW_TEST + PAGE_SIZE);
	fault = kernel_read(WINDOW_TEST + PAGE_SIZE - 2, &value);
	CHECK(fault_is(fault, TRAP_PAGE, 0) && fault.cr2 == WINDOW_TEST + PAGE_SIZE,
	      "vector %u error 0x%x cr2 0x%x", fault.vector, fault.error, fault.cr2);
	unmap(WINDOW_TEST);
	page_free(frame);
}

/* The reserved top is Umbra's: no writing, no executing, and a fault that can be handled. */
TEST(paging, fault_reserved_area)
{
	uint32_t start = 0 - lguest_data.common.reserve_mem;
	struct fault fault = kernel_write(start, 1);

	CHECK(fault.vector == TRAP_PAGE && fault.cr2 == start, "vector %u cr2 0x%x", fault.vector,
	      fault.cr2);
	fault = user_call(user_read, start, 0, NULL);
	CHECK(fault.vector == TRAP_PAGE && fault.cr2 == start, "ring 3: vector %u cr2 0x%x",
	      fault.vector, fault.cr2);
}
