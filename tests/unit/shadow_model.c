// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model behind shadow_model.h.
 *
 * It keeps a copy of the guest's tables, in which it sets accessed and dirty
 * bits where an access makes them due and nowhere else; after each operation
 * the guest's own tables must be the same.
 *
 * Beside it, for each directory entry and each table entry, it keeps what they
 * permitted when (a history), and for each address since when nothing older may
 * be used.  As in a CPU with paging-structure caches (SDM vol. 3, 4.10.3), an
 * answer is permitted when it follows from one directory state and one entry
 * state, each in effect at some time since then.
 */
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_model_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint32_t model_indexes[INDEXES] = { 0, 1, 2, 3, 14, 15, 16, 17, 510, 511, 64, 80, 96 };

/* In the large page and behind it, RAM and devices, the last one, and a page that holds tables. */
const uint32_t model_data_pages[DATA_PAGES] = { 0,   200, 201, 300, 511, 512, 513,
						540, 566, 567, 568, 575, 3 };

/* --- telling ------------------------------------------------------------------------ */

void __printf(2, 3) model_note(struct shadow_model *model, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(model->log[model->log_next++ % LOG_LINES], sizeof(model->log[0]), format,
		  arguments);
	va_end(arguments);
}

void __noreturn __printf(2, 3) model_violation(struct shadow_model *model, const char *format, ...)
{
	va_list arguments;
	uint32_t first = model->log_next > LOG_LINES ? model->log_next - LOG_LINES : 0;

	for (uint32_t i = first; i < model->log_next; i++)
		fprintf(stderr, "  %s\n", model->log[i % LOG_LINES]);
	fprintf(stderr,
		"shadow model (%s, nx %d), step %u: ", model->config.pae ? "PAE" : "two-level",
		model->config.nx, model->steps);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	abort();
}

/* --- the guest's tables, seen through the copy ---------------------------------------- */

static uint64_t load(const struct shadow_model *model, uint32_t address)
{
	uint64_t entry = 0;

	memcpy(&entry, model->mirror + address, model->config.pae ? 8 : 4);
	return entry;
}

bool model_no_execute(const struct shadow_model *model)
{
	return model->config.pae && model->config.nx;
}

bool model_is_page(uint64_t entry)
{
	return (entry & PTE_FRAME) >> PAGE_SHIFT < GUEST_PAGES;
}

struct lookup model_look_slot(const struct shadow_model *model, uint32_t root, uint32_t slot)
{
	struct lookup look = { .directory = ABSENT };

	if (model->config.pae) {
		uint64_t top = load(model, root + slot / 512 * 8);

		if (!(top & PTE_P))
			return look;
		look.middle = (uint32_t)(top >> PAGE_SHIFT);
		look.directory_at = (look.middle << PAGE_SHIFT) + slot % 512 * 8;
	} else {
		look.directory_at = root + slot / 2 * 4;
	}
	look.flags = load(model, look.directory_at);
	if (!(look.flags & PTE_P))
		return look;
	look.table = (uint32_t)((look.flags & PTE_FRAME) >> PAGE_SHIFT);
	look.directory = look.flags & PTE_PS || !model_is_page(look.flags) ? BAD : PRESENT;
	return look;
}

uint32_t model_entry_address(const struct shadow_model *model, uint32_t table, uint32_t slot,
			      uint32_t index)
{
	if (model->config.pae)
		return (table << PAGE_SHIFT) + index * 8;
	return (table << PAGE_SHIFT) + (slot % 2 * 512 + index) * 4;
}

struct lookup model_look_up(const struct shadow_model *model, uint32_t root, uint32_t address)
{
	struct lookup look = model_look_slot(model, root, address >> SLOT_SHIFT);

	if (look.directory == PRESENT) {
		look.entry_at = model_entry_address(model, look.table, address >> SLOT_SHIFT,
					      address >> PAGE_SHIFT & 511);
		look.entry = load(model, look.entry_at);
	}
	return look;
}

/* --- histories --------------------------------------------------------------------------- */

static void forget_old(struct shadow_model *model, struct history *history)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < history->count; i++)
		if (history->states[i].until >= model->fresh_all)
			history->states[kept++] = history->states[i];
	history->count = kept;
}

