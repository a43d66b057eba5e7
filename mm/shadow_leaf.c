// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaf tables: one for each run of 512 guest entries that is in use, shared by
 * every address space of the guest that uses the run.
 */
#include "mm/shadow_internal.h"

/*
 * A fault maps the entries of this aligned group that the guest has already
 * marked accessed: with 4-byte entries they are one cache line, which the walk
 * has just fetched.
 */
#define NEIGHBOURS 16u
_Static_assert(NEIGHBOURS < 32, "a word has a bit for each");

/* Adds the leaf to the index; a page must be left for a new piece of the index. */
static void index_add(struct shadow *shadow, struct shadow_leaf *leaf)
{
	struct leaf_index_piece *piece = &shadow->index[leaf->key >> 1 >> INDEX_SHIFT];
	uint16_t *entry;

	if (!piece->leaves)
		piece->leaves = shadow_page_alloc(shadow);
	entry = leaf_index_entry(shadow, leaf->key);
	if (!*entry)
		piece->used++;
	leaf->next = *entry ? &shadow->leaf_pool[*entry] : NULL;
	*entry = (uint16_t)(leaf - shadow->leaf_pool);
}

static void index_remove(struct shadow *shadow, const struct shadow_leaf *leaf)
{
	struct leaf_index_piece *piece = &shadow->index[leaf->key >> 1 >> INDEX_SHIFT];
	uint16_t *entry = leaf_index_entry(shadow, leaf->key);
	struct shadow_leaf *first = &shadow->leaf_pool[*entry];

	if (first != leaf) {
		first->next = NULL;
		return;
	}
	*entry = leaf->next ? (uint16_t)(leaf->next - shadow->leaf_pool) : 0;
	if (*entry || --piece->used > 0)
		return;
	shadow_page_free(shadow, piece->leaves);
	piece->leaves = NULL;
}

struct shadow_leaf *leaf_create(struct shadow *shadow, uint32_t key)
{
	struct shadow_leaf *leaf = shadow->free_leaves;

	if (leaf)
		shadow->free_leaves = leaf->next;
	else
		leaf = &shadow->leaf_pool[shadow->leaves_made++];
	leaf->key = key;
	leaf->parents = 0;
	leaf->generation = shadow->generation;
	leaf->live = 0;
	leaf->table = shadow_page_alloc(shadow);
	for (unsigned i = 0; i < ARRAY_SIZE(leaf->present); i++)
		leaf->present[i] = 0;
	frame_set_owner(direct_physical(leaf->table), leaf);
	index_add(shadow, leaf);
	return leaf;
}

void leaf_free(struct shadow *shadow, struct shadow_leaf *leaf)
{
	shadow->work += WORK_FREE;
	index_remove(shadow, leaf);
	frame_set_owner(direct_physical(leaf->table), NULL);
	shadow_page_free(shadow, leaf->table);
	leaf->table = NULL;
	leaf->next = shadow->free_leaves;
	shadow->free_leaves = leaf;
}

static inline void set_entry(struct shadow_leaf *leaf, uint32_t index, uint64_t entry)
{
	uint32_t *word = &leaf->present[index / 32], bit = BIT(index % 32);

	leaf->table[index] = entry;
	if (((*word & bit) != 0) == (entry != 0))
		return;
	*word ^= bit;
	leaf->live += entry ? 1 : -1u;
}

/*
 * The accessed entries of the group that starts at first, as a bit map; none in linear mode, which
 * guests leave soon.
 */
static uint32_t accessed_neighbours(const struct guest_entries *entries, uint32_t first)
{
	const uint32_t wanted = PTE_P | PTE_A;
	uint32_t words = entries->size / 4, map = 0;
	const uint32_t *entry = entries->first;

	if (!entry)
		return 0;
	entry += first * words;
	/* The flags are in an entry's first word, whatever its size. */
	for (uint32_t bit = 1; bit < BIT(NEIGHBOURS); bit <<= 1, entry += words)
		if ((READ_ONCE(*entry) & wanted) == wanted)
			map |= bit;
	return map;
}

void leaf_fill(struct shadow *shadow, struct shadow_leaf *leaf, const struct guest_entries *entries,
	       uint32_t index, uint64_t wanted)
{
	uint32_t first = ALIGN_DOWN(index, NEIGHBOURS);
	uint32_t map;

	set_entry(leaf, index, leaf_entry_for(shadow, wanted));
	map = accessed_neighbours(entries, first) & ~(leaf->present[first / 32] >> (first % 32));
	for (; map; map &= map - 1) {
		uint32_t i = first + (uint32_t)__builtin_ctz(map);

		set_entry(leaf, i, leaf_entry_for(shadow, guest_entry(entries, i)));
		shadow->counters.neighbours++;
	}
}

