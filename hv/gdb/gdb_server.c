// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line: bytes in, packets out.  Nothing waits here for the other end, and each call does a
 * bounded piece of work, so the line may carry anything at any speed, and nobody need be at it:
 *
 *   what was begun to be sent      goes out first, as far as there is room
 *   a call to a guest's CPU        is waited for, with the input left where it is
 *   jobs of guests                 one after another (gdb_resume.c)
 *   the reply                      to the request for which all that was done
 *   an answer of `monitor`, a stop
 *   input                          up to one request
 */
#include "arch/cpu/log.h"
#include "arch/cpu/x86.h"
#include "drivers/console/uart16550.h"
#include "hv/gdb/gdb.h"
#include "hv/gdb/gdb_session.h"
#include "hv/run/housekeeping.h"

/* Pieces of work that one call does. */
#define STEPS_MOST 16u
#define INPUT_SIZE 64u

static struct console *line;
static struct gdb_reader reader;
static uint8_t input[INPUT_SIZE];
static size_t input_length, input_at;
static uint8_t packet[GDB_PACKET_MAX];
static size_t packet_length, packet_sent;
static char reply_data[GDB_CONTENT_MAX];

/* --- output ------------------------------------------------------------------------------ */

/* True when all of the packet is out. */
static bool send_rest(void)
{
	size_t left = packet_length - packet_sent;
	size_t room;

	if (left == 0)
		return true;
	room = line->ops->room(line, left);
	packet_sent += line->ops->write(line, packet + packet_sent, room);
	return packet_sent == packet_length;
}

static void send(char kind)
{
	packet_length = gdb_packet_make(packet, kind, gdb.reply.data, gdb.reply.length);
	packet_sent = 0;
	(void)send_rest();
}

/* What does not fit is not sent: the other end asks again. */
static void send_ack(char ack)
{
	if (line->ops->room(line, 1) == 1)
		(void)line->ops->write(line, &ack, 1);
}

/* --- input ------------------------------------------------------------------------------- */

static bool take_byte(uint8_t *byte)
{
	if (input_at == input_length) {
		input_at = 0;
		input_length = line->ops->read(line, input, sizeof(input));
	}
	if (input_at == input_length)
		return false;
	*byte = input[input_at++];
	return true;
}

/* A debugger that begins speaks with acknowledgments, whatever the last one had agreed. */
static void handle_packet(void)
{
	static const char first[] = "qSupported";
	struct gdb_cursor content = { reader.content, reader.content + reader.length };

	if (gdb_take_text(&content, first))
		gdb.no_acks = gdb.next_no_acks = false;
	if (!gdb.no_acks)
		send_ack('+');
	gdb.no_acks = gdb.next_no_acks;
	gdb_handle(reader.content, reader.length);
}

/* Takes up to one request; false when there is no more input. */
static bool take_input(void)
{
	uint8_t byte;

	while (take_byte(&byte)) {
		switch (gdb_reader_take(&reader, byte)) {
		case GDB_INPUT_PACKET:
			handle_packet();
			return true;
		case GDB_INPUT_BREAK:
			gdb_interrupt();
			return true;
		case GDB_INPUT_BAD:
			if (!gdb.no_acks)
				send_ack('-');
			return true;
		case GDB_INPUT_NAK:
			packet_sent = 0;
			return true;
		case GDB_INPUT_ACK:
		case GDB_INPUT_NOTHING:
			break;
		}
	}
	return false;
}

/* --- the whole ----------------------------------------------------------------------------- */

/* One piece of work; false when there is none, or none before something happens. */
static bool step(void)
{
	char kind;

	if (!send_rest() || gdb_call_is_pending())
		return false;
	gdb_collect_events();
	if (gdb_run_job())
		return true;
	if (gdb.has_reply) {
		gdb.has_reply = false;
		send('$');
		return true;
	}
	if (gdb.monitor != MONITOR_IDLE) {
		if (!gdb_monitor_go_on())
			return false;
		send('$');
		return true;
	}
	if (gdb_report_stop(&kind)) {
		send(kind);
		return true;
	}
	/* The stop of one may be the stop of others. */
	return gdb_run_job() || take_input();
}

void gdb_serve(void)
{
	unsigned steps = 0;

	if (!line)
		return;
	while (step())
		if (++steps == STEPS_MOST) {
			housekeeping_wake();
			return;
		}
}

static void activity(void *context)
{
	(void)context;
	housekeeping_wake();
}

void gdb_start(const struct umbra_options *options)
{
	struct console *opened;

	if (!options->gdb)
		return;
	opened = uart16550_open(options->gdb);
	if (!opened) {
		log_warn("gdb", "there is no serial port com%u", options->gdb);
		return;
	}
	gdb.reply = (struct gdb_text){ reply_data, sizeof(reply_data), 0, false };
	debug_set_notify(housekeeping_wake);
	opened->activity = activity;
	if (uart16550_start(opened) != 0) {
		log_warn("gdb", "%s has no interrupt line, so it cannot serve debuggers",
			 opened->name);
		return;
	}
	line = opened;
	log_event("gdb", "line=%s", line->name);
}

/* What was being done belongs to a world that has gone. */
void gdb_after_panic(void)
{
	if (!line)
		return;
	line->activity = NULL;
	gdb.has_panicked = true;
	gdb.has_reply = false;
	gdb.monitor = MONITOR_IDLE;
	gdb.selected = GDB_UMBRA;
	gdb.selected_thread = GDB_ANY;
	gdb_drop_jobs();
	gdb_call_abandon();
	for (;;) {
		uart16550_poll(line);
		while (step())
			uart16550_poll(line);
	}
}
