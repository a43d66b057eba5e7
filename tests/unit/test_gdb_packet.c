// SPDX-License-Identifier: GPL-2.0-only
/* Tests of hv/gdb/gdb_packet.h and hv/gdb/gdb_text.h. */
#include "hv/gdb/gdb_packet.h"
#include "hv/gdb/gdb_text.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct gdb_reader reader;

static int begin(void **state)
{
	(void)state;
	memset(&reader, 0, sizeof(reader));
	return 0;
}

/* Takes the bytes; what the last one made, and all before it nothing. */
static enum gdb_input take(const char *bytes, size_t count)
{
	enum gdb_input result = GDB_INPUT_NOTHING;

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(result, GDB_INPUT_NOTHING);
		result = gdb_reader_take(&reader, (uint8_t)bytes[i]);
	}
	return result;
}

static enum gdb_input take_text(const char *text)
{
	return take(text, strlen(text));
}

static void test_packets(void **state)
{
	(void)state;
	assert_int_equal(take_text("$m1,2#fc"), GDB_INPUT_PACKET);
	assert_string_equal(reader.content, "m1,2");
	assert_int_equal(reader.length, 4);
	assert_int_equal(take_text("$OK#9A"), GDB_INPUT_PACKET);
	assert_int_equal(take_text("$#00"), GDB_INPUT_PACKET);
	assert_int_equal(reader.length, 0);
	assert_int_equal(take_text("$}\x03#80"), GDB_INPUT_PACKET);
	assert_string_equal(reader.content, "#");
	assert_int_equal(take_text("+"), GDB_INPUT_ACK);
	assert_int_equal(take_text("-"), GDB_INPUT_NAK);
	assert_int_equal(take_text("x\r\n\x03"), GDB_INPUT_BREAK);
}

static void test_bad_packets(void **state)
{
	(void)state;
	assert_int_equal(take_text("$OK#9b"), GDB_INPUT_BAD);
	assert_int_equal(take_text("$OK#9z"), GDB_INPUT_BAD);
	assert_int_equal(take_text("$OK#zz"), GDB_INPUT_BAD);
	/* A packet that began anew, in its content and in its sum. */
	assert_int_equal(take_text("$m1,$OK#9a"), GDB_INPUT_PACKET);
	assert_string_equal(reader.content, "OK");
	assert_int_equal(take_text("$OK#9$OK#9a"), GDB_INPUT_PACKET);
	assert_int_equal(take_text("$}$OK#9a"), GDB_INPUT_PACKET);
	assert_string_equal(reader.content, "OK");
}

/* The longest one, and one more byte. */
static void test_length(void **state)
{
	static char packet[GDB_CONTENT_MAX + 8];

	(void)state;
	memset(packet, 'a', sizeof(packet));
	packet[0] = '$';
	memcpy(packet + 1 + GDB_CONTENT_MAX, "#00", 3);
	assert_int_equal(take(packet, GDB_CONTENT_MAX + 4), GDB_INPUT_PACKET);
	assert_int_equal(reader.length, GDB_CONTENT_MAX);
	packet[1 + GDB_CONTENT_MAX] = 'a';
	memcpy(packet + 2 + GDB_CONTENT_MAX, "#61", 3);
	assert_int_equal(take(packet, GDB_CONTENT_MAX + 5), GDB_INPUT_BAD);
	assert_int_equal(take_text("$OK#9a"), GDB_INPUT_PACKET);
}

static void test_make(void **state)
{
	static uint8_t packet[GDB_PACKET_MAX];
	static char all[GDB_CONTENT_MAX];
	uint32_t length = gdb_packet_make(packet, '$', "l<a>", 4);

	(void)state;
	assert_int_equal(length, 8);
	assert_memory_equal(packet, "$l<a>#47", 8);
	assert_int_equal(gdb_packet_make(packet, '%', "", 0), 4);
	assert_memory_equal(packet, "%#00", 4);
	memset(all, '*', sizeof(all));
	length = gdb_packet_make(packet, '$', all, sizeof(all));
	assert_int_equal(length, GDB_PACKET_MAX);
	assert_int_equal(take((const char *)packet, length), GDB_INPUT_PACKET);
	assert_memory_equal(reader.content, all, sizeof(all));
}

static struct gdb_cursor cursor_of(const char *text)
{
	return (struct gdb_cursor){ text, text + strlen(text) };
}

static void test_fields(void **state)
{
	struct gdb_cursor at = cursor_of("c0100000,4:fF0g");
	uint32_t value;
	uint8_t byte;

	(void)state;
	assert_true(gdb_take_hex(&at, &value));
	assert_int_equal(value, 0xC0100000);
	assert_false(gdb_take(&at, ':'));
	assert_true(gdb_take(&at, ','));
	assert_true(gdb_take_text(&at, "4:"));
	assert_true(gdb_take_byte(&at, &byte));
	assert_int_equal(byte, 0xFF);
	assert_false(gdb_take_byte(&at, &byte));
	assert_false(gdb_take_text(&at, "0gh"));
	at = cursor_of("123456789");
	assert_false(gdb_take_hex(&at, &value));
	at = cursor_of("");
	assert_false(gdb_take_hex(&at, &value));
	assert_false(gdb_take(&at, 'x'));
}

static void test_threads(void **state)
{
	static const struct {
		const char *text;
		uint32_t process, thread;
	} good[] = {
		{ "p1.1", 1, 1 }, { "p3e8.2", 1000, 2 }, { "p2.-1", 2, GDB_ALL },
		{ "p-1.-1", GDB_ALL, GDB_ALL }, { "p0.0", GDB_ANY, GDB_ANY },
		{ "p7", 7, GDB_ALL }, { "-1", GDB_ALL, GDB_ALL }, { "5", GDB_ANY, 5 },
	};
	static const char *const bad[] = { "", "p", "px", "p1.", "-2", "p1.x" };
	struct gdb_thread thread;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct gdb_cursor at = cursor_of(good[i].text);

		assert_true(gdb_take_thread(&at, &thread));
		assert_int_equal(gdb_left(&at), 0);
		assert_int_equal(thread.process, good[i].process);
		assert_int_equal(thread.thread, good[i].thread);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct gdb_cursor at = cursor_of(bad[i]);

		assert_false(gdb_take_thread(&at, &thread));
		assert_ptr_equal(at.at, bad[i]);
	}
}

static void test_text(void **state)
{
	char data[8];
	struct gdb_text text = { data, sizeof(data), 0, false };

	(void)state;
	gdb_put_hex(&text, (const uint8_t *)"\x01\xfe", 2);
	gdb_put_format(&text, "%u", 42);
	assert_memory_equal(data, "01fe42", 6);
	assert_false(text.is_cut);
	gdb_put_text(&text, "abc");
	assert_int_equal(text.length, 8);
	assert_memory_equal(data, "01fe42ab", 8);
	assert_true(text.is_cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_packets, begin),
		cmocka_unit_test_setup(test_bad_packets, begin),
		cmocka_unit_test_setup(test_length, begin),
		cmocka_unit_test_setup(test_make, begin),
		cmocka_unit_test(test_fields), cmocka_unit_test(test_threads),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
