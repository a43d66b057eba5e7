// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requests `Z` and `z`: breakpoints in memory (0), and in debug registers those of execution
 * (1), writes (2) and accesses (4) (hv/debug/debug_points.h).  A CPU cannot watch reads alone (3).
 */
#include "hv/debug/debug_points.h"
#include "hv/gdb/gdb_session.h"

enum point { POINT_MEMORY, POINT_EXECUTE, POINT_WRITE, POINT_READ, POINT_ACCESS };

/* TYPE,ADDRESS,KIND: the kind of a watchpoint is its length.  Conditions were not offered. */
static bool take_point(void)
{
	return gdb_take_hex(&gdb.request, &gdb.kind) && gdb_take(&gdb.request, ',') &&
	       gdb_take_hex(&gdb.request, &gdb.address) && gdb_take(&gdb.request, ',') &&
	       gdb_take_hex(&gdb.request, &gdb.length) && gdb_left(&gdb.request) == 0;
}

static enum debug_watch_kind watch_kind(void)
{
	if (gdb.kind == POINT_EXECUTE)
		return DEBUG_WATCH_EXECUTE;
	return gdb.kind == POINT_WRITE ? DEBUG_WATCH_WRITE : DEBUG_WATCH_ACCESS;
}

static void answer(bool is_done)
{
	if (is_done)
		gdb_reply_ok();
	else
		gdb_reply_error(GDB_E_POINT);
}

static void insert(struct guest *guest)
{
	if (gdb.kind == POINT_MEMORY)
		answer(debug_breakpoint_set(guest, gdb.address));
	else
		answer(debug_watch_set(guest, watch_kind(), gdb.address, gdb.length));
}

static void remove(struct guest *guest)
{
	if (gdb.kind == POINT_MEMORY)
		answer(debug_breakpoint_clear(guest, gdb.address));
	else
		answer(debug_watch_clear(guest, watch_kind(), gdb.address, gdb.length));
}

/* An empty reply says that the type is not offered. */
static void request(void (*run)(struct guest *guest))
{
	if (!take_point())
		gdb_reply_error(GDB_E_REQUEST);
	else if (gdb.kind <= POINT_ACCESS && gdb.kind != POINT_READ)
		gdb_for_selected(run, gdb_umbra_refuse);
}

void gdb_request_insert(void)
{
	request(insert);
}

void gdb_request_remove(void)
{
	request(remove);
}