/* What is in effect from now on; valid: something at all. */
static void history_set(struct shadow_model *model, struct history *history, bool valid,
			uint64_t what)
{
	struct state *same = NULL;

	for (uint32_t i = 0; i < history->count; i++) {
		struct state *state = &history->states[i];

		if (state->what == what)
			same = state;
		if (state->until == FOREVER && !(valid && state->what == what))
			state->until = model->clock - 1;
	}
	if (!valid)
		return;
	if (!same) {
		if (history->count == STATES_WANTED)
			forget_old(model, history);
		if (history->count == STATES)
			model_violation(model, "the model is too small");
		model->must_flush |= history->count >= STATES_WANTED;
		same = &history->states[history->count++];
		*same = (struct state){ .what = what };
	}
	same->until = FOREVER;
}

/* Where a directory entry's state has the page of the middle table that it stands in. */
#define MIDDLE_SHIFT 32

void model_refresh_directories(struct shadow_model *model)
{
	for (uint32_t r = 0; r < model->roots; r++) {
		for (uint32_t s = 0; s < model->slots; s++) {
			struct lookup look = model_look_slot(model, model->root[r], model->slot[s]);
			uint64_t flags = look.flags & (PTE_W | PTE_U | PTE_NX);

			history_set(model, &model->directories[r][s], look.directory == PRESENT,
				    flags | (uint64_t)look.table << 12 |
					    (uint64_t)look.middle << MIDDLE_SHIFT);
		}
	}
}

/* Only what is accessed may be in the shadow, and writable only what is dirty. */
void model_refresh_entry(struct shadow_model *model, uint32_t table, uint32_t half, uint32_t i)
{
	uint64_t entry = load(model, model_entry_address(model, table, half, model_indexes[i]));
	uint64_t what = entry & (PTE_FRAME | PTE_U | PTE_NX);

	if (entry & PTE_W && entry & PTE_D)
		what |= PTE_W;
	history_set(model, &model->entries[table - model->first_table][half][i],
		    entry & PTE_P && entry & PTE_A && model_is_page(entry), what);
}

static void refresh_at(struct shadow_model *model, uint32_t address)
{
	uint32_t table = address >> PAGE_SHIFT;
	uint32_t index = address % PAGE_SIZE / (model->config.pae ? 8 : 4);

	if (table < model->first_table) {
		model_refresh_directories(model);
		return;
	}
	for (uint32_t i = 0; i < INDEXES; i++)
		if (model_indexes[i] == index % 512)
			model_refresh_entry(model, table, index / 512, i);
}

/* The guest writes. */
void model_store(struct shadow_model *model, uint32_t address, uint64_t entry)
{
	model->clock++;
	guest_store(&model->guest, address, entry);
	memcpy(model->mirror + address, &entry, model->config.pae ? 8 : 4);
	refresh_at(model, address);
}

/* The hypervisor has to set these bits. */
void model_expect_marks(struct shadow_model *model, uint32_t address, uint64_t marks)
{
	uint64_t entry = load(model, address) | marks;

	model->clock++;
	memcpy(model->mirror + address, &entry, model->config.pae ? 8 : 4);
	refresh_at(model, address);
}

/* --- what is permitted ------------------------------------------------------------------- */

uint32_t model_newest(const struct shadow_model *model, uint32_t r, uint32_t s)
{
	uint32_t fresh = MAX(model->fresh_all, model->fresh_slot[r][s]);

	return model->slot[s] < model->kernel_slot ? MAX(fresh, model->fresh_user[r]) : fresh;
}

static void forget_middle(struct shadow_model *model, uint32_t middle, uint32_t r, uint32_t s)
{
	struct history *history = &model->directories[r][s];
	uint32_t kept = 0;

	for (uint32_t i = 0; i < history->count; i++) {
		struct state *state = &history->states[i];

		if ((state->what >> MIDDLE_SHIFT & 0xFFFFF) == middle) {
			if (state->until != FOREVER)
				continue;
			/* The kernel's entries are SET_PTE's affair. */
			if (model->slot[s] < model->kernel_slot)
				state->fresh = model->clock;
		}
		history->states[kept++] = *state;
	}
	history->count = kept;
}

