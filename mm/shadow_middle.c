// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which address spaces use which of a PAE guest's middle tables: SET_PMD names a table, and not
 * whose it is.  Each quarter of an address space knows by which middle table the CPU's view of it
 * was read.  All quarters that have the same one form a ring, and the first of each ring is in a
 * chain, by the table's page.
 */
#include "arch/cpu/assert.h"
#include "mm/shadow_internal.h"
#include "mm/shadow_middle.h"

/* In chain_previous: not the first of its ring, and so in no chain. */
#define NOT_FIRST (MIDDLE_END - 1)

_Static_assert(SHADOW_MAX_SPACES * 4 < NOT_FIRST, "each quarter has a number");

static uint16_t *chain_of(struct shadow *shadow, uint32_t table)
{
	return &shadow->middle_chains[table / PAGE_SIZE % MIDDLE_CHAINS];
}

uint32_t middle_first(struct shadow *shadow, uint32_t table)
{
	uint32_t number = *chain_of(shadow, table);

	for (; number != MIDDLE_END; number = middle_user(shadow, number)->chain_next) {
		shadow->work++;
		if (middle_user(shadow, number)->table == table)
			break;
	}
	return number;
}

/* Makes what stands before and behind a place in a chain point to `number`, which comes there. */
static void put_into_chain(struct shadow *shadow, uint16_t number, uint16_t previous, uint16_t next)
{
	struct middle_user *user = middle_user(shadow, number);

	user->chain_previous = previous;
	user->chain_next = next;
	if (previous == MIDDLE_END)
		*chain_of(shadow, user->table) = number;
	else
		middle_user(shadow, previous)->chain_next = number;
	if (next != MIDDLE_END)
		middle_user(shadow, next)->chain_previous = number;
}

static void take_out_of_chain(struct shadow *shadow, const struct middle_user *user)
{
	if (user->chain_previous == MIDDLE_END)
		*chain_of(shadow, user->table) = user->chain_next;
	else
		middle_user(shadow, user->chain_previous)->chain_next = user->chain_next;
	if (user->chain_next != MIDDLE_END)
		middle_user(shadow, user->chain_next)->chain_previous = user->chain_previous;
}

static void leave(struct shadow *shadow, uint16_t number)
{
	struct middle_user *user = middle_user(shadow, number);

	if (user->chain_previous != NOT_FIRST) {
		if (user->next == number)
			take_out_of_chain(shadow, user);
		else
			put_into_chain(shadow, user->next, user->chain_previous, user->chain_next);
	}
	middle_user(shadow, user->previous)->next = user->next;
	middle_user(shadow, user->next)->previous = user->previous;
	user->table = 0;
}

static void join(struct shadow *shadow, uint16_t number, uint32_t table)
{
	uint16_t first = (uint16_t)middle_first(shadow, table);
	struct middle_user *user = middle_user(shadow, number);

	user->table = table;
	if (first == MIDDLE_END) {
		user->next = user->previous = number;
		put_into_chain(shadow, number, MIDDLE_END, *chain_of(shadow, table));
		return;
	}
	user->chain_previous = NOT_FIRST;
	user->previous = first;
	user->next = middle_user(shadow, first)->next;
	middle_user(shadow, user->next)->previous = number;
	middle_user(shadow, first)->next = number;
}

static uint16_t number_of(const struct shadow *shadow, const struct address_space *space,
			  uint32_t quarter)
{
	return (uint16_t)((uint32_t)(space - shadow->space_pool) * 4 + quarter);
}

void middle_set(struct shadow *shadow, struct address_space *space, uint32_t quarter,
		uint32_t table)
{
	uint16_t number = number_of(shadow, space, quarter);

	shadow->work += WORK_MIDDLE;
	if (space->middles[quarter].table)
		leave(shadow, number);
	join(shadow, number, table);
}

void middle_forget(struct shadow *shadow, struct address_space *space)
{
	for (uint32_t quarter = 0; quarter < ARRAY_SIZE(space->middles); quarter++)
		if (space->middles[quarter].table)
			leave(shadow, number_of(shadow, space, quarter));
}

/* Returns how many there are. */
static uint32_t audit_ring(const struct shadow *shadow, uint32_t first)
{
	uint32_t table = middle_user(shadow, first)->table, number = first, count = 0;

	do {
		const struct middle_user *user = middle_user(shadow, number);

		assert(user->table == table && table & PTE_P);
		assert((user->chain_previous == NOT_FIRST) == (number != first));
		assert(middle_user(shadow, user->next)->previous == number);
		number = user->next;
		count++;
	} while (number != first);
	return count;
}

/* No table has two rings, and each is in the chain of its page. */
static uint32_t audit_chain(const struct shadow *shadow, uint32_t chain)
{
	uint32_t previous = MIDDLE_END, count = 0;

	for (uint32_t number = shadow->middle_chains[chain]; number != MIDDLE_END;) {
		const struct middle_user *user = middle_user(shadow, number);

		assert(user->chain_previous == previous);
		assert(user->table / PAGE_SIZE % MIDDLE_CHAINS == chain);
		for (uint32_t other = user->chain_next; other != MIDDLE_END;
		     other = middle_user(shadow, other)->chain_next)
			assert(middle_user(shadow, other)->table != user->table);
		count += audit_ring(shadow, number);
		previous = number;
		number = user->chain_next;
	}
	return count;
}

void middle_audit(const struct shadow *shadow)
{
	struct address_space *space;
	uint32_t count = 0;

	for (uint32_t chain = 0; chain < MIDDLE_CHAINS; chain++)
		count += audit_chain(shadow, chain);
	list_for_each(space, &shadow->spaces, recency)
		for (uint32_t quarter = 0; quarter < ARRAY_SIZE(space->middles); quarter++)
			count -= space->middles[quarter].table != 0;
	assert(count == 0);
}
