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
	shadow_page_free(shadow, piece->leaves, true);
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
	leaf->writable = 0;
	leaf_forget_pages(leaf);
	leaf->table = shadow_page_alloc(shadow);
	for (unsigned i = 0; i < ARRAY_SIZE(leaf->present); i++)
		leaf->present[i] = 0;
	frame_set_owner(direct_physical(leaf->table), leaf);
	index_add(shadow, leaf);
	return leaf;
}

/* Takes all entries out of the table of a leaf that has few of them. */
static void clear_entries(struct shadow_leaf *leaf)
{
	uint32_t left = leaf->live;

	for (uint32_t word = 0; left > 0; word++)
		for (uint32_t bits = leaf->present[word]; bits; bits &= bits - 1, left--)
			leaf->table[word * 32 + (uint32_t)__builtin_ctz(bits)] = 0;
}

void leaf_free(struct shadow *shadow, struct shadow_leaf *leaf)
{
	bool is_light = leaf->live <= CLEAR_ONE_BY_ONE && shadow->clear_count < CLEAR_KEPT;

	shadow->work += WORK_FREE;
	if (is_light) {
		shadow->work += WORK_CLEAR + leaf->live / 2;
		clear_entries(leaf);
	}
	index_remove(shadow, leaf);
	frame_set_owner(direct_physical(leaf->table), NULL);
	shadow_page_free(shadow, leaf->table, is_light);
	leaf->table = NULL;
	leaf->next = shadow->free_leaves;
	shadow->free_leaves = leaf;
}

/* Entry index is present now and was not, or the other way round. */
static inline void count_entry(struct shadow_leaf *leaf, uint32_t index, bool is_present)
{
	leaf->present[index / 32] ^= BIT(index % 32);
	leaf->live += is_present ? 1 : -1u;
}

/* Of an entry's lower half, as it is now. */
static inline void note_writable(struct shadow_leaf *leaf, uint32_t index, uint32_t low)
{
	if (low & PTE_W)
		leaf->writable |= BIT(index / 32);
}

static inline void set_entry(struct shadow_leaf *leaf, uint32_t index, uint64_t entry)
{
	bool was_present = leaf->present[index / 32] & BIT(index % 32);

	leaf->table[index] = entry;
	note_writable(leaf, index, (uint32_t)entry);
	if (was_present != (entry != 0))
		count_entry(leaf, index, entry != 0);
}

/* Is the guest's entry, of which this is the lower half, present and accessed? */
static inline bool is_accessed(uint32_t guest)
{
	const uint32_t accessed = PTE_P | PTE_A;

	return (guest & accessed) == accessed;
}

/* The lower half of the shadow entry for the lower half of an accessed guest entry of the chunk. */
static inline uint32_t chunk_entry(const struct chunk_memo *memo, uint32_t guest)
{
	const uint32_t dirty = PTE_W | PTE_D;
	uint32_t entry = memo->low | (guest & ((CHUNK_SIZE - PAGE_SIZE) | (uint32_t)PTE_U));

	/* A clean page stays read-only, so that the first write faults and sets dirty. */
	return (guest & dirty) == dirty ? entry | dirty : entry;
}

/*
 * The quick half of reading an entry again: guest pages that follow each other mostly lie in one
 * chunk of memory.  So the last chunk looked up is remembered, and what its entries must look like
 * is found in 32 bits.  False: this is not an entry for a page of that chunk.
 */
static inline bool sync_in_chunk(const struct chunk_memo *memo, const uint32_t *guest_entry,
				 uint32_t size, struct shadow_leaf *leaf, uint32_t index)
{
	uint32_t *entry = (uint32_t *)&leaf->table[index];
	const uint32_t no_execute = (uint32_t)(PTE_NX >> 32);
	uint32_t guest = READ_ONCE(guest_entry[0]), high = memo->high, expected;

	if ((guest ^ memo->guest) >> CHUNK_SHIFT || !is_accessed(guest) || !memo->low)
		return false;
	if (size == 8) {
		uint32_t more = READ_ONCE(guest_entry[1]);

		if (more & ~no_execute)
			return false;
		high |= more & memo->no_execute;
	}
	expected = chunk_entry(memo, guest);
	if (entry[0] != expected || entry[1] != high) {
		entry[0] = expected;
		entry[1] = high;
		note_writable(leaf, index, expected);
	}
	return true;
}

/*
 * Remembers the chunk of the entry just read, for it and later entries of the same chunk.  Only for
 * whole chunks that belong to the guest alone; false: this is not one.
 */
static inline bool remember_chunk(const struct shadow *shadow, struct chunk_memo *memo,
				  uint64_t guest)
{
	uint32_t page = guest_entry_page(guest);
	uint64_t entry;

	if ((page | (FRAMES_PER_CHUNK - 1)) >= shadow->memory->pages)
		return false;
	page = index_within(page, shadow->memory->pages);
	entry = *guest_window_entry(shadow->memory, page);
	/* One that is shared with other guests is none. */
	if (((uint32_t)entry & (uint32_t)(PTE_PS | PTE_W)) != (PTE_PS | PTE_W))
		return false;
	memo->guest = (uint32_t)guest & ~(CHUNK_SIZE - 1);
	memo->low = ((uint32_t)entry & PAGE_MASK) | (uint32_t)(PTE_P | PTE_A);
	memo->high = (uint32_t)((entry & PTE_FRAME) >> 32);
	memo->no_execute = shadow->no_execute ? (uint32_t)(PTE_NX >> 32) : 0;
	return true;
}

