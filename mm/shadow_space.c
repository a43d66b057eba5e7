// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces: found by the guest's top-level table, kept most recently
 * used first, evicted from the other end when the budget is spent.
 */
#include "arch/assert.h"
#include "arch/cpu.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/shadow_internal.h"

/* Pages that a new address space takes at once: the directory with the Switcher slot. */
#define SPACE_FIRST_PAGES 1u

static uint32_t hash(uint32_t root)
{
	/* PAE tables need not be page-aligned. */
	return (root >> PAGE_SHIFT ^ root >> 5) % SHADOW_HASH_SIZE;
}

struct address_space *space_find(const struct shadow *shadow, uint32_t root)
{
	struct address_space *space = shadow->space_hash[hash(root)];

	while (space && space->root != root)
		space = space->next;
	return space;
}

/* --- linking ----------------------------------------------------------------- */

static void unlink_slot(struct shadow *shadow, struct address_space *space, uint32_t slot)
{
	struct shadow_leaf *leaf = space_leaf(space, slot);

	*space_slot(space, slot) = 0;
	space->linked[slot / 32] &= ~BIT(slot % 32);
	shadow->slot_links[slot]--;
	shadow->pinned = false;
	if (--leaf->parents == 0)
		leaf_free(shadow, leaf);
}

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
 * A kernel table that only ever stood at this slot is no staler in one address
 * space than in another.  Whoever else uses a leaf may owe a flush that this
 * space never saw.
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

	if (likely(space_is_linked(space, slot))) {
		uint64_t *entry = space_slot(space, slot);

		leaf = frame_owner(slot_frame(*entry));
		if (likely(leaf->key == info->key)) {
			/* Asleep since a flush, and no other slot has had it read again. */
			if (!((uint32_t)*entry & PTE_P) && leaf->generation != shadow->generation)
				leaf_resync(shadow, leaf);
			if (!((uint32_t)flags & PTE_W))
				shadow->pinned = false;
			*entry = slot_frame(*entry) | flags;
			return leaf;
		}
		/* The guest has put another table there since. */
		unlink_slot(shadow, space, slot);
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
 * A leaf with more present entries than these costs more to read again than
 * the one fault that a sleeping leaf costs, if it is touched at all.
 */
#define RESYNC_AT_ONCE 32u

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

	shadow->work++;
	if (stale && leaf->live > RESYNC_AT_ONCE) {
		leaf->generation = shadow->generation - 1;
		*entry = slot_asleep(leaf);
		return;
	}
	if (shadow->reader->slot(shadow->memory, space->root, slot, &info) != WALK_PRESENT ||
	    info.key != leaf->key || !(info.flags & PTE_A)) {
		unlink_slot(shadow, space, slot);
		return;
	}
	if (stale)
		leaf_resync(shadow, leaf);
	*entry = direct_physical(leaf->table) | slot_flags(shadow, &info);
}

bool space_recheck(struct shadow *shadow, struct address_space *space, uint32_t slot)
{
	uint64_t before;

	if (!space_is_linked(space, slot))
		return false;
	before = *space_slot(space, slot);
	resync_slot(shadow, space, slot, false);
	if (*space_slot(space, slot) != before)
		shadow->pinned = false;
	return space_is_linked(space, slot);
}

void space_resync(struct shadow *shadow, struct address_space *space, uint32_t first, uint32_t end,
		  bool all)
{
	for (uint32_t word = first / 32; word * 32 < end; word++) {
		for (uint32_t bits = space->linked[word]; bits; bits &= bits - 1) {
			uint32_t slot = word * 32 + (uint32_t)__builtin_ctz(bits);

			if (slot >= first && slot < end)
				resync_slot(shadow, space, slot, all);
		}
	}
	shadow->pinned = false;
}

/* --- life ---------------------------------------------------------------------- */

static void space_empty(struct shadow *shadow, struct address_space *space)
{
	for (uint32_t slot = 0; slot < SLOT_COUNT; slot++)
		if (space_is_linked(space, slot))
			unlink_slot(shadow, space, slot);
}