void model_forget_middle(struct shadow_model *model, uint32_t middle, uint32_t index)
{
	for (uint32_t r = 0; r < model->roots; r++)
		for (uint32_t s = 0; s < model->slots; s++)
			if (model->slot[s] % 512 == index)
				forget_middle(model, middle, r, s);
}

static bool entry_permits(const struct shadow_model *model, uint64_t directory, uint64_t entry,
			  const struct shadow_view *view)
{
	uint64_t all = directory & entry, any = directory | entry;

	return view->frame == guest_frame_of_page(&model->guest,
						  (uint32_t)((entry & PTE_FRAME) >> PAGE_SHIFT)) &&
	       (!view->writable || all & PTE_W) && (!view->user || all & PTE_U) &&
	       (view->no_execute || !(any & PTE_NX) || !model_no_execute(model));
}

/* A two-level table serves two slots. */
uint32_t model_half_of(const struct shadow_model *model, uint32_t s)
{
	return model->config.pae ? 0 : model->slot[s] % 2;
}

/* May the current address space have this view of (slot s, index i)? */
static bool is_permitted(const struct shadow_model *model, uint32_t s, uint32_t i,
			 const struct shadow_view *view)
{
	uint32_t r = model->current, fresh = model_newest(model, r, s);
	uint32_t fresh_page = MAX(model->fresh_page[r][s][i], model->fresh_kernel[s][i]);
	const struct history *directories = &model->directories[r][s];

	fresh_page = MAX(fresh, fresh_page);
	for (uint32_t d = 0; d < directories->count; d++) {
		const struct state *directory = &directories->states[d];
		uint32_t table = (uint32_t)(directory->what >> 12 & 0xFFFFF) - model->first_table;
		const struct history *entries = &model->entries[table][model_half_of(model, s)][i];
		uint32_t fresh_entry =
			MAX(fresh_page, model->fresh_entry[table][model_half_of(model, s)][i]);

		fresh_entry = MAX(fresh_entry, directory->fresh);
		if (directory->until < fresh)
			continue;
		if (view->writable && model->slot[s] < model->kernel_slot)
			fresh_entry = MAX(fresh_entry, model->fresh_writable[r]);
		for (uint32_t e = 0; e < entries->count; e++)
			if (entries->states[e].until >= fresh_entry &&
			    entry_permits(model, directory->what, entries->states[e].what, view))
				return true;
	}
	return false;
}

uint32_t model_address_of(const struct shadow_model *model, uint32_t s, uint32_t i)
{
	return (model->slot[s] << SLOT_SHIFT) + (model_indexes[i] << PAGE_SHIFT);
}

struct shadow_view model_check_view(struct shadow_model *model, uint32_t s, uint32_t i)
{
	struct shadow_view view = shadow_look(&model->guest, model_address_of(model, s, i));

	if (view.present && !is_permitted(model, s, i, &view))
		model_violation(model, "%08x in root %u: frame %llx%s%s%s is not permitted",
				model_address_of(model, s, i), model->current,
				(unsigned long long)view.frame, view.writable ? " writable" : "",
				view.user ? " user" : "", view.no_execute ? " nx" : "");
	return view;
}

static void check_tables(struct shadow_model *model)
{
	uint32_t end = model->table_pages << PAGE_SHIFT;

	if (memcmp(native_window, model->mirror, end) == 0)
		return;
	for (uint32_t address = 0; address < end; address += 4)
		if (memcmp(native_window + address, model->mirror + address, 4) != 0)
			model_violation(model,
					"guest table at %08x is not as expected: %08x, not %08x",
					address, *(uint32_t *)(void *)(native_window + address),
					*(uint32_t *)(void *)(model->mirror + address));
}

/*
 * No present leaf entry maps anything but the guest's frames; none is where the
 * guest has no entries.
 */
