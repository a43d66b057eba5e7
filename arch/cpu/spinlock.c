// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ticket lock.  Who has to wait counts that.  In debug builds it also checks the order of
 * locks, and measures how long each is held and waited for.
 */
#include "arch/cpu/spinlock.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/irqs_off.h"
#include "arch/cpu/trace.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"

/* Bit n: this CPU holds a lock of rank n. */
static uint32_t held[MAX_CPUS];

static uint32_t *held_here(void)
{
	return &held[cpu_by_id(0) ? this_cpu()->id : 0];
}

/* --- how long: debug builds ------------------------------------------------------------- */

/* Each CPU's own; other builds keep none. */
#define TIMED_CPUS (UMBRA_DEBUG ? MAX_CPUS : 1)

static struct lock_times {
	uint64_t taken;			/* TSC */
	uint64_t count;			/* how often */
	struct lock_records longest;
} times[TIMED_CPUS][LOCK_RANKS];

static struct lock_times *times_here(const struct spinlock *lock)
{
	return &times[cpu_by_id(0) ? this_cpu()->id : 0][lock->rank];
}

static void keep_longest(struct lock_record *longest, uint64_t ticks, uint32_t place)
{
	if (ticks > longest->ticks && cpu_by_id(0) && irqs_off_counts())
		*longest = (struct lock_record){ ticks, place };
}

static void record_taken(struct spinlock *lock, uint32_t place)
{
	struct lock_times *here = times_here(lock);

	here->taken = read_tsc();
	here->count++;
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

	for (unsigned cpu = 0; cpu < TIMED_CPUS; cpu++) {
		keep_longer(&longest.held, &times[cpu][rank].longest.held);
		keep_longer(&longest.wait, &times[cpu][rank].longest.wait);
	}
	return longest;
}

/* --- who waits --------------------------------------------------------------------------- */

/* Of all CPUs together, and of all locks of the rank, so each change is one step. */
static struct lock_contention waits[LOCK_RANKS];

/* Both halves at once, whoever writes meanwhile. */
static uint64_t read_whole(uint64_t *value)
{
	return __sync_val_compare_and_swap(value, 0, 0);
}

struct lock_contention lock_contention(enum lock_rank rank)
{
	struct lock_contention now = {
		.count = READ_ONCE(waits[rank].count),
		.ticks = read_whole(&waits[rank].ticks),
		.longest = read_whole(&waits[rank].longest),
	};

	for (unsigned cpu = 0; cpu < TIMED_CPUS; cpu++)
		now.taken += times[cpu][rank].count;
	return now;
}

static void record_wait(const struct spinlock *lock, uint64_t ticks)
{
	struct lock_contention *rank = &waits[lock->rank];
	uint64_t longest = read_whole(&rank->longest), before;

	__sync_fetch_and_add(&rank->count, 1);
	__sync_fetch_and_add(&rank->ticks, ticks);
	while (ticks > longest) {
		before = __sync_val_compare_and_swap(&rank->longest, longest, ticks);
		if (before == longest)
			break;
		longest = before;
	}
}

/* --- the lock ------------------------------------------------------------------------------ */

/* Acquire: pairs with the release in spin_unlock of the last holder. */
static bool is_served(const struct spinlock *lock, uint16_t ticket)
{
	return __atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) == ticket;
}

/* Apart from spin_lock, which is short without it: a lock is free as a rule. */
static void __noinline wait_for(struct spinlock *lock, uint16_t ticket, uint32_t place)
{
	uint32_t holder = READ_ONCE(lock->place);
	uint64_t began = read_tsc(), ticks;

	while (!is_served(lock, ticket))
		cpu_pause();
	ticks = read_tsc() - began;
	record_wait(lock, ticks);
	trace(TRACE_LOCK, lock->rank, (uint32_t)MIN(ticks, (uint64_t)UINT32_MAX), place);
	if (UMBRA_DEBUG)
		keep_longest(&times_here(lock)->longest.wait, ticks, holder);
}

void spin_lock(struct spinlock *lock)
{
	uint16_t ticket;

	if (UMBRA_DEBUG) {
		assert((*held_here() >> lock->rank) == 0);
		*held_here() |= BIT(lock->rank);
	}
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	if (unlikely(!is_served(lock, ticket)))
		wait_for(lock, ticket, (uint32_t)(uintptr_t)__builtin_return_address(0));
	if (UMBRA_DEBUG)
		record_taken(lock, (uint32_t)(uintptr_t)__builtin_return_address(0));
}

void spin_unlock(struct spinlock *lock)
{
	if (UMBRA_DEBUG) {
		record_free(lock);
		*held_here() &= ~BIT(lock->rank);
	}
	__atomic_store_n(&lock->serving, (uint16_t)(lock->serving + 1), __ATOMIC_RELEASE);
}
