// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which timer is the alarm.
 */
#include "arch/alarm.h"

#include "arch/lapic_timer.h"
#include "arch/log.h"
#include "arch/panic.h"
#include "arch/pit.h"
#include "arch/time.h"
#include "arch/vectors.h"

static bool use_lapic;

static void report(void)
{
	uint32_t khz = lapic_timer_khz();

	if (!use_lapic)
		log_info("time", "timers by the 8254");
	else if (lapic_timer_is_deadline())
		log_info("time", "timers by the local APIC, at a value of the TSC");
	else
		log_info("time", "timers by the local APIC, whose counter runs at %u.%03u MHz",
			 khz / 1000, khz % 1000);
}

/*
 * With the local APIC's timer, the 8254 goes on ticking as the firmware left it,
 * unheard: an emulator that counts instructions (QEMU, -icount sleep=off) stands
 * still for good when the machine rests and no timer at all is running.
 */
void alarm_init(irq_handler_t *expired)
{
	use_lapic = irq_has_apic() && lapic_timer_init() == 0;
	if (use_lapic)
		irq_vector_set(VECTOR_TIMER, expired, NULL);
	else if (irq_register(PIT_IRQ_LINE, expired, NULL) != 0)
		panic("the timer's interrupt line is taken");
	report();
}

void alarm_init_cpu(void)
{
	lapic_timer_init_cpu();
}

static uint64_t set_pit(uint64_t deadline)
{
	uint64_t now = time_ns();
	uint64_t ns = deadline > now ? MIN(deadline - now, (uint64_t)PIT_MAX_NS) : 0;

	pit_arm(ns);
	return now + ns;
}

uint64_t alarm_set(uint64_t deadline)
{
	return likely(use_lapic) ? lapic_timer_arm(deadline) : set_pit(deadline);
}
