// SPDX-License-Identifier: GPL-2.0-only
/*
 * `monitor` of GDB: a command of Umbra's console, whose answer goes to the debugger.  The console
 * may carry one out already, and one about a guest may be finished by another CPU; the line waits
 * for that.
 */
#include "hv/console/command.h"
#include "hv/gdb/gdb_session.h"

#define PIECE_MOST ((GDB_CONTENT_MAX - 1) / 2)

static char answer_data[GDB_MONITOR_SIZE];
static const char after_panic[] = "Umbra has panicked, and has no commands any more\n";

static void take_answer(const char *text, size_t length)
{
	gdb_put(&gdb.monitor_answer, text, (uint32_t)length);
}

void gdb_request_monitor(void)
{
	uint32_t length = 0;

	if (gdb.has_panicked) {
		gdb_put_hex(&gdb.reply, (const uint8_t *)after_panic, sizeof(after_panic) - 1);
		return;
	}
	while (length < GDB_LINE_SIZE - 1 &&
	       gdb_take_byte(&gdb.request, (uint8_t *)&gdb.monitor_line[length]))
		length++;
	gdb.monitor_line[length] = '\0';
	if (gdb_left(&gdb.request) > 0) {
		gdb_reply_error(GDB_E_REQUEST);
		return;
	}
	gdb.monitor_answer = (struct gdb_text){ answer_data, sizeof(answer_data), 0, false };
	gdb.monitor_sent = 0;
	gdb.monitor = MONITOR_WAITS;
	gdb.has_reply = false;
}

/* A piece of the answer as the protocol has it, and behind the last one that it was all. */
static void put_piece(void)
{
	uint32_t left = gdb.monitor_answer.length - gdb.monitor_sent;
	uint32_t count = MIN(left, PIECE_MOST);

	gdb.reply.length = 0;
	if (count > 0) {
		gdb_put_text(&gdb.reply, "O");
		gdb_put_hex(&gdb.reply,
			    (const uint8_t *)gdb.monitor_answer.data + gdb.monitor_sent, count);
		gdb.monitor_sent += count;
	} else {
		gdb.monitor = MONITOR_IDLE;
		gdb_reply_ok();
	}
}

bool gdb_monitor_go_on(void)
{
	if (gdb.monitor == MONITOR_WAITS && !command_is_in_flight()) {
		gdb.monitor = MONITOR_RUNS;
		command_execute_for(gdb.monitor_line, take_answer);
	}
	if (gdb.monitor == MONITOR_RUNS && !command_is_in_flight())
		gdb.monitor = MONITOR_ANSWERS;
	if (gdb.monitor != MONITOR_ANSWERS)
		return false;
	put_piece();
	return true;
}
