// SPDX-License-Identifier: GPL-2.0-only
/* The requests `q` and `Q`: what is offered, what threads there are, how the two ends speak. */
#include "hv/gdb/gdb_session.h"
#include "lib/string.h"

/* gdb.request is searched for a word between semicolons. */
static bool has_word(const char *word)
{
	struct gdb_cursor at = gdb.request;

	while (gdb_left(&at) > 0) {
		if (gdb_take_text(&at, word) && (gdb_left(&at) == 0 || *at.at == ';'))
			return true;
		while (gdb_left(&at) > 0 && !gdb_take(&at, ';'))
			at.at++;
	}
	return false;
}

/*
 * What a debugger says first.  If there was another one before, on the line that cannot tell, then
 * nothing of it is left.
 */
static void supported(void)
{
	(void)gdb_take(&gdb.request, ':');
	gdb.has_exec_events = has_word("exec-events+");
	gdb.no_acks = gdb.next_no_acks = false;
	gdb.non_stop = gdb.is_waiting = gdb.is_notified = false;
	gdb_detach_all();
	gdb_put_format(&gdb.reply, "PacketSize=%x;QStartNoAckMode+;multiprocess+;swbreak+;hwbreak+;"
		       "vContSupported+;exec-events+;QNonStop+;qXfer:features:read+;"
		       "qXfer:threads:read+;qXfer:osdata:read+", GDB_CONTENT_MAX - 1);
}

static void put_threads(uint32_t process, unsigned count)
{
	for (unsigned thread = 1; thread <= count; thread++)
		gdb_put_format(&gdb.reply, "%sp%x.%x", gdb.reply.length > 1 ? "," : "", process,
			       thread);
}

static void first_threads(void)
{
	gdb_put_text(&gdb.reply, "m");
	for (uint32_t process = 1; process <= DEBUG_GUESTS; process++)
		if (gdb_guest_of(process)->is_attached && !gdb.has_panicked)
			put_threads(process, 1);
	if (gdb.umbra_attached)
		put_threads(GDB_UMBRA, gdb_umbra_threads());
	if (gdb.reply.length == 1)
		gdb.reply.data[0] = 'l';
}

static void more_threads(void)
{
	gdb_put_text(&gdb.reply, "l");
}

static void current_thread(void)
{
	if (gdb.selected)
		gdb_put_format(&gdb.reply, "QCp%x.%x", gdb.selected,
			       gdb.selected_thread == GDB_ANY ? 1 : gdb.selected_thread);
}

/* Each process was there before the debugger. */
static void was_attached(void)
{
	gdb_put_text(&gdb.reply, "1");
}

struct query {
	const char *name;
	void (*handle)(void);
};

static const struct query queries[] = {
	{ "Supported", supported },
	{ "Xfer:", gdb_request_document },
	{ "Rcmd,", gdb_request_monitor },
	{ "fThreadInfo", first_threads },
	{ "sThreadInfo", more_threads },
	{ "Attached", was_attached },
	{ "C", current_thread },
};

/* Its end is a word, so that qCRC is not taken for qC. */
static bool is_query(const struct query *query)
{
	struct gdb_cursor at = gdb.request;
	size_t length = strlen(query->name);
	char last = query->name[length - 1];

	if (!gdb_take_text(&at, query->name))
		return false;
	if (gdb_left(&at) > 0 && *at.at != ':' && *at.at != ';' && last != ':' && last != ',')
		return false;
	gdb.request = at;
	return true;
}

void gdb_request_query(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(queries); i++) {
		if (!is_query(&queries[i]))
			continue;
		queries[i].handle();
		return;
	}
}

void gdb_request_set(void)
{
	if (gdb_take_text(&gdb.request, "StartNoAckMode")) {
		gdb.next_no_acks = true;
		gdb_reply_ok();
	} else if (gdb_take_text(&gdb.request, "NonStop:")) {
		gdb.non_stop = gdb_take(&gdb.request, '1');
		gdb_reply_ok();
	}
}
