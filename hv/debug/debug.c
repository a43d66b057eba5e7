// SPDX-License-Identifier: GPL-2.0-only
/*
 * A debugger attaches to a guest, stops it and lets it go on.  A stopped guest is paused, so it
 * costs nothing, and no other guest notices.  What happens to it becomes an event, which its home
 * CPU leaves in the guest's state and the debugger takes on its own.
 */
#include "hv/debug/debug.h"

#include "hv/debug/debug_internal.h"

static struct guest_debug debugs[DEBUG_GUESTS];		/* by number - 1 */
static void (*notify_gdb)(void);

void debug_set_notify(void (*notify)(void))
{
	notify_gdb = notify;
}

struct guest_debug *debug_of(unsigned number)
{
	return &debugs[number - 1];
}

/* --- events ------------------------------------------------------------------------------ */

/* What describes the event was written before it is there. */
static void tell(struct guest_debug *debug, enum debug_event event)
{
	__atomic_fetch_or(&debug->events, event, __ATOMIC_SEQ_CST);
	notify_gdb();
}

uint32_t debug_take_events(struct guest_debug *debug)
{
	return __atomic_exchange_n(&debug->events, 0, __ATOMIC_SEQ_CST);
}

void debug_stop(struct guest *guest, enum debug_stop_kind kind, uint32_t address)
{
	if (!guest_pause(guest, PAUSED_BY_DEBUGGER))
		return;
	guest->debug->stop = (struct debug_stop){ .kind = kind, .address = address };
	tell(guest->debug, DEBUG_EVENT_STOPPED);
}

/* --- what a debugger asks for -------------------------------------------------------------- */

/* The guest's turn ends, since it runs otherwise and with other gates from now on. */
static void change_turn(const struct guest *guest)
{
	if (this_cpu()->running == guest->name)
		sched_end_turn();
}

bool debug_attach(struct guest *guest)
{
	struct guest_debug *debug;

	if (guest->debug || !debug_has_registers(guest) || guest->number < 1 ||
	    guest->number > DEBUG_GUESTS)
		return false;
	debug = debug_of(guest->number);
	*debug = (struct guest_debug){ .dr7 = 0 };
	guest->debug = debug;
	change_turn(guest);
	debug_stop(guest, DEBUG_STOP_ASKED, 0);
	return true;
}

void debug_detach(struct guest *guest)
{
	if (!guest->debug)
		return;
	debug_breakpoints_remove(guest);
	debug_step_forget(guest);
	guest->debug = NULL;
	change_turn(guest);
	(void)guest_resume(guest, PAUSED_BY_DEBUGGER);
}

void debug_interrupt(struct guest *guest)
{
	if (guest->debug)
		debug_stop(guest, DEBUG_STOP_ASKED, 0);
}

/*
 * An `int3` where the guest is about to execute would stop it at once: that of another address of
 * the same page, of which the debugger does not know, or one that it left there.
 */
void debug_resume(struct guest *guest, bool step)
{
	struct guest_debug *debug = guest->debug;

	if (!debug || !debug_is_stopped(guest))
		return;
	debug->step.is_wanted = step;
	if (debug_has_memory(guest))
		debug->step.over = debug_breakpoint_at(guest, guest_frame_of(guest)->eip);
	if (debug->step.over)
		debug_breakpoint_lift(guest, debug->step.over);
	(void)guest_resume(guest, PAUSED_BY_DEBUGGER);
}

/* --- what the guest does meanwhile --------------------------------------------------------- */

/* Its memory is new, so the breakpoints are gone; what debug registers watch, they still do. */
void debug_guest_starts(struct guest *guest)
{
	if (!guest->debug)
		return;
	debug_step_forget(guest);
	debug_breakpoints_forget(guest->debug);
	(void)guest_pause(guest, PAUSED_BY_DEBUGGER);
	guest->debug->stop = (struct debug_stop){ .kind = DEBUG_STOP_START };
	tell(guest->debug, DEBUG_EVENT_STARTED);
}

void debug_guest_ends(struct guest *guest)
{
	struct guest_debug *debug = guest->debug;

	if (!debug)
		return;
	guest->debug = NULL;
	debug->end = guest->end_reason;
	tell(debug, DEBUG_EVENT_ENDED);
}
