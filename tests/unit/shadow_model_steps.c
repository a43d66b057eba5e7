// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the model's guest does: accesses, changes of its tables with and without
 * telling, flushes, switches; and what each of them makes fresh.
 */
#include "mm/guest_share.h"
#include "tests/unit/shadow_model_internal.h"

/* --- accesses --------------------------------------------------------------------------------- */

static uint32_t pick_slot(const struct shadow_model *model, struct choices *choices)
{
	/* Mostly few, so that much happens to each; among them the kernel's. */
	if (model_one_in(choices, 4))
		return model_choose(choices, model->slots);
	return model_choose(choices, 2) ? model_choose(choices, MIN(4u, model->slots))
				  : model->slots - 1 - model_choose(choices, MIN(4u, model->slots));
}

/* What the access must come to when the shadow does not permit it. */
static enum shadow_result expected(const struct shadow_model *model, const struct lookup *look,
				   uint32_t access, uint32_t *error)
{
	uint64_t all = look->flags & look->entry, any = look->flags | look->entry;

	*error = model_no_execute(model) ? access : access & ~FAULT_FETCH;
	if (look->directory == BAD)
		return SHADOW_BAD;
	if (look->directory == ABSENT || !(look->entry & PTE_P))
		return SHADOW_GUEST_FAULT;
	*error |= FAULT_PRESENT;
	if ((access & FAULT_WRITE && !(all & PTE_W)) || (access & FAULT_USER && !(all & PTE_U)) ||
	    (access & FAULT_FETCH && any & PTE_NX && model_no_execute(model)))
		return SHADOW_GUEST_FAULT;
	if (model_is_page(look->entry))
		return SHADOW_DONE;
	return (look->entry & PTE_FRAME) >> 32 ? SHADOW_BAD : SHADOW_OUTSIDE;
}

static void expect_access(struct shadow_model *model, const struct lookup *look, bool write)
{
	model_expect_marks(model, look->entry_at, write ? PTE_A | PTE_D : PTE_A);
	model_expect_marks(model, look->directory_at, PTE_A);
}

/* Permitted, whatever is behind it: marked; and beyond memory the caller learns the address. */
static void check_permitted(struct shadow_model *model, const struct lookup *look, uint32_t offset,
			    bool write, enum shadow_result result)
{
	if (result != SHADOW_DONE && result != SHADOW_OUTSIDE)
		return;
	expect_access(model, look, write);
	if (result == SHADOW_OUTSIDE &&
	    gpa_value(model->guest.shadow.outside) != (uint32_t)(look->entry & PTE_FRAME) + offset)
		model_violation(model, "outside memory at %08x",
				gpa_value(model->guest.shadow.outside));
}

static void check_filled(struct shadow_model *model, uint32_t s, uint32_t i, uint32_t access,
			 const struct lookup *look)
{
	struct shadow_view view;

	/*
	 * The fault made the CPU forget this page (SDM vol. 3, 4.10.4.1).  Kernel
	 * pages are global ones: what another address space has of another table
	 * is not forgotten with it.
	 */
	if (model->slot[s] < model->kernel_slot)
		model->fresh_page[model->current][s][i] = model->clock;
	else
		model->fresh_entry[look->table - model->first_table][model_half_of(model, s)][i] =
			model->clock;
	view = model_check_view(model, s, i);
	if (!view_permits(&view, access) ||
	    view.frame != guest_frame_of_page(&model->guest,
					      (uint32_t)(look->entry >> PAGE_SHIFT) & 0xFFFFF))
		model_violation(model, "%08x is not accessible after the fault",
				model_address_of(model, s, i));
}

static void touch(struct shadow_model *model, uint32_t s, uint32_t i, uint32_t access)
{
	uint32_t address = model_address_of(model, s, i), error = 0, wanted_error;
	struct lookup look = model_look_up(model, model->root[model->current], address);
	struct shadow_view view = model_check_view(model, s, i);
	enum shadow_result wanted = expected(model, &look, access, &wanted_error), result;

	model_note(model, "access %08x kind %x: view %d%d%d", address, access, view.present,
		   view.writable, view.user);
	if (view_permits(&view, access)) {
		model->counters.hits++;
		model->counters.stale_hits += wanted != SHADOW_DONE;
		return;
	}
	error = access | (view.present ? FAULT_PRESENT : 0);
	if (!model->config.nx)
		error &= ~FAULT_FETCH;
	result = shadow_fault(&model->guest.shadow, gva_make(address), &error);
	if (result != wanted)
		model_violation(model, "%08x, access %x: result %d, not %d", address, access,
				result, wanted);
	if (result == SHADOW_GUEST_FAULT && error != wanted_error)
		model_violation(model, "%08x, access %x: error %x, not %x", address, access, error,
			  wanted_error);
	model->counters.faults += result == SHADOW_GUEST_FAULT;
	model->counters.bad += result == SHADOW_BAD;
	model->counters.outside += result == SHADOW_OUTSIDE;
	check_permitted(model, &look, 0, access & FAULT_WRITE, result);
	if (result == SHADOW_DONE) {
		model->counters.fills++;
		check_filled(model, s, i, access, &look);
	}
}

