// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces: found by the guest's top-level table, kept most recently used first, with leaves
 * linked into their slots.  mm/shadow_budget.c decides what is freed when the budget is spent.
 */
#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "lib/error.h"
#include "mm/heap.h"
#include "mm/shadow_internal.h"
#include "mm/shadow_middle.h"

/* Pages that a new address space takes at once: the directory with the Switcher slot. */
#define SPACE_FIRST_PAGES 1u

/* --- sleeping ---------------------------------------------------------------- */

void space_put_to_sleep(struct shadow *shadow, struct address_space *space, uint32_t slot)
{
	uint64_t *entry = &space->directories[slot / SLOT_ENTRIES][slot % SLOT_ENTRIES];
	struct shadow_leaf *leaf = frame_owner(slot_frame(*entry));

	shadow->work += WORK_SLEEP;
	leaf->generation = shadow->generation - 1;
	*entry = slot_asleep(leaf);
}

/* The linked slots of a word of the map that lie in [first, end). */
static uint32_t linked_between(const struct address_space *space, uint32_t word, uint32_t first,
			       uint32_t end)
{
	uint32_t bits = space->linked[word];

	if (!bits)
		return 0;
	if (word == first / 32)
		bits &= UINT32_MAX << first % 32;
	if (word == end / 32)
		bits &= BIT(end % 32) - 1;
	return bits;
}

/* The first word from `word` on that is not 0, below words; mostly few of a program's 48 are. */
static inline uint32_t next_word(const struct address_space *space, uint32_t word, uint32_t words)
{
	while (word < words && !space->linked[word])
		word++;
	return word;
}

static void put_all_to_sleep(struct shadow *shadow, struct address_space *space, uint32_t first,
			     uint32_t end)
{
	for (uint32_t word = first / 32; word * 32 < end; word++) {
		uint32_t bits = linked_between(space, word, first, end);

		for (; bits; bits &= bits - 1) {
			uint32_t slot = word * 32 + (uint32_t)__builtin_ctz(bits);

			space_put_to_sleep(shadow, space, slot);
		}
	}
}

void space_sleep(struct shadow *shadow, struct address_space *space)
{
	put_all_to_sleep(shadow, space, 0, shadow->limit);
}

/*
 * The quarter that slot is in is read by way of another middle table from now on.  What the CPU
 * sees of it came by the one before, and must be read again.
 */
static void __noinline learn_middle(struct shadow *shadow, struct address_space *space,
				    uint32_t slot, uint32_t table)
{
	uint32_t quarter = slot / SLOT_ENTRIES, first = quarter * SLOT_ENTRIES;

	if (space->middles[quarter].table) {
		shadow->pinned = false;
		shadow->told.space = NULL;
		put_all_to_sleep(shadow, space, first, first + SLOT_ENTRIES);
	}
	middle_set(shadow, space, quarter, table);
}

/* --- linking ----------------------------------------------------------------- */

static void link_slot(struct shadow *shadow, struct address_space *space, uint32_t slot,
		      struct shadow_leaf *leaf, uint64_t flags)
{
	uint64_t **directory = &space->directories[slot / SLOT_ENTRIES];

	if (!*directory) {
		*directory = shadow_page_alloc(shadow);
		space->pdpt[slot / SLOT_ENTRIES] = direct_physical(*directory) | PTE_P;
	}
	(*directory)[slot % SLOT_ENTRIES] = direct_physical(leaf->table) | flags;
	space->linked[slot / 32] |= BIT(slot % 32);
	shadow->slot_links[slot]++;
	shadow->told.idle_slot = SLOT_COUNT;
	if (leaf->parents++ == 0) {
		leaf->slot = slot;
		leaf->several_slots = false;
	} else if (leaf->slot != slot) {
		leaf->several_slots = true;
	}
}

