// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of guests, under a lock of its own; with it, whether all of them are parked.
 */
#include "hv/guest/guest_list.h"

#include "arch/cpu/spinlock.h"
#include "lib/parse.h"
#include "lib/string.h"

static struct spinlock lock = SPINLOCK(LOCK_GUESTS);
static struct list guests = LIST_INIT(guests);	/* guests and idle: under the lock */
static uint64_t added;		/* how many ever were: under the lock */
static bool idle = true;	/* all guests in the list are parked, if there are any */

/* Called with the lock held after a change of the list: true when the list became idle by it. */
static bool update_idle(void)
{
	const struct guest *guest;
	bool was_idle = idle;

	idle = true;
	list_for_each(guest, &guests, node)
		idle = idle && guest->is_parked;
	return idle && !was_idle;
}

void guest_list_add(struct guest *guest)
{
	spin_lock(&lock);
	guest->serial = ++added;
	list_add_last(&guests, &guest->node);
	(void)update_idle();
	spin_unlock(&lock);
}

bool guest_list_remove(struct guest *guest)
{
	bool became_idle;

	spin_lock(&lock);
	list_remove(&guest->node);
	became_idle = update_idle();
	spin_unlock(&lock);
	return became_idle;
}

bool guest_list_park(struct guest *guest)
{
	bool became_idle;

	spin_lock(&lock);
	guest->is_parked = true;
	became_idle = update_idle();
	spin_unlock(&lock);
	return became_idle;
}

void guest_list_unpark(struct guest *guest)
{
	spin_lock(&lock);
	guest->is_parked = false;
	(void)update_idle();
	spin_unlock(&lock);
}

bool guest_list_is_idle(void)
{
	bool is_idle;

	spin_lock(&lock);
	is_idle = idle;
	spin_unlock(&lock);
	return is_idle;
}

void guest_list_visit(void (*visit)(struct guest *guest, void *context), void *context)
{
	struct guest *guest;

	spin_lock(&lock);
	list_for_each(guest, &guests, node)
		visit(guest, context);
	spin_unlock(&lock);
}

uint64_t guest_list_visit_some(uint64_t after, unsigned count,
			       void (*visit)(struct guest *guest, void *context), void *context)
{
	struct guest *guest;
	uint64_t last = 0;

	spin_lock(&lock);
	list_for_each(guest, &guests, node) {
		if (guest->serial <= after || count == 0)
			continue;
		visit(guest, context);
		last = guest->serial;
		count--;
	}
	spin_unlock(&lock);
	return last;
}

bool guest_list_has(const char *name)
{
	const struct guest *guest;
	bool found = false;

	spin_lock(&lock);
	list_for_each(guest, &guests, node)
		found = found || string_equal(guest->name, name);
	spin_unlock(&lock);
	return found;
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
		*cpu = guest_home(found);
	spin_unlock(&lock);
	return found;
}

struct guest *guest_list_find_number(unsigned number, unsigned *cpu)
{
	struct guest *guest, *found = NULL;

	spin_lock(&lock);
	list_for_each(guest, &guests, node)
		if (guest->number == number)
			found = guest;
	if (found)
		*cpu = guest_home(found);
	spin_unlock(&lock);
	return found;
}
