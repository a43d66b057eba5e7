// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints how often CPUs waited for locks, and prints and logs what debug builds keep: the longest
 * stretches with interrupts off, and the locks that were held longest.
 */
#include "hv/console/latency.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/irqs_off.h"
#include "arch/cpu/log.h"
#include "arch/cpu/spinlock.h"
#include "arch/cpu/symbols.h"
#include "arch/cpu/time.h"
#include "hv/console/answer.h"
#include "lib/compiler.h"
#include "lib/div64.h"
#include "lib/format.h"

/* A switch, so that the compiler warns about a rank without a name. */
static const char *lock_name(enum lock_rank rank)
{
	switch (rank) {
	case LOCK_GUESTS:
		return "guests";
	case LOCK_NETWORKS:
		return "networks";
	case LOCK_NETWORK:
		return "network";
	case LOCK_NET:
		return "net";
	case LOCK_VOLUMES:
		return "volumes";
	case LOCK_DISK:
		return "disk";
	case LOCK_PCI:
		return "pci";
	case LOCK_CONSOLE:
		return "console";
	case LOCK_ENTROPY:
		return "entropy";
	case LOCK_HEAP:
		return "heap";
	case LOCK_USERS:
		return "users";
	case LOCK_DIRECT_MAP:
		return "direct-map";
	case LOCK_FRAMES:
		return "frames";
	case LOCK_CPU_CALLS:
		return "cpu-calls";
	case LOCK_IRQ:
		return "irq";
	case LOCK_LOG:
		return "log";
	case LOCK_RANKS:
		break;
	}
	return "?";
}

/* Converts TSC ticks to nanoseconds; durations of an hour and more are cut. */
static uint32_t in_ns(uint64_t ticks)
{
	uint64_t counted = MIN(ticks, (uint64_t)UINT32_MAX << 10);
	uint64_t ns = div_u64_u32(counted * 1000000, time_tsc_khz(), NULL);

	return (uint32_t)MIN(ns, (uint64_t)UINT32_MAX);
}

static const char *function(uint32_t place)
{
	uint32_t offset;
	const char *name = place ? symbol_find(place, &offset) : NULL;

	return name ? name : "";
}

struct lock_figures {
	const char *name, *by, *holder;	/* holder: of the longest wait, "" for none */
	uint32_t held_ns, waited_ns;
};

/* False when the lock was never held, or nothing is kept. */
static bool read_lock(unsigned rank, struct lock_figures *figures)
{
	struct lock_records longest = lock_longest(rank);

	*figures = (struct lock_figures){
		.name = lock_name(rank), .by = function(longest.held.place),
		.holder = function(longest.wait.place),
		.held_ns = in_ns(longest.held.ticks), .waited_ns = in_ns(longest.wait.ticks),
	};
	return UMBRA_DEBUG && longest.held.place;
}

/* False when nothing is kept. */
static bool read_irqs_off(unsigned cpu, struct irqs_off_record *longest)
{
	*longest = irqs_off_longest(cpu);
	return UMBRA_DEBUG && longest->what;
}

void latency_show_cpu(unsigned cpu)
{
	struct irqs_off_record longest;

	if (read_irqs_off(cpu, &longest))
		answer_print("; interrupts off for %u ns at most, %u of them in '%s %u'",
			     in_ns(longest.ticks), in_ns(longest.part_ticks), longest.what,
			     longest.detail);
}

/* What only debug builds know. */
static void show_longest(unsigned rank, const struct lock_contention *waits)
{
	struct lock_figures lock;

	if (!UMBRA_DEBUG)
		return;
	answer_print(" %10u", (uint32_t)waits->taken);
	if (!read_lock(rank, &lock))
		return;
	answer_print("  %u ns, %s", lock.held_ns, lock.by);
	if (lock.holder[0])
		answer_print("; longest wait for %s", lock.holder);
}

void latency_show_locks(void)
{
	answer_print("%-10s %10s %12s %12s%s\n", "lock", "contended", "waited", "longest",
		     UMBRA_DEBUG ? "      taken  held at most, and by whom" : "");
	for (unsigned rank = 0; rank < LOCK_RANKS; rank++) {
		struct lock_contention waits = lock_contention(rank);

		answer_print("%-10s %10u %9u us %9u ns", lock_name(rank), waits.count,
			     in_ns(waits.ticks) / 1000, in_ns(waits.longest));
		show_longest(rank, &waits);
		answer_print("\n");
	}
}

void latency_log(void)
{
	struct irqs_off_record longest;
	struct lock_figures lock;

	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		if (read_irqs_off(cpu, &longest))
			log_event("irqs-off", "cpu=%u longest=%uns in=\"%s %u\" part=%uns", cpu,
				  in_ns(longest.ticks), longest.what, longest.detail,
				  in_ns(longest.part_ticks));
	for (unsigned rank = 0; rank < LOCK_RANKS; rank++)
		if (read_lock(rank, &lock))
			log_event("lock", "lock=%s held=%uns by=%s waited=%uns holder=%s "
				  "contended=%u", lock.name, lock.held_ns, lock.by, lock.waited_ns,
				  lock.holder, lock_contention(rank).count);
}
