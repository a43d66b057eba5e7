// SPDX-License-Identifier: GPL-2.0-only
/* Attaching to processes, detaching from them, and ending guests: vAttach, D, vKill. */
#include "hv/gdb/gdb_session.h"
#include "lib/string.h"

static uint32_t process;	/* of the request */

/* --- attach ------------------------------------------------------------------------------ */

/* The stop that follows is the reply, or in non-stop mode a notification. */
static void attach(struct guest *guest)
{
	struct gdb_guest *state = gdb_guest_of(process);

	if (!guest || !debug_attach(guest)) {
		gdb_reply_error(GDB_E_PROCESS);
		return;
	}
	*state = (struct gdb_guest){ .is_attached = true, .is_running = true };
	string_copy(state->name, guest->name, sizeof(state->name));
	gdb.selected = process;
	gdb.selected_thread = GDB_ANY;
	if (gdb.non_stop) {
		gdb_reply_ok();
	} else {
		gdb.is_waiting = true;
		gdb.has_reply = false;
	}
}

static void attach_umbra(void)
{
	gdb.umbra_attached = true;
	gdb.selected = GDB_UMBRA;
	gdb.selected_thread = GDB_ANY;
	if (gdb.non_stop)
		gdb_reply_ok();
	else
		gdb_put_format(&gdb.reply, "T00thread:p%x.1;", GDB_UMBRA);
}

void gdb_request_attach(void)
{
	if (!gdb_take_hex(&gdb.request, &process) || gdb_left(&gdb.request) > 0)
		gdb_reply_error(GDB_E_REQUEST);
	else if (process == GDB_UMBRA)
		attach_umbra();
	else if (gdb_guest_of(process) && !gdb_guest_of(process)->is_attached && !gdb.has_panicked)
		gdb_call(process, attach);
	else
		gdb_reply_error(GDB_E_PROCESS);
}

/* --- detach and kill --------------------------------------------------------------------- */

/* A guest that has ended meanwhile is none to detach from either. */
void gdb_request_detach(void)
{
	struct gdb_guest *state;

	gdb_reply_ok();
	if (!gdb_take(&gdb.request, ';')) {
		gdb_detach_all();
		return;
	}
	if (!gdb_take_hex(&gdb.request, &process)) {
		gdb_reply_error(GDB_E_REQUEST);
		return;
	}
	state = gdb_guest_of(process);
	if (process == GDB_UMBRA)
		gdb.umbra_attached = false;
	else if (state && state->is_attached)
		state->job = GDB_JOB_DETACH;
	else
		gdb_reply_error(GDB_E_PROCESS);
}

static void kill(struct guest *guest)
{
	gdb_forget(gdb_guest_of(process));
	gdb_reply_ok();
	if (!guest || !guest->debug)
		return;
	debug_detach(guest);
	guest_request_kill(guest, "killed by a debugger");
}

void gdb_request_kill(void)
{
	if (!gdb_take_hex(&gdb.request, &process))
		gdb_reply_error(GDB_E_REQUEST);
	else if (gdb_guest_of(process) && gdb_guest_of(process)->is_attached && !gdb.has_panicked)
		gdb_call(process, kill);
	else
		gdb_reply_error(GDB_E_PROCESS);
}
