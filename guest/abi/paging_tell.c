// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest announces: SET_PTE, SET_PGD or SET_PMD, and both kinds of
 * FLUSH_TLB. After each, no access may use what went before.
 */
#include "guest/abi/memory.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/report.h"
#include "guest/runtime/ring.h"

#include <stdbool.h>
#include <stddef.h>

#define SPACE paging_kernel_space()

/* Two frames that can be told apart, the first mapped and touched at an address. */
struct pair {
	uint32_t first;
	uint32_t second;
};

static struct pair pair_map(uint32_t address, uint32_t flags)
{
	struct pair pair = {frame_with(0xAAAA), frame_with(0xBBBB)};

	paging_set(SPACE, address, pair.first | flags);
	(void)peek(address);
	return pair;
}

static void pair_free(const struct pair *pair, uint32_t address)
{
	unmap(address);
	page_free(pair->second);
	page_free(pair->first);
}

TEST(paging, set_pte_replaces)
{
	struct pair pair = pair_map(WINDOW_TEST, PTE_KERNEL);

	CHECK(peek(WINDOW_TEST) == 0xAAAA, "reads 0x%x", peek(WINDOW_TEST));
	paging_set(SPACE, WINDOW_TEST, pair.second | PTE_KERNEL);
	CHECK(peek(WINDOW_TEST) == 0xBBBB, "reads 0x%x afterwards", peek(WINDOW_TEST));
	pair_free(&pair, WINDOW_TEST);
}

TEST(paging, set_pte_removes)
{
	struct pair pair = pair_map(WINDOW_TEST, PTE_KERNEL);

	unmap(WINDOW_TEST);
	CHECK(peek(WINDOW_TEST) == 0xBAD, "still mapped");
	pair_free(&pair, WINDOW_TEST);
}

TEST(paging, set_pte_write_protects)
{
	struct pair pair = pair_map(WINDOW_TEST, PTE_KERNEL);

	(void)kernel_write(WINDOW_TEST, 1);
	paging_set(SPACE, WINDOW_TEST, pair.first | (PTE_KERNEL & ~PTE_WRITE));
	CHECK(kernel_write(WINDOW_TEST, 2).vector == TRAP_PAGE, "still writable");
	pair_free(&pair, WINDOW_TEST);
}

/* A value without the present bit only says `forget`: memory holds the truth. */
TEST(paging, set_pte_zero_is_not_the_truth)
{
	struct pair pair = pair_map(WINDOW_TEST, PTE_KERNEL);

	paging_map(SPACE, WINDOW_TEST, pair.second, PTE_KERNEL);
	paging_tell_pte(SPACE, WINDOW_TEST, 0);
	CHECK(peek(WINDOW_TEST) == 0xBBBB, "reads 0x%x", peek(WINDOW_TEST));
	pair_free(&pair, WINDOW_TEST);
}

/* Swap entries carry bits 5 and 6 and any frame number; only bit 0 counts. */
TEST(paging, set_pte_swap_entry)
{
	struct pair pair = pair_map(USER_TEST, PTE_USER_DATA);

	paging_set(SPACE, USER_TEST, 0xFFFFF0E0);
	CHECK(peek(USER_TEST) == 0xBAD, "reads 0x%x", peek(USER_TEST));
	pair_free(&pair, USER_TEST);
}

TEST(paging, set_pte_queued)
{
	struct pair pair = pair_map(WINDOW_TEST, PTE_KERNEL);

	paging_map(SPACE, WINDOW_TEST, pair.second, PTE_KERNEL);
	ring_call(LGUEST_SET_PTE, SPACE, WINDOW_TEST, pair.second | PTE_KERNEL, 0);
	hypercall_flush_async();
	CHECK(peek(WINDOW_TEST) == 0xBBBB, "reads 0x%x", peek(WINDOW_TEST));
	pair_free(&pair, WINDOW_TEST);
}

