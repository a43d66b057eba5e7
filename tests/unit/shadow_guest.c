// SPDX-License-Identifier: GPL-2.0-only
/* The guest of the shadow tables' tests; see shadow_guest.h. */
#include "tests/unit/shadow_guest.h"

#include "arch/cpu/cpu_features.h"
#include "arch/cpu/layout.h"
#include "mm/frames.h"

#include <stdlib.h>
#include <string.h>

static void must(bool condition)
{
	if (!condition)
		abort();
}

void shadow_guest_start(struct shadow_guest *guest, bool pae, uint32_t budget)
{
	native_start(false);
	memset(guest, 0, sizeof(*guest));
	guest->frames_before = frames_free();
	/*
	 * Exactly the guest's memory, so that the sanitizer sees a step out of it; kept
	 * for the next guest.
	 */
	if (!native_window)
		native_window = malloc(GUEST_PAGES * PAGE_SIZE);
	must(native_window != NULL);
	memset(native_window, 0, GUEST_PAGES * PAGE_SIZE);
	must(guest_memory_create(&guest->memory, GUEST_RAM_PAGES, GUEST_DEVICE_PAGES) == 0);
	while (!guest_memory_grow(&guest->memory))
		;
	guest->memory.base = native_window;
	must(frames_reserve(budget) == 0);
	must(shadow_create(&guest->shadow, &guest->memory, budget) == 0);
	shadow_set_layout(&guest->shadow, GUEST_KERNEL, 0x00400000);
	for (unsigned i = 0; i < ARRAY_SIZE(guest->cpus); i++) {
		guest->cpus[i] =
			pages_alloc((sizeof(struct cpu_pages) + PAGE_SIZE - 1) / PAGE_SIZE);
		must(guest->cpus[i] != NULL);
	}
	guest->pae = pae;
	guest->next_page = 1;
}

bool shadow_guest_stop(struct shadow_guest *guest)
{
	uint32_t budget = guest->shadow.budget;

	while (!shadow_destroy(&guest->shadow))
		;
	frames_unreserve(budget);
	for (unsigned i = 0; i < ARRAY_SIZE(guest->cpus); i++)
		pages_free(guest->cpus[i], (sizeof(struct cpu_pages) + PAGE_SIZE - 1) / PAGE_SIZE);
	while (!guest_memory_shrink(&guest->memory))
		;
	return frames_free() == guest->frames_before;
}

/* --- the guest's hands ------------------------------------------------------------- */

static uint32_t entry_size(const struct shadow_guest *guest)
{
	return guest->pae ? 8 : 4;
}

uint64_t guest_load(const struct shadow_guest *guest, uint32_t address)
{
	uint64_t entry = 0;

	memcpy(&entry, native_window + address, entry_size(guest));
	return entry;
}

void guest_store(struct shadow_guest *guest, uint32_t address, uint64_t entry)
{
	memcpy(native_window + address, &entry, entry_size(guest));
}

uint32_t guest_new_table(struct shadow_guest *guest)
{
	return guest->next_page++ << PAGE_SHIFT;
}

uint32_t guest_new_root(struct shadow_guest *guest)
{
	uint32_t root = guest_new_table(guest);

	for (uint32_t i = 0; guest->pae && i < 4; i++)
		guest_store(guest, root + i * 8, guest_new_table(guest) | PTE_P);
	return root;
}

uint32_t guest_directory_at(const struct shadow_guest *guest, uint32_t root, uint32_t address)
{
	uint32_t middle;

	if (!guest->pae)
		return root + (address >> 22) * 4;
	middle = (uint32_t)(guest_load(guest, root + (address >> 30) * 8) & PTE_FRAME);
	return middle + (address >> 21 & 511) * 8;
}

uint32_t guest_entry_at(const struct shadow_guest *guest, uint32_t root, uint32_t address)
{
	uint64_t directory = guest_load(guest, guest_directory_at(guest, root, address));
	uint32_t index = address >> PAGE_SHIFT & (guest->pae ? 511 : 1023);

	return directory & PTE_P ? (uint32_t)(directory & PTE_FRAME) + index * entry_size(guest)
				 : 0;
}

