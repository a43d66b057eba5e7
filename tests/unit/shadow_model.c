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
#include "tests/unit/shadow_model.h"

#include "mm/frames.h"
#include "mm/shadow_internal.h"
#include "tests/unit/shadow_guest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOTS 12u
#define MIDDLES 8u
#define KERNEL_MIDDLES 2u
#define KERNEL_TABLES 24u
#define TABLES (KERNEL_TABLES + 80u)
#define SLOTS 92u
#define CHANGING 10u	/* of the indexes */
#define INDEXES 13u
#define STATES 48u
#define STATES_WANTED 32u	/* more than that, and the guest flushes */
#define FOREVER UINT32_MAX
#define LOG_LINES 80u
#define BUDGET SHADOW_MIN_BUDGET

/* Slots in all four directories; the last twelve are the kernel's. */
static const struct {
	uint32_t first, count;
} slot_runs[] = { { 0, 40 }, { 512, 20 }, { 1024, 20 }, { 1536, 8 }, { 2042, 4 } };

/*
 * Either side of the groups that a fault fills together, and both ends.  The
 * last three stand for their groups, which are mapped once and for all and make
 * leaves heavy: what is done with a leaf depends on how much is in it.
 */
static const uint32_t indexes[INDEXES] = { 0, 1, 2, 3, 14, 15, 16, 17, 510, 511, 64, 80, 96 };
#define HEAVY_FIRST 64u
#define HEAVY_END 112u
#define HEAVY_ENTRY (201ull << PAGE_SHIFT | PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

/* In the large page and behind it, RAM and devices, the last one, and a page that holds tables. */
static const uint32_t data_pages[] = { 0, 200, 201, 300, 511, 512, 513, 540, 566, 567, 568, 575, 3 };

struct state {
	uint64_t what;
	uint32_t until;
};

struct history {
	struct state states[STATES];
	uint32_t count;
};

/* One address as the guest's tables have it now. */
struct lookup {
	enum { ABSENT, BAD, PRESENT } directory;
	uint32_t directory_at, entry_at;
	uint32_t middle, table;		/* pages */
	uint64_t flags;			/* of the directory entry */
	uint64_t entry;
};

struct shadow_model {
	struct shadow_model_config config;
	struct shadow_guest guest;
	uint32_t root[ROOTS], slot[SLOTS];
	uint32_t roots, slots, kernel_tables, user_tables;	/* how many of each are in use */
	uint32_t first_middle, first_table, table_pages;
	uint32_t kernel_slot, current;
	uint32_t clock, pin_top, pin_pages;
	uint8_t *mirror;
	struct history directories[ROOTS][SLOTS], entries[TABLES][2][INDEXES];
	uint32_t fresh_all, fresh_user[ROOTS], fresh_slot[ROOTS][SLOTS];
	uint32_t fresh_page[ROOTS][SLOTS][INDEXES], fresh_kernel[SLOTS][INDEXES];
	uint32_t fresh_entry[TABLES][2][INDEXES], accessed_until[ROOTS][SLOTS];
	struct shadow_model_counters counters;
	uint32_t steps;
	bool must_flush;
	char log[LOG_LINES][100];
	uint32_t log_next;
};

/* --- telling ------------------------------------------------------------------------ */

static void __printf(2, 3) note(struct shadow_model *model, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(model->log[model->log_next++ % LOG_LINES], sizeof(model->log[0]), format,
		  arguments);
	va_end(arguments);
}

static void __noreturn __printf(2, 3) violation(struct shadow_model *model, const char *format, ...)
{
	va_list arguments;
	uint32_t first = model->log_next > LOG_LINES ? model->log_next - LOG_LINES : 0;

	for (uint32_t i = first; i < model->log_next; i++)
		fprintf(stderr, "  %s\n", model->log[i % LOG_LINES]);
	fprintf(stderr, "shadow model (%s, nx %d), step %u: ", model->config.pae ? "PAE" : "two-level",
		model->config.nx, model->steps);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	abort();
}

static uint32_t choose(struct choices *choices, uint32_t bound)
{
	if (choices->bytes) {
		uint32_t value = 0;

		if (choices->left > 0) {
			value = *choices->bytes++;
			choices->left--;
		}
		return value % bound;
	}
	choices->seed ^= choices->seed << 13;
	choices->seed ^= choices->seed >> 7;
	choices->seed ^= choices->seed << 17;
	return (uint32_t)((choices->seed >> 11) % bound);
}

