// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls to guests' home CPUs: no other CPU may touch a guest.  When a call arrives there, the guest
 * may have moved, and the call follows it, or ended.  One at a time.
 */
#include "arch/cpu/cpu.h"
#include "arch/cpu/cpu_call.h"
#include "hv/gdb/gdb_session.h"
#include "hv/guest/guest_cpu.h"
#include "hv/guest/guest_list.h"
#include "hv/run/housekeeping.h"

static struct {
	struct cpu_call call;
	uint32_t number;
	void (*run)(struct guest *guest);
	bool is_pending;	/* the boot CPU sets it, any CPU clears it */
} pending;

/* Another guest may be loaded on this CPU, and go on behind this. */
static void run_with_window(struct guest *guest)
{
	struct guest_memory *loaded = guest_window_of_cpu();
	bool has_memory = debug_has_memory(guest);

	if (has_memory)
		guest_window_load(&guest->memory);
	pending.run(guest);
	if (has_memory)
		guest_window_load(loaded);
}

static void go_on(struct cpu_call *call)
{
	unsigned cpu;
	struct guest *guest = guest_list_find_number(pending.number, &cpu);

	(void)call;
	if (guest && cpu != this_cpu()->id) {
		cpu_call_init(&pending.call, cpu, go_on);
		cpu_call_post(&pending.call);
		return;
	}
	if (guest)
		run_with_window(guest);
	else
		pending.run(NULL);
	__atomic_store_n(&pending.is_pending, false, __ATOMIC_RELEASE);
	housekeeping_wake();
}

void gdb_call(uint32_t number, void (*run)(struct guest *guest))
{
	pending.number = number;
	pending.run = run;
	__atomic_store_n(&pending.is_pending, true, __ATOMIC_RELAXED);
	go_on(&pending.call);
}

bool gdb_call_is_pending(void)
{
	return __atomic_load_n(&pending.is_pending, __ATOMIC_ACQUIRE);
}

void gdb_call_abandon(void)
{
	pending.is_pending = false;
}