static uint64_t slot_flags(const struct shadow *shadow, const struct guest_slot *info)
{
	uint64_t permissions = shadow->no_execute ? SLOT_PERMISSIONS : SLOT_PERMISSIONS & ~PTE_NX;

	return (info->flags & permissions) | PTE_P | PTE_A;
}

/*
 * Can the leaf be linked without being read again?  A kernel table that was only ever linked at
 * this slot is equally fresh in all address spaces.  Any other leaf may miss a flush that was made
 * only in another address space.
 */
static bool is_fresh_at(const struct shadow *shadow, const struct shadow_leaf *leaf, uint32_t slot)
{
	return leaf->generation == shadow->generation && slot >= shadow->kernel_slot &&
	       leaf->slot == slot && !leaf->several_slots;
}

struct shadow_leaf *space_link(struct shadow *shadow, struct address_space *space, uint32_t slot,
			       const struct guest_slot *info)
{
	uint64_t flags = slot_flags(shadow, info);
	struct shadow_leaf *leaf;

	if (unlikely(middle_is_new(shadow, space, slot, info)))
		learn_middle(shadow, space, slot, info->middle);
	if (likely(space_is_linked(space, slot))) {
		uint64_t *entry = space_slot(space, slot);

		leaf = frame_owner(slot_frame(*entry));
		if (likely(leaf->key == info->key)) {
			/*
			 * The slot sleeps since a flush, and its leaf was not read again for
			 * another slot.
			 */
			if (!((uint32_t)*entry & PTE_P) && leaf->generation != shadow->generation)
				leaf_resync(shadow, leaf);
			if (!((uint32_t)flags & PTE_W))
				shadow->pinned = false;
			*entry = slot_frame(*entry) | flags;
			return leaf;
		}
		/* The guest has put another table there since the slot was linked. */
		space_unlink(shadow, space, slot);
	}
	leaf = leaf_find(shadow, info->key);
	if (!leaf)
		leaf = leaf_create(shadow, info->key);
	else if (!is_fresh_at(shadow, leaf, slot))
		leaf_resync(shadow, leaf);
	link_slot(shadow, space, slot, leaf, flags);
	return leaf;
}

/*
 * A leaf with more present entries than these costs more to read again than the one fault that a
 * sleeping leaf costs, if it is touched at all.  One that was touched since it was read the last
 * time will be: up to so many entries the fault is then a good part of what that costs.
 */
#define RESYNC_AT_ONCE 32u
#define RESYNC_TOUCHED 256u

/*
 * Is reading a stale leaf best left for its next touch?  The accessed bit of a slot is taken away
 * when its leaf is read again, and set by the CPU.
 */
static inline bool is_left_for_later(const struct shadow_leaf *leaf, uint32_t entry)
{
	return leaf->live > (entry & (uint32_t)PTE_A ? RESYNC_TOUCHED : RESYNC_AT_ONCE);
}

/*
 * Makes sure that the CPU finds in a linked slot only what the guest's tables
 * still say.  Inline: a flush does this for every slot.
 */
__attribute__((always_inline))
static inline void resync_slot(struct shadow *shadow, struct address_space *space, uint32_t slot,
			       bool all)
{
	struct shadow_leaf *leaf = space_leaf(space, slot);
	uint64_t *entry = space_slot(space, slot);
	bool stale = all || leaf->generation != shadow->generation;
	struct guest_slot info;

	shadow->work += WORK_SLOT;
	if (stale && is_left_for_later(leaf, (uint32_t)*entry)) {
		leaf->generation = shadow->generation - 1;
		*entry = slot_asleep(leaf);
		return;
	}
	if (space_read_slot(shadow, space, slot, &info) != WALK_PRESENT ||
	    info.key != leaf->key || !(info.flags & PTE_A)) {
		space_unlink(shadow, space, slot);
		return;
	}
	if (unlikely(middle_is_new(shadow, space, slot, &info))) {
		learn_middle(shadow, space, slot, info.middle);
		if (leaf->live > RESYNC_AT_ONCE)
			return;
		stale = true;
	}
	*entry = direct_physical(leaf->table) | slot_flags(shadow, &info);
	if (!stale)
		return;
	leaf_resync(shadow, leaf);
	/* The CPU need not set it for a leaf that is read again at once anyway. */
	if (leaf->live > RESYNC_AT_ONCE)
		*entry &= ~PTE_A;
}