void guest_map(struct shadow_guest *guest, uint32_t root, uint32_t address, uint64_t entry)
{
	if (!guest_entry_at(guest, root, address))
		guest_store(guest, guest_directory_at(guest, root, address),
			    guest_new_table(guest) | PTE_P | PTE_W | PTE_U);
	guest_store(guest, guest_entry_at(guest, root, address), entry);
}

uint64_t guest_entry_of(const struct shadow_guest *guest, uint32_t root, uint32_t address)
{
	return guest_load(guest, guest_entry_at(guest, root, address));
}

uint64_t guest_frame_of_page(const struct shadow_guest *guest, uint32_t page)
{
	paddr_t frame = 0;

	must(guest_frame(&guest->memory, page, &frame));
	return frame;
}

/* --- the CPU ------------------------------------------------------------------------- */

struct shadow_view shadow_look(struct shadow_guest *guest, uint32_t address)
{
	struct shadow_view view = { 0 };
	const uint64_t *table =
		direct_map(shadow_activate(&guest->shadow, guest->cpus[guest->cpu]));
	uint64_t entry = table[address >> 30];
	uint64_t all, any;

	/* SDM vol. 3, table 4-8: bits 1-2, 5-8 and 63 of a top-level entry are reserved. */
	must((entry & (PTE_W | PTE_U | PTE_A | PTE_D | PTE_PS | PTE_G | PTE_NX)) == 0);
	if (!(entry & PTE_P))
		return view;
	table = direct_map(entry & PTE_FRAME);
	all = any = table[address >> 21 & 511];
	if (!(all & PTE_P))
		return view;
	must((all & PTE_PS) == 0);
	table = direct_map(all & PTE_FRAME);
	entry = table[address >> PAGE_SHIFT & 511];
	all &= entry;
	any |= entry;
	/* A reserved bit; it would fault for ever. */
	must(cpu_features()->nx || !(any & PTE_NX));
	view.present = (entry & PTE_P) != 0;
	view.writable = (all & PTE_W) != 0;
	view.user = (all & PTE_U) != 0;
	view.no_execute = (any & PTE_NX) != 0;
	view.frame = entry & PTE_FRAME;
	return view;
}

bool view_permits(const struct shadow_view *view, uint32_t access)
{
	return view->present && (!(access & FAULT_WRITE) || view->writable) &&
	       (!(access & FAULT_USER) || view->user) &&
	       (!(access & FAULT_FETCH) || !view->no_execute);
}

/* The CPU sets the accessed bit of each entry by which it goes; here that of the slot matters. */
static void mark_slot(struct shadow_guest *guest, uint32_t address)
{
	const uint64_t *top =
		direct_map(shadow_activate(&guest->shadow, guest->cpus[guest->cpu]));
	uint64_t *table = direct_map(top[address >> 30] & PTE_FRAME);

	table[address >> 21 & 511] |= PTE_A;
}

enum access_result guest_access(struct shadow_guest *guest, uint32_t address, uint32_t access,
				uint32_t *error)
{
	struct shadow_view view = shadow_look(guest, address);
	uint32_t code = access | (view.present ? FAULT_PRESENT : 0);

	if (view_permits(&view, access)) {
		mark_slot(guest, address);
		return ACCESS_HIT;
	}
	/* Without NX the CPU does not tell fetches from reads. */
	if (!cpu_features()->nx)
		code &= ~FAULT_FETCH;
	switch (shadow_fault(&guest->shadow, gva_make(address), &code)) {
	case SHADOW_DONE:
		view = shadow_look(guest, address);
		return view_permits(&view, access) ? ACCESS_FILLED : ACCESS_REFUSED;
	case SHADOW_GUEST_FAULT:
		if (error)
			*error = code;
		return ACCESS_FAULT;
	case SHADOW_OUTSIDE:
		return ACCESS_OUTSIDE;
	case SHADOW_BAD:
	case SHADOW_AGAIN:
		break;
	}
	return ACCESS_BAD;
}