static void access_step(struct shadow_model *model, struct choices *choices)
{
	static const uint32_t kinds[] = {
		0, FAULT_WRITE, FAULT_FETCH, FAULT_USER, FAULT_USER | FAULT_WRITE,
		FAULT_USER | FAULT_FETCH,
	};
	uint32_t s = pick_slot(model, choices);

	touch(model, s, model_choose(choices, INDEXES),
	      kinds[model_choose(choices, ARRAY_SIZE(kinds))]);
}

static void sweep_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t first = model_choose(choices, model->slots), i = model_choose(choices, INDEXES);

	for (uint32_t s = first; s < model->slots; s++)
		touch(model, s, i, 0);
}

static void heavy_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t s = pick_slot(model, choices);

	for (uint32_t i = CHANGING; i < INDEXES; i++)
		touch(model, s, i, model_choose(choices, 2) ? FAULT_WRITE : 0);
}

static void translate_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t s = pick_slot(model, choices);
	uint32_t address = model_address_of(model, s, model_choose(choices, INDEXES));
	bool write = model_choose(choices, 2);
	struct lookup look = model_look_up(model, model->root[model->current], address);
	uint32_t error;
	enum shadow_result wanted = expected(model, &look, write ? FAULT_WRITE : 0, &error);
	gpa_t gpa = gpa_make(0);

	model_note(model, "translate %08x write %d", address, write);
	if (shadow_translate(&model->guest.shadow, gva_make(address + 123), write, &gpa) != wanted)
		model_violation(model, "translate %08x: not %d", address, wanted);
	check_permitted(model, &look, 123, write, wanted);
	if (wanted == SHADOW_DONE &&
	    gpa_value(gpa) != (uint32_t)(look.entry & PTE_FRAME) + 123)
		model_violation(model, "translate %08x: %08x", address, gpa_value(gpa));
}

/* The pin may find its pages writable already, or lose one while it fills the other. */
static void pin_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t s = pick_slot(model, choices), pages = 1 + model_choose(choices, 2);
	uint32_t top = model_address_of(model, s, model_choose(choices, 4)) + PAGE_SIZE;
	bool impossible = false;
	enum shadow_result result;

	model_note(model, "pin %08x %u", top, pages);
	if (top - 1 - (pages - 1) * PAGE_SIZE < model->slot[s] << SLOT_SHIFT)
		return;
	model->guest.shadow.pinned = false;
	result = shadow_pin(&model->guest.shadow, gva_make(top), pages);
	for (uint32_t k = 0; k < pages; k++) {
		uint32_t address = top - 1 - k * PAGE_SIZE, error;
		struct lookup look = model_look_up(model, model->root[model->current], address);
		enum shadow_result wanted = expected(model, &look, FAULT_WRITE, &error);

		impossible |= wanted != SHADOW_DONE;
		if (wanted != SHADOW_DONE && wanted != SHADOW_OUTSIDE)
			continue;
		if (guest_load(&model->guest, look.entry_at) != look.entry)
			expect_access(model, &look, true);
		else if (guest_load(&model->guest, look.directory_at) & PTE_A)
			model_expect_marks(model, look.directory_at, PTE_A);
	}
	if (result != SHADOW_DONE && !impossible)
		model_violation(model, "pin %08x: %d", top, result);
	if (result == SHADOW_DONE) {
		model->pin_top = top;
		model->pin_pages = pages;
	}
}

/* --- the guest changes its tables ------------------------------------------------------------ */

static uint32_t pick_root(const struct shadow_model *model, struct choices *choices)
{
	return model_choose(choices, 2) ? model->current : model_choose(choices, model->roots);
}

static void set_pte(struct shadow_model *model, uint32_t r, uint32_t s, uint32_t i, uint32_t root)
{
	model_note(model, "SET_PTE root %u %08x", r, model_address_of(model, s, i));
	shadow_set_pte(&model->guest.shadow, gpa_make(root),
		       gva_make(model_address_of(model, s, i)));
	model->clock++;
	if (model->slot[s] >= model->kernel_slot)
		model->fresh_kernel[s][i] = model->clock;
	else
		model->fresh_page[r][s][i] = model->clock;
}