static void space_destroy(struct shadow *shadow, struct address_space *space)
{
	struct address_space **link = &shadow->space_hash[hash(space->root)];

	space_empty(shadow, space);
	for (unsigned i = 0; i < 4; i++)
		if (space->directories[i])
			shadow_page_free(shadow, space->directories[i]);
	while (*link != space)
		link = &(*link)->next;
	*link = space->next;
	list_remove(&space->recency);
	if (shadow->current == space)
		shadow->current = NULL;
	space->next = shadow->free_spaces;
	shadow->free_spaces = space;
}

static void evict_oldest(struct shadow *shadow)
{
	space_destroy(shadow, container_of(list_last(&shadow->spaces), struct address_space, recency));
	shadow->counters.evicted++;
}

/* The current space alone has spent the budget: a guest that touches a little of everything. */
static void reset_current(struct shadow *shadow)
{
	struct address_space *space = shadow->current;

	space_empty(shadow, space);
	for (unsigned i = 0; i < SWITCHER_SLOT / SLOT_ENTRIES; i++) {
		if (space->directories[i])
			shadow_page_free(shadow, space->directories[i]);
		space->directories[i] = NULL;
		space->pdpt[i] = 0;
	}
	shadow->counters.resets++;
}

void space_reclaim(struct shadow *shadow, uint32_t pages)
{
	while (shadow->used + pages > shadow->budget) {
		if (list_last(&shadow->spaces) != &shadow->current->recency)
			evict_oldest(shadow);
		else
			reset_current(shadow);
	}
}

/* What the kernel has in all address spaces and has been shadowed already is there from the start. */
static void link_kernel(struct shadow *shadow, struct address_space *space)
{
	for (uint32_t slot = shadow->kernel_slot; slot < shadow->limit; slot++) {
		struct guest_slot info;
		struct shadow_leaf *leaf;

		if (!shadow->slot_links[slot] ||
		    shadow->reader->slot(shadow->memory, space->root, slot, &info) != WALK_PRESENT ||
		    !(info.flags & PTE_A))
			continue;
		leaf = leaf_find(shadow, info.key);
		/* Other directories than the last would need a page. */
		if (leaf && is_fresh_at(shadow, leaf, slot) &&
		    space->directories[slot / SLOT_ENTRIES])
			link_slot(shadow, space, slot, leaf, slot_flags(shadow, &info));
	}
}

static struct address_space *space_create(struct shadow *shadow, uint32_t root)
{
	struct address_space *space;
	uint64_t *last;

	space_make_room(shadow, SPACE_FIRST_PAGES);
	if (!shadow->free_spaces)
		evict_oldest(shadow);
	space = shadow->free_spaces;
	shadow->free_spaces = space->next;
	memset(space, 0, sizeof(*space));
	space->root = root;
	space->generation = shadow->generation;
	last = shadow_page_alloc(shadow);
	space->directories[SWITCHER_SLOT / SLOT_ENTRIES] = last;
	space->pdpt[SWITCHER_SLOT / SLOT_ENTRIES] = direct_physical(last) | PTE_P;
	space->next = shadow->space_hash[hash(root)];
	shadow->space_hash[hash(root)] = space;
	list_add_first(&shadow->spaces, &space->recency);
	link_kernel(shadow, space);
	shadow->counters.created++;
	return space;
}

static void destroy_all(struct shadow *shadow)
{
	while (!list_is_empty(&shadow->spaces))
		space_destroy(shadow, container_of(list_first(&shadow->spaces), struct address_space,
						   recency));
}

void space_restart(struct shadow *shadow, const struct guest_reader *reader, uint32_t root)
{
	destroy_all(shadow);
	shadow->reader = reader;
	shadow->provisional = reader == &guest_reader_first;
	shadow->pte_limit = shadow->provisional ? 0 : shadow->limit;
	shadow->no_execute = reader == &guest_reader_pae && cpu_features()->nx;
	shadow->pinned = false;
	shadow->current = space_create(shadow, root);
}

