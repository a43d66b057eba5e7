// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables of a guest, two-level and PAE behind the same functions. Owns the
 * kernel's space; the tables of its kernel part are shared by all spaces, and
 * its top-level slots never change after paging_init.
 */
#include "guest/runtime/paging.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/string.h"
#include "guest/runtime/user.h"

#define PTE_FRAME 0xFFFFF000u
#define FIRST_LINEAR 0x1000000u
#define PAE_TOP_SLOTS 4u
#define PAE_TOP_FLAGS PTE_PRESENT

/* Of start.asm. */
extern const bool boot_is_pae;

static uint32_t kernel_space;
static uint32_t current_space;

bool paging_is_pae(void)
{
	return boot_is_pae;
}

uint32_t paging_kernel_space(void)
{
	return kernel_space;
}

uint32_t paging_current(void)
{
	return current_space;
}

static enum paging_level top_level(void)
{
	return boot_is_pae ? PAGING_TOP : PAGING_DIRECTORY;
}

uint32_t paging_index(uint32_t address, enum paging_level level)
{
	if (boot_is_pae)
		return (address >> (12 + 9 * (uint32_t)level)) & 511;
	return (address >> (12 + 10 * (uint32_t)level)) & 1023;
}

static uint64_t entry_read(uint32_t table, uint32_t index)
{
	if (boot_is_pae)
		return ((volatile uint64_t *)virt_of(table))[index];
	return ((volatile uint32_t *)virt_of(table))[index];
}

/* A PAE entry has two halves: the one with the present bit is cleared first and set last. */
static void entry_write(uint32_t table, uint32_t index, uint64_t value)
{
	volatile uint32_t *words = virt_of(table);

	if (!boot_is_pae) {
		words[index] = (uint32_t)value;
		return;
	}
	words[2 * index] = 0;
	words[2 * index + 1] = (uint32_t)(value >> 32);
	words[2 * index] = (uint32_t)value;
}

static uint32_t table_flags(enum paging_level level)
{
	return level == PAGING_TOP ? PAE_TOP_FLAGS : PTE_TABLE;
}

uint32_t paging_table(uint32_t space, uint32_t address, enum paging_level level, bool create)
{
	uint32_t table = space;

	for (enum paging_level at = top_level(); at > level; at--) {
		uint32_t index = paging_index(address, at);
		uint64_t entry = entry_read(table, index);

		if (!(entry & PTE_PRESENT)) {
			if (!create)
				return 0;
			entry = page_alloc() | table_flags(at);
			entry_write(table, index, entry);
		}
		table = (uint32_t)entry & PTE_FRAME;
	}
	return table;
}

uint64_t paging_get(uint32_t space, uint32_t address, enum paging_level level)
{
	uint32_t table = paging_table(space, address, level, false);

	return table == 0 ? 0 : entry_read(table, paging_index(address, level));
}

void paging_put(uint32_t space, uint32_t address, enum paging_level level, uint64_t value)
{
	uint32_t table = paging_table(space, address, level, true);

	entry_write(table, paging_index(address, level), value);
}

void paging_map(uint32_t space, uint32_t address, uint32_t physical, uint32_t flags)
{
	paging_put(space, address, PAGING_PTE, physical | flags);
}

/* The tables of a range exist afterwards, so that no top-level slot of it need change later. */
static void prepare_range(uint32_t start, uint32_t size)
{
	uint32_t step = boot_is_pae ? 0x200000 : 0x400000;

	for (uint32_t offset = 0; offset < size; offset += step)
		(void)paging_table(kernel_space, start + offset, PAGING_PTE, true);
}

/* What ring 3 needs in every space. */
static void map_user_part(uint32_t space)
{
	uint32_t size = (uint32_t)(user_end - user_start);

	for (uint32_t offset = 0; offset < size; offset += PAGE_SIZE)
		paging_map(space, USER_CODE + offset, phys_of(user_start) + offset, PTE_USER_CODE);
	paging_map(space, USER_STACK_TOP - PAGE_SIZE, page_alloc(), PTE_USER_DATA);
}

