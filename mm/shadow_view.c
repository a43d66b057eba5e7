// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at one page of a guest as a person would: what the guest's tables say, what the shadow
 * tables have of it.  Nothing is filled or marked, so that looking changes nothing.
 */
#include "mm/shadow_view.h"

#include "mm/shadow_internal.h"

static void look_at_guest(const struct shadow *shadow, uint32_t address, struct page_view *view)
{
	struct guest_entries entries;
	struct guest_slot slot;
	enum walk_result found = space_read_slot(shadow, shadow->current, address >> SLOT_SHIFT,
						 &slot);

	view->is_bad = found == WALK_BAD;
	view->above = found == WALK_ABSENT ? 0 : slot.flags;
	if (found != WALK_PRESENT)
		return;
	guest_find_entries(shadow->reader, shadow->memory, slot.key, &entries);
	view->entry = guest_entry(&entries, ENTRY_INDEX(address));
	view->has_frame = view->entry & PTE_P &&
			  guest_frame(shadow->memory, guest_entry_page(view->entry), &view->frame);
}

static void look_at_shadow(const struct shadow *shadow, uint32_t address,
			   struct page_view *view)
{
	uint32_t slot = address >> SLOT_SHIFT;

	view->has_leaf = space_is_linked(shadow->current, slot);
	if (!view->has_leaf)
		return;
	view->is_awake = space_is_awake(shadow->current, slot);
	view->shadow_entry = space_leaf(shadow->current, slot)->table[ENTRY_INDEX(address)];
}

void shadow_view_page(const struct shadow *shadow, gva_t gva, struct page_view *view)
{
	uint32_t address = gva_value(gva);

	*view = (struct page_view){
		.root = shadow->current->root, .format = shadow->reader->name,
		.is_umbras = address >> SLOT_SHIFT >= shadow->limit,
	};
	if (view->is_umbras)
		return;
	look_at_guest(shadow, address, view);
	look_at_shadow(shadow, address, view);
}