static bool one_in(struct choices *choices, uint32_t count)
{
	return choose(choices, count) == count - 1;
}

/* --- the guest's tables, seen through the copy ---------------------------------------- */

static uint64_t load(const struct shadow_model *model, uint32_t address)
{
	uint64_t entry = 0;

	memcpy(&entry, model->mirror + address, model->config.pae ? 8 : 4);
	return entry;
}

static bool no_execute(const struct shadow_model *model)
{
	return model->config.pae && model->config.nx;
}

static bool is_page(uint64_t entry)
{
	return (entry & PTE_FRAME) >> PAGE_SHIFT < GUEST_PAGES;
}

static struct lookup look_slot(const struct shadow_model *model, uint32_t root, uint32_t slot)
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
	look.directory = look.flags & PTE_PS || !is_page(look.flags) ? BAD : PRESENT;
	return look;
}

static uint32_t entry_address(const struct shadow_model *model, uint32_t table, uint32_t slot,
			      uint32_t index)
{
	if (model->config.pae)
		return (table << PAGE_SHIFT) + index * 8;
	return (table << PAGE_SHIFT) + (slot % 2 * 512 + index) * 4;
}

static struct lookup look_up(const struct shadow_model *model, uint32_t root, uint32_t address)
{
	struct lookup look = look_slot(model, root, address >> SLOT_SHIFT);

	if (look.directory == PRESENT) {
		look.entry_at = entry_address(model, look.table, address >> SLOT_SHIFT,
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
static void history_set(struct shadow_model *model, struct history *history, bool valid, uint64_t what)
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
			violation(model, "the model is too small");
		model->must_flush |= history->count >= STATES_WANTED;
		same = &history->states[history->count++];
		same->what = what;
	}
	same->until = FOREVER;
}

static void refresh_directories(struct shadow_model *model)
{
	for (uint32_t r = 0; r < model->roots; r++) {
		for (uint32_t s = 0; s < model->slots; s++) {
			struct lookup look = look_slot(model, model->root[r], model->slot[s]);
			uint64_t flags = look.flags & (PTE_W | PTE_U | PTE_NX);

			if (look.directory == PRESENT && look.flags & PTE_A)
				model->accessed_until[r][s] = FOREVER;
			else if (model->accessed_until[r][s] == FOREVER)
				model->accessed_until[r][s] = model->clock - 1;
			history_set(model, &model->directories[r][s], look.directory == PRESENT,
				    flags | (uint64_t)look.table << 12 | (uint64_t)look.middle << 32);
		}
	}
}

/* Only what is accessed may be in the shadow, and writable only what is dirty. */
static void refresh_entry(struct shadow_model *model, uint32_t table, uint32_t half, uint32_t i)
{
	uint64_t entry = load(model, entry_address(model, table, half, indexes[i]));
	uint64_t what = entry & (PTE_FRAME | PTE_U | PTE_NX);

	if (entry & PTE_W && entry & PTE_D)
		what |= PTE_W;
	history_set(model, &model->entries[table - model->first_table][half][i],
		    entry & PTE_P && entry & PTE_A && is_page(entry), what);
}

static void refresh_at(struct shadow_model *model, uint32_t address)
{
	uint32_t table = address >> PAGE_SHIFT;
	uint32_t index = address % PAGE_SIZE / (model->config.pae ? 8 : 4);

	if (table < model->first_table) {
		refresh_directories(model);
		return;
	}
	for (uint32_t i = 0; i < INDEXES; i++)
		if (indexes[i] == index % 512)
			refresh_entry(model, table, index / 512, i);
}

/* The guest writes. */
static void store(struct shadow_model *model, uint32_t address, uint64_t entry)
{
	model->clock++;
	guest_store(&model->guest, address, entry);
	memcpy(model->mirror + address, &entry, model->config.pae ? 8 : 4);
	refresh_at(model, address);
}

/* The hypervisor has to set these bits. */
static void expect_marks(struct shadow_model *model, uint32_t address, uint64_t marks)
{
	uint64_t entry = load(model, address) | marks;

	model->clock++;
	memcpy(model->mirror + address, &entry, model->config.pae ? 8 : 4);
	refresh_at(model, address);
}

/* --- what is permitted ------------------------------------------------------------------- */

static uint32_t newest(const struct shadow_model *model, uint32_t r, uint32_t s)
{
	uint32_t fresh = MAX(model->fresh_all, model->fresh_slot[r][s]);

	return model->slot[s] < model->kernel_slot ? MAX(fresh, model->fresh_user[r]) : fresh;
}

static bool entry_permits(const struct shadow_model *model, uint64_t directory, uint64_t entry,
			  const struct shadow_view *view)
{
	uint64_t all = directory & entry, any = directory | entry;

	return view->frame == guest_frame_of_page(&model->guest,
						  (uint32_t)((entry & PTE_FRAME) >> PAGE_SHIFT)) &&
	       (!view->writable || all & PTE_W) && (!view->user || all & PTE_U) &&
	       (view->no_execute || !(any & PTE_NX) || !no_execute(model));
}

/* A two-level table serves two slots. */
static uint32_t half_of(const struct shadow_model *model, uint32_t s)
{
	return model->config.pae ? 0 : model->slot[s] % 2;
}

/* May the current address space have this view of (slot s, index i)? */
static bool is_permitted(const struct shadow_model *model, uint32_t s, uint32_t i,
			 const struct shadow_view *view)
{
	uint32_t r = model->current, fresh = newest(model, r, s);
	uint32_t fresh_page = MAX(model->fresh_page[r][s][i], model->fresh_kernel[s][i]);
	const struct history *directories = &model->directories[r][s];

	fresh_page = MAX(fresh, fresh_page);
	for (uint32_t d = 0; d < directories->count; d++) {
		const struct state *directory = &directories->states[d];
		uint32_t table = (uint32_t)(directory->what >> 12 & 0xFFFFF) - model->first_table;
		const struct history *entries = &model->entries[table][half_of(model, s)][i];
		uint32_t fresh_entry = MAX(fresh_page, model->fresh_entry[table][half_of(model, s)][i]);

		if (directory->until < fresh)
			continue;
		for (uint32_t e = 0; e < entries->count; e++)
			if (entries->states[e].until >= fresh_entry &&
			    entry_permits(model, directory->what, entries->states[e].what, view))
				return true;
	}
	return false;
}

static uint32_t address_of(const struct shadow_model *model, uint32_t s, uint32_t i)
{
	return (model->slot[s] << SLOT_SHIFT) + (indexes[i] << PAGE_SHIFT);
}

static struct shadow_view check_view(struct shadow_model *model, uint32_t s, uint32_t i)
{
	struct shadow_view view = shadow_look(&model->guest, address_of(model, s, i));

