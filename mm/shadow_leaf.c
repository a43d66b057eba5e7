// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaf tables: one for each run of 512 guest entries that is in use, shared by
 * every address space of the guest that uses the run.
 */
#include "arch/assert.h"
#include "mm/shadow_internal.h"

/*
 * A fault maps the entries of this aligned group that the guest has already
 * marked accessed: with 4-byte entries they are one cache line, which the walk
 * has just fetched.
 */
#define NEIGHBOURS 16u

static uint32_t hash(uint32_t key)
{
	return (key ^ key >> 8) % SHADOW_HASH_SIZE;
}

struct shadow_leaf *leaf_find(const struct shadow *shadow, uint32_t key)
{
	struct shadow_leaf *leaf = shadow->leaf_hash[hash(key)];

	while (leaf && leaf->key != key)
		leaf = leaf->next;
	return leaf;
}

struct shadow_leaf *leaf_create(struct shadow *shadow, uint32_t key)
{
	struct shadow_leaf *leaf = shadow->free_leaves;

	shadow->free_leaves = leaf->next;
	leaf->key = key;
	leaf->parents = 0;
	leaf->generation = shadow->generation;
	leaf->table = shadow_page_alloc(shadow);
	for (unsigned i = 0; i < ARRAY_SIZE(leaf->present); i++)
		leaf->present[i] = 0;
	frame_set_owner(direct_physical(leaf->table), leaf);
	leaf->next = shadow->leaf_hash[hash(key)];
	shadow->leaf_hash[hash(key)] = leaf;
	return leaf;
}

void leaf_free(struct shadow *shadow, struct shadow_leaf *leaf)
{
	struct shadow_leaf **link = &shadow->leaf_hash[hash(leaf->key)];

	while (*link != leaf)
		link = &(*link)->next;
	*link = leaf->next;
	frame_set_owner(direct_physical(leaf->table), NULL);
	shadow_page_free(shadow, leaf->table);
	leaf->table = NULL;
	leaf->next = shadow->free_leaves;
	shadow->free_leaves = leaf;
}

uint64_t leaf_entry_for(const struct shadow *shadow, uint64_t guest_entry)
{
	uint64_t entry;
	paddr_t frame;

	if ((guest_entry & (PTE_P | PTE_A)) != (PTE_P | PTE_A))
		return 0;
	if (!guest_frame(shadow->memory, guest_entry_page(guest_entry), &frame))
		return 0;
	/* Accessed and dirty are preset, which saves the CPU writing them back. */
	entry = frame | PTE_P | PTE_A | (guest_entry & PTE_U);
	/* A clean page stays read-only, so that the first write comes here and is seen. */
	if ((guest_entry & (PTE_W | PTE_D)) == (PTE_W | PTE_D))
		entry |= PTE_W | PTE_D;
	if (shadow->no_execute)
		entry |= guest_entry & PTE_NX;
	return entry;
}

static void set_entry(struct shadow_leaf *leaf, uint32_t index, uint64_t entry)
{
	uint32_t bit = BIT(index % 32);

	leaf->table[index] = entry;
	if (entry)
		leaf->present[index / 32] |= bit;
	else
		leaf->present[index / 32] &= ~bit;
}

void leaf_fill(struct shadow *shadow, struct shadow_leaf *leaf, const struct guest_entries *entries,
	       uint32_t index, uint64_t wanted)
{
	uint32_t first = ALIGN_DOWN(index, NEIGHBOURS);

	set_entry(leaf, index, leaf_entry_for(shadow, wanted));
	for (uint32_t i = first; i < first + NEIGHBOURS; i++) {
		uint64_t neighbour = guest_entry(entries, i);

		if ((neighbour & (PTE_P | PTE_A)) != (PTE_P | PTE_A) || leaf->table[i])
			continue;
		set_entry(leaf, i, leaf_entry_for(shadow, neighbour));
		shadow->counters.neighbours++;
	}
}

void leaf_sync_entry(struct shadow *shadow, struct shadow_leaf *leaf, uint32_t index)
{
	struct guest_entries entries = shadow->reader->entries(shadow->memory, leaf->key);
	uint64_t old = leaf->table[index];
	uint64_t new = leaf_entry_for(shadow, guest_entry(&entries, index));

	set_entry(leaf, index, new);
	/* Taken away or weakened: it may have been the kernel's stack. */
	if (old && (new & (PTE_FRAME | PTE_W)) != (old & (PTE_FRAME | PTE_W)))
		shadow->pinned = false;
}

void leaf_resync(struct shadow *shadow, struct shadow_leaf *leaf)
{
	struct guest_entries entries = shadow->reader->entries(shadow->memory, leaf->key);

	leaf->generation = shadow->generation;
	for (uint32_t word = 0; word < ARRAY_SIZE(leaf->present); word++) {
		uint32_t bits = leaf->present[word];

		while (bits) {
			uint32_t index = word * 32 + (uint32_t)__builtin_ctz(bits);

			bits &= bits - 1;
			shadow->work++;
			set_entry(leaf, index, leaf_entry_for(shadow, guest_entry(&entries, index)));
		}
	}
}
