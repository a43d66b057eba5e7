// SPDX-License-Identifier: GPL-2.0-only
/*
 * The longest stretches with interrupts off, and the locks that were held longest.
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

/* A switch, since the compiler then misses the rank that nobody named. */
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
	case LOCK_DIRECT_MAP:
		return "direct-map";
	case LOCK_FRAMES:
		return "frames";
	case LOCK_CPU_CALLS:
		return "notes";
	case LOCK_IRQ:
		return "irq";
	case LOCK_LOG:
		return "log";
	case LOCK_RANKS:
		break;
	}
	return "?";
}

/* Ticks of the TSC in nanoseconds; those of an hour and more are not what this is for. */
static uint32_t in_ns(uint64_t ticks)
{
	uint64_t ns = div_u64_u32(MIN(ticks, (uint64_t)UINT32_MAX << 10) * 1000000, time_tsc_khz(), NULL);

	return (uint32_t)MIN(ns, (uint64_t)UINT32_MAX);
}

static const char *function(uint32_t place)
{
	uint32_t offset;
	const char *name = place ? symbol_find(place, &offset) : NULL;

	return name ? name : "";
}

void latency_show_cpu(unsigned cpu)
{
	struct irqs_off_record longest = irqs_off_longest(cpu);

	if (UMBRA_DEBUG && longest.what)
		answer_print("; interrupts off for %u ns at most, %u of them in '%s %u'",
			    in_ns(longest.ticks), in_ns(longest.part_ticks), longest.what, longest.detail);
}

void latency_show_locks(void)
{
	for (unsigned rank = 0; UMBRA_DEBUG && rank < LOCK_RANKS; rank++) {
		struct lock_records longest = lock_longest(rank);
		struct lock_record held = longest.held, wait = longest.wait;

		if (held.place)
			answer_print("lock %-10s held for %u ns at most, by %s; waited for %u ns, for %s\n",
				    lock_name(rank), in_ns(held.ticks), function(held.place),
				    in_ns(wait.ticks), wait.place ? function(wait.place) : "nobody");
	}
}

void latency_log(void)
{
	for (unsigned cpu = 0; UMBRA_DEBUG && cpu < cpu_count(); cpu++) {
		struct irqs_off_record longest = irqs_off_longest(cpu);

		if (longest.what)
			log_event("irqs-off", "cpu=%u longest=%uns in=\"%s %u\" part=%uns", cpu,
				  in_ns(longest.ticks), longest.what, longest.detail,
				  in_ns(longest.part_ticks));
	}
	for (unsigned rank = 0; UMBRA_DEBUG && rank < LOCK_RANKS; rank++) {
		struct lock_records longest = lock_longest(rank);
		struct lock_record held = longest.held, wait = longest.wait;

		if (held.place)
			log_event("lock", "lock=%s held=%uns by=%s waited=%uns holder=%s",
				  lock_name(rank), in_ns(held.ticks), function(held.place),
				  in_ns(wait.ticks), function(wait.place));
	}
}
