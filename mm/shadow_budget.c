// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocates the pages of a guest's budget and the structures for leaves and address spaces.  When
 * the budget is spent, leaves are taken from the address space that was switched to longest ago, as
 * many as are needed and some more.
 */
#include "arch/cpu/assert.h"
#include "mm/heap.h"
#include "mm/shadow_internal.h"
#include "mm/shadow_middle.h"

/*
 * Pages that are freed beyond those that are needed, so that the next reclaim comes later. They are
 * enough for one instruction with its code and operands and for the kernel stack: entries filled
 * for these stay until the guest runs.
 */
#define RECLAIM_MORE 32u
_Static_assert(RECLAIM_MORE + LINK_PAGES + 4 < SHADOW_MIN_BUDGET,
	       "the last address space has as many that are no directories");

/* Address spaces in one chain. */
#define CHAIN_MOST 16u

/* Tables that one call of shadow_destroy gives back. */
#define DESTROY_PIECE 256u

/* --- giving way -------------------------------------------------------------------- */

void space_unlink(struct shadow *shadow, struct address_space *space, uint32_t slot)
{
	struct shadow_leaf *leaf = space_leaf(space, slot);

	shadow->work += WORK_UNLINK;
	*space_slot(space, slot) = 0;
	space->linked[slot / 32] &= ~BIT(slot % 32);
	shadow->slot_links[slot]--;
	shadow->pinned = false;
	shadow->told.space = NULL;
	if (--leaf->parents == 0)
		leaf_free(shadow, leaf);
}

/*
 * Takes leaves from space, from where the last call stopped, until at most `pages` are in use or so
 * much work is done.  True when the space has no leaf left.
 */
static bool strip(struct shadow *shadow, struct address_space *space, uint32_t pages,
		  uint32_t work_end)
{
	for (uint32_t n = 0; n <= ARRAY_SIZE(space->linked); n++) {
		for (uint32_t bits; (bits = space->linked[space->hand]) != 0;) {
			if (shadow->used <= pages || work_is_over(shadow, work_end))
				return false;
			space_unlink(shadow, space,
				     space->hand * 32 + (uint32_t)__builtin_ctz(bits));
		}
		space->hand = (space->hand + 1) % ARRAY_SIZE(space->linked);
	}
	return true;
}

/* Frees an address space that has no leaves. */
static void destroy(struct shadow *shadow, struct address_space *space)
{
	struct address_space **link = space_chain(shadow, space->root);

	*space_slot(space, SWITCHER_SLOT) = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(space->directories); i++)
		if (space->directories[i])
			shadow_page_free(shadow, space->directories[i], true);
	middle_forget(shadow, space);
	while (*link != space)
		link = &(*link)->next;
	*link = space->next;
	list_remove(&space->recency);
	space->next = shadow->free_spaces;
	shadow->free_spaces = space;
	shadow->counters.evicted++;
}

static struct address_space *oldest(const struct shadow *shadow)
{
	return container_of(list_last(&shadow->spaces), struct address_space, recency);
}

void space_reclaim(struct shadow *shadow, uint32_t pages)
{
	/* A space that is freed gives back its directories too, so there are few rounds. */
	while (shadow->used + pages > shadow->budget) {
		struct address_space *space = oldest(shadow);
		bool is_bare = strip(shadow, space, shadow->budget - pages - RECLAIM_MORE,
				     shadow->work + 2 * WORK_PIECE);

		if (space == shadow->current)
			/* One space spent the budget: its guest touches a little of everything. */
			shadow->counters.resets++;
		else if (is_bare)
			destroy(shadow, space);
	}
}

/* The address space that must be freed before one with this root can be made; NULL: none. */
static struct address_space *one_too_many(struct shadow *shadow, uint32_t root)
{
	struct address_space *last = NULL;
	uint32_t length = 0;