	if (view.present && !is_permitted(model, s, i, &view))
		violation(model, "%08x in root %u: frame %llx%s%s%s is not permitted",
			  address_of(model, s, i), model->current, (unsigned long long)view.frame,
			  view.writable ? " writable" : "", view.user ? " user" : "",
			  view.no_execute ? " nx" : "");
	return view;
}

static void check_tables(struct shadow_model *model)
{
	uint32_t end = model->table_pages << PAGE_SHIFT;

	if (memcmp(native_window, model->mirror, end) == 0)
		return;
	for (uint32_t address = 0; address < end; address += 4)
		if (memcmp(native_window + address, model->mirror + address, 4) != 0)
			violation(model, "guest table at %08x is not as expected: %08x, not %08x", address,
				  *(uint32_t *)(void *)(native_window + address),
				  *(uint32_t *)(void *)(model->mirror + address));
}

/* No present leaf entry maps anything but the guest's frames; none is where the guest has no entries. */
static void check_leaves(struct shadow_model *model)
{
	const struct shadow *shadow = &model->guest.shadow;

	for (uint32_t h = 0; h < SHADOW_HASH_SIZE; h++) {
		for (const struct shadow_leaf *leaf = shadow->leaf_hash[h]; leaf; leaf = leaf->next) {
			for (uint32_t i = 0; i < SLOT_ENTRIES; i++) {
				bool known = i >= HEAVY_FIRST && i < HEAVY_END, owned = false;

				if (leaf->table[i] == 0)
					continue;
				for (uint32_t k = 0; k < INDEXES; k++)
					known |= indexes[k] == i;
				for (uint32_t k = 0; k < ARRAY_SIZE(data_pages); k++)
					owned |= (leaf->table[i] & PTE_FRAME) ==
						 guest_frame_of_page(&model->guest, data_pages[k]);
				if (!owned || !known)
					violation(model, "leaf of key %x, entry %u: %llx", leaf->key, i,
						  (unsigned long long)leaf->table[i]);
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
			check_view(model, s, i);
	check_leaves(model);
	table = direct_map(shadow_activate(&model->guest.shadow, cpu));
	table = direct_map(table[3] & PTE_FRAME);
	if ((table[511] & PTE_FRAME) != direct_physical(cpu->guest_switcher_table))
		violation(model, "the Switcher slot is not this CPU's");
	for (uint32_t slot = model->guest.shadow.limit; slot < SWITCHER_SLOT; slot++)
		if (table[slot % 512] != 0)
			violation(model, "slot %u is not the guest's", slot);
}

/* What is pinned stays writable, unless the guest itself has taken it away, said or unsaid. */
static void check_pin(struct shadow_model *model)
{
	for (uint32_t i = 0; model->guest.shadow.pinned && i < model->pin_pages; i++) {
		uint32_t address = model->pin_top - 1 - i * PAGE_SIZE;
		struct lookup look = look_up(model, model->root[model->current], address);
		struct shadow_view view = shadow_look(&model->guest, address);

		if (look.directory != PRESENT || !(look.flags & look.entry & PTE_W) ||
		    !(look.entry & PTE_P) || !(look.entry & PTE_D))
			model->pin_pages = 0;
		else if (!view_permits(&view, FAULT_WRITE))
			violation(model, "pinned, but %08x is not writable", address);
	}
}

static void check_step(struct shadow_model *model)
{
	struct shadow *shadow = &model->guest.shadow;

	if (shadow->current->root != model->root[model->current])
		violation(model, "current root is %08x", shadow->current->root);
	if (shadow->used > shadow->budget)
		violation(model, "%u pages used of %u", shadow->used, shadow->budget);
	check_pin(model);
	model->counters.evicted = shadow->counters.evicted;
	model->counters.resets = shadow->counters.resets;
	if (model->steps % model->config.check_every == 0) {
		check_tables(model);
		check_everything(model);
	}
}

/* --- accesses --------------------------------------------------------------------------------- */

static uint32_t pick_slot(const struct shadow_model *model, struct choices *choices)
{
	/* Mostly few, so that much happens to each; among them the kernel's. */
	if (one_in(choices, 4))
		return choose(choices, model->slots);
	return choose(choices, 2) ? choose(choices, MIN(4u, model->slots))
				  : model->slots - 1 - choose(choices, MIN(4u, model->slots));
}

/* What the access must come to when the shadow does not permit it. */
static enum shadow_result expected(const struct shadow_model *model, const struct lookup *look,
				   uint32_t access, uint32_t *error)
{
	uint64_t all = look->flags & look->entry, any = look->flags | look->entry;

	*error = no_execute(model) ? access : access & ~FAULT_FETCH;
	if (look->directory == BAD)
		return SHADOW_BAD;
	if (look->directory == ABSENT || !(look->entry & PTE_P))
		return SHADOW_GUEST_FAULT;
	*error |= FAULT_PRESENT;
	if ((access & FAULT_WRITE && !(all & PTE_W)) || (access & FAULT_USER && !(all & PTE_U)) ||
	    (access & FAULT_FETCH && any & PTE_NX && no_execute(model)))
		return SHADOW_GUEST_FAULT;
	if (is_page(look->entry))
		return SHADOW_DONE;
	return (look->entry & PTE_FRAME) >> 32 ? SHADOW_BAD : SHADOW_OUTSIDE;
}

/*
 * The table of an access becomes accessed; and its directory entry, unless the
 * CPU may still have that from a time when it was.
 */
static void expect_access(struct shadow_model *model, const struct lookup *look, uint32_t s, bool write)
{
	uint32_t r = model->current;
	bool marked = guest_load(&model->guest, look->directory_at) & PTE_A;

	expect_marks(model, look->entry_at, write ? PTE_A | PTE_D : PTE_A);
	if (marked || model->accessed_until[r][s] < newest(model, r, s))
		expect_marks(model, look->directory_at, PTE_A);
}

/* Where a device may be: marked as any page, never mapped, and the caller learns which address it is. */
static void check_outside(struct shadow_model *model, const struct lookup *look, uint32_t offset,
			  bool write)
{
	expect_marks(model, look->entry_at, write ? PTE_A | PTE_D : PTE_A);
	if (gpa_value(model->guest.shadow.outside) != (uint32_t)(look->entry & PTE_FRAME) + offset)
		violation(model, "outside memory at %08x", gpa_value(model->guest.shadow.outside));
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
		model->fresh_entry[look->table - model->first_table][half_of(model, s)][i] = model->clock;
	view = check_view(model, s, i);
	if (!view_permits(&view, access) ||
	    view.frame != guest_frame_of_page(&model->guest, (uint32_t)(look->entry >> PAGE_SHIFT) & 0xFFFFF))
		violation(model, "%08x is not accessible after the fault", address_of(model, s, i));
}

static void touch(struct shadow_model *model, uint32_t s, uint32_t i, uint32_t access)
{
	uint32_t address = address_of(model, s, i), error = 0, wanted_error;
	struct lookup look = look_up(model, model->root[model->current], address);
	struct shadow_view view = check_view(model, s, i);
	enum shadow_result wanted = expected(model, &look, access, &wanted_error), result;

	note(model, "access %08x kind %x: view %d%d%d", address, access, view.present, view.writable,
	     view.user);
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
		violation(model, "%08x, access %x: result %d, not %d", address, access, result, wanted);
	if (result == SHADOW_GUEST_FAULT && error != wanted_error)
		violation(model, "%08x, access %x: error %x, not %x", address, access, error,
			  wanted_error);
	model->counters.faults += result == SHADOW_GUEST_FAULT;
	model->counters.bad += result == SHADOW_BAD;
	model->counters.outside += result == SHADOW_OUTSIDE;
	if (result == SHADOW_OUTSIDE)
		check_outside(model, &look, 0, access & FAULT_WRITE);
	if (result == SHADOW_DONE) {
		model->counters.fills++;
		expect_access(model, &look, s, access & FAULT_WRITE);
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

	touch(model, s, choose(choices, INDEXES), kinds[choose(choices, ARRAY_SIZE(kinds))]);
}

static void sweep_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t first = choose(choices, model->slots), i = choose(choices, INDEXES);

	for (uint32_t s = first; s < model->slots; s++)
		touch(model, s, i, 0);
}

static void heavy_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t s = pick_slot(model, choices);

	for (uint32_t i = CHANGING; i < INDEXES; i++)
		touch(model, s, i, choose(choices, 2) ? FAULT_WRITE : 0);
}

static void translate_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t s = pick_slot(model, choices);
	uint32_t address = address_of(model, s, choose(choices, INDEXES));
	bool write = choose(choices, 2);
	struct lookup look = look_up(model, model->root[model->current], address);
	uint32_t error;
	enum shadow_result wanted = expected(model, &look, write ? FAULT_WRITE : 0, &error);
	gpa_t gpa = gpa_make(0);

	note(model, "translate %08x write %d", address, write);
	if (shadow_translate(&model->guest.shadow, gva_make(address + 123), write, &gpa) != wanted)
		violation(model, "translate %08x: not %d", address, wanted);
	if (wanted == SHADOW_OUTSIDE)
		check_outside(model, &look, 123, write);
	if (wanted != SHADOW_DONE)
		return;
	expect_access(model, &look, s, write);
	if (gpa_value(gpa) != (uint32_t)(look.entry & PTE_FRAME) + 123)
		violation(model, "translate %08x: %08x", address, gpa_value(gpa));
}

/* The pin may find its pages writable already, or lose one while it fills the other. */
static void pin_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t s = pick_slot(model, choices), pages = 1 + choose(choices, 2);
	uint32_t top = address_of(model, s, choose(choices, 4)) + PAGE_SIZE;
	bool impossible = false;
	enum shadow_result result;

	note(model, "pin %08x %u", top, pages);
	if (top - 1 - (pages - 1) * PAGE_SIZE < model->slot[s] << SLOT_SHIFT)
		return;
	model->guest.shadow.pinned = false;
	result = shadow_pin(&model->guest.shadow, gva_make(top), pages);
	for (uint32_t k = 0; k < pages; k++) {
		uint32_t address = top - 1 - k * PAGE_SIZE, error;
		struct lookup look = look_up(model, model->root[model->current], address);

		enum shadow_result wanted = expected(model, &look, FAULT_WRITE, &error);

		if (wanted == SHADOW_OUTSIDE &&
		    guest_load(&model->guest, look.entry_at) == (look.entry | PTE_A | PTE_D))
			expect_marks(model, look.entry_at, PTE_A | PTE_D);
		if (wanted != SHADOW_DONE)
			impossible = true;
		else if (guest_load(&model->guest, look.entry_at) != look.entry)
			expect_access(model, &look, s, true);
		else if (guest_load(&model->guest, look.directory_at) & PTE_A)
			expect_marks(model, look.directory_at, PTE_A);
	}
	if (result != SHADOW_DONE && !impossible)
		violation(model, "pin %08x: %d", top, result);
	if (result == SHADOW_DONE) {
		model->pin_top = top;
		model->pin_pages = pages;
	}
}

/* --- the guest changes its tables ----------------------------------------------------------------- */

static uint64_t random_flags(struct choices *choices, bool pae)
{
	uint64_t flags = 0;
	uint32_t dice = choose(choices, 256), more = choose(choices, 256);

	flags |= dice & 7 || more & 0x80 ? PTE_P : 0;
	flags |= dice & 0x18 ? PTE_W : 0;
	flags |= dice & 0x20 || more & 0x40 ? PTE_U : 0;
	flags |= dice & 0x40 ? PTE_A : 0;
	flags |= dice & 0x80 ? PTE_D : 0;
	flags |= more & 1 ? PTE_G : 0;
	flags |= (uint64_t)(more >> 1 & 7) << 9;
	flags |= pae && more >> 4 == 15 ? PTE_NX : 0;
	return flags;
}

static uint64_t random_entry(const struct shadow_model *model, struct choices *choices)
{
	uint64_t page = data_pages[choose(choices, ARRAY_SIZE(data_pages))];

	if (one_in(choices, 64))
		return random_flags(choices, model->config.pae) | GUEST_PAGES << PAGE_SHIFT;
	if (model->config.pae && one_in(choices, 128))
		return random_flags(choices, true) | 1ull << 36 | page << PAGE_SHIFT;
	return random_flags(choices, model->config.pae) | page << PAGE_SHIFT;
}

/* Slot s gets its own table mostly, which address spaces so share. */
static uint64_t random_directory(const struct shadow_model *model, struct choices *choices, uint32_t s)
{
	uint32_t slot = model->slot[s], table;
	bool kernel = slot >= model->kernel_slot;
	uint64_t flags = random_flags(choices, model->config.pae) & ~PTE_D;

	if (!one_in(choices, 4))
		flags |= PTE_W | PTE_U;
	if (one_in(choices, 128))
		return flags | GUEST_PAGES << PAGE_SHIFT;
	if (one_in(choices, 128))
		return flags | PTE_PS;
	if (kernel)
		table = ((SLOTS - 1 - s) / (model->config.pae ? 1 : 2) * 2 + choose(choices, 2)) % model->kernel_tables;
	else if (one_in(choices, 4))
		table = model->kernel_tables + choose(choices, model->user_tables);
	else
		table = model->kernel_tables + s / (model->config.pae ? 1 : 2) % model->user_tables;
	return flags | (uint64_t)(model->first_table + table) << PAGE_SHIFT;
}

/* Some middle table for directory i; the kernel's are its own. */
static uint64_t random_middle(const struct shadow_model *model, struct choices *choices, uint32_t i)
{
	bool kernel = i >= model->kernel_slot / 512;

	return (uint64_t)(model->first_middle +
			  (kernel ? choose(choices, KERNEL_MIDDLES)
				  : KERNEL_MIDDLES + choose(choices, MIDDLES - KERNEL_MIDDLES)))
		       << PAGE_SHIFT | PTE_P;
}

static uint32_t pick_root(const struct shadow_model *model, struct choices *choices)
{
	return choose(choices, 2) ? model->current : choose(choices, model->roots);
}

static void set_pte(struct shadow_model *model, uint32_t r, uint32_t s, uint32_t i, uint32_t root)
{
	note(model, "SET_PTE root %u %08x", r, address_of(model, s, i));
	shadow_set_pte(&model->guest.shadow, gpa_make(root), gva_make(address_of(model, s, i)));
	model->clock++;
	if (model->slot[s] >= model->kernel_slot)
		model->fresh_kernel[s][i] = model->clock;
	else
		model->fresh_page[r][s][i] = model->clock;
}

static void entry_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t r = pick_root(model, choices), s = pick_slot(model, choices);
	uint32_t i = choose(choices, CHANGING), how = choose(choices, 8);
	struct lookup look = look_up(model, model->root[r], address_of(model, s, i));
	static const uint64_t bits[] = { PTE_P, PTE_W, PTE_U, PTE_A, PTE_D, PTE_A | PTE_D };

