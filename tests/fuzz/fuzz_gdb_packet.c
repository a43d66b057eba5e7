// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the line to a debugger: the input is what comes in.  Each content lies inside the
 * reader, is what a packet made of it is read as again, and is taken apart by all that takes
 * fields.
 */
#include "hv/gdb/gdb_packet.h"
#include "hv/gdb/gdb_text.h"
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

static void read_again(const char *content, uint32_t length)
{
	static uint8_t packet[GDB_PACKET_MAX];
	static struct gdb_reader other;
	uint32_t count = gdb_packet_make(packet, '$', content, length);

	REQUIRE(count <= GDB_PACKET_MAX && count >= length + 4);
	for (uint32_t i = 0; i + 1 < count; i++)
		REQUIRE(gdb_reader_take(&other, packet[i]) == GDB_INPUT_NOTHING);
	REQUIRE(gdb_reader_take(&other, packet[count - 1]) == GDB_INPUT_PACKET);
	REQUIRE(other.length == length && memcmp(other.content, content, length) == 0);
}

/* Whatever is taken is taken off, and never more than there is. */
static void take_apart(const char *content, uint32_t length)
{
	struct gdb_cursor at = { content, content + length };

	while (gdb_left(&at) > 0) {
		struct gdb_thread thread;
		uint32_t value, left = gdb_left(&at);
		uint8_t byte;
		bool taken = gdb_take_thread(&at, &thread) || gdb_take_hex(&at, &value) ||
			     gdb_take_byte(&at, &byte) || gdb_take_text(&at, "vCont") ||
			     gdb_take(&at, ';') || gdb_take(&at, ',');

		REQUIRE(at.at <= at.end && taken == (gdb_left(&at) < left));
		if (!taken)
			at.at++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gdb_reader reader;

	memset(&reader, 0, sizeof(reader));
	for (size_t i = 0; i < size; i++) {
		enum gdb_input input = gdb_reader_take(&reader, data[i]);

		REQUIRE(reader.length <= GDB_CONTENT_MAX);
		if (input != GDB_INPUT_PACKET)
			continue;
		read_again(reader.content, reader.length);
		take_apart(reader.content, reader.length);
	}
	return 0;
}
