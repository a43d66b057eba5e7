// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shadow of a guest that shares memory with others: it loses all write permission when the
 * guest is cloned, and follows pages that get a frame of their own.  Nothing says which entries map
 * a page; but a page that was shared is in no chunk of the guest's alone, and leaves know roughly
 * which of those they map, and where.
 */
#include "mm/shadow_internal.h"

/* Everything is read again when it is touched. */
static void forget_what_is_mapped(struct shadow *shadow)
{
	shadow->generation++;
	shadow->pinned = false;
	shadow->told.space = NULL;
	shadow->told.chunk = (struct chunk_memo){ 0 };
	space_sleep(shadow, shadow->current);
	shadow->current->generation = shadow->generation;
}

void shadow_protect_all(struct shadow *shadow)
{
	forget_what_is_mapped(shadow);
	shadow->memory->moved_count = 0;
}

static bool maps_frame(const struct shadow_leaf *leaf, uint32_t index, paddr_t frame)
{
	const uint32_t *half = (const uint32_t *)&leaf->table[index];

	return (half[0] & PAGE_MASK) == (uint32_t)frame &&
	       (half[1] & (uint32_t)(PTE_FRAME >> 32)) == (uint32_t)(frame >> 32);
}

/* Whatever the guest's entry says now is what is mapped. */
static void follow_entry(struct shadow *shadow, struct shadow_leaf *leaf, uint32_t index)
{
	struct guest_entries entries;

	guest_find_entries(shadow->reader, shadow->memory, leaf->key, &entries);
	if (entries.first)
		leaf_sync_entry(shadow, leaf, &entries, index);
	else
		leaf_fill(shadow, leaf, &entries, index, guest_entry(&entries, index));
}

static void follow_in(struct shadow *shadow, struct shadow_leaf *leaf,
		      const struct moved_page *moved)
{
	for (uint32_t word = 0; word < ARRAY_SIZE(leaf->parts); word++) {
		if (!(leaf->parts[word] & leaf_part_bit(moved->page)))
			continue;
		for (uint32_t bits = leaf->present[word]; bits; bits &= bits - 1) {
			uint32_t index = word * 32 + (uint32_t)__builtin_ctz(bits);

			shadow->work += WORK_ENTRY;
			if (maps_frame(leaf, index, moved->from))
				follow_entry(shadow, leaf, index);
		}
	}
}

/* To look whether a leaf may map the page takes so little that some of them are a unit of work. */
#define LEAVES_A_UNIT 4u

/* False: that would take too long. */
static bool follow_page(struct shadow *shadow, const struct moved_page *moved, uint32_t work_end)
{
	for (uint32_t i = 1; i < shadow->leaves_made; i++) {
		struct shadow_leaf *leaf = &shadow->leaf_pool[i];

		shadow->work += i % LEAVES_A_UNIT == 0;
		if (work_is_over(shadow, work_end))
			return false;
		if (leaf->table && leaf->chunks & leaf_chunk_bit(moved->page))
			follow_in(shadow, leaf, moved);
	}
	return true;
}

void shadow_follow(struct shadow *shadow)
{
	struct guest_memory *memory = shadow->memory;
	uint32_t work_end = shadow->work + WORK_PIECE, count = memory->moved_count;
	bool done = count <= MOVED_PAGES_MAX;

	for (uint32_t i = 0; done && i < count; i++)
		done = follow_page(shadow, &memory->moved[i], work_end);
	if (!done)
		forget_what_is_mapped(shadow);
	memory->moved_count = 0;
}
