// SPDX-License-Identifier: GPL-2.0-only
/* Fields of requests, and the making of replies (hv/gdb/gdb_text.h). */
#include "hv/gdb/gdb_text.h"

#include "lib/format.h"
#include "lib/string.h"

#define FORMAT_SIZE 256u
#define HEX_DIGITS 8u

bool gdb_take(struct gdb_cursor *cursor, char wanted)
{
	if (gdb_left(cursor) == 0 || *cursor->at != wanted)
		return false;
	cursor->at++;
	return true;
}

bool gdb_take_text(struct gdb_cursor *cursor, const char *text)
{
	size_t length = strlen(text);

	if (gdb_left(cursor) < length || memcmp(cursor->at, text, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

static int digit_at(const struct gdb_cursor *cursor, uint32_t offset)
{
	char byte = gdb_left(cursor) > offset ? cursor->at[offset] : '\0';

	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

bool gdb_take_hex(struct gdb_cursor *cursor, uint32_t *value)
{
	uint32_t count = 0, result = 0;

	while (digit_at(cursor, count) >= 0 && count <= HEX_DIGITS)
		result = result << 4 | (uint32_t)digit_at(cursor, count++);
	if (count == 0 || count > HEX_DIGITS)
		return false;
	*value = result;
	cursor->at += count;
	return true;
}

bool gdb_take_byte(struct gdb_cursor *cursor, uint8_t *byte)
{
	int high = digit_at(cursor, 0), low = digit_at(cursor, 1);

	if (high < 0 || low < 0)
		return false;
	*byte = (uint8_t)(high << 4 | low);
	cursor->at += 2;
	return true;
}

static bool take_number(struct gdb_cursor *cursor, uint32_t *value)
{
	if (gdb_take_text(cursor, "-1")) {
		*value = GDB_ALL;
		return true;
	}
	return gdb_take_hex(cursor, value);
}

bool gdb_take_thread(struct gdb_cursor *cursor, struct gdb_thread *thread)
{
	struct gdb_cursor at = *cursor;

	*thread = (struct gdb_thread){ GDB_ANY, GDB_ALL };
	if (gdb_take(&at, 'p')) {
		if (!take_number(&at, &thread->process) ||
		    (gdb_take(&at, '.') && !take_number(&at, &thread->thread)))
			return false;
	} else {
		if (!take_number(&at, &thread->thread))
			return false;
		thread->process = thread->thread == GDB_ALL ? GDB_ALL : GDB_ANY;
	}
	*cursor = at;
	return true;
}

/* --- replies ----------------------------------------------------------------------------- */

void gdb_put(struct gdb_text *text, const char *bytes, uint32_t count)
{
	uint32_t kept = MIN(count, text->size - text->length);

	memcpy(text->data + text->length, bytes, kept);
	text->length += kept;
	text->is_cut = text->is_cut || kept < count;
}

void gdb_put_text(struct gdb_text *text, const char *string)
{
	gdb_put(text, string, (uint32_t)strlen(string));
}

void gdb_put_hex(struct gdb_text *text, const uint8_t *bytes, uint32_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (uint32_t i = 0; i < count; i++) {
		const char pair[2] = { digits[bytes[i] >> 4], digits[bytes[i] & 0xF] };

		gdb_put(text, pair, sizeof(pair));
	}
}

void gdb_put_format(struct gdb_text *text, const char *format, ...)
{
	char piece[FORMAT_SIZE];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text_v(piece, sizeof(piece), format, arguments);
	va_end(arguments);
	text->is_cut = text->is_cut || length >= sizeof(piece);
	gdb_put(text, piece, (uint32_t)MIN(length, sizeof(piece) - 1));
}