	if (look.directory == PRESENT && how < 6) {
		uint64_t entry = how < 3 ? random_entry(model, choices)
					 : look.entry ^ bits[choose(choices, ARRAY_SIZE(bits))];

		if (how == 5 && choose(choices, 2))
			entry = 0;
		note(model, "root %u %08x: entry %llx -> %llx", r, address_of(model, s, i),
		     (unsigned long long)look.entry, (unsigned long long)entry);
		store(model, look.entry_at, entry);
	}
	if (how & 1)
		set_pte(model, r, s, i, one_in(choices, 8) && r == model->current ? 0 : model->root[r]);
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

	note(model, "SET_PGD root %u index %u", r, slot / slots);
	shadow_set_pgd(&model->guest.shadow, gpa_make(model->root[r]), slot / slots);
	model->clock++;
	for (uint32_t s = 0; s < model->slots; s++)
		if (model->slot[s] / slots == slot / slots)
			slot_is_fresh(model, r, s);
}

static void set_pmd(struct shadow_model *model, uint32_t middle, uint32_t index)
{
	note(model, "SET_PMD table %x index %u", middle, index);
	shadow_set_pmd(&model->guest.shadow, gpa_make(middle << PAGE_SHIFT), index);
	model->clock++;
	for (uint32_t r = 0; r < model->roots; r++)
		for (uint32_t s = 0; s < model->slots; s++)
			if (model->slot[s] % 512 == index &&
			    look_slot(model, model->root[r], model->slot[s]).middle == middle)
				slot_is_fresh(model, r, s);
}