static void entry_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t r = pick_root(model, choices), s = pick_slot(model, choices);
	uint32_t i = model_choose(choices, CHANGING), how = model_choose(choices, 8);
	struct lookup look = model_look_up(model, model->root[r], model_address_of(model, s, i));
	static const uint64_t bits[] = { PTE_P, PTE_W, PTE_U, PTE_A, PTE_D, PTE_A | PTE_D };

	if (look.directory == PRESENT && how < 6) {
		uint64_t entry =
			how < 3 ? model_random_entry(model, choices)
				: look.entry ^ bits[model_choose(choices, ARRAY_SIZE(bits))];

		if (how == 5 && model_choose(choices, 2))
			entry = 0;
		model_note(model, "root %u %08x: entry %llx -> %llx", r,
			   model_address_of(model, s, i), (unsigned long long)look.entry,
			   (unsigned long long)entry);
		model_store(model, look.entry_at, entry);
	}
	if (how & 1)
		set_pte(model, r, s, i,
			model_one_in(choices, 8) && r == model->current ? 0 : model->root[r]);
}

/* After these calls nothing older counts in the slot; kernel entries are SET_PTE's affair. */
static void slot_is_fresh(struct shadow_model *model, uint32_t r, uint32_t s)
{
	if (model->slot[s] < model->kernel_slot)
		model->fresh_slot[r][s] = model->clock;
}

static void set_pgd(struct shadow_model *model, uint32_t r, uint32_t slot)
{
	uint32_t slots = model->config.pae ? 512 : 2;

	model_note(model, "SET_PGD root %u index %u", r, slot / slots);
	shadow_set_pgd(&model->guest.shadow, gpa_make(model->root[r]), slot / slots);
	model->clock++;
	for (uint32_t s = 0; s < model->slots; s++)
		if (model->slot[s] / slots == slot / slots)
			slot_is_fresh(model, r, s);
}

static void set_pmd(struct shadow_model *model, uint32_t middle, uint32_t index)
{
	model_note(model, "SET_PMD table %x index %u", middle, index);
	shadow_set_pmd(&model->guest.shadow, gpa_make(middle << PAGE_SHIFT), index);
	model->clock++;
	model_forget_middle(model, middle, index);
}

static void directory_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t r = pick_root(model, choices), s = pick_slot(model, choices);
	uint32_t slot = model->slot[s], how = model_choose(choices, 8);
	struct lookup look = model_look_slot(model, model->root[r], slot);

	if (look.directory_at && how < 6) {
		uint64_t entry = model_random_directory(model, choices, s);

		if (how >= 3)
			entry = look.flags ^ (how == 3 ? PTE_W : how == 4 ? PTE_A : PTE_U);
		if (how == 5 && model_choose(choices, 2))
			entry = 0;
		/* No flag makes a table of what was none. */
		if (how >= 3 && entry && look.directory != PRESENT)
			return;
		model_note(model, "root %u slot %u: directory %llx -> %llx", r, slot,
		     (unsigned long long)look.flags, (unsigned long long)entry);
		model_store(model, look.directory_at, entry);
	}
	if (how & 1 && model->config.pae && look.middle)
		set_pmd(model, look.middle, slot % 512);
	else if (how & 1)
		set_pgd(model, r, slot);
}

/* The middle table that entry names says in its slots what the one of root r does. */
static void copy_middle(struct shadow_model *model, uint32_t r, uint32_t i, uint64_t entry)
{
	uint32_t new = (uint32_t)(entry & PTE_FRAME);

	for (uint32_t s = 0; s < model->slots; s++) {
		uint32_t slot = model->slot[s], address = new + slot % 512 * 8;
		struct lookup look = model_look_slot(model, model->root[r], slot);

		if (slot / 512 == i && look.middle &&
		    guest_load(&model->guest, address) != look.flags)
			model_store(model, address, look.flags);
	}
}

static void top_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t r = pick_root(model, choices), i = model_choose(choices, 4);

	if (model->config.pae) {
		uint64_t entry =
			model_one_in(choices, 16) ? 0 : model_random_middle(model, choices, i);

		model_note(model, "root %u top %u: %llx", r, i, (unsigned long long)entry);
		/* Mostly what stands there then is another table; now and then it is the same. */
		if (entry && model_one_in(choices, 3))
			copy_middle(model, r, i, entry);
		model_store(model, model->root[r] + i * 8, entry);
	}
	if (model_choose(choices, 2))
		set_pgd(model, r, i * 512);
}

