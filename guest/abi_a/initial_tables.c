// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first page tables of generation A. Umbra makes them at INIT, for two-level
 * and for PAE kernels at once, and finds out from what the kernel does with them
 * which it is. That can be tested once in a boot and before the runtime's own
 * tables, so initial_tables_use() does it and the tests report what it saw. How the
 * kernel shows its format, the word first=WAY of the command line says:
 *     told      a new directory entry, announced (the way of Linux)
 *     fault     a new directory entry, used without a word
 *     page      another page in the linear map, announced by SET_PTE
 *     flush     another table for a part of the linear map, then a flush
 *     top       one of the entries that mean something in both formats, announced
 *     nothing   not at all: the first NEW_PGTABLE has to tell
 */
#include "guest/runtime/generation_a.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/report.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/string.h"

#include <stdbool.h>

#define MAGIC 0x600DF00Du
#define PTE_FRAME 0xFFFFF000u
#define FIRST_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER)

/* In the linear map of any guest that has 8 MB, and not in the image. */
#define VICTIM 0x600000u

/* Not in the initial page tables; the second is below 32 MB, where both formats meet. */
#define NEW_ADDRESS 0xFF000000u
#define TOP_ADDRESS_PAE 0x40000000u
#define TOP_ADDRESS_TWO_LEVEL 0x01C00000u

static uint32_t pgdir;
static uint32_t wrong_page;     /* the first address that the tables do not map as they should */
static bool low_is_high, harmless, way_known, way_works, low_afterwards;

static uint32_t volatile *at(uint32_t address)
{
	return (uint32_t volatile *)(uintptr_t)address;
}

static uint32_t marked_page(void)
{
	uint32_t page = page_alloc();

	*(uint32_t *)virt_of(page) = MAGIC;
	return page;
}

/* What the tables in memory say of all pages; 0 when all is well. */
static uint32_t find_wrong_page(void)
{
	for (uint32_t page = 0; page < machine_memory(); page += PAGE_SIZE)
		if (paging_get(pgdir, GUEST_KERNEL_BASE + page, PAGING_PTE) !=
		    (page | FIRST_FLAGS))
			return GUEST_KERNEL_BASE + page;
	return 0;
}

/* --- the ways ---------------------------------------------------------------------- */

static bool way_told(void)
{
	paging_map(pgdir, NEW_ADDRESS, marked_page(), PTE_KERNEL);
	paging_tell_directory(pgdir, NEW_ADDRESS);
	return *at(NEW_ADDRESS) == MAGIC;
}

static bool way_fault(void)
{
	paging_map(pgdir, NEW_ADDRESS, marked_page(), PTE_KERNEL);
	return *at(NEW_ADDRESS) == MAGIC;
}

static bool way_page(void)
{
	bool before = *at(GUEST_KERNEL_BASE + VICTIM) == 0;

	paging_set(pgdir, GUEST_KERNEL_BASE + VICTIM, marked_page() | PTE_KERNEL);
	return before && *at(GUEST_KERNEL_BASE + VICTIM) == MAGIC;
}

/* The old table maps pgdir too, so the new one must agree with it for all but one page. */
static bool way_flush(void)
{
	uint32_t address = GUEST_KERNEL_BASE + VICTIM;
	uint32_t index = paging_index(address, PAGING_PTE);
	uint32_t table = page_alloc(), page = marked_page();
	bool before = *at(address) == 0;

	memcpy(virt_of(table), virt_of(paging_table(pgdir, address, PAGING_PTE, false)), PAGE_SIZE);
	((uint32_t *)virt_of(table))[paging_is_pae() ? 2 * index : index] = page | PTE_KERNEL;
	paging_put(pgdir, address, PAGING_DIRECTORY, table | PTE_TABLE);
	paging_flush_all();
	return before && *at(address) == MAGIC;
}

static bool way_top(void)
{
	uint32_t address = paging_is_pae() ? TOP_ADDRESS_PAE : TOP_ADDRESS_TWO_LEVEL;

	paging_map(pgdir, address, marked_page(), PTE_KERNEL);
	hypercall(LGUEST_SET_PGD, pgdir, paging_is_pae() ? 1 : address >> 22, 0, 0);
	return *at(address) == MAGIC;
}

static bool way_nothing(void)
{
	return true;
}

static const struct {
	const char *name;
	bool (*go)(void);
} ways[] = {
	{"told", way_told}, {"fault", way_fault}, {"page", way_page},
	{"flush", way_flush}, {"top", way_top}, {"nothing", way_nothing},
};

/* --- before the runtime's tables ------------------------------------------------------ */

static bool low_equals_high(void)
{
	return *at(machine_boot_u32(LGUEST_BP_CMD_LINE_PTR)) ==
	       *(const uint32_t *)machine_command_line() &&
	       *at(phys_of(&pgdir)) == pgdir;
}

void initial_tables_use(void)
{
	char word[16];
	const char *way = machine_word("first", word, sizeof(word)) ? word : "told";

	pgdir = generation_a_data.pgdir;
	wrong_page = find_wrong_page();
	low_is_high = low_equals_high();
	print("text on the initial page tables\n");
	print_early();
	/* Says nothing of the format, and takes nothing away. */
	paging_switch(pgdir);
	paging_flush_all();
	paging_flush_user();
	paging_tell_pte(pgdir, GUEST_KERNEL_BASE + VICTIM, 0);
	harmless = find_wrong_page() == 0 && low_equals_high();
	for (uint32_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, way) != 0)
			continue;
		way_known = true;
		way_works = ways[i].go();
	}
	low_afterwards = low_equals_high();
}

/* --- and what of it was right ---------------------------------------------------------- */

TEST(init, untouched_fields)
{
	CHECK(generation_a_data.kernel_address == GUEST_KERNEL_BASE, "kernel_address 0x%x",
	      generation_a_data.kernel_address);
	CHECK(generation_a_data.syscall_vec == LGUEST_SYSCALL_VECTOR, "syscall_vec 0x%x",
	      generation_a_data.syscall_vec);
}

/* Where the protocol puts them: below the initrd, or the end of memory. */
TEST(first, pgdir)
{
	uint32_t initrd = machine_boot_u32(LGUEST_BP_RAMDISK_IMAGE);
	uint32_t end = initrd ? initrd : machine_memory();

	CHECK(pgdir == end - PAGE_SIZE, "0x%x", pgdir);
}

TEST(first, linear_map)
{
	CHECK(wrong_page == 0, "at 0x%x", wrong_page);
}

TEST(first, low_addresses)
{
	CHECK(low_is_high, "at first");
	CHECK(low_afterwards, "when the format was known");
}

TEST(first, calls_without_a_change)
{
	CHECK(harmless, "something is gone");
}

TEST(first, format_is_found)
{
	CHECK(way_known, "no such way");
	CHECK(way_works, "the change does not count");
}

/* They stay ordinary tables. Nothing may print meanwhile: the device page is not in them. */
TEST(first, switched_back)
{
	bool low;

	paging_switch(pgdir);
	low = low_equals_high();
	paging_switch(paging_kernel_space());
	CHECK(low, "low addresses differ");
}