/* The slow half.  Not inline: the registers suffice for one half only. */
static void __noinline sync_by_walk(struct shadow *shadow, struct shadow_leaf *leaf,
				    const struct guest_entries *entries, uint32_t index,
				    struct chunk_memo *memo)
{
	uint64_t guest = guest_entry(entries, index);
	uint32_t *entry = (uint32_t *)&leaf->table[index];

	shadow->work += WORK_ELSEWHERE;
	if (!is_accessed((uint32_t)guest) || !remember_chunk(shadow, memo, guest)) {
		leaf_note_page(leaf, index, guest_entry_page(guest));
		set_entry(leaf, index, leaf_entry_for(shadow, guest));
		return;
	}
	if (!entry[0])
		count_entry(leaf, index, true);
	entry[0] = chunk_entry(memo, (uint32_t)guest);
	entry[1] = memo->high | ((uint32_t)(guest >> 32) & memo->no_execute);
	note_writable(leaf, index, entry[0]);
}

/* The same for an entry that is accessed, by the memory of the last one's chunk. */
static inline void fill_entry(struct shadow *shadow, struct shadow_leaf *leaf,
			      const struct guest_entries *entries, uint32_t index)
{
	const uint32_t *guest = entries->first;
	bool was_present = (uint32_t)leaf->table[index] != 0;

	guest += entries->size == 4 ? index : 2 * index;
	if (!sync_in_chunk(&shadow->told.chunk, guest, entries->size, leaf, index))
		sync_by_walk(shadow, leaf, entries, index, &shadow->told.chunk);
	else if (!was_present)
		count_entry(leaf, index, true);
}

/*
 * The accessed entries of a group, as a bit map; words: of an entry.  Without a branch for each: of
 * half of the faults no neighbour is accessed, and of others all of them.
 */
static inline __force_inline uint32_t accessed_map(const uint32_t *group, uint32_t words)
{
	const uint32_t accessed_shift = 5;
	uint32_t map = 0;

	_Static_assert(PTE_P == 1 && PTE_A == 1 << 5, "SDM vol. 3, 4.3");
	/* The flags are in an entry's first word, whatever its size. */
#pragma GCC unroll 16
	for (uint32_t i = 0; i < NEIGHBOURS; i++) {
		uint32_t entry = READ_ONCE(group[i * words]);

		map |= (entry & entry >> accessed_shift & (uint32_t)PTE_P) << i;
	}
	return map;
}

/* Maps the entries of a group that map has bits for, and that are not mapped. */
static inline __force_inline void fill_group(struct shadow *shadow, struct shadow_leaf *leaf,
					     const struct guest_entries *entries, uint32_t first,
					     uint32_t words)
{
	const uint32_t *guest = (const uint32_t *)entries->first + first * words;
	uint32_t map = accessed_map(guest, words) & ~(leaf->present[first / 32] >> (first % 32));
	uint32_t quick = 0, count = 0;

	for (; map; map &= map - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(map);

		if (!sync_in_chunk(&shadow->told.chunk, guest + i * words, 4 * words, leaf,
				   first + i)) {
			sync_by_walk(shadow, leaf, entries, first + i, &shadow->told.chunk);
			shadow->counters.neighbours++;
			continue;
		}
		quick |= map & -map;
		count++;
	}
	leaf->present[first / 32] |= quick << (first % 32);
	leaf->live += count;
	shadow->counters.neighbours += count;
}

void leaf_fill(struct shadow *shadow, struct shadow_leaf *leaf, const struct guest_entries *entries,
	       uint32_t index, uint64_t wanted)
{
	/* Guests leave linear mode soon, where there is no table to look around in. */
	if (unlikely(!entries->first)) {
		leaf_note_page(leaf, index, guest_entry_page(wanted));
		set_entry(leaf, index, leaf_entry_for(shadow, wanted));
		return;
	}
	fill_entry(shadow, leaf, entries, index);
	if (entries->size == 4)
		fill_group(shadow, leaf, entries, ALIGN_DOWN(index, NEIGHBOURS), 1);
	else
		fill_group(shadow, leaf, entries, ALIGN_DOWN(index, NEIGHBOURS), 2);
}

/* Not in the chunk of the last one: mostly it has been taken away. */
static void __noinline sync_elsewhere(struct shadow *shadow, struct shadow_leaf *leaf,
				      const struct guest_entries *entries, uint32_t index)
{
	uint64_t guest = guest_entry(entries, index);

	if (is_accessed((uint32_t)guest))
		sync_by_walk(shadow, leaf, entries, index, &shadow->told.chunk);
	else if (leaf->table[index])
		set_entry(leaf, index, 0);
}