/* The kernel's part is the same everywhere: the table that the call names does not matter. */
TEST(paging, set_pte_kernel_reaches_all_spaces)
{
	uint32_t space = paging_create();
	struct pair pair = pair_map(WINDOW_TEST, PTE_KERNEL);
	uint32_t other, own;

	paging_switch(space);
	(void)peek(WINDOW_TEST);
	paging_map(SPACE, WINDOW_TEST, pair.second, PTE_KERNEL);
	paging_tell_pte(0, WINDOW_TEST, pair.second | PTE_KERNEL);
	own = peek(WINDOW_TEST);
	paging_switch(SPACE);
	other = peek(WINDOW_TEST);
	pair_free(&pair, WINDOW_TEST);
	paging_destroy(space);
	CHECK(own == 0xBBBB && other == 0xBBBB, "0x%x in the current space, 0x%x in the other",
	      own, other);
}

/* A user address of a space that is not current, and of a table nobody knows. */
TEST(paging, set_pte_other_space)
{
	uint32_t space = paging_create();
	struct pair pair = {frame_with(0xAAAA), frame_with(0xBBBB)};
	uint32_t value;

	paging_map(space, USER_TEST, pair.first, PTE_USER_DATA);
	paging_switch(space);
	(void)peek(USER_TEST);
	paging_switch(SPACE);
	paging_set(space, USER_TEST, pair.second | PTE_USER_DATA);
	paging_tell_pte(pair.first, USER_TEST, pair.first | PTE_USER_DATA);
	paging_tell_pte(0, USER_TEST, 0);
	CHECK(peek(USER_TEST) == 0xBAD, "it shows in the current space");
	paging_switch(space);
	value = peek(USER_TEST);
	paging_switch(SPACE);
	paging_destroy(space);
	page_free(pair.second);
	page_free(pair.first);
	CHECK(value == 0xBBBB, "reads 0x%x", value);
}

/* --- Directories ------------------------------------------------------------------ */

#define FAR_TEST (USER_TEST + 0x08000000)

TEST(paging, directory_removed)
{
	struct pair pair = pair_map(FAR_TEST, PTE_USER_DATA);
	uint64_t entry = paging_get(SPACE, FAR_TEST, PAGING_DIRECTORY);

	paging_put(SPACE, FAR_TEST, PAGING_DIRECTORY, 0);
	paging_tell_directory(SPACE, FAR_TEST);
	CHECK(peek(FAR_TEST) == 0xBAD, "still mapped");
	paging_put(SPACE, FAR_TEST, PAGING_DIRECTORY, entry);
	CHECK(peek(FAR_TEST) == 0xAAAA, "not mapped again");
	pair_free(&pair, FAR_TEST);
}

TEST(paging, directory_replaced)
{
	struct pair pair = pair_map(FAR_TEST, PTE_USER_DATA);
	uint64_t entry = paging_get(SPACE, FAR_TEST, PAGING_DIRECTORY);
	uint32_t table = page_alloc();
	uint32_t value;

	paging_put(SPACE, FAR_TEST, PAGING_DIRECTORY, table | PTE_TABLE);
	paging_map(SPACE, FAR_TEST, pair.second, PTE_USER_DATA);
	paging_tell_directory(SPACE, FAR_TEST);
	value = peek(FAR_TEST);
	paging_put(SPACE, FAR_TEST, PAGING_DIRECTORY, entry);
	paging_tell_directory(SPACE, FAR_TEST);
	CHECK(value == 0xBBBB, "reads 0x%x through the new table", value);
	CHECK(peek(FAR_TEST) == 0xAAAA, "reads 0x%x through the old table", peek(FAR_TEST));
	pair_free(&pair, FAR_TEST);
	page_free(table);
}

