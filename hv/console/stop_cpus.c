// SPDX-License-Identifier: GPL-2.0-only
/* Calls each of the other CPUs, which sets a flag and halts inside the call. */
#include "hv/console/stop_cpus.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/cpu_call.h"
#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"

/*
 * For all other CPUs to finish what they are doing: some milliseconds, unless an emulator on a busy
 * host holds one up.
 */
#define STOP_NS 3000000000ull

static struct stop {
	struct cpu_call call;
	bool is_stopped;
} stops[MAX_CPUS];

static void stop_run(struct cpu_call *call)
{
	WRITE_ONCE(container_of(call, struct stop, call)->is_stopped, true);
	cpu_halt_forever();
}

void stop_other_cpus(void)
{
	unsigned here = this_cpu()->id;
	struct time_limit limit = time_limit(STOP_NS);

	for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
		if (cpu == here)
			continue;
		cpu_call_init(&stops[cpu].call, cpu, stop_run);
		cpu_call_post(&stops[cpu].call);
	}
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		while (cpu != here && !READ_ONCE(stops[cpu].is_stopped) &&
		       !time_limit_is_over(&limit))
			cpu_pause();
}