static void directory_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t r = pick_root(model, choices), s = pick_slot(model, choices);
	uint32_t slot = model->slot[s], how = choose(choices, 8);
	struct lookup look = look_slot(model, model->root[r], slot);

	if (look.directory_at && how < 6) {
		uint64_t entry = random_directory(model, choices, s);

		if (how >= 3)
			entry = look.flags ^ (how == 3 ? PTE_W : how == 4 ? PTE_A : PTE_U);
		if (how == 5 && choose(choices, 2))
			entry = 0;
		/* No flag makes a table of what was none. */
		if (how >= 3 && entry && look.directory != PRESENT)
			return;
		note(model, "root %u slot %u: directory %llx -> %llx", r, slot,
		     (unsigned long long)look.flags, (unsigned long long)entry);
		store(model, look.directory_at, entry);
	}
	if (how & 1 && model->config.pae && look.middle)
		set_pmd(model, look.middle, slot % 512);
	else if (how & 1)
		set_pgd(model, r, slot);
}

static void top_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t r = pick_root(model, choices), i = choose(choices, 4);

	if (model->config.pae) {
		uint64_t entry = one_in(choices, 16) ? 0 : random_middle(model, choices, i);

		note(model, "root %u top %u: %llx", r, i, (unsigned long long)entry);
		store(model, model->root[r] + i * 8, entry);
	}
	if (choose(choices, 2))
		set_pgd(model, r, i * 512);
}

