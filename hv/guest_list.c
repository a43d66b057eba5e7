// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of guests.
 */
#include "hv/guest_list.h"

#include "arch/spinlock.h"
#include "lib/parse.h"
#include "lib/string.h"

static struct spinlock lock = SPINLOCK(LOCK_GUESTS);
static struct list guests = LIST_INIT(guests);	/* under the lock */

void guest_list_add(struct guest *guest)
{
	spin_lock(&lock);
	list_add_last(&guests, &guest->node);
	spin_unlock(&lock);
}

bool guest_list_remove(struct guest *guest)
{
	bool was_last;

	spin_lock(&lock);
	list_remove(&guest->node);
	was_last = list_is_empty(&guests);
	spin_unlock(&lock);
	return was_last;
}

bool guest_list_is_empty(void)
{
	bool empty;

	spin_lock(&lock);
	empty = list_is_empty(&guests);
	spin_unlock(&lock);
	return empty;
}

void guest_list_visit(void (*visit)(struct guest *guest, void *context), void *context)
{
	struct guest *guest;

	spin_lock(&lock);
	list_for_each(guest, &guests, node)
		visit(guest, context);
	spin_unlock(&lock);
}

struct guest *guest_list_find(const char *name, unsigned *cpu)
{
	struct guest *guest, *found = NULL;
	uint32_t number;
	bool is_number = parse_u32(name, &number);

	spin_lock(&lock);
	list_for_each(guest, &guests, node)
		if (string_equal(guest->name, name) ||
		    (!found && is_number && guest->number == number))
			found = guest;
	if (found)
		*cpu = found->note.home;
	spin_unlock(&lock);
	return found;
}