/* The usual case of a slot: its leaf is up to date and the guest's upper levels are unchanged. */
static bool is_as_it_was(struct shadow *shadow, const struct address_space *space, uint32_t slot)
{
	uint64_t entry = *space_slot(space, slot);
	struct shadow_leaf *leaf = frame_owner(slot_frame(entry));
	struct guest_slot info;

	/* Halves are what this CPU compares; a frame's bits are never among the flags. */
	return leaf->generation == shadow->generation && (uint32_t)entry & PTE_P &&
	       space_read_slot(shadow, space, slot, &info) == WALK_PRESENT &&
	       info.key == leaf->key && (uint32_t)info.flags & PTE_A &&
	       !middle_is_new(shadow, space, slot, &info) &&
	       !(((uint32_t)entry ^ (uint32_t)info.flags) & (uint32_t)(PTE_W | PTE_U)) &&
	       (!shadow->no_execute || !((entry ^ info.flags) & PTE_NX));
}

/* Not inline: the usual case is short without it. */
static bool __noinline recheck_changed(struct shadow *shadow, struct address_space *space,
				       uint32_t slot)
{
	uint64_t before = *space_slot(space, slot);

	resync_slot(shadow, space, slot, false);
	if (*space_slot(space, slot) != before)
		shadow->pinned = false;
	return space_is_linked(space, slot);
}

bool space_recheck(struct shadow *shadow, struct address_space *space, uint32_t slot)
{
	if (!space_is_linked(space, slot))
		return false;
	if (unlikely(!is_as_it_was(shadow, space, slot)))
		return recheck_changed(shadow, space, slot);
	shadow->work += WORK_SLOT;
	return true;
}

void space_resync(struct shadow *shadow, struct address_space *space, uint32_t first, uint32_t end,
		  bool all)
{
	uint32_t work_end = shadow->work + WORK_PIECE, words = (end + 31) / 32;

	shadow->pinned = false;
	for (uint32_t word = next_word(space, first / 32, words); word < words;
	     word = next_word(space, word + 1, words)) {
		uint32_t bits = linked_between(space, word, first, end);

		for (; bits; bits &= bits - 1) {
			uint32_t slot = word * 32 + (uint32_t)__builtin_ctz(bits);

			/* What this call cannot bring up to date is read when it is touched. */
			if (unlikely(work_is_over(shadow, work_end))) {
				put_all_to_sleep(shadow, space, slot, end);
				return;
			}
			resync_slot(shadow, space, slot, all);
		}
	}
}

/* --- making them ------------------------------------------------------------- */

/* Links the leaves of the kernel's slots that are the same in all address spaces. */
static void link_kernel(struct shadow *shadow, struct address_space *space)
{
	/*
	 * Only slots of the last directory: another directory may not exist, and would take a page.
	 */
	const uint32_t last = SWITCHER_SLOT / SLOT_ENTRIES * SLOT_ENTRIES;

	for (uint32_t slot = MAX(shadow->kernel_slot, last); slot < shadow->limit; slot++) {
		struct guest_slot info;
		struct shadow_leaf *leaf;

		if (!shadow->slot_links[slot])
			continue;
		shadow->work += WORK_SLOT;
		if (space_read_slot(shadow, space, slot, &info) != WALK_PRESENT ||
		    !(info.flags & PTE_A))
			continue;
		if (middle_is_new(shadow, space, slot, &info))
			learn_middle(shadow, space, slot, info.middle);
		leaf = leaf_find(shadow, info.key);
		if (leaf && is_fresh_at(shadow, leaf, slot))
			link_slot(shadow, space, slot, leaf, slot_flags(shadow, &info));
	}
}

