// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time before the format of the guest's tables is known.  Most guests spend
 * it in linear mode and end it with their first NEW_PGTABLE.  One of generation
 * A was given initial page tables in both formats, and shows its format when it
 * changes them, or by a call that only one of the two has.
 */
#include "mm/shadow_internal.h"

/* Entries that a comparison looks at: a directory and a middle table. */
#define LEARN_WORK 2048u

/* Ends that time: the guest runs on the tables at root from now on. */
static void settle(struct shadow *shadow, bool pae, uint32_t root)
{
	/* The guest may switch back to them. */
	if (shadow->reader == &guest_reader_initial && !pae)
		initial_tables_drop_pae(&shadow->initial, shadow->memory);
	space_restart(shadow, pae ? &guest_reader_pae : &guest_reader_two_level, root);
}

void shadow_start_initial(struct shadow *shadow)
{
	space_restart(shadow, &guest_reader_initial, shadow->initial.kernel_address);
}

bool shadow_initial_learn(struct shadow *shadow, uint32_t address)
{
	enum initial_format format;

	if (shadow->reader != &guest_reader_initial)
		return false;
	shadow->work += LEARN_WORK;
	format = initial_tables_format(&shadow->initial, shadow->memory, address);
	if (format == INITIAL_UNKNOWN)
		return false;
	settle(shadow, format == INITIAL_PAE, shadow->initial.root);
	return true;
}

void shadow_initial_told(struct shadow *shadow, bool pae)
{
	if (shadow->reader == &guest_reader_initial)
		settle(shadow, pae, shadow->initial.root);
}

bool shadow_initial_switch(struct shadow *shadow, uint32_t root)
{
	const uint32_t *table = (const uint32_t *)(const void *)(shadow->memory->base + root);
	bool pae;

	if (shadow_initial_learn(shadow, 0))
		return true;
	/* This is just a flush, which does not tell the format. */
	if (shadow->reader == &guest_reader_initial && root == shadow->initial.root)
		return false;
	/*
	 * Without initial page tables, or with unchanged ones, the guest's own tables tell the
	 * format.
	 */
	pae = !IS_ALIGNED(root, PAGE_SIZE) || guest_top_is_pae(table);
	settle(shadow, pae, root);
	return true;
}
