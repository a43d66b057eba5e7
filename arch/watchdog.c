// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog.  Each CPU judges itself, from the NMI that strikes it: it is
 * well when it runs a guest, or when its run loop went round since the last.
 */
#include "arch/watchdog.h"

#include "arch/irq.h"
#include "arch/panic.h"
#include "arch/pit.h"
#include "arch/time.h"
#include "lib/compiler.h"
#include "lib/error.h"

#define FIRST_NMI_NS 200000000u	/* three and a half ticks */

static bool is_on;
static uint32_t limit_s, limit_ticks;
static volatile uint32_t ticks;	/* of any CPU: only to see that there are some */

int watchdog_start(uint32_t seconds)
{
	uint64_t end;
	int error = irq_route_nmi(PIT_IRQ_LINE);

	if (error)
		return error;
	limit_s = seconds;
	limit_ticks = seconds * PIT_HZ / PIT_PERIOD;
	is_on = true;
	pit_start_periodic();
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
}

bool watchdog_nmi(uint32_t eip, uint32_t cs, uint32_t ebp)
{
	struct cpu *cpu = this_cpu();
	uint32_t heartbeat = READ_ONCE(cpu->heartbeat);

	if (!is_on || panic_has_begun())
		return false;
	ticks++;
	if ((cs & SELECTOR_RPL) != 0 || heartbeat != cpu->heartbeat_seen) {
		cpu->heartbeat_seen = heartbeat;
		cpu->watchdog_ticks = 0;
	} else if (++cpu->watchdog_ticks >= limit_ticks) {
		panic_at(eip, ebp, "cpu%u has not scheduled for %u s", cpu->id, limit_s);
	}
	return true;
}
