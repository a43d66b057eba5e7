// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes packets apart and puts them together, byte by byte.  A `$` begins a packet wherever it
 * stands, so the two ends find each other again after any loss.
 */
#include "hv/gdb/gdb_packet.h"

#define BREAK 0x03
#define ESCAPE '}'
#define ESCAPE_XOR 0x20

static int digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

static void begin(struct gdb_reader *reader)
{
	reader->state = GDB_INSIDE;
	reader->is_too_long = false;
	reader->is_bad = false;
	reader->sum = 0;
	reader->length = 0;
}

static enum gdb_input between(struct gdb_reader *reader, uint8_t byte)
{
	switch (byte) {
	case '$':
		begin(reader);
		return GDB_INPUT_NOTHING;
	case '+':
		return GDB_INPUT_ACK;
	case '-':
		return GDB_INPUT_NAK;
	case BREAK:
		return GDB_INPUT_BREAK;
	default:
		return GDB_INPUT_NOTHING;
	}
}

static void keep(struct gdb_reader *reader, uint8_t byte)
{
	if (reader->length < GDB_CONTENT_MAX)
		reader->content[reader->length++] = (char)byte;
	else
		reader->is_too_long = true;
}

static void inside(struct gdb_reader *reader, uint8_t byte)
{
	if (byte == '$') {
		begin(reader);
		return;
	}
	if (byte == '#' && reader->state == GDB_INSIDE) {
		reader->state = GDB_FIRST_DIGIT;
		return;
	}
	reader->sum = (uint8_t)(reader->sum + byte);
	if (reader->state == GDB_ESCAPED) {
		reader->state = GDB_INSIDE;
		keep(reader, byte ^ ESCAPE_XOR);
	} else if (byte == ESCAPE) {
		reader->state = GDB_ESCAPED;
	} else {
		keep(reader, byte);
	}
}

static enum gdb_input finish(struct gdb_reader *reader)
{
	reader->state = GDB_BETWEEN;
	reader->content[reader->length] = '\0';
	if (reader->is_bad || reader->is_too_long || reader->given != reader->sum)
		return GDB_INPUT_BAD;
	return GDB_INPUT_PACKET;
}

static enum gdb_input sum(struct gdb_reader *reader, uint8_t byte)
{
	int value = digit(byte);

	if (byte == '$') {
		begin(reader);
		return GDB_INPUT_NOTHING;
	}
	if (value < 0)
		reader->is_bad = true;
	if (reader->state == GDB_SECOND_DIGIT) {
		reader->given = (uint8_t)(reader->given << 4 | (value & 0xF));
		return finish(reader);
	}
	reader->given = (uint8_t)(value & 0xF);
	reader->state = GDB_SECOND_DIGIT;
	return GDB_INPUT_NOTHING;
}

enum gdb_input gdb_reader_take(struct gdb_reader *reader, uint8_t byte)
{
	switch (reader->state) {
	case GDB_BETWEEN:
		return between(reader, byte);
	case GDB_INSIDE:
	case GDB_ESCAPED:
		inside(reader, byte);
		return GDB_INPUT_NOTHING;
	default:
		return sum(reader, byte);
	}
}

/* `*` would begin a run of equal bytes. */
static bool is_special(char byte)
{
	return byte == '$' || byte == '#' || byte == ESCAPE || byte == '*';
}

uint32_t gdb_packet_make(uint8_t packet[GDB_PACKET_MAX], char kind, const char *content,
			 uint32_t length)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t at = 0;
	uint8_t total = 0;

	packet[at++] = (uint8_t)kind;
	for (uint32_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)content[i];

		if (is_special(content[i])) {
			packet[at++] = ESCAPE;
			total = (uint8_t)(total + ESCAPE);
			byte ^= ESCAPE_XOR;
		}
		packet[at++] = byte;
		total = (uint8_t)(total + byte);
	}
	packet[at++] = '#';
	packet[at++] = (uint8_t)digits[total >> 4];
	packet[at++] = (uint8_t)digits[total & 0xF];
	return at;
}