/* --- flushes and switches -------------------------------------------------------------------- */

static void flush_user(struct shadow_model *model)
{
	model_note(model, "FLUSH_TLB user");
	shadow_flush_user(&model->guest.shadow);
	model->fresh_user[model->current] = ++model->clock;
}

/* Not even what was written before the call, and is writable now, may be so unread. */
static void flush_writable(struct shadow_model *model)
{
	model_note(model, "FLUSH_WRITABLE");
	shadow_flush_writable(&model->guest.shadow);
	model->fresh_writable[model->current] = ++model->clock;
	for (uint32_t s = 0; s < model->slots; s++)
		for (uint32_t i = 0; i < INDEXES; i++)
			if (model->slot[s] < model->kernel_slot &&
			    shadow_look(&model->guest, model_address_of(model, s, i)).writable)
				model_violation(model, "%08x is writable after FLUSH_WRITABLE",
						model_address_of(model, s, i));
}

static void map_page_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t s = pick_slot(model, choices), i = model_choose(choices, INDEXES);
	bool around = model_choose(choices, 2);

	model_note(model, "MAP_PAGE %08x around %d", model_address_of(model, s, i), around);
	shadow_map_page(&model->guest.shadow, gva_make(model_address_of(model, s, i)), around);
	model->clock++;
	if (model->slot[s] >= model->kernel_slot)
		model->fresh_kernel[s][i] = model->clock;
	else
		model->fresh_page[model->current][s][i] = model->clock;
}

void model_flush_all(struct shadow_model *model)
{
	model_note(model, "FLUSH_TLB all");
	shadow_flush_all(&model->guest.shadow);
	model->fresh_all = ++model->clock;
	model->must_flush = false;
	shadow_audit(&model->guest.shadow);
}

void model_switch_to(struct shadow_model *model, uint32_t r)
{
	model_note(model, "NEW_PGTABLE root %u", r);
	if (shadow_switch(&model->guest.shadow, gpa_make(model->root[r])) != SHADOW_DONE)
		model_violation(model, "NEW_PGTABLE failed: %s", model->guest.shadow.bad);
	model->current = r;
}

/* --- clones ---------------------------------------------------------------------------------- */

/* A clone comes, or goes: it never runs, so that what the guest has for itself is copied. */
static void clone_step(struct shadow_model *model)
{
	struct guest_memory *memory = &model->guest.memory;

	if (model->clone.frames > 0) {
		model_note(model, "the clone goes");
		while (!guest_memory_shrink(&model->clone))
			;
		return;
	}
	model_note(model, "a clone");
	if (guest_memory_clone(&model->clone, memory) != 0)
		model_violation(model, "no memory for a clone");
	shadow_protect_all(&model->guest.shadow);
	model->counters.clones++;
}

/* Umbra writes to some pages, which then have frames of their own. */
static void host_write_step(struct shadow_model *model, struct choices *choices)
{
	for (uint32_t count = model_choose(choices, 20); count > 0; count--) {
		uint32_t page = model_data_pages[model_choose(choices, DATA_PAGES)];

		model_note(model, "Umbra writes to page %u", page);
		if (!guest_memory_own(&model->guest.memory, page))
			model_violation(model, "no frame for page %u", page);
	}
	model->counters.moved += model->guest.memory.moved_count;
	shadow_follow(&model->guest.shadow);
}

static void shared_step(struct shadow_model *model, struct choices *choices)
{
	if (model_choose(choices, 2))
		clone_step(model);
	else
		host_write_step(model, choices);
}

void shadow_model_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t what = model_choose(choices, 72);

	model->steps++;
	if (model->must_flush)
		model_flush_all(model);
	else if (model->config.shared && what % 16 == 3 && model_choose(choices, 2))
		shared_step(model, choices);
	else if (what < 4)
		heavy_step(model, choices);
	else if (what < 30)
		access_step(model, choices);
	else if (what < 42)
		entry_step(model, choices);
	else if (what < 48)
		directory_step(model, choices);
	else if (what < 50)
		top_step(model, choices);
	else if (what < 52)
		flush_user(model);
	else if (what < 53)
		model_flush_all(model);
	else if (what < 57)
		model_switch_to(model, model_choose(choices, model->roots));
	else if (what < 59)
		translate_step(model, choices);
	else if (what < 61)
		pin_step(model, choices);
	else if (what < 62)
		model->guest.cpu = model_choose(choices, 2);
	else if (what >= 66)
		map_page_step(model, choices);
	else if (what >= 64)
		flush_writable(model);
	else
		sweep_step(model, choices);
	model_check_step(model);
}