/* A directory entry that loses the user bit closes everything below it to ring 3. */
TEST(paging, directory_made_supervisor)
{
	struct pair pair = pair_map(FAR_TEST, PTE_USER_DATA);
	uint64_t entry = paging_get(SPACE, FAR_TEST, PAGING_DIRECTORY);
	struct fault fault;

	(void)user_call(user_read, FAR_TEST, 0, NULL);
	paging_put(SPACE, FAR_TEST, PAGING_DIRECTORY, entry & ~(uint64_t)PTE_USER);
	paging_tell_directory(SPACE, FAR_TEST);
	fault = user_call(user_read, FAR_TEST, 0, NULL);
	paging_put(SPACE, FAR_TEST, PAGING_DIRECTORY, entry);
	paging_tell_directory(SPACE, FAR_TEST);
	pair_free(&pair, FAR_TEST);
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_PRESENT | PAGE_FAULT_USER),
	      "vector %u error 0x%x", fault.vector, fault.error);
}

/* --- Flushes ------------------------------------------------------------------------ */

TEST(paging, flush_user)
{
	struct pair pair = pair_map(USER_TEST, PTE_USER_DATA);

	paging_map(SPACE, USER_TEST, pair.second, PTE_USER_DATA);
	paging_flush_user();
	CHECK(peek(USER_TEST) == 0xBBBB, "reads 0x%x", peek(USER_TEST));
	paging_put(SPACE, USER_TEST, PAGING_PTE, 0);
	paging_flush_user();
	CHECK(peek(USER_TEST) == 0xBAD, "still mapped");
	pair_free(&pair, USER_TEST);
}

TEST(paging, flush_user_write_protects)
{
	struct pair pair = pair_map(USER_TEST, PTE_USER_DATA);
	struct fault fault;

	(void)user_call(user_write, USER_TEST, 1, NULL);
	paging_map(SPACE, USER_TEST, pair.first, PTE_USER_DATA & ~PTE_WRITE);
	paging_flush_user();
	fault = user_call(user_write, USER_TEST, 2, NULL);
	pair_free(&pair, USER_TEST);
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE | PAGE_FAULT_USER),
	      "vector %u error 0x%x", fault.vector, fault.error);
}

TEST(paging, flush_user_directory)
{
	struct pair pair = pair_map(FAR_TEST, PTE_USER_DATA);
	uint64_t entry = paging_get(SPACE, FAR_TEST, PAGING_DIRECTORY);

	paging_put(SPACE, FAR_TEST, PAGING_DIRECTORY, 0);
	paging_flush_user();
	CHECK(peek(FAR_TEST) == 0xBAD, "still mapped");
	paging_put(SPACE, FAR_TEST, PAGING_DIRECTORY, entry);
	pair_free(&pair, FAR_TEST);
}

TEST(paging, flush_all_kernel)
{
	uint32_t space = paging_create();
	struct pair pair = pair_map(WINDOW_TEST, PTE_KERNEL | PTE_GLOBAL);
	uint32_t own, other;

	paging_switch(space);
	(void)peek(WINDOW_TEST);
	paging_map(SPACE, WINDOW_TEST, pair.second, PTE_KERNEL | PTE_GLOBAL);
	paging_flush_all();
	own = peek(WINDOW_TEST);
	paging_switch(SPACE);
	other = peek(WINDOW_TEST);
	pair_free(&pair, WINDOW_TEST);
	paging_destroy(space);
	CHECK(own == 0xBBBB && other == 0xBBBB, "0x%x in the current space, 0x%x in the other",
	      own, other);
}

/* FLUSH_TLB(1) means the user parts of spaces that are not current as well. */
TEST(paging, flush_all_other_space)
{
	uint32_t space = paging_create();
	struct pair pair = pair_map(USER_TEST, PTE_USER_DATA);
	uint32_t value;

	paging_switch(space);
	paging_map(SPACE, USER_TEST, pair.second, PTE_USER_DATA);
	paging_flush_all();
	paging_switch(SPACE);
	value = peek(USER_TEST);
	pair_free(&pair, USER_TEST);
	paging_destroy(space);
	CHECK(value == 0xBBBB, "reads 0x%x", value);
}