enum shadow_result shadow_switch(struct shadow *shadow, gpa_t root_address)
{
	uint32_t root = gpa_value(root_address);
	struct address_space *space;

	if (!guest_reader_pae.root_valid(shadow->memory, root))
		return shadow_bad(shadow, "page table outside memory", root);
	if (unlikely(shadow->provisional) && !shadow_first_switch(shadow, root))
		return SHADOW_DONE;
	if (!shadow->reader->root_valid(shadow->memory, root))
		return shadow_bad(shadow, "page table not aligned", root);

	shadow->counters.switches++;
	shadow->pinned = false;
	space = space_find(shadow, root);
	if (space) {
		list_remove(&space->recency);
		list_add_first(&shadow->spaces, &space->recency);
		shadow->current = space;
		if (space->generation != shadow->generation) {
			space_resync(shadow, space, 0, shadow->limit, false);
			space->generation = shadow->generation;
		}
	} else {
		shadow->current = space_create(shadow, root);
	}
	return SHADOW_DONE;
}

/* --- the whole -------------------------------------------------------------------- */

static void fill_pools(struct shadow *shadow)
{
	for (uint32_t i = 0; i < shadow->budget; i++) {
		shadow->leaf_pool[i].next = shadow->free_leaves;
		shadow->free_leaves = &shadow->leaf_pool[i];
	}
	for (uint32_t i = 0; i < shadow->budget / 4; i++) {
		shadow->space_pool[i].next = shadow->free_spaces;
		shadow->free_spaces = &shadow->space_pool[i];
	}
}

int shadow_create(struct shadow *shadow, struct guest_memory *memory, uint32_t budget)
{
	memset(shadow, 0, sizeof(*shadow));
	assert(budget >= SHADOW_MIN_BUDGET && budget <= SHADOW_MAX_BUDGET);
	shadow->memory = memory;
	shadow->reader = &guest_reader_linear;
	shadow->provisional = true;
	shadow->budget = budget;
	shadow->limit = SWITCHER_SLOT;
	shadow->kernel_slot = SWITCHER_SLOT;
	list_init(&shadow->spaces);
	shadow->leaf_pool = heap_alloc(budget * sizeof(struct shadow_leaf));
	shadow->space_pool = heap_alloc_aligned(budget / 4 * sizeof(struct address_space), 32);
	if (!shadow->leaf_pool || !shadow->space_pool) {
		heap_free(shadow->leaf_pool);
		heap_free(shadow->space_pool);
		memset(shadow, 0, sizeof(*shadow));
		return -E_NOMEM;
	}
	fill_pools(shadow);
	shadow->current = space_create(shadow, 0);
	return 0;
}

bool shadow_destroy(struct shadow *shadow)
{
	if (shadow->memory && !list_is_empty(&shadow->spaces)) {
		space_destroy(shadow, container_of(list_first(&shadow->spaces), struct address_space,
						   recency));
		return false;
	}
	assert(shadow->used == 0);
	heap_free(shadow->leaf_pool);
	heap_free(shadow->space_pool);
	memset(shadow, 0, sizeof(*shadow));
	return true;
}

void shadow_set_layout(struct shadow *shadow, uint32_t kernel_address, uint32_t reserved_top)
{
	shadow->limit = SLOT_COUNT - (reserved_top >> SLOT_SHIFT);
	shadow->pte_limit = shadow->provisional ? 0 : shadow->limit;
	/*
	 * A slot that is partly the kernel's is treated as user's: resynchronised more often,
	 * never less.
	 */
	shadow->kernel_slot = MIN((kernel_address + CHUNK_SIZE - 1) >> SLOT_SHIFT, shadow->limit);
}

uint32_t shadow_activate(struct shadow *shadow, const struct cpu_pages *pages)
{
	struct address_space *space = shadow->current;

	if (space->hooked != pages) {
		*space_slot(space, SWITCHER_SLOT) =
			direct_physical(pages->guest_switcher_table) | PTE_P | PTE_W | PTE_A;
		space->hooked = pages;
	}
	return direct_physical(space->pdpt);
}
