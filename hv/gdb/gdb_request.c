// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests, by their first letters.  A request that is not in the table has an empty reply, which
 * says so.
 */
#include "hv/gdb/gdb_session.h"

struct request {
	const char *name;
	void (*handle)(void);
};

static void request_thread(void);
static void request_alive(void);
static void request_resume_words(void);
static void request_extended(void);

/* Longer names stand in front of those that they begin with. */
static const struct request requests[] = {
	{ "m", gdb_request_read },
	{ "g", gdb_request_registers },
	{ "p", gdb_request_register },
	{ "P", gdb_request_set_register },
	{ "M", gdb_request_write },
	{ "X", gdb_request_write_binary },
	{ "Z", gdb_request_insert },
	{ "z", gdb_request_remove },
	{ "H", request_thread },
	{ "T", request_alive },
	{ "vCont?", request_resume_words },
	{ "vCont", gdb_request_continue },
	{ "vAttach;", gdb_request_attach },
	{ "vKill;", gdb_request_kill },
	{ "vStopped", gdb_request_next_stop },
	{ "vCtrlC", gdb_request_interrupt },
	{ "D", gdb_request_detach },
	{ "?", gdb_request_reason },
	{ "!", request_extended },
	{ "q", gdb_request_query },
	{ "Q", gdb_request_set },
};

/* --- threads ----------------------------------------------------------------------------- */

/* Any process: the first that is attached. */
static uint32_t some_process(void)
{
	for (uint32_t process = 1; process <= DEBUG_GUESTS; process++)
		if (gdb_is_attached(process))
			return process;
	return GDB_UMBRA;
}

static bool is_thread(const struct gdb_thread *thread)
{
	uint32_t count = thread->process == GDB_UMBRA ? gdb_umbra_threads() : 1;

	return gdb_is_attached(thread->process) &&
	       (thread->thread == GDB_ALL || thread->thread == GDB_ANY || thread->thread <= count);
}

/* `Hg` chooses; `Hc` is for requests older than vCont, which are not offered. */
static void request_thread(void)
{
	struct gdb_thread thread;
	bool is_for_data = gdb_take(&gdb.request, 'g');

	if ((!is_for_data && !gdb_take(&gdb.request, 'c')) ||
	    !gdb_take_thread(&gdb.request, &thread)) {
		gdb_reply_error(GDB_E_REQUEST);
		return;
	}
	if (thread.process == GDB_ANY || thread.process == GDB_ALL)
		thread.process = some_process();
	if (is_for_data && !is_thread(&thread)) {
		gdb_reply_error(GDB_E_PROCESS);
		return;
	}
	if (is_for_data) {
		gdb.selected = thread.process;
		gdb.selected_thread = thread.thread == GDB_ALL ? GDB_ANY : thread.thread;
	}
	gdb_reply_ok();
}

static void request_alive(void)
{
	struct gdb_thread thread;

	if (gdb_take_thread(&gdb.request, &thread) && is_thread(&thread))
		gdb_reply_ok();
	else
		gdb_reply_error(GDB_E_PROCESS);
}

/* --- others ------------------------------------------------------------------------------ */

static void request_resume_words(void)
{
	gdb_put_text(&gdb.reply, "vCont;c;C;s;S;t");
}

static void request_extended(void)
{
	gdb_reply_ok();
}

void gdb_handle(const char *content, uint32_t length)
{
	gdb.request = (struct gdb_cursor){ content, content + length };
	gdb.reply.length = 0;
	gdb.has_reply = true;
	for (unsigned i = 0; i < ARRAY_SIZE(requests); i++) {
		if (!gdb_take_text(&gdb.request, requests[i].name))
			continue;
		requests[i].handle();
		return;
	}
}