/*
 * By its index the entry may be one of the pinned kernel stack.  That pin ends with it, whatever it
 * says now: what it said may have been read again since.  It does not end with an entry of another
 * table, since only an exit that goes back to a program makes it again.
 */
static void __noinline sync_pinned_index(struct shadow *shadow, struct shadow_leaf *leaf,
					 const struct guest_entries *entries, uint32_t index)
{
	sync_elsewhere(shadow, leaf, entries, index);
	if (leaf == shadow->pin_leaves[(shadow->pin_last - index) % SLOT_ENTRIES])
		shadow->pinned = false;
}

void leaf_sync_entry(struct shadow *shadow, struct shadow_leaf *leaf,
		     const struct guest_entries *entries, uint32_t index)
{
	const uint32_t *guest = entries->first;
	bool was_present = (uint32_t)leaf->table[index] != 0;

	if (unlikely((shadow->pin_last - index) % SLOT_ENTRIES < shadow->pin_pages)) {
		sync_pinned_index(shadow, leaf, entries, index);
		return;
	}
	guest += entries->size == 4 ? index : 2 * index;
	if (!sync_in_chunk(&shadow->told.chunk, guest, entries->size, leaf, index))
		sync_elsewhere(shadow, leaf, entries, index);
	else if (!was_present)
		count_entry(leaf, index, true);
}

/* What an entry of the memo's chunk says under this mask while it is accessed. */
#define CHUNK_MASK (~(CHUNK_SIZE - 1) | (uint32_t)(PTE_P | PTE_A))

/* No entry says this, since the mask does not have that bit. */
#define NO_CHUNK ((uint32_t)PTE_W)

static inline uint32_t chunk_of(const struct chunk_memo *memo)
{
	return memo->low ? memo->guest | (uint32_t)(PTE_P | PTE_A) : NO_CHUNK;
}

/*
 * The present entries of the table, read again; words: of a guest's entry.  One in the last one's
 * chunk is compared with what it must look like, in some 20 instructions; of what a process had
 * that is gone most entries are absent now, which needs no more than a look.
 */
static inline __force_inline void resync_table(struct shadow *shadow, struct shadow_leaf *leaf,
					       const struct guest_entries *entries, uint32_t words)
{
	const uint32_t no_execute = (uint32_t)(PTE_NX >> 32);
	const uint32_t *guest = entries->first;
	uint32_t *table = (uint32_t *)leaf->table;
	struct chunk_memo memo = { 0 };
	uint32_t chunk = NO_CHUNK;

	for (uint32_t word = 0; word < ARRAY_SIZE(leaf->present);
	     word++, guest += 32 * words, table += 64) {
		uint32_t gone = 0;

		for (uint32_t bits = leaf->present[word]; bits; bits &= bits - 1) {
			uint32_t i = (uint32_t)__builtin_ctz(bits);
			uint32_t now = READ_ONCE(guest[i * words]), expected;
			uint32_t more = words == 2 ? READ_ONCE(guest[2 * i + 1]) : 0;

			if (unlikely((now & CHUNK_MASK) != chunk || more & ~no_execute)) {
				if (is_accessed(now)) {
					sync_by_walk(shadow, leaf, entries, word * 32 + i, &memo);
					chunk = chunk_of(&memo);
					continue;
				}
				table[2 * i] = 0;
				table[2 * i + 1] = 0;
				gone |= bits & -bits;
				leaf->live--;
				continue;
			}
			expected = chunk_entry(&memo, now);
			more = words == 2 ? memo.high | (more & memo.no_execute) : memo.high;
			if (likely(table[2 * i] == expected && table[2 * i + 1] == more))
				continue;
			table[2 * i] = expected;
			table[2 * i + 1] = more;
			note_writable(leaf, word * 32 + i, expected);
		}
		leaf->present[word] &= ~gone;
	}
}

/* The same where the guest has no table in its memory. */
static void __noinline resync_linear(struct shadow *shadow, struct shadow_leaf *leaf,
				     const struct guest_entries *entries)
{
	for (uint32_t word = 0; word < ARRAY_SIZE(leaf->present); word++)
		for (uint32_t bits = leaf->present[word]; bits; bits &= bits - 1)
			sync_by_walk(shadow, leaf, entries,
				     word * 32 + (uint32_t)__builtin_ctz(bits),
				     &shadow->told.chunk);
}

void leaf_resync(struct shadow *shadow, struct shadow_leaf *leaf)
{
	struct guest_entries entries;

	guest_find_entries(shadow->reader, shadow->memory, leaf->key, &entries);
	leaf->generation = shadow->generation;
	/* Every entry is read again. */
	if (unlikely(shadow->memory->is_shared))
		leaf_forget_pages(leaf);
	shadow->work += leaf->live * WORK_ENTRY;
	if (unlikely(!entries.first))
		resync_linear(shadow, leaf, &entries);
	else if (entries.size == 4)
		resync_table(shadow, leaf, &entries, 1);
	else
		resync_table(shadow, leaf, &entries, 2);
}
