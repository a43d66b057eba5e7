// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks of a guest of generation A, all of them on the first page tables that
 * Umbra makes for it, and while they are in use: this guest never gets to tables
 * of its own.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/generation_a.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/ring.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/string.h"

#define MAGIC 0x600DF00Du
#define NEW_ADDRESS 0xFF000000u         /* without an entry in the initial page tables */
#define MIDDLE_SLOT 504u                /* of NEW_ADDRESS, in the PAE middle table */

static uint32_t pgdir;

static uint32_t read_at(uint32_t address)
{
	return *(uint32_t volatile *)(uintptr_t)address;
}

/* The PAE middle table, which entry 0 of the PAE top level names. */
static uint32_t *middle_table(void)
{
	return virt_of(*(uint32_t *)virt_of(pgdir) & PAGE_MASK);
}

static uint32_t *directory(void)
{
	return virt_of(pgdir);
}

static uint32_t marked_page(void)
{
	uint32_t page = page_alloc();

	*(uint32_t *)virt_of(page) = MAGIC;
	return page;
}

/* The runtime goes on here instead of making its own tables. */
void initial_tables_use(void)
{
	pgdir = generation_a_data.pgdir;
	guest_main();
	machine_poweroff();
}

/* The field is the guest's; Umbra must not take it for more than a number. */
ATTACK(pgdir_field, "first-pgdir-field", SURVIVES)
{
	static const uint32_t values[] = {0, 1, 0xFFFFF000, 0xFFFFFFFF, 0x80000000, 0xC0000000};

	for (uint32_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		generation_a_data.pgdir = values[i];
		hypercall(LGUEST_SET_PTE, values[i], NEW_ADDRESS, 0, 0);
		hypercall(LGUEST_SET_PGD, values[i], 3, 0, 0);
		paging_flush_all();
	}
	generation_a_data.pgdir = pgdir;
	paging_map(pgdir, NEW_ADDRESS, marked_page(), PTE_KERNEL);
	if (read_at(NEW_ADDRESS) != MAGIC)
		attack_fail("the tables are not those of before");
}

ATTACK(pgdir_outside, "first-pgdir-outside", "page table outside memory")
{
	paging_switch(0xFFFFF000);
}

/* Fits the PAE format alone, and then names nothing below. */
ATTACK(pgdir_odd, "first-pgdir-odd", EITHER)
{
	paging_switch(pgdir + 32);
	(void)read_at(NEW_ADDRESS);
}

ATTACK(pgd_index, "first-pgd-index", "SET_PGD with an index")
{
	hypercall(LGUEST_SET_PGD, pgdir, 1024, 0, 0);
}

ATTACK(pmd_index, "first-pmd-index", "SET_PMD with an index")
{
	hypercall(LGUEST_SET_PMD, pgdir, 512, 0, 0);
}

ATTACK(table_outside, "first-table-outside", "directory entry names no table")
{
	directory()[NEW_ADDRESS >> 22] = 0xF0000000 | PTE_TABLE;
	(void)read_at(NEW_ADDRESS);
}

ATTACK(page_outside, "first-page-outside", "beyond the guest's memory")
{
	paging_map(pgdir, NEW_ADDRESS, 0xF0000000, PTE_KERNEL);
	(void)read_at(NEW_ADDRESS);
}

/* A change in each format: one of them is believed, and nothing worse happens. */
ATTACK(both, "first-both", EITHER)
{
	uint32_t page = marked_page(), table = page_alloc();

	((uint32_t *)virt_of(table))[0] = page | PTE_KERNEL;
	directory()[NEW_ADDRESS >> 22] = table | PTE_TABLE;
	middle_table()[2 * MIDDLE_SLOT] = table | PTE_TABLE;
	if (read_at(NEW_ADDRESS) != MAGIC)
		attack_fail("neither counts");
}

/* The directory is its own table, the PAE top level in it and all. */
ATTACK(recursive, "first-recursive", EITHER)
{
	for (uint32_t i = 1; i < GUEST_KERNEL_BASE >> 22; i++)
		directory()[i] = pgdir | PTE_TABLE;
	paging_flush_all();
	for (uint32_t address = 0x400000; address < GUEST_KERNEL_BASE; address += 0x200000)
		(void)read_at(address);
}

ATTACK(erased, "first-erased", EITHER)
{
	memset(directory(), 0, PAGE_SIZE);
	paging_flush_all();
	(void)read_at(NEW_ADDRESS);
}

/* Umbra compares tables at each of these calls. */
ATTACK(storm, "first-storm", SURVIVES)
{
	while (!attack_over())
		for (uint32_t i = 0; i <= LGUEST_RING_SIZE; i++)
			ring_call(LGUEST_FLUSH_TLB, i & 1, 0, 0, 0);
}

/* Anything at all in any of the tables, and calls that make Umbra look. */
ATTACK(noise, "first-noise", EITHER)
{
	uint32_t bottom = initial_tables_bottom(machine_memory());
	uint32_t words = (pgdir + PAGE_SIZE - bottom) / sizeof(uint32_t);

	for (uint32_t i = machine_number("rounds", 2000); i > 0; i--) {
		uint32_t *word = (uint32_t *)virt_of(bottom) + attack_random() % words;

		*word = i & 1 ? attack_random() : *word ^ 1u << (attack_random() & 31);
		if (attack_random() % 16 == 0)
			hypercall(LGUEST_SET_PTE, pgdir, attack_random() & 0xFFBFFFFF, 0, 0);
		if (attack_random() % 16 == 0)
			hypercall(LGUEST_SET_PGD, pgdir, attack_random() & 3, 0, 0);
		if (attack_random() % 64 == 0)
			paging_flush_all();
		if (attack_random() % 64 == 0)
			paging_switch(pgdir);
	}
	(void)read_at(NEW_ADDRESS);
}