static void check_leaves(struct shadow_model *model)
{
	const struct shadow *shadow = &model->guest.shadow;

	for (uint32_t n = 1; n < shadow->leaves_made; n++) {
		const struct shadow_leaf *leaf = &shadow->leaf_pool[n];

		/* A leaf that will be read again may map what has another frame by now. */
		if (model->config.shared && leaf->generation != shadow->generation)
			continue;
		for (uint32_t i = 0; leaf->table && i < SLOT_ENTRIES; i++) {
			bool known = i >= HEAVY_FIRST && i < HEAVY_END, owned = false;

			if (leaf->table[i] == 0)
				continue;
			for (uint32_t k = 0; k < INDEXES; k++)
				known |= model_indexes[k] == i;
			for (uint32_t k = 0; k < DATA_PAGES; k++)
				owned |= (leaf->table[i] & PTE_FRAME) ==
					 guest_frame_of_page(&model->guest, model_data_pages[k]);
			if (!owned || !known)
				model_violation(model, "leaf of key %x, entry %u: %llx", leaf->key,
						i, (unsigned long long)leaf->table[i]);
		}
	}
}

/* Nothing is writable that somebody else sees, too. */
static void check_shared(struct shadow_model *model)
{
	const struct shadow *shadow = &model->guest.shadow;

	for (uint32_t n = 1; n < shadow->leaves_made; n++) {
		const struct shadow_leaf *leaf = &shadow->leaf_pool[n];

		for (uint32_t i = 0; leaf->table && i < SLOT_ENTRIES; i++) {
			for (uint32_t k = 0; leaf->table[i] & PTE_W && k < DATA_PAGES; k++) {
				paddr_t frame = 0;

				(void)guest_frame(&model->clone, model_data_pages[k], &frame);
				if (frame == (leaf->table[i] & PTE_FRAME) &&
				    leaf->generation == shadow->generation)
					model_violation(model, "leaf of key %x, entry %u is shared",
							leaf->key, i);
			}
		}
	}
}

static void check_everything(struct shadow_model *model)
{
	const struct cpu_pages *cpu = model->guest.cpus[model->guest.cpu];
	const uint64_t *table;

	for (uint32_t s = 0; s < model->slots; s++)
		for (uint32_t i = 0; i < INDEXES; i++)
			model_check_view(model, s, i);
	check_leaves(model);
	if (model->clone.frames > 0)
		check_shared(model);
	table = direct_map(shadow_activate(&model->guest.shadow, cpu));
	table = direct_map(table[3] & PTE_FRAME);
	if ((table[511] & PTE_FRAME) != direct_physical(cpu->guest_switcher_table))
		model_violation(model, "the Switcher slot is not this CPU's");
	for (uint32_t slot = model->guest.shadow.limit; slot < SWITCHER_SLOT; slot++)
		if (table[slot % 512] != 0)
			model_violation(model, "slot %u is not the guest's", slot);
}

/* What is pinned stays writable, unless the guest itself has taken it away, said or unsaid. */
static void check_pin(struct shadow_model *model)
{
	for (uint32_t i = 0; model->guest.shadow.pinned && i < model->pin_pages; i++) {
		uint32_t address = model->pin_top - 1 - i * PAGE_SIZE;
		struct lookup look = model_look_up(model, model->root[model->current], address);
		struct shadow_view view = shadow_look(&model->guest, address);

		if (look.directory != PRESENT || !(look.flags & look.entry & PTE_W) ||
		    !(look.entry & PTE_P) || !(look.entry & PTE_D))
			model->pin_pages = 0;
		else if (!view_permits(&view, FAULT_WRITE))
			model_violation(model, "pinned, but %08x is not writable", address);
	}
}

void model_check_step(struct shadow_model *model)
{
	struct shadow *shadow = &model->guest.shadow;

	if (shadow->current->root != model->root[model->current])
		model_violation(model, "current root is %08x", shadow->current->root);
	if (shadow->used > shadow->budget)
		model_violation(model, "%u pages used of %u", shadow->used, shadow->budget);
	check_pin(model);
	model->counters.evicted = shadow->counters.evicted;
	model->counters.resets = shadow->counters.resets;
	if (model->steps % model->config.check_every == 0) {
		check_tables(model);
		check_everything(model);
	}
}