void leaf_sync_entry(struct shadow *shadow, struct shadow_leaf *leaf, uint32_t index)
{
	struct guest_entries entries;
	uint64_t old = leaf->table[index], new;

	guest_find_entries(shadow->reader, shadow->memory, leaf->key, &entries);
	new = leaf_entry_for(shadow, guest_entry(&entries, index));
	set_entry(leaf, index, new);
	/* The entry was removed or weakened, and its index is that of the pinned kernel stack. */
	if (old && (new & (PTE_FRAME | PTE_W)) != (old & (PTE_FRAME | PTE_W)) &&
	    (shadow->pin_last - index) % SLOT_ENTRIES < shadow->pin_pages)
		shadow->pinned = false;
}

/*
 * The quick half of a resynchronisation: guest pages that follow each other
 * mostly lie in one chunk of memory.  So the last chunk looked up is remembered,
 * and what its entries must look like is found in 32 bits.
 */
struct chunk_memo {
	uint32_t guest;		/* guest-physical address of the chunk */
	uint32_t low, high;	/* shadow entry of its first page, accessed; 0: no chunk yet */
};

/* False: the entry is not for a page of that chunk. */
static bool sync_in_chunk(const struct chunk_memo *memo, const uint32_t *guest_entry, uint32_t size,
			  uint32_t *entry)
{
	const uint32_t accessed = PTE_P | PTE_A, dirty = PTE_W | PTE_D;
	uint32_t guest = READ_ONCE(guest_entry[0]), expected;

	if ((guest ^ memo->guest) >> CHUNK_SHIFT || (guest & accessed) != accessed || !memo->low)
		return false;
	if (size == 8 && READ_ONCE(guest_entry[1]) != 0)
		return false;
	expected = memo->low | (guest & ((CHUNK_SIZE - PAGE_SIZE) | (uint32_t)PTE_U));
	if ((guest & dirty) == dirty)
		expected |= dirty;
	/* The entry was present and still is. */
	if (entry[0] != expected || entry[1] != memo->high) {
		entry[0] = expected;
		entry[1] = memo->high;
	}
	return true;
}

/*
 * Remembers the chunk of the entry just computed, for later entries of the same chunk.  Only for
 * whole chunks that belong to the guest.
 */
static void remember_chunk(const struct shadow *shadow, struct chunk_memo *memo, uint64_t guest)
{
	uint32_t page = guest_entry_page(guest);
	uint64_t entry;

	if ((page | (FRAMES_PER_CHUNK - 1)) >= shadow->memory->pages)
		return;
	entry = *guest_window_entry(shadow->memory, page);
	if (!(entry & PTE_PS))
		return;
	memo->guest = page / FRAMES_PER_CHUNK * CHUNK_SIZE;
	memo->low = ((uint32_t)entry & PAGE_MASK) | (uint32_t)(PTE_P | PTE_A);
	memo->high = (uint32_t)((entry & PTE_FRAME) >> 32);
}

/* The slow half.  Not inline: the registers suffice for one half only. */
static void __noinline sync_by_walk(struct shadow *shadow, struct shadow_leaf *leaf,
				    const struct guest_entries *entries, uint32_t index,
				    struct chunk_memo *memo)
{
	uint64_t guest = guest_entry(entries, index), entry = leaf_entry_for(shadow, guest);

	shadow->work += WORK_ELSEWHERE;
	set_entry(leaf, index, entry);
	if (entry)
		remember_chunk(shadow, memo, guest);
}

void leaf_resync(struct shadow *shadow, struct shadow_leaf *leaf)
{
	struct chunk_memo memo = { 0 };
	struct guest_entries entries;

	guest_find_entries(shadow->reader, shadow->memory, leaf->key, &entries);
	leaf->generation = shadow->generation;
	shadow->work += leaf->live * WORK_ENTRY;
	for (uint32_t word = 0; word < ARRAY_SIZE(leaf->present); word++) {
		for (uint32_t bits = leaf->present[word]; bits; bits &= bits - 1) {
			uint32_t index = word * 32 + (uint32_t)__builtin_ctz(bits);
			const uint32_t *first = entries.first;

			if (!first || !sync_in_chunk(&memo, first + index * (entries.size / 4),
						     entries.size, (uint32_t *)&leaf->table[index]))
				sync_by_walk(shadow, leaf, &entries, index, &memo);
		}
	}
}