/* --- flushes and switches ------------------------------------------------------------------------- */

static void flush_user(struct shadow_model *model)
{
	note(model, "FLUSH_TLB user");
	shadow_flush_user(&model->guest.shadow);
	model->fresh_user[model->current] = ++model->clock;
}

static void flush_all(struct shadow_model *model)
{
	note(model, "FLUSH_TLB all");
	shadow_flush_all(&model->guest.shadow);
	model->fresh_all = ++model->clock;
	model->must_flush = false;
	shadow_audit(&model->guest.shadow);
}

static void switch_to(struct shadow_model *model, uint32_t r)
{
	note(model, "NEW_PGTABLE root %u", r);
	if (shadow_switch(&model->guest.shadow, gpa_make(model->root[r])) != SHADOW_DONE)
		violation(model, "NEW_PGTABLE failed: %s", model->guest.shadow.bad);
	model->current = r;
}

void shadow_model_step(struct shadow_model *model, struct choices *choices)
{
	uint32_t what = choose(choices, 64);

	model->steps++;
	if (model->must_flush)
		flush_all(model);
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
		flush_all(model);
	else if (what < 57)
		switch_to(model, choose(choices, model->roots));
	else if (what < 59)
		translate_step(model, choices);
	else if (what < 61)
		pin_step(model, choices);
	else if (what < 62)
		model->guest.cpu = choose(choices, 2);
	else
		sweep_step(model, choices);
	check_step(model);
}