	for (struct address_space *space = *space_chain(shadow, root); space; space = space->next) {
		length++;
		if (space != shadow->current)
			last = space;
	}
	/* A guest must not make a search long by its choice of roots. */
	if (length == CHAIN_MOST)
		return last;
	if (!shadow->free_spaces && shadow->spaces_made == shadow->max_spaces)
		return oldest(shadow);
	return NULL;
}

bool space_has_place(struct shadow *shadow, uint32_t root)
{
	struct address_space *space = one_too_many(shadow, root);

	if (!space)
		return true;
	if (!strip(shadow, space, 0, shadow->work + WORK_PIECE))
		return false;
	destroy(shadow, space);
	return true;
}

struct address_space *space_alloc(struct shadow *shadow)
{
	struct address_space *space = shadow->free_spaces;

	if (space)
		shadow->free_spaces = space->next;
	else
		space = &shadow->space_pool[shadow->spaces_made++];
	return memset(space, 0, sizeof(*space));
}

/* --- from the beginning to the end --------------------------------------------------- */

void shadow_start_pools(struct shadow *shadow)
{
	list_init(&shadow->spaces);
	memset(shadow->chains, 0, sizeof(shadow->chains));
	memset(shadow->slot_links, 0, sizeof(shadow->slot_links));
	memset(shadow->middle_chains, 0xFF, sizeof(shadow->middle_chains));
	shadow->free_leaves = NULL;
	shadow->free_spaces = NULL;
	shadow->leaves_made = 1;
	shadow->spaces_made = 0;
	shadow->current = NULL;
	shadow->told.space = NULL;
	shadow->told.idle_slot = SLOT_COUNT;
	/* It says whether entries can forbid execution, which may be another format's now. */
	shadow->told.chunk = (struct chunk_memo){ 0 };
}

/*
 * Frees the tables of at most `count` leaves; false: there are more.  Leaf by leaf, not link by
 * link: there may be a thousand times as many links.
 */
static bool forget_leaves(struct shadow *shadow, uint32_t count)
{
	for (; count > 0 && shadow->leaves_made > 1; count--) {
		struct shadow_leaf *leaf = &shadow->leaf_pool[--shadow->leaves_made];

		if (!leaf->table)
			continue;
		frame_set_owner(direct_physical(leaf->table), NULL);
		shadow_page_free(shadow, leaf->table, false);
		leaf->table = NULL;
	}
	return shadow->leaves_made == 1;
}

static void forget_the_rest(struct shadow *shadow)
{
	struct address_space *space;

	list_for_each(space, &shadow->spaces, recency)
		for (unsigned i = 0; i < ARRAY_SIZE(space->directories); i++)
			if (space->directories[i])
				shadow_page_free(shadow, space->directories[i], false);
	for (uint32_t i = 0; i < INDEX_PIECES; i++) {
		if (shadow->index[i].leaves)
			shadow_page_free(shadow, shadow->index[i].leaves, false);
		shadow->index[i] = (struct leaf_index_piece){ 0 };
	}
	shadow_start_pools(shadow);
}

void shadow_forget_all(struct shadow *shadow)
{
	/* Before the format is known a guest has one address space. */
	(void)forget_leaves(shadow, UINT32_MAX);
	forget_the_rest(shadow);
}

static bool give_pages_back(struct shadow *shadow, uint32_t count)
{
	for (; count > 0 && shadow->free_pages; count--)
		page_free_reserved(take_page(&shadow->free_pages));
	for (; count > 0 && shadow->clear_pages; count--)
		page_free_reserved(take_page(&shadow->clear_pages));
	return !shadow->free_pages && !shadow->clear_pages;
}

bool shadow_destroy(struct shadow *shadow)
{
	if (!shadow->memory)
		return true;
	if (!list_is_empty(&shadow->spaces)) {
		if (forget_leaves(shadow, DESTROY_PIECE))
			forget_the_rest(shadow);
		return false;
	}
	assert(shadow->used == 0);
	if (!give_pages_back(shadow, DESTROY_PIECE))
		return false;
	heap_free(shadow->leaf_pool);
	heap_free(shadow->space_pool);
	memset(shadow, 0, sizeof(*shadow));
	return true;
}
