/* SPDX-License-Identifier: GPL-2.0-only */
/* Who uses which middle table of a PAE guest; private to the shadow tables (mm/shadow_*.c). */
#ifndef UMBRA_MM_SHADOW_MIDDLE_H
#define UMBRA_MM_SHADOW_MIDDLE_H

#include "mm/shadow_internal.h"

#define MIDDLE_END 0xFFFFu	/* in place of a number: there is none */

/* The user of this number, which is one that was given out. */
static inline struct middle_user *middle_user(const struct shadow *shadow, uint32_t number)
{
	return &shadow->space_pool[number / 4].middles[number % 4];
}

/* The number of the first user of a table (its address, with PTE_P); MIDDLE_END: nobody uses it. */
uint32_t middle_first(struct shadow *shadow, uint32_t table);
/*
 * From now on this quarter (0 to 3) of the address space uses a table (its address, with PTE_P),
 * and no other one.
 */
void middle_set(struct shadow *shadow, struct address_space *space, uint32_t quarter,
		uint32_t table);
/* The address space goes away. */
void middle_forget(struct shadow *shadow, struct address_space *space);
/* Of shadow_audit: the chains and rings are whole, and everybody is in one. */
void middle_audit(const struct shadow *shadow);

/* Was a slot, as info says now, read by way of another middle table than the CPU's view of it? */
static inline bool middle_is_new(const struct shadow *shadow, const struct address_space *space,
				 uint32_t slot, const struct guest_slot *info)
{
	return shadow->reader->entry_size == 8 &&
	       info->middle != space->middles[slot / SLOT_ENTRIES].table;
}

#endif