/* --- life ------------------------------------------------------------------------------------------- */

static void lay_out(struct shadow_model *model)
{
	uint32_t page = 1, s = 0;

	for (uint32_t r = 0; r < ROOTS; r++)
		/* A PAE top level needs no page of its own. */
		model->root[r] = model->config.pae ? PAGE_SIZE + r * 32 : (page + r) << PAGE_SHIFT;
	page += ROOTS;
	model->first_middle = page;
	page += MIDDLES;
	model->first_table = page;
	for (unsigned run = 0; run < ARRAY_SIZE(slot_runs); run++)
		for (uint32_t i = 0; i < slot_runs[run].count; i++)
			model->slot[s++] = slot_runs[run].first + i;
	model->slots = SLOTS;
	model->roots = ROOTS;
	model->kernel_tables = KERNEL_TABLES;
	model->user_tables = TABLES - KERNEL_TABLES;
	if (model->config.small) {
		/* Two of the user's, two of the kernel's. */
		model->slot[2] = model->slot[SLOTS - 2];
		model->slot[3] = model->slot[SLOTS - 1];
		model->slots = 4;
		model->roots = 3;
		model->kernel_tables = model->user_tables = 4;
	}
	model->table_pages = page + model->kernel_tables + model->user_tables;
}

/* Before the histories begin. */
static void store_first(struct shadow_model *model, uint32_t address, uint64_t entry)
{
	guest_store(&model->guest, address, entry);
	memcpy(model->mirror + address, &entry, model->config.pae ? 8 : 4);
}

