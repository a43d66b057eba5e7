/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in packets: a cursor that takes the fields out of a request, and a text that a reply
 * is put together in.  Pure.
 */
#ifndef UMBRA_HV_GDB_GDB_TEXT_H
#define UMBRA_HV_GDB_GDB_TEXT_H

#include "lib/compiler.h"

#include <stdbool.h>
#include <stdint.h>

/* --- requests ---------------------------------------------------------------------------- */

struct gdb_cursor {
	const char *at, *end;
};

/* What a thread id names: one thread, all of a process, any. */
#define GDB_ALL UINT32_MAX
#define GDB_ANY 0u

struct gdb_thread {
	uint32_t process, thread;
};

static inline uint32_t gdb_left(const struct gdb_cursor *cursor)
{
	return (uint32_t)(cursor->end - cursor->at);
}

/* Each takes what it names and returns true, or takes nothing. */
bool gdb_take(struct gdb_cursor *cursor, char wanted);
bool gdb_take_text(struct gdb_cursor *cursor, const char *text);

/* One to eight digits. */
bool gdb_take_hex(struct gdb_cursor *cursor, uint32_t *value);

/* A byte of two digits. */
bool gdb_take_byte(struct gdb_cursor *cursor, uint8_t *byte);

/* `pPROCESS.THREAD`, `pPROCESS` or `THREAD`; -1 is GDB_ALL, 0 is GDB_ANY. */
bool gdb_take_thread(struct gdb_cursor *cursor, struct gdb_thread *thread);

/* --- replies ----------------------------------------------------------------------------- */

/* What does not fit is left out, and is_cut says so. */
struct gdb_text {
	char *data;
	uint32_t size, length;
	bool is_cut;
};

void gdb_put(struct gdb_text *text, const char *bytes, uint32_t count);
void gdb_put_text(struct gdb_text *text, const char *string);
void gdb_put_hex(struct gdb_text *text, const uint8_t *bytes, uint32_t count);
void gdb_put_format(struct gdb_text *text, const char *format, ...) __printf(2, 3);

#endif