static void map_linear(uint32_t from, uint32_t to)
{
	for (uint32_t page = from; page < to; page += PAGE_SIZE)
		paging_map(kernel_space, GUEST_KERNEL_BASE + page, page, PTE_KERNEL);
}

/*
 * The boot tables map 2 MB. That is enough for tables of the first 16 MB, and
 * those have room for all others; absent to present needs no announcement.
 */
void paging_init(uint32_t memory)
{
	uint32_t linear = memory < LINEAR_MAX ? memory : LINEAR_MAX;
	uint32_t first = linear < FIRST_LINEAR ? linear : FIRST_LINEAR;

	kernel_space = page_alloc();
	map_linear(0, first);
	prepare_range(WINDOW_DEVICES, WINDOW_SIZE);
	prepare_range(WINDOW_TEST, WINDOW_SIZE);
	map_user_part(kernel_space);
	paging_switch(kernel_space);
	paging_flush_all();
	map_linear(first, linear);
}

uint32_t paging_create(void)
{
	uint32_t space = page_alloc();
	uint32_t slots = boot_is_pae ? PAE_TOP_SLOTS : 1024;
	uint32_t first = paging_index(GUEST_KERNEL_BASE, top_level());

	for (uint32_t i = first; i < slots; i++)
		entry_write(space, i, entry_read(kernel_space, i));
	map_user_part(space);
	return space;
}

/* Free what a directory's slots below end point to, telling Umbra of each. */
static void free_tables(uint32_t space, uint32_t directory, uint32_t base, uint32_t end)
{
	uint32_t shift = boot_is_pae ? 21 : 22;

	for (uint32_t i = 0; i < end; i++) {
		uint64_t entry = entry_read(directory, i);

		if (!(entry & PTE_PRESENT))
			continue;
		entry_write(directory, i, 0);
		paging_tell_directory(space, base + (i << shift));
		page_free((uint32_t)entry & PTE_FRAME);
	}
}

void paging_destroy(uint32_t space)
{
	uint32_t stack = (uint32_t)paging_get(space, USER_STACK_TOP - PAGE_SIZE, PAGING_PTE);

	if (!boot_is_pae) {
		free_tables(space, space, 0, GUEST_KERNEL_BASE >> 22);
	} else {
		for (uint32_t slot = 0; slot < GUEST_KERNEL_BASE >> 30; slot++) {
			uint64_t entry = entry_read(space, slot);

			if (!(entry & PTE_PRESENT))
				continue;
			free_tables(space, (uint32_t)entry & PTE_FRAME, slot << 30, 512);
			entry_write(space, slot, 0);
			hypercall(LGUEST_SET_PGD, space, slot, 0, 0);
			page_free((uint32_t)entry & PTE_FRAME);
		}
	}
	page_free(stack & PTE_FRAME);
	page_free(space);
}

void paging_switch(uint32_t space)
{
	current_space = space;
	hypercall(LGUEST_NEW_PGTABLE, space, 0, 0, 0);
}

void paging_tell_pte(uint32_t space, uint32_t address, uint64_t value)
{
	hypercall(LGUEST_SET_PTE, space, address, (uint32_t)value, (uint32_t)(value >> 32));
}

void paging_tell_directory(uint32_t space, uint32_t address)
{
	uint32_t index = paging_index(address, PAGING_DIRECTORY);

	if (boot_is_pae)
		hypercall(LGUEST_SET_PMD, paging_table(space, address, PAGING_DIRECTORY, true),
			  index, 0, 0);
	else
		hypercall(LGUEST_SET_PGD, space, index, 0, 0);
}

void paging_set(uint32_t space, uint32_t address, uint64_t value)
{
	paging_put(space, address, PAGING_PTE, value);
	paging_tell_pte(space, address, value);
}

void paging_flush_user(void)
{
	hypercall(LGUEST_FLUSH_TLB, LGUEST_FLUSH_USER, 0, 0, 0);
}

void paging_flush_all(void)
{
	hypercall(LGUEST_FLUSH_TLB, LGUEST_FLUSH_ALL, 0, 0, 0);
}
