// SPDX-License-Identifier: GPL-2.0-only
/* The requests `g`, `p` and `P`: registers of the selected process (hv/debug/debug_state.h). */
#include "hv/debug/debug_state.h"
#include "hv/gdb/gdb_session.h"

static void put_register(struct guest *guest, unsigned number)
{
	uint8_t bytes[DEBUG_REGISTER_MAX];

	debug_register_read(guest, number, bytes);
	gdb_put_hex(&gdb.reply, bytes, debug_register(number)->size);
}

/* The general ones: others are asked for one by one, by who wants them. */
static void read_all(struct guest *guest)
{
	if (!debug_has_registers(guest)) {
		gdb_reply_error(GDB_E_PROCESS);
		return;
	}
	for (unsigned number = 0; number < DEBUG_GENERAL_COUNT; number++)
		put_register(guest, number);
}

void gdb_request_registers(void)
{
	gdb_for_selected(read_all, gdb_umbra_registers);
}

static void read_one(struct guest *guest)
{
	if (gdb.kind >= DEBUG_REGISTER_COUNT)
		gdb_reply_error(GDB_E_REGISTER);
	else if (!debug_has_registers(guest))
		gdb_reply_error(GDB_E_PROCESS);
	else
		put_register(guest, gdb.kind);
}

void gdb_request_register(void)
{
	if (!gdb_take_hex(&gdb.request, &gdb.kind))
		gdb_reply_error(GDB_E_REQUEST);
	else
		gdb_for_selected(read_one, gdb_umbra_register);
}

static void write_one(struct guest *guest)
{
	uint8_t bytes[DEBUG_REGISTER_MAX];
	uint32_t size = debug_register(gdb.kind)->size, taken = 0;

	while (taken < size && gdb_take_byte(&gdb.request, &bytes[taken]))
		taken++;
	if (taken < size || gdb_left(&gdb.request) > 0)
		gdb_reply_error(GDB_E_REQUEST);
	else if (!debug_has_registers(guest) || !debug_register_write(guest, gdb.kind, bytes))
		gdb_reply_error(GDB_E_REGISTER);
	else
		gdb_reply_ok();
}

void gdb_request_set_register(void)
{
	if (!gdb_take_hex(&gdb.request, &gdb.kind) || !gdb_take(&gdb.request, '=') ||
	    gdb.kind >= DEBUG_REGISTER_COUNT)
		gdb_reply_error(GDB_E_REQUEST);
	else
		gdb_for_selected(write_one, gdb_umbra_refuse);
}
