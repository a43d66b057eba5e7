// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog.  The boot CPU judges all, itself included, from the NMI that
 * strikes it: each is well when it runs a guest or sleeps, or when its run loop
 * went round since the last.
 */
#include "arch/watchdog.h"

#include "arch/irq.h"
#include "arch/log.h"
#include "arch/panic.h"
#include "arch/pit.h"
#include "arch/time.h"
#include "lib/compiler.h"
#include "lib/error.h"

#define FIRST_NMI_NS 200000000u	/* three and a half ticks */

static bool is_on;
static uint32_t limit_s, limit_ticks;
static volatile uint32_t ticks;	/* NMIs so far; nothing depends on how many */

int watchdog_start(uint32_t seconds, uint32_t period_us)
{
	uint32_t period = period_us == 0 ? PIT_PERIOD_MAX
					 : (uint32_t)(((uint64_t)period_us * PIT_HZ + 999999) / 1000000);
	uint64_t end;
	int error = irq_route_nmi(PIT_IRQ_LINE);

	if (error)
		return error;
	limit_s = seconds;
	limit_ticks = (uint32_t)((uint64_t)seconds * PIT_HZ / period);
	is_on = true;
	pit_start_periodic(period);
	end = time_ns() + FIRST_NMI_NS;
	while (ticks == 0) {
		if (time_ns() > end) {
			watchdog_stop();
			return -E_IO;
		}
		cpu_pause();
	}
	return 0;
}

void watchdog_stop(void)
{
	if (!is_on)
		return;
	pit_stop();
	is_on = false;
	log_info("watchdog", "%u NMIs came from the interval timer", ticks);
}

static bool stands_still(struct cpu *cpu)
{
	uint32_t heartbeat = READ_ONCE(cpu->heartbeat);

	if (heartbeat % 2 == 0 || heartbeat != cpu->heartbeat_seen) {
		cpu->heartbeat_seen = heartbeat;
		cpu->watchdog_ticks = 0;
		return false;
	}
	return ++cpu->watchdog_ticks >= limit_ticks;
}

bool watchdog_nmi(uint32_t eip, uint32_t ebp)
{
	if (!is_on || this_cpu()->id != 0 || panic_has_begun())
		return false;
	ticks++;
	for (unsigned id = 0; id < cpu_count(); id++)
		if (stands_still(cpu_by_id(id)))
			panic_at(eip, ebp, "cpu%u has not scheduled for %u s", id, limit_s);
	return true;
}
