// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ticket lock.  In debug builds it also checks the order of locks, and measures how long
 * each is held and waited for.
 */
#include "arch/cpu/spinlock.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/irqs_off.h"
#include "arch/cpu/x86.h"

/* Bit n: this CPU holds a lock of rank n. */
static uint32_t held[MAX_CPUS];

static uint32_t *held_here(void)
{
	return &held[cpu_by_id(0) ? this_cpu()->id : 0];
}

/* --- how long: debug builds ------------------------------------------------------------- */

/* Each CPU's own. */
static struct lock_times {
	uint64_t taken;			/* TSC */
	struct lock_records longest;
} times[MAX_CPUS][LOCK_RANKS];

static struct lock_times *times_here(const struct spinlock *lock)
{
	return &times[cpu_by_id(0) ? this_cpu()->id : 0][lock->rank];
}

static void keep_longest(struct lock_record *longest, uint64_t ticks, uint32_t place)
{
	if (ticks > longest->ticks && cpu_by_id(0) && irqs_off_counts())
		*longest = (struct lock_record){ ticks, place };
}

static void record_taken(struct spinlock *lock, uint64_t began, uint32_t holder, uint32_t place)
{
	struct lock_times *here = times_here(lock);

	here->taken = read_tsc();
	if (holder)
		keep_longest(&here->longest.wait, here->taken - began, holder);
	lock->place = place;
}

static void record_free(const struct spinlock *lock)
{
	struct lock_times *here = times_here(lock);

	keep_longest(&here->longest.held, read_tsc() - here->taken, lock->place);
}

static void keep_longer(struct lock_record *longest, const struct lock_record *other)
{
	if (other->ticks > longest->ticks)
		*longest = *other;
}

struct lock_records lock_longest(enum lock_rank rank)
{
	struct lock_records longest = { { 0 }, { 0 } };

	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		keep_longer(&longest.held, &times[cpu][rank].longest.held);
		keep_longer(&longest.wait, &times[cpu][rank].longest.wait);
	}
	return longest;
}

/* --- the lock ------------------------------------------------------------------------------ */

/* Acquire: pairs with the release in spin_unlock of the last holder. */
static bool is_served(const struct spinlock *lock, uint16_t ticket)
{
	return __atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) == ticket;
}

void spin_lock(struct spinlock *lock)
{
	uint32_t holder = 0;
	uint64_t began = 0;
	uint16_t ticket;

	if (UMBRA_DEBUG) {
		assert((*held_here() >> lock->rank) == 0);
		*held_here() |= BIT(lock->rank);
		began = read_tsc();
	}
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	while (!is_served(lock, ticket)) {
		if (UMBRA_DEBUG && !holder)
			holder = READ_ONCE(lock->place);
		cpu_pause();
	}
	if (UMBRA_DEBUG)
		record_taken(lock, began, holder, (uint32_t)(uintptr_t)__builtin_return_address(0));
}

void spin_unlock(struct spinlock *lock)
{
	if (UMBRA_DEBUG) {
		record_free(lock);
		*held_here() &= ~BIT(lock->rank);
	}
	__atomic_store_n(&lock->serving, (uint16_t)(lock->serving + 1), __ATOMIC_RELEASE);
}