static void fill_table(struct shadow_model *model, struct choices *choices, uint32_t table,
		       uint32_t half)
{
	for (uint32_t i = 0; i < CHANGING; i++)
		store_first(model, entry_address(model, table, half, indexes[i]),
			    random_entry(model, choices));
	for (uint32_t index = HEAVY_FIRST; index < HEAVY_END; index++)
		store_first(model, entry_address(model, table, half, index), HEAVY_ENTRY);
	for (uint32_t i = 0; i < INDEXES; i++)
		refresh_entry(model, table, half, i);
}

static void fill_tables(struct shadow_model *model)
{
	struct choices choices = { .seed = 88172645463325252ull };

	for (uint32_t r = 0; r < model->roots; r++) {
		for (uint32_t i = 0; model->config.pae && i < 4; i++)
			store_first(model, model->root[r] + i * 8, random_middle(model, &choices, i));
		for (uint32_t s = 0; s < model->slots; s++)
			store_first(model,
				    look_slot(model, model->root[r], model->slot[s]).directory_at,
				    random_directory(model, &choices, s));
	}
	refresh_directories(model);
	for (uint32_t t = 0; t < model->kernel_tables + model->user_tables; t++)
		for (uint32_t half = 0; half < (model->config.pae ? 1 : 2); half++)
			fill_table(model, &choices, model->first_table + t, half);
}

/* Of the guest's pages below the last table. */
static uint8_t mirror_pages[(1 + ROOTS + MIDDLES + TABLES) * PAGE_SIZE] __aligned(8);

struct shadow_model *shadow_model_start(const struct shadow_model_config *config)
{
	/* One for ever: a fuzzer starts thousands a second. */
	static struct shadow_model the_model;
	struct shadow_model *model = &the_model;

	memset(model, 0, sizeof(*model));
	native_start(false);
	native_set_nx(config->nx);
	model->config = *config;
	lay_out(model);
	memset(mirror_pages, 0, sizeof(mirror_pages));
	model->mirror = mirror_pages;
	shadow_guest_start(&model->guest, config->pae, BUDGET);
	shadow_set_layout(&model->guest.shadow, config->kernel_address, 0x00400000);
	model->kernel_slot = (uint32_t)(((uint64_t)config->kernel_address + CHUNK_SIZE - 1) >> SLOT_SHIFT);
	fill_tables(model);
	switch_to(model, 0);
	return model;
}

void shadow_model_finish(struct shadow_model *model)
{
	model->steps = 0;
	check_step(model);
	flush_all(model);
	if (!shadow_guest_stop(&model->guest))
		violation(model, "frames did not come back");
}

struct shadow_model_counters shadow_model_counters(const struct shadow_model *model)
{
	return model->counters;
}
