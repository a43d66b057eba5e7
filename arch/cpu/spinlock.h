/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ticket lock.  Umbra runs with interrupts off, except between turns and while it is idle, so
 * a lock needs no other protection against interrupt handlers.  docs/locking.md has the order;
 * a debug build panics when a CPU takes a lock that does not come after every lock it holds.
 */
#ifndef UMBRA_ARCH_CPU_SPINLOCK_H
#define UMBRA_ARCH_CPU_SPINLOCK_H

#include <stdint.h>

/* In the order in which they may be taken, first to last (docs/locking.md). */
enum lock_rank {
	LOCK_GUESTS,	/* hv/guest/guest_list.c: the list of guests */
	LOCK_NETWORKS,	/* drivers/net/network.c: the list of networks */
	LOCK_NETWORK,	/* drivers/net/network.h: one switch with its ports */
	LOCK_NET,	/* drivers/net/net_device.h: one for each network port of the machine */
	LOCK_VOLUMES,	/* drivers/block/volume.c: the users of disks */
	LOCK_DISK,	/* drivers/block/disk.h: one for each port that disks are behind */
	LOCK_PCI,	/* drivers/pci/pci_access.c: the ports of configuration space */
	LOCK_CONSOLE,	/* drivers/console/console_internal.h: the console multiplexer */
	LOCK_ENTROPY,	/* hv/devices/entropy.c: the pool and its source of keys */
	LOCK_HEAP,	/* mm/heap.c */
	LOCK_USERS,	/* mm/guest_share.c: what guests share of their memory */
	LOCK_DIRECT_MAP,	/* mm/host_map.c: entries of the direct map */
	LOCK_FRAMES,	/* mm/frames.c */
	LOCK_CPU_CALLS,	/* arch/cpu/cpu_call.c: the queues of all CPUs */
	LOCK_IRQ,	/* arch/board/irq.c: vectors and the I/O APICs */
	LOCK_LOG,	/* arch/cpu/log.c: the buffer of lines */
	LOCK_RANKS
};

struct spinlock {
	uint16_t next, serving;
	enum lock_rank rank;
	uint32_t place;		/* debug builds: where it was taken last */
};

#define SPINLOCK(rank_) { .rank = rank_ }

/*
 * Debug builds only: the longest time, in ticks of the TSC, that a lock of a rank was held or
 * waited for, on any CPU, and an address in the function that held it then; 0: never.
 */
struct lock_record {
	uint64_t ticks;
	uint32_t place;
};

struct lock_records {
	struct lock_record held, wait;
};

struct lock_records lock_longest(enum lock_rank rank);

/*
 * How often CPUs found a lock of a rank taken, and how long they waited for it then, in ticks of
 * the TSC: all together, and at most.  Counted in all builds, since to take a lock that is free
 * costs nothing for it.  taken counts how often one was taken at all, in debug builds only.  Any
 * CPU; figures of other CPUs may be a moment old.
 */
struct lock_contention {
	uint32_t count;
	uint64_t ticks, longest;
	uint64_t taken;
};

struct lock_contention lock_contention(enum lock_rank rank);

/* Any CPU; not from an NMI. */
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);

#endif
