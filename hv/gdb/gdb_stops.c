// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happened to guests, and telling it.  In all-stop mode one stop answers vCont, and the other
 * guests that the debugger let go on are stopped first, as its user has asked for by that mode; in
 * non-stop mode each stop is a notification, and nobody else stops.  Guests to which the debugger
 * has not attached are never stopped.
 */
#include "hv/gdb/gdb_session.h"
#include "lib/string.h"

/* Numbers of signals as GDB has them ("Signals" in its include/gdb/signals.def). */
#define SIGNAL_NONE 0u
#define SIGNAL_INTERRUPT 2u
#define SIGNAL_TRAP 5u
#define SIGNAL_ABORT 6u
#define SIGNAL_KILL 9u

/* --- events -------------------------------------------------------------------------------- */

static void collect(struct gdb_guest *state, struct guest_debug *debug)
{
	uint32_t events = debug_take_events(debug);

	if (!events)
		return;
	state->is_running = false;
	if (events & DEBUG_EVENT_ENDED) {
		state->has_report = state->has_ended = true;
		state->end = debug->end;
		return;
	}
	state->stop = debug->stop;
	state->has_report = state->has_report || !state->is_quiet ||
			    state->stop.kind != DEBUG_STOP_ASKED;
	state->is_quiet = false;
}

void gdb_collect_events(void)
{
	for (unsigned number = 1; number <= DEBUG_GUESTS; number++)
		if (gdb.guests[number - 1].is_attached)
			collect(&gdb.guests[number - 1], debug_of(number));
}

/* --- reports ------------------------------------------------------------------------------- */

static uint32_t process_of(const struct gdb_guest *state)
{
	return (uint32_t)(state - gdb.guests) + 1;
}

static void put_end(const struct gdb_guest *state)
{
	uint32_t process = process_of(state);

	if (state->end == GUEST_CRASH)
		gdb_put_format(&gdb.reply, "X%02x;process:%x", SIGNAL_ABORT, process);
	else if (state->end == GUEST_KILLED || state->end == GUEST_NOT_LOADED)
		gdb_put_format(&gdb.reply, "X%02x;process:%x", SIGNAL_KILL, process);
	else
		gdb_put_format(&gdb.reply, "W00;process:%x", process);
}

/* The file is not known by a path, so it has the guest's name. */
static void put_restart(const struct gdb_guest *state)
{
	if (!gdb.has_exec_events)
		return;
	gdb_put_text(&gdb.reply, "exec:");
	gdb_put_hex(&gdb.reply, (const uint8_t *)state->name, (uint32_t)strlen(state->name));
	gdb_put_text(&gdb.reply, ";");
}

/* In all-stop mode the thread that is told of is the selected one from then on. */
static void put_stop(const struct gdb_guest *state)
{
	unsigned signal = state->stop.kind == DEBUG_STOP_ASKED ? state->signal : SIGNAL_TRAP;

	if (!gdb.non_stop) {
		gdb.selected = process_of(state);
		gdb.selected_thread = GDB_ANY;
	}
	gdb_put_format(&gdb.reply, "T%02xthread:p%x.1;", signal, process_of(state));
	switch (state->stop.kind) {
	case DEBUG_STOP_BREAKPOINT:
		gdb_put_text(&gdb.reply, "swbreak:;");
		break;
	case DEBUG_STOP_EXECUTE:
		gdb_put_text(&gdb.reply, "hwbreak:;");
		break;
	case DEBUG_STOP_WRITE:
		gdb_put_format(&gdb.reply, "watch:%x;", state->stop.address);
		break;
	case DEBUG_STOP_ACCESS:
		gdb_put_format(&gdb.reply, "awatch:%x;", state->stop.address);
		break;
	case DEBUG_STOP_START:
		put_restart(state);
		break;
	case DEBUG_STOP_ASKED:
	case DEBUG_STOP_STEP:
		break;
	}
}

