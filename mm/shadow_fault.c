// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fills the shadow from the guest's tables: on a fault, and beforehand where a fault could not
 * be taken (the kernel's stack).
 */
#include "mm/guest_share.h"
#include "mm/shadow_internal.h"

#define ACCESS_BITS (FAULT_WRITE | FAULT_USER | FAULT_FETCH)

/* One guest address, looked up in the guest's tables. */
struct walk {
	struct guest_slot slot;
	struct guest_entries entries;
	uint64_t entry;
};

/* Error-code bits are at the same positions as the page-table permissions that they need. */
_Static_assert(FAULT_WRITE == PTE_W && FAULT_USER == PTE_U, "SDM vol. 3, 4.7 and 4.4.2");

/* A page is writable or user only if every level says so, and not executable if any level does. */
static bool is_permitted(const struct shadow *shadow, const struct walk *walk, uint32_t access)
{
	uint32_t required = access & (FAULT_WRITE | FAULT_USER);

	if (((uint32_t)walk->slot.flags & (uint32_t)walk->entry & required) != required)
		return false;
	return !(access & FAULT_FETCH) || !shadow->no_execute ||
	       !((walk->slot.flags | walk->entry) & PTE_NX);
}

/* Such a page is never mapped; the caller knows whether a device is there. */
static const char beyond_memory[] = "page-table entry maps a page beyond the guest's memory";

static enum shadow_result outside_memory(struct shadow *shadow, uint64_t entry, uint32_t address)
{
	shadow_bad(shadow, beyond_memory, entry);
	shadow->outside = gpa_make(guest_entry_page(entry) << PAGE_SHIFT | (address & ~PAGE_MASK));
	return SHADOW_OUTSIDE;
}

/*
 * Walks the guest's tables for an access of kind error & ACCESS_BITS; sets accessed and dirty if it
 * is permitted.
 */
static inline __force_inline enum shadow_result walk_guest(struct shadow *shadow, uint32_t address,
							   uint32_t access, struct walk *walk,
							   uint32_t *error)
{
	uint32_t marks = access & FAULT_WRITE ? PTE_A | PTE_D : PTE_A;
	enum walk_result found;
	uint32_t page;

	*error = access;
	if (address >> SLOT_SHIFT >= shadow->limit)
		return SHADOW_GUEST_FAULT;
	found = space_read_slot(shadow, shadow->current, address >> SLOT_SHIFT, &walk->slot);
	if (found == WALK_BAD)
		return shadow_bad(shadow, "directory entry names no table of the guest",
				  walk->slot.flags);
	if (found == WALK_ABSENT)
		return SHADOW_GUEST_FAULT;
	guest_find_entries(shadow->reader, shadow->memory, walk->slot.key, &walk->entries);
	walk->entry = guest_entry(&walk->entries, ENTRY_INDEX(address));
	if (!((uint32_t)walk->entry & PTE_P))
		return SHADOW_GUEST_FAULT;
	*error |= FAULT_PRESENT;
	if (!is_permitted(shadow, walk, access))
		return SHADOW_GUEST_FAULT;
	/* Guest-physical addresses have 32 bits; PAE entries have room for more. */
	page = guest_entry_page(walk->entry);
	if (unlikely(page == UINT32_MAX))
		return shadow_bad(shadow, beyond_memory, walk->entry);
	if (unlikely(!((uint32_t)walk->slot.flags & PTE_A)))
		shadow->reader->mark_slot(shadow->memory, shadow->current->root,
					  address >> SLOT_SHIFT);
	if (((uint32_t)walk->entry & marks) != marks) {
		guest_entry_mark(&walk->entries, ENTRY_INDEX(address), marks);
		walk->entry |= marks;
	}
	if (unlikely(page >= shadow->memory->pages))
		return outside_memory(shadow, walk->entry, address);
	return SHADOW_DONE;
}

/*
 * A write that is permitted, of a guest that shares memory: the page becomes its own.  Not inline:
 * most guests share nothing.
 */
static enum shadow_result __noinline own_page(struct shadow *shadow, uint64_t entry)
{
	bool done = guest_memory_own(shadow->memory, guest_entry_page(entry));

	if (shadow->memory->moved_count > 0)
		shadow_follow(shadow);
	return done ? SHADOW_DONE : SHADOW_AGAIN;
}

enum shadow_result shadow_fault(struct shadow *shadow, gva_t gva, uint32_t *error)
{
	uint32_t address = gva_value(gva);
	/* A guest whose CPU has no NX does not expect fetches to be reported (SDM vol. 3, 4.7). */
	uint32_t access = *error & (shadow->no_execute ? ACCESS_BITS : ACCESS_BITS & ~FAULT_FETCH);
	struct shadow_leaf *leaf;
	struct walk walk;
	enum shadow_result result;

	if (unlikely(shadow->provisional))
		(void)shadow_initial_learn(shadow, address);
	result = walk_guest(shadow, address, access, &walk, error);
	if (result != SHADOW_DONE) {
		shadow->counters.guest_faults += result == SHADOW_GUEST_FAULT;
		return result;
	}
	if (unlikely(shadow->memory->is_shared) && access & FAULT_WRITE &&
	    own_page(shadow, walk.entry) != SHADOW_DONE)
		return SHADOW_AGAIN;
	shadow->counters.filled++;
	space_make_room(shadow, LINK_PAGES);
	leaf = space_link(shadow, shadow->current, address >> SLOT_SHIFT, &walk.slot);
	leaf_fill(shadow, leaf, &walk.entries, ENTRY_INDEX(address), walk.entry);
	return SHADOW_DONE;
}

static bool is_writable(const struct shadow *shadow, uint32_t address)
{
	uint32_t slot = address >> SLOT_SHIFT;

	if (slot >= shadow->limit || !space_is_awake(shadow->current, slot) ||
	    !(*space_slot(shadow->current, slot) & PTE_W))
		return false;
	return (space_leaf(shadow->current, slot)->table[ENTRY_INDEX(address)] & PTE_W) != 0;
}

enum shadow_result shadow_pin(struct shadow *shadow, gva_t top, uint32_t pages)
{
	/* Filling one page may unmap the other to make room, so both are checked again. */
	for (unsigned attempt = 0; attempt < 2; attempt++) {
		bool complete = true;

		for (uint32_t i = 0; i < pages; i++) {
			uint32_t address = gva_value(top) - 1 - i * PAGE_SIZE;
			uint32_t error = FAULT_WRITE;
			enum shadow_result result;

			if (is_writable(shadow, address))
				continue;
			result = shadow_fault(shadow, gva_make(address), &error);
			if (result != SHADOW_DONE)
				return result;
			complete = false;
		}
		if (complete)
			break;
	}
	for (uint32_t i = 0; i < pages; i++) {
		uint32_t slot = (gva_value(top) - 1 - i * PAGE_SIZE) >> SLOT_SHIFT;

		shadow->pin_leaves[i] = space_is_linked(shadow->current, slot) ?
						space_leaf(shadow->current, slot) : NULL;
	}
	shadow->pin_last = ENTRY_INDEX(gva_value(top) - 1);
	shadow->pin_pages = pages;
	shadow->pinned = true;
	return SHADOW_DONE;
}

enum shadow_result shadow_translate(struct shadow *shadow, gva_t gva, bool write, gpa_t *gpa)
{
	uint32_t address = gva_value(gva);
	uint32_t error;
	struct walk walk;
	enum shadow_result result;

	if (unlikely(shadow->provisional))
		(void)shadow_initial_learn(shadow, address);
	result = walk_guest(shadow, address, write ? FAULT_WRITE : 0, &walk, &error);
	if (result == SHADOW_DONE)
		*gpa = gpa_make(guest_entry_page(walk.entry) << PAGE_SHIFT |
				(address & ~PAGE_MASK));
	return result;
}
