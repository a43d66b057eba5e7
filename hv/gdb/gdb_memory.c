// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requests `m`, `M` and `X`: memory of the selected process, by its present tables
 * (hv/debug/debug_memory.h).  A packet has no more than 2 KB of it, so that is what interrupts wait
 * for.
 */
#include "hv/debug/debug_memory.h"
#include "hv/gdb/gdb_session.h"

#define READ_MOST (GDB_CONTENT_MAX / 2)

/* ADDRESS,LENGTH; a length beyond what fits is shortened, as the protocol permits for `m`. */
static bool take_range(void)
{
	return gdb_take_hex(&gdb.request, &gdb.address) && gdb_take(&gdb.request, ',') &&
	       gdb_take_hex(&gdb.request, &gdb.length);
}

static void read_memory(struct guest *guest)
{
	static uint8_t bytes[READ_MOST];
	uint32_t count = debug_read(guest, gdb.address, bytes, MIN(gdb.length, READ_MOST));

	if (count == 0 && gdb.length > 0)
		gdb_reply_error(GDB_E_MEMORY);
	else
		gdb_put_hex(&gdb.reply, bytes, count);
}

void gdb_request_read(void)
{
	if (take_range())
		gdb_for_selected(read_memory, gdb_umbra_read);
	else
		gdb_reply_error(GDB_E_REQUEST);
}

static void write_memory(struct guest *guest)
{
	const uint8_t *bytes = (const uint8_t *)gdb.request.at;

	if (debug_write(guest, gdb.address, bytes, gdb.length) == gdb.length)
		gdb_reply_ok();
	else
		gdb_reply_error(GDB_E_MEMORY);
}

/* The digits become bytes where they are, for two make one. */
static bool decode_hex(void)
{
	uint8_t *to = (uint8_t *)(uintptr_t)gdb.request.at;
	struct gdb_cursor from = gdb.request;
	uint32_t count = 0;

	while (gdb_left(&from) > 0)
		if (!gdb_take_byte(&from, &to[count++]))
			return false;
	gdb.request.end = gdb.request.at + count;
	return true;
}

static void write_bytes(bool is_good)
{
	if (is_good && gdb_left(&gdb.request) == gdb.length)
		gdb_for_selected(write_memory, gdb_umbra_refuse);
	else
		gdb_reply_error(GDB_E_REQUEST);
}

void gdb_request_write(void)
{
	write_bytes(take_range() && gdb_take(&gdb.request, ':') && decode_hex());
}

void gdb_request_write_binary(void)
{
	write_bytes(take_range() && gdb_take(&gdb.request, ':'));
}
