// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's end: other CPUs stop, what the network cards and the consoles were given goes out,
 * and the board does the rest.
 */
#include "hv/console/machine_end.h"

#include "arch/board/power.h"
#include "arch/board/watchdog.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/x86.h"
#include "drivers/net/net_device.h"
#include "hv/console/consoles.h"
#include "hv/console/latency.h"
#include "hv/console/outputs.h"
#include "hv/console/stop_cpus.h"
#include "hv/console/trace_output.h"
#include "hv/guest/guest_list.h"
#include "hv/run/housekeeping.h"

static enum idle_action when_idle;

static void __noreturn end(enum idle_action action)
{
	watchdog_stop();
	stop_other_cpus();
	net_devices_drain();
	consoles_flush();
	/* The queues are no longer serviced, so the rest of the log is written directly. */
	log_set_sink(outputs_write_sync);
	trace_output_finish();
	if (action == IDLE_POWEROFF)
		power_off();
	if (action == IDLE_REBOOT)
		power_reset();
	cpu_halt_forever();
}

void machine_end(enum idle_action action)
{
	latency_log();
	end(action);
}

void machine_set_when_idle(enum idle_action action)
{
	when_idle = action;
}

/* A guest may have been started at the console since. */
void machine_end_if_idle(void)
{
	static const char *const names[] = {
		[IDLE_STAY] = "stay", [IDLE_POWEROFF] = "poweroff",
		[IDLE_HALT] = "halt", [IDLE_REBOOT] = "reboot",
	};

	if (!housekeeping_take_guests_gone() || !guest_list_is_idle())
		return;
	/* The last event is that of the end. */
	if (when_idle != IDLE_STAY)
		latency_log();
	log_event("idle", "action=%s", names[when_idle]);
	if (when_idle != IDLE_STAY)
		end(when_idle);
}

static void panic_reboot(void)
{
	log_set_sink(outputs_write_sync);
	power_reset();
}

static void panic_power_off(void)
{
	log_set_sink(outputs_write_sync);
	power_off();
}

void machine_set_panic(enum panic_action action)
{
	panic_set_output(outputs_write_sync);
	if (action == PANIC_REBOOT)
		panic_set_action(panic_reboot);
	if (action == PANIC_POWEROFF)
		panic_set_action(panic_power_off);
}
