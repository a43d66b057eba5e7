// SPDX-License-Identifier: GPL-2.0-only
/*
 * The session, and what all requests need: replies, processes, and the way to the process that a
 * request is about.
 */
#include "hv/gdb/gdb_session.h"

struct gdb_session gdb;

void gdb_reply_ok(void)
{
	gdb_put_text(&gdb.reply, "OK");
}

void gdb_reply_error(enum gdb_error error)
{
	gdb.reply.length = 0;
	gdb_put_format(&gdb.reply, "E%02x", error);
}

void gdb_forget(struct gdb_guest *state)
{
	*state = (struct gdb_guest){ .is_attached = false };
}

struct gdb_guest *gdb_guest_of(uint32_t process)
{
	return process >= 1 && process <= DEBUG_GUESTS ? &gdb.guests[process - 1] : NULL;
}

bool gdb_is_attached(uint32_t process)
{
	const struct gdb_guest *guest = gdb_guest_of(process);

	if (process == GDB_UMBRA)
		return gdb.umbra_attached;
	return guest && guest->is_attached && !gdb.has_panicked;
}

static void (*run_selected)(struct guest *guest);

static void run_if_there(struct guest *guest)
{
	if (guest && guest->debug)
		run_selected(guest);
	else
		gdb_reply_error(GDB_E_PROCESS);
}

void gdb_for_selected(void (*run)(struct guest *guest), void (*umbra)(void))
{
	if (!gdb_is_attached(gdb.selected)) {
		gdb_reply_error(GDB_E_PROCESS);
	} else if (gdb.selected == GDB_UMBRA) {
		umbra();
	} else {
		run_selected = run;
		gdb_call(gdb.selected, run_if_there);
	}
}
