// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot CPU looks at all CPUs, itself included, in the NMIs that the 8254 raises there: a CPU
 * whose heartbeat has changed since the last NMI works.  A CPU that runs a guest or sleeps changes
 * it too, since a timer of its own interrupts it (watchdog_interval_ns).
 */
#include "arch/board/watchdog.h"

#include "arch/board/irq.h"
#include "arch/board/pit.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/host_traps.h"
#include "arch/cpu/lapic.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/time_limit.h"
#include "lib/compiler.h"
#include "lib/error.h"

#define FIRST_NMI_NS 200000000u	/* three and a half ticks */

static bool is_on;
static uint32_t limit_s, limit_ticks;
static void (*sampler)(uint32_t eip, uint32_t ebp);
static volatile uint32_t ticks;	/* NMIs so far; nothing depends on how many */

/* How many NMIs of the watchdog have come since cpu's heartbeat changed.  It begins as 0. */
static uint32_t ticks_without_beat(struct cpu *cpu)
{
	uint32_t heartbeat = READ_ONCE(cpu->heartbeat);

	if (heartbeat == 0 || heartbeat != cpu->heartbeat_seen) {
		cpu->heartbeat_seen = heartbeat;
		cpu->watchdog_ticks = 0;
		return 0;
	}
	return ++cpu->watchdog_ticks;
}

/*
 * A CPU that runs Umbra's code has limit_ticks.  One that runs a guest or sleeps has twice as many,
 * and gets an NMI of its own when half of limit_ticks has passed: if its guest is in a forbidden
 * state, host_nmi makes the guest exit.  The boot CPU has just had its NMI.
 */
static void judge(struct cpu *cpu, uint32_t eip, uint32_t ebp)
{
	uint32_t without = ticks_without_beat(cpu);

	if (cpu->heartbeat_seen % 2 == 1) {
		if (without >= limit_ticks)
			panic_at(eip, ebp, "cpu%u has not scheduled for %u s", cpu->id, limit_s);
		return;
	}
	if (without >= 2 * limit_ticks)
		panic_at(eip, ebp, "cpu%u has had no interrupt for %u s", cpu->id, 2 * limit_s);
	if (cpu->id != 0 && without > 0 && without % (limit_ticks / 2 + 1) == 0) {
		WRITE_ONCE(cpu->is_struck, true);
		/* If the local APIC is busy, the next NMI tries again. */
		(void)lapic_send_nmi_from_nmi(cpu->apic_id);
	}
}

/* An odd heartbeat: the CPU runs Umbra's code, and neither a guest nor does it sleep. */
static void take_sample(const struct cpu *cpu, uint32_t eip, uint32_t ebp)
{
	void (*sample)(uint32_t at, uint32_t frame) = READ_ONCE(sampler);

	if (sample && READ_ONCE(cpu->heartbeat) % 2 == 1)
		sample(eip, ebp);
}

void watchdog_set_sampler(void (*sample)(uint32_t eip, uint32_t ebp))
{
	WRITE_ONCE(sampler, sample);
}

/* The function for host_traps_set_nmi (arch/cpu/host_traps.h).  Panics when a CPU hangs. */
static bool is_watchdog_nmi(uint32_t eip, uint32_t ebp)
{
	struct cpu *cpu = this_cpu();

	if (!is_on || panic_has_begun())
		return false;
	if (cpu->id != 0) {
		bool is_struck = READ_ONCE(cpu->is_struck);

		WRITE_ONCE(cpu->is_struck, false);
		return is_struck;
	}
	ticks++;
	take_sample(cpu, eip, ebp);
	for (unsigned id = 0; id < cpu_count(); id++)
		judge(cpu_by_id(id), eip, ebp);
	return true;
}

int watchdog_start(uint32_t seconds, uint32_t period_us)
{
	uint64_t ticks_wanted = ((uint64_t)period_us * PIT_HZ + 999999) / 1000000;
	uint32_t period = period_us == 0 ? PIT_PERIOD_MAX : (uint32_t)ticks_wanted;
	struct time_limit limit;
	int error = irq_route_nmi(PIT_IRQ_LINE);

	if (error)
		return error;
	limit_s = seconds;
	limit_ticks = (uint32_t)((uint64_t)seconds * PIT_HZ / period);
	is_on = true;
	host_traps_set_nmi(is_watchdog_nmi);
	pit_start_periodic(period);
	limit = time_limit(FIRST_NMI_NS);
	while (ticks == 0) {
		if (time_limit_is_over(&limit)) {
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

uint64_t watchdog_interval_ns(void)
{
	return is_on ? (uint64_t)limit_s * 1000000000u / 4 : 0;
}
