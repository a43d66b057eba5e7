// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ticket lock, and the check of the order in debug builds.
 */
#include "arch/spinlock.h"

#include "arch/assert.h"
#include "arch/cpu.h"
#include "arch/x86.h"

/* Bit n: this CPU holds a lock of rank n. */
static uint32_t held[MAX_CPUS];

static uint32_t *held_here(void)
{
	return &held[cpu_by_id(0) ? this_cpu()->id : 0];
}

void spin_lock(struct spinlock *lock)
{
	uint16_t ticket;

	if (UMBRA_DEBUG) {
		assert((*held_here() >> lock->rank) == 0);
		*held_here() |= BIT(lock->rank);
	}
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	/* Acquire: pairs with the release in spin_unlock of the last holder. */
	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		cpu_pause();
}

void spin_unlock(struct spinlock *lock)
{
	if (UMBRA_DEBUG)
		*held_here() &= ~BIT(lock->rank);
	__atomic_store_n(&lock->serving, (uint16_t)(lock->serving + 1), __ATOMIC_RELEASE);
}
