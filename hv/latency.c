// SPDX-License-Identifier: GPL-2.0-only
/*
 * The longest stretches with interrupts off, and the locks that were held longest.
 */
#include "hv/latency.h"

#include "arch/cpu.h"
#include "arch/irqs_off.h"
#include "arch/log.h"
#include "arch/symbols.h"
#include "arch/time.h"
#include "hv/house.h"
#include "lib/compiler.h"
#include "lib/div64.h"
#include "lib/format.h"

static const char *const lock_names[] = {
	[LOCK_GUESTS] = "guests", [LOCK_NETWORKS] = "networks", [LOCK_NETWORK] = "network",
	[LOCK_NET] = "net", [LOCK_VOLUMES] = "volumes", [LOCK_DISK] = "disk", [LOCK_PCI] = "pci",
	[LOCK_CONSOLE] = "console", [LOCK_ENTROPY] = "entropy", [LOCK_HEAP] = "heap",
	[LOCK_FRAMES] = "frames", [LOCK_NOTES] = "notes", [LOCK_IRQ] = "irq", [LOCK_LOG] = "log",
};

_Static_assert(ARRAY_SIZE(lock_names) == LOCK_RANKS, "each has a name");

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
		house_print("; interrupts off for %u ns at most, %u of them in '%s %u'",
			    in_ns(longest.ticks), in_ns(longest.part_ticks), longest.what, longest.detail);
}

void latency_show_locks(void)
{
	for (unsigned rank = 0; UMBRA_DEBUG && rank < LOCK_RANKS; rank++) {
		struct lock_record held = lock_longest_held(rank), wait = lock_longest_wait(rank);

		if (held.place)
			house_print("lock %-8s held for %u ns at most, by %s; waited for %u ns, for %s\n",
				    lock_names[rank], in_ns(held.ticks), function(held.place),
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
		struct lock_record held = lock_longest_held(rank), wait = lock_longest_wait(rank);

		if (held.place)
			log_event("lock", "lock=%s held=%uns by=%s waited=%uns holder=%s",
				  lock_names[rank], in_ns(held.ticks), function(held.place),
				  in_ns(wait.ticks), function(wait.place));
	}
}