struct address_space *space_create(struct shadow *shadow, uint32_t root)
{
	struct address_space *space, **chain = space_chain(shadow, root);
	uint64_t *last;

	space = space_alloc(shadow);
	space_make_room(shadow, SPACE_FIRST_PAGES);
	space->root = root;
	space->generation = shadow->generation;
	last = shadow_page_alloc(shadow);
	space->directories[SWITCHER_SLOT / SLOT_ENTRIES] = last;
	space->pdpt[SWITCHER_SLOT / SLOT_ENTRIES] = direct_physical(last) | PTE_P;
	space->next = *chain;
	*chain = space;
	list_add_first(&shadow->spaces, &space->recency);
	link_kernel(shadow, space);
	shadow->counters.created++;
	return space;
}

int shadow_create(struct shadow *shadow, struct guest_memory *memory, uint32_t budget)
{
	memset(shadow, 0, sizeof(*shadow));
	assert(budget >= SHADOW_MIN_BUDGET && budget <= SHADOW_MAX_BUDGET);
	shadow->memory = memory;
	shadow->reader = &guest_reader_linear;
	shadow->provisional = true;
	shadow->budget = budget;
	shadow->max_spaces = MIN(budget / 4, SHADOW_MAX_SPACES);
	shadow->limit = SWITCHER_SLOT;
	shadow->kernel_slot = SWITCHER_SLOT;
	shadow->leaf_pool = heap_alloc(budget * sizeof(struct shadow_leaf));
	shadow->space_pool =
		heap_alloc_aligned(shadow->max_spaces * sizeof(struct address_space), 32);
	if (!shadow->leaf_pool || !shadow->space_pool) {
		heap_free(shadow->leaf_pool);
		heap_free(shadow->space_pool);
		memset(shadow, 0, sizeof(*shadow));
		return -E_NOMEM;
	}
	shadow_start_pools(shadow);
	shadow->current = space_create(shadow, 0);
	return 0;
}

void space_restart(struct shadow *shadow, const struct guest_reader *reader, uint32_t root)
{
	shadow_forget_all(shadow);
	shadow->reader = reader;
	shadow->provisional = reader == &guest_reader_initial;
	shadow->pte_limit = shadow->provisional ? 0 : shadow->limit;
	shadow->no_execute = reader == &guest_reader_pae && cpu_features()->nx;
	shadow->pinned = false;
	shadow->current = space_create(shadow, root);
}

int shadow_create_like(struct shadow *shadow, struct guest_memory *memory, uint32_t budget,
		       const struct shadow *like)
{
	int error = shadow_create(shadow, memory, budget);

	if (error)
		return error;
	shadow->initial = like->initial;
	shadow->limit = like->limit;
	shadow->kernel_slot = like->kernel_slot;
	space_restart(shadow, like->reader, like->current->root);
	shadow->provisional = like->provisional;
	shadow->pte_limit = like->pte_limit;
	return 0;
}

/* --- the layout, and entering ---------------------------------------------------- */

void shadow_set_layout(struct shadow *shadow, uint32_t kernel_address, uint32_t reserved_top)
{
	shadow->limit = SLOT_COUNT - (reserved_top >> SLOT_SHIFT);
	shadow->pte_limit = shadow->provisional ? 0 : shadow->limit;
	shadow->told.space = NULL;
	shadow->told.idle_slot = SLOT_COUNT;
	/*
	 * A slot that is partly the kernel's is treated as user's: resynchronised more often,
	 * never less.
	 */
	shadow->kernel_slot = MIN((kernel_address + CHUNK_SIZE - 1) >> SLOT_SHIFT, shadow->limit);
}

void shadow_hook(struct address_space *space, const struct cpu_pages *pages)
{
	*space_slot(space, SWITCHER_SLOT) =
		direct_physical(pages->guest_switcher_table) | PTE_P | PTE_W | PTE_A;
	space->hooked = pages;
}
