// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time: one timer, told of in nanoseconds; the TSC, whose rate Umbra knows; and
 * a clock in memory that moves on with each interrupt, for machines whose TSC
 * is no clock.
 */
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/kernel_stat.h>
#include <linux/time64.h>

#include <asm/cpufeature.h>
#include <asm/umbra.h>
#include <asm/umbra_hooks.h>
#include <asm/x86_init.h>

#include "umbra_internal.h"

#define TIMER_LINE	0
/* Shorter ones would be over before they are told of. */
#define TIMER_MIN_NS	1000

static unsigned long umbra_tsc_khz(void)
{
	return lguest_data.tsc_khz;
}

/* Umbra writes both halves while the guest stands still, at an interrupt. */
static u64 read_time(u32 *nsec)
{
	u32 sec;

	do {
		sec = READ_ONCE(lguest_data.time_sec);
		*nsec = READ_ONCE(lguest_data.time_nsec);
	} while (sec != READ_ONCE(lguest_data.time_sec));
	return sec;
}

static void umbra_get_wallclock(struct timespec64 *now)
{
	u32 nsec;

	now->tv_sec = read_time(&nsec);
	now->tv_nsec = nsec;
}

static int umbra_set_wallclock(const struct timespec64 *now)
{
	return -ENODEV;
}

static u64 umbra_clock_read(struct clocksource *clock)
{
	u32 nsec;
	u64 sec = read_time(&nsec);

	return sec * NSEC_PER_SEC + nsec;
}

static struct clocksource umbra_clock = {
	.name	= "umbra",
	.rating	= 200,
	.read	= umbra_clock_read,
	.mask	= CLOCKSOURCE_MASK(64),
	.flags	= CLOCK_SOURCE_IS_CONTINUOUS,
};

static int umbra_next_event(unsigned long ns, struct clock_event_device *dev)
{
	umbra_hcall(UMBRA_SET_CLOCKEVENT, ns, 0, 0, 0);
	return 0;
}

static int umbra_timer_shutdown(struct clock_event_device *dev)
{
	umbra_hcall(UMBRA_SET_CLOCKEVENT, 0, 0, 0, 0);
	return 0;
}

static struct clock_event_device umbra_timer = {
	.name			= "umbra",
	.features		= CLOCK_EVT_FEAT_ONESHOT,
	.set_next_event		= umbra_next_event,
	.set_state_shutdown	= umbra_timer_shutdown,
	.rating			= 400,
	.irq			= TIMER_LINE,
};

static irqreturn_t umbra_timer_interrupt(int irq, void *dev)
{
	umbra_timer.event_handler(&umbra_timer);
	return IRQ_HANDLED;
}

/*
 * Written by Umbra while the guest stands still: nanoseconds that it could have run and did not,
 * since there was somebody else.
 */
static struct {
	u32 low, high;
} umbra_steal __aligned(8);

static u64 read_steal(void)
{
	u32 low, high;

	do {
		high = READ_ONCE(umbra_steal.high);
		low = READ_ONCE(umbra_steal.low);
	} while (high != READ_ONCE(umbra_steal.high));
	return (u64)high << 32 | low;
}

/* What is more than max is left for the next call. */
u64 umbra_account_steal(u64 max)
{
	static u64 accounted;
	u64 steal = min(read_steal() - accounted, max);

	if (steal)
		account_steal_time(steal);
	accounted += steal;
	return steal;
}

static void __init umbra_steal_init(void)
{
	if (umbra_additions() & UMBRA_HAS_STEAL_TIME)
		umbra_hcall(UMBRA_STEAL_TIME, __pa(&umbra_steal), 0, 0, 0);
}

static void __init umbra_timer_init(void)
{
	clocksource_register_hz(&umbra_clock, NSEC_PER_SEC);
	umbra_steal_init();
	umbra_timer.cpumask = cpumask_of(0);
	clockevents_config_and_register(&umbra_timer, NSEC_PER_SEC,
					TIMER_MIN_NS, U32_MAX);
	if (request_irq(TIMER_LINE, umbra_timer_interrupt,
			IRQF_TIMER | IRQF_NOBALANCING, "timer", NULL))
		panic("umbra: no timer interrupt");
}

void __init umbra_setup_time(void)
{
	x86_init.timers.timer_init = umbra_timer_init;
	x86_init.timers.setup_percpu_clockev = x86_init_noop;
	x86_init.timers.wallclock_init = x86_init_noop;
	x86_platform.calibrate_cpu = umbra_tsc_khz;
	x86_platform.calibrate_tsc = umbra_tsc_khz;
	x86_platform.get_wallclock = umbra_get_wallclock;
	x86_platform.set_wallclock = umbra_set_wallclock;
	if (!lguest_data.tsc_khz) {
		/* Linux would look for its rate by other clocks, which guests have not. */
		setup_clear_cpu_cap(X86_FEATURE_TSC);
		return;
	}
	setup_force_cpu_cap(X86_FEATURE_TSC_KNOWN_FREQ);
	/* The clock in memory is too coarse to be the TSC's judge. */
	setup_force_cpu_cap(X86_FEATURE_TSC_RELIABLE);
}
