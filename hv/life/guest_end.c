// SPDX-License-Identifier: GPL-2.0-only
/* Takes an ended guest apart in pieces, reports its end, and then restarts or frees it. */
#include "hv/life/guest_end.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/console/console_mux.h"
#include "hv/debug/debug.h"
#include "hv/devices/guest_block.h"
#include "hv/devices/guest_devices.h"
#include "hv/guest/guest_list.h"
#include "hv/life/guest_park.h"
#include "hv/life/guest_start.h"
#include "hv/life/restart_delay.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/heap.h"

/* How often an ended guest checks whether its disks still use its memory. */
#define DRAIN_NS 1000000ull

/* --- in pieces ------------------------------------------------------------------------ */

void guest_begin_end(struct guest *guest)
{
	guest->ended = time_ns();
	guest->shadow_used = guest->shadow.used;
	timer_stop(&guest->clock);
	timer_stop(&guest->recheck);
	timer_stop(&guest->delay);
	guest->state = GUEST_ENDING;
	guest_wake(guest);
}

/* Devices go before the memory, which a disk may still access.  What a restart needs is kept. */
enum guest_rest guest_take_apart(struct guest *guest)
{
	if (!shadow_destroy(&guest->shadow))
		return GUEST_MORE;
	if (!guest_devices_close(guest->devices)) {
		timer_stop(&guest->delay);
		timer_start(&guest->delay, time_ns() + DRAIN_NS);
		return GUEST_WAITS;
	}
	/* Who starts again keeps its memory, unless others share it: then it gets new memory. */
	if ((!guest_starts_again(guest) || guest->memory.is_shared) &&
	    !guest_memory_shrink(&guest->memory))
		return GUEST_MORE;
	return GUEST_DONE;
}

/* Frees what a restart makes anew; no request of the devices is in flight any more. */
static void discard_machine(struct guest *guest)
{
	guest_devices_destroy(guest->devices);
	heap_free(guest->fpu);
	if (guest->registers)
		page_free(guest->registers);
	guest->devices = NULL;
	guest->fpu = NULL;
	guest->registers = NULL;
}

bool guest_drop(struct guest *guest)
{
	bool *config_unused = guest->config->unused;
	bool was_last;

	/* For a guest that never ran this is quick; for others it was done before. */
	while (!shadow_destroy(&guest->shadow) || !guest_memory_shrink(&guest->memory))
		;
	frames_unreserve(guest->shadow_reserved);
	discard_machine(guest);
	if (guest->console)
		console_endpoint_destroy(guest->console);
	guest_block_release(guest);
	was_last = guest_list_remove(guest);
	cpu_call_withdraw(&guest->task.call);
	heap_free(guest);
	/* The boot CPU may free the configuration as soon as it sees this. */
	if (config_unused)
		WRITE_ONCE(*config_unused, true);
	return was_last;
}

/* --- what comes then -------------------------------------------------------------------- */

static uint32_t count_exits(const struct guest *guest)
{
	uint32_t count = 0;

	for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
		count += guest->counters.exits[vector];
	return count;
}

/* What the log says of an end, kept until the guest is gone. */
struct exit_report {
	char name[CONFIG_NAME_SIZE];
	char cause[sizeof(((struct guest *)NULL)->end_cause)];
	enum guest_end reason;
	uint32_t eip, exits, shadow_pages;
	uint64_t run_time;
};

static void note_exit(const struct guest *guest, struct exit_report *report)
{
	string_copy(report->name, guest->name, sizeof(report->name));
	string_copy(report->cause, guest->end_cause, sizeof(report->cause));
	report->reason = guest->end_reason;
	report->eip = guest->end_eip;
	report->exits = count_exits(guest);
	report->shadow_pages = guest->shadow_used;
	report->run_time = guest->task.entity.run_time;
}

static void log_exit(const struct exit_report *report)
{
	static const char *const reasons[] = {
		[GUEST_POWEROFF] = "poweroff", [GUEST_REBOOT] = "reboot",
		[GUEST_CRASH] = "crash", [GUEST_KILLED] = "killed",
		[GUEST_RESTARTED] = "reboot", [GUEST_ENDED_PARKED] = "parked",
	};

	if (report->reason == GUEST_NOT_LOADED)
		return;
	log_event("guest-exit",
		  "guest=%s reason=%s cause=\"%s\" eip=%08x run=%llums exits=%u shadow=%uK",
		  report->name, reasons[report->reason], report->cause, report->eip,
		  report->run_time / 1000000, report->exits,
		  report->shadow_pages << (PAGE_SHIFT - 10));
}

/*
 * The guest starts in turns of its own.  A delayed guest keeps its memory, so that no other can
 * take it.
 */
static void start_again(struct guest *guest, uint64_t delay)
{
	if (!delay) {
		guest_wake(guest);
		return;
	}
	log_event("guest-delay", "guest=%s delay=%llums restarts=%u", guest->name, delay / 1000000,
		  guest->short_lives);
	guest->state = GUEST_DELAYED;
	timer_start(&guest->delay, time_ns() + delay);
}

static void restart(struct guest *guest)
{
	uint64_t began = time_ns(), delay = 0;

	if (guest_restarts_itself(guest))
		delay = restart_delay(&guest->short_lives, guest->ended - guest->loaded);
	discard_machine(guest);
	if (guest_start(guest)) {
		guest_unpark(guest);
		/*
		 * A restart is charged to the guest: else restarts would be a way around its share.
		 */
		sched_charge(&guest->task.entity, time_ns() - began);
		start_again(guest, delay);
	} else {
		guest->end_reason = GUEST_NOT_LOADED;
		guest_begin_end(guest);
	}
}

bool guest_finish(struct guest *guest)
{
	struct exit_report report;
	bool was_last;

	note_exit(guest, &report);
	if (guest_starts_again(guest)) {
		log_exit(&report);
		restart(guest);
		return false;
	}
	debug_guest_ends(guest);
	/* Whoever reads of the end finds the name, the disks and the memory free. */
	task_forget(&guest->task);
	was_last = guest_drop(guest);
	log_exit(&report);
	return was_last;
}