/* Puts one report into the reply, after which it is told; false when there is none. */
static bool put_report(void)
{
	for (unsigned i = 0; i < DEBUG_GUESTS; i++) {
		struct gdb_guest *state = &gdb.guests[i];

		if (!state->has_report)
			continue;
		state->has_report = false;
		if (state->has_ended) {
			put_end(state);
			gdb_forget(state);
		} else {
			put_stop(state);
		}
		return true;
	}
	return false;
}

static bool has_report(void)
{
	for (unsigned i = 0; i < DEBUG_GUESTS; i++)
		if (gdb.guests[i].has_report)
			return true;
	return false;
}

/* True while one of them still has to stop. */
static bool stop_others(void)
{
	bool any = false;

	for (unsigned i = 0; i < DEBUG_GUESTS; i++) {
		struct gdb_guest *state = &gdb.guests[i];

		if (!state->is_attached || !state->is_running || state->is_quiet)
			continue;
		state->is_quiet = true;
		state->job = GDB_JOB_STOP;
		any = true;
	}
	return any;
}

static void put_umbra_stop(unsigned signal)
{
	gdb_put_format(&gdb.reply, "T%02xthread:p%x.%x;", signal, GDB_UMBRA,
		       gdb.selected_thread == GDB_ANY ? 1 : gdb.selected_thread);
}

static bool report_in_all_stop(void)
{
	if (!gdb.is_waiting)
		return false;
	if (gdb.has_panicked) {
		gdb.umbra_attached = true;
		put_umbra_stop(SIGNAL_ABORT);
	} else if (!has_report() || stop_others() || !put_report()) {
		return false;
	}
	gdb.is_waiting = false;
	return true;
}

bool gdb_report_stop(char *kind)
{
	gdb.reply.length = 0;
	*kind = '$';
	if (!gdb.non_stop || gdb.has_panicked)
		return report_in_all_stop();
	if (gdb.is_notified || !has_report())
		return false;
	*kind = '%';
	gdb_put_text(&gdb.reply, "Stop:");
	gdb.is_notified = put_report();
	return true;
}

void gdb_request_next_stop(void)
{
	if (put_report())
		return;
	gdb.is_notified = false;
	gdb_reply_ok();
}

/* --- what is asked --------------------------------------------------------------------------- */

/* `?` asks again for what was told. */
static void report_stopped(void)
{
	for (unsigned i = 0; i < DEBUG_GUESTS; i++)
		if (gdb.guests[i].is_attached && !gdb.guests[i].is_running)
			gdb.guests[i].has_report = true;
}

void gdb_request_reason(void)
{
	if (gdb.has_panicked) {
		gdb.umbra_attached = true;
		put_umbra_stop(SIGNAL_ABORT);
		return;
	}
	report_stopped();
	gdb.is_notified = gdb.non_stop;
	if (put_report())
		return;
	gdb.is_notified = false;
	if (gdb.umbra_attached)
		put_umbra_stop(SIGNAL_NONE);
	else
		gdb_put_text(&gdb.reply, gdb.non_stop ? "OK" : "W00");
}

static struct gdb_guest *find_attached(bool running)
{
	for (unsigned i = 0; i < DEBUG_GUESTS; i++)
		if (gdb.guests[i].is_attached && gdb.guests[i].is_running == running)
			return &gdb.guests[i];
	return NULL;
}

/* Without a guest that could be stopped, the reply is that of one that was before. */
void gdb_interrupt(void)
{
	struct gdb_guest *running = find_attached(true), *stopped = find_attached(false);

	if (gdb.non_stop || !gdb.is_waiting)
		return;
	if (running) {
		running->signal = SIGNAL_INTERRUPT;
		running->job = GDB_JOB_STOP;
	} else if (stopped) {
		stopped->stop = (struct debug_stop){ .kind = DEBUG_STOP_ASKED };
		stopped->signal = SIGNAL_INTERRUPT;
		stopped->has_report = true;
	}
}

void gdb_request_interrupt(void)
{
	for (unsigned i = 0; i < DEBUG_GUESTS; i++) {
		if (!gdb.guests[i].is_attached || !gdb.guests[i].is_running)
			continue;
		gdb.guests[i].signal = SIGNAL_INTERRUPT;
		gdb.guests[i].job = GDB_JOB_STOP;
	}
	gdb_reply_ok();
}
