// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the console multiplexer's way to the terminal: raw output, whole
 * lines, replay, a terminal that is slow, and the life of a guest's end.
 */
#include "lib/error.h"
#include "tests/unit/console_fixture.h"

#include <stdio.h>
#include <string.h>

static void test_focus_is_raw(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(console_endpoint_write(f->web.endpoint, TEXT("\x1B[31mhi\0\x07\r\n")), 11);
	expect_bytes(f, TEXT("\x1B[31mhi\0\x07\r\n"));
}

static void test_background_lines(void **state)
{
	struct fixture *f = *state;

	say(&f->db, "one");
	expect(f, "");
	say(&f->db, " two\nthree\r\nfo");
	expect(f, "[db] one two\r\n[db] three\r\n");
	say(&f->mail, "five\n");
	say(&f->db, "ur\n");
	expect(f, "[mail] five\r\n[db] four\r\n");
}

static void test_background_is_cleaned(void **state)
{
	struct fixture *f = *state;

	console_endpoint_write(f->db.endpoint,
			       TEXT("a\0b\x07" "c\x08" "\x1B[2J\x1B[1;1Hd\te\x1B]0;title\x07"
				    "f\x7F"
				    "\xC2\x9B" "2J\x1B\n"));
	expect(f, "[db] abcd\tef??2J\r\n");
	/* A sequence that never ends swallows a bounded number of bytes, and no line end. */
	say(&f->db, "\x1B[1;2\nnext\n");
	expect(f, "[db] \r\n[db] next\r\n");
	say(&f->db, "10%\r20%\r\n");
	expect(f, "[db] 20%\r\n");
}

static void test_endless_line_is_cut(void **state)
{
	struct fixture *f = *state;
	char line[601];

	memset(line, 'x', 600);
	line[600] = '\0';
	say(&f->db, line);
	assert_int_equal(f->terminal.shown_length, 2 * (5 + 256 + 2));
	assert_memory_equal(f->terminal.shown, "[db] xxx", 8);
	assert_memory_equal(f->terminal.shown + 5 + 256, "\r\n[db] xxx", 10);
}

static void test_log_lines(void **state)
{
	struct fixture *f = *state;

	print(f, "[    0.000001] cpu0 mm: text\n");
	print(f, "half a ");
	say(&f->web, "raw\r\n");
	print(f, "line\n");
	expect(f, "[    0.000001] cpu0 mm: text\r\nraw\r\nhalf a line\r\n");
}

static void test_partial_line_is_put_up_again(void **state)
{
	struct fixture *f = *state;

	say(&f->web, "\x1B[1mlogin: \x1B[0m");
	f->terminal.shown_length = 0;
	say(&f->db, "hello\n");
	expect(f, "\r\n[db] hello\r\nlogin: ");
	say(&f->web, "root");
	expect(f, "root");
	print(f, "log\n");
	expect(f, "\r\nlog\r\nlogin: root");
	/* Steps back, and a cursor within the line. */
	say(&f->web, "\b \b\b\b");
	f->terminal.shown_length = 0;
	print(f, "log\n");
	expect(f, "\r\nlog\r\nlogin: roo \b\b\b");
	say(&f->web, "\r\n");
	print(f, "log\n");
	expect(f, "\r\nlog\r\n");
}

/* A line breaks into an escape sequence: it is cancelled, and begun again below. */
static void test_sequence_is_broken_off(void **state)
{
	struct fixture *f = *state;

	say(&f->web, "ab\x1B[3");
	print(f, "log\n");
	say(&f->web, "1mc\r\n");
	expect(f, "ab\x1B[3\x18\r\nlog\r\nab\x1B[31mc\r\n");
}

static void test_requests_are_not_repeated(void **state)
{
	struct fixture *f = *state;

	say(&f->web, "$ \x1B[6n");
	print(f, "log\n");
	expect(f, "$ \x1B[6n\r\nlog\r\n$ ");
	say(&f->web, "\x05\x1B[c\x1BZx\r\n");
	type(f, ESCAPE "n" ESCAPE "p");
	expect_bytes(f, TEXT("\x05\x1B[c\x1BZx\r\n$ \0\0\0\0\0\0\0\0\0\0x\r\n"));
}

static void test_replay(void **state)
{
	struct fixture *f = *state;

	say(&f->db, "\x1B[32mfirst\r\nsecond\r\ndb# ");
	f->terminal.shown_length = 0;
	say(&f->web, "web# ");
	type(f, ESCAPE "n");
	expect(f, "web# \r\n\x1B[32mfirst\r\nsecond\r\ndb# ");
	say(&f->db, "more");
	say(&f->web, "bye\n");
	expect(f, "more\r\n[web] bye\r\ndb# more");
}

/* The ring holds the last 16 KB, and is shown from the begin of a line. */
static void test_replay_is_bounded(void **state)
{
	static const char gone[] = "umbra: older output of guest db is gone: 17 KB\r\n";
	struct fixture *f = *state;
	size_t length = strlen(gone);
	char line[32];

	for (unsigned i = 0; i < 3000; i++) {
		snprintf(line, sizeof(line), "line %04u\r\n", i);
		say(&f->db, line);
	}
	f->terminal.shown_length = 0;
	type(f, ESCAPE "n");
	/* First it says so, then comes what is left, from the begin of a line. */
	assert_true(f->terminal.shown_length <= length + RING);
	assert_true(f->terminal.shown_length > length + RING - 11);
	assert_memory_equal(f->terminal.shown, gone, length);
	assert_memory_equal(f->terminal.shown + length, "line ", 5);
	expect_contains(f, "line 2999\r\n");
}

static void test_focus_is_held_back(void **state)
{
	struct fixture *f = *state;
	char block[1024];
	size_t taken = 0;
	size_t count;

	memset(block, 'x', sizeof(block));
	f->terminal.room = 1000;
	do {
		count = console_endpoint_write(f->web.endpoint, block, sizeof(block));
		taken += count;
	} while (count == sizeof(block));
	assert_int_equal(taken, RING + 1000);
	assert_int_equal(f->terminal.shown_length, 1000);
	assert_int_equal(f->web.output_calls, 0);
	/* A guest in the background is not, nor does it wait for the terminal. */
	assert_int_equal(console_endpoint_write(f->db.endpoint, block, sizeof(block)),
			 sizeof(block));
	f->terminal.room = 4000;
	console_mux_service(f->mux);
	assert_int_equal(f->web.output_calls, 0);
	f->terminal.room = 8000;
	console_mux_service(f->mux);
	assert_int_equal(f->web.output_calls, 1);
	assert_true(console_endpoint_write(f->web.endpoint, block, 100) == 100);
}

/* Who waits for room and loses the focus can write at once. */
static void test_writer_is_released(void **state)
{
	struct fixture *f = *state;
	char block[2 * RING];

	memset(block, 'x', sizeof(block));
	f->terminal.room = 0;
	assert_int_equal(console_endpoint_write(f->web.endpoint, block, sizeof(block)), RING);
	type(f, ESCAPE "n");
	assert_int_equal(f->web.output_calls, 1);
	assert_int_equal(console_endpoint_write(f->web.endpoint, block, sizeof(block)),
			 sizeof(block));
}

/* With any room at any time the bytes are the same. */
static void test_slow_terminal(void **state)
{
	struct fixture *f = *state;

	for (unsigned round = 0; round < 2; round++) {
		f->terminal.room = round == 0 ? SIZE_MAX : 0;
		say(&f->web, "prompt# ");
		console_mux_service(f->mux);
		say(&f->db, "a line\nanother\n");
		while (f->terminal.room < 700) {
			f->terminal.room++;
			console_mux_service(f->mux);
		}
		say(&f->web, "x\r\n");
		expect(f, "prompt# \r\n[db] a line\r\n[db] another\r\nprompt# x\r\n");
	}
}

/* A flood of lines takes part of the terminal only, is bounded, and is told of. */
static void test_flood(void **state)
{
	struct fixture *f = *state;

	f->terminal.room = 0;
	say(&f->web, "here I am\r\n");
	for (unsigned i = 0; i < 10000; i++)
		say(&f->db, "flood flood flood\n");
	print(f, "event=test\n");
	f->terminal.room = 8192 + 2048;
	console_mux_service(f->mux);
	f->terminal.shown[f->terminal.shown_length] = '\0';
	assert_non_null(strstr(f->terminal.shown, "event=test\r\n"));
	assert_non_null(strstr(f->terminal.shown, "here I am\r\n"));
	f->terminal.room = SIZE_MAX;
	f->terminal.shown_length = 0;
	say(&f->db, "end\n");
	f->terminal.shown[f->terminal.shown_length] = '\0';
	assert_non_null(strstr(f->terminal.shown, " lines are not shown)\r\n[db] end\r\n"));
}

/* While lines keep coming the guest in focus gets its turn. */
static void test_flood_does_not_silence(void **state)
{
	struct fixture *f = *state;
	char block[RING];

	memset(block, 'w', sizeof(block));
	f->terminal.room = 0;
	assert_int_equal(console_endpoint_write(f->web.endpoint, block, sizeof(block)), RING);
	for (unsigned i = 0; i < 400; i++) {
		f->terminal.shown_length = 0;
		for (unsigned k = 0; k < 100; k++)
			say(&f->db, "flood flood flood\n");
		f->terminal.room += 700;
		console_mux_service(f->mux);
	}
	assert_int_equal(f->web.output_calls, 0);
	assert_int_equal(console_endpoint_write(f->web.endpoint, "!", 1), 1);
}

static void test_destroy(void **state)
{
	struct fixture *f = *state;

	say(&f->db, "last words");
	console_endpoint_destroy(f->db.endpoint);
	expect(f, "[db] last words\r\n");
	say(&f->mail, "mail\n");
	f->terminal.shown_length = 0;
	/* What the guest in focus wrote is shown before the next one has its turn. */
	f->terminal.room = 0;
	say(&f->web, "power down\r\n# ");
	console_endpoint_destroy(f->web.endpoint);
	expect_no_event(f);
	f->terminal.room = SIZE_MAX;
	console_mux_service(f->mux);
	expect(f, "power down\r\n# \r\nmail\n");
	expect_event(f, CONSOLE_EVENT_FOCUS, "mail");
	/* Numbers are given again, the lowest first. */
	add_guest(f, &f->db, "db2");
	type(f, ESCAPE "1");
	expect_event(f, CONSOLE_EVENT_FOCUS, "db2");
	console_endpoint_destroy(f->mail.endpoint);
	console_endpoint_destroy(f->db.endpoint);
	expect_event(f, CONSOLE_EVENT_FOCUS, "");
	f->web.endpoint = f->db.endpoint = f->mail.endpoint = NULL;
}

/* The user goes elsewhere while a dead guest's last words wait. */
static void test_leave_the_dead(void **state)
{
	struct fixture *f = *state;

	f->terminal.room = 0;
	say(&f->web, "power down\r\n");
	console_endpoint_destroy(f->web.endpoint);
	f->web.endpoint = NULL;
	expect_no_event(f);
	type(f, ESCAPE "n" "keys");
	expect_event(f, CONSOLE_EVENT_FOCUS, "db");
	expect_keys(&f->db, "keys");
	expect_no_event(f);
}

/* A parked guest gives the focus away when all is shown, and never to another parked one. */
static void test_park(void **state)
{
	struct fixture *f = *state;

	say(&f->db, "last words");
	console_endpoint_park(f->db.endpoint, true);
	expect(f, "[db] last words\r\n");
	expect_no_event(f);
	f->terminal.room = 0;
	say(&f->web, "halted\r\n");
	console_endpoint_park(f->web.endpoint, true);
	expect_no_event(f);
	f->terminal.room = SIZE_MAX;
	console_mux_service(f->mux);
	expect_contains(f, "halted\r\n");
	expect_event(f, CONSOLE_EVENT_FOCUS, "mail");
	console_endpoint_park(f->mail.endpoint, true);
	expect_event(f, CONSOLE_EVENT_FOCUS, "");
	/* The first one that starts afresh has the focus, unless somebody has it. */
	console_endpoint_park(f->db.endpoint, false);
	expect_event(f, CONSOLE_EVENT_FOCUS, "db");
	console_endpoint_park(f->web.endpoint, false);
	expect_no_event(f);
	type(f, "keys");
	expect_keys(&f->db, "keys");
}

/* A parked guest can be looked at; one that has come back takes keys as before. */
static void test_look_at_the_parked(void **state)
{
	struct fixture *f = *state;

	say(&f->db, "what db said\n");
	console_endpoint_park(f->db.endpoint, true);
	type(f, ESCAPE "n");
	expect_event(f, CONSOLE_EVENT_FOCUS, "db");
	f->terminal.shown_length = 0;
	for (unsigned i = 0; i < RING + 10; i++)
		type(f, "x");
	expect_contains(f, "umbra: guest db is parked and takes no keys");
	assert_int_equal(console_mux_service(f->mux), 0);
	assert_int_equal(console_endpoint_port.waiting(f->db.endpoint), 0);
	assert_int_equal(f->db.input_calls, 0);
	type(f, ESCAPE "?");
	expect_contains(f, "guest 2 is db, parked, in focus");
	expect_no_event(f);
	console_endpoint_park(f->db.endpoint, false);
	expect_no_event(f);
	type(f, "y");
	expect_keys(&f->db, "y");
	/* One that starts afresh before all was shown keeps the focus. */
	f->terminal.room = 0;
	say(&f->db, "halted\r\n");
	console_endpoint_park(f->db.endpoint, true);
	type(f, "z");
	console_endpoint_park(f->db.endpoint, false);
	f->terminal.room = SIZE_MAX;
	console_mux_service(f->mux);
	expect_no_event(f);
	expect_keys(&f->db, "z");
}

/* Keys that waited for room in the queue of a guest that is parked then are not in the way. */
static void test_park_the_deaf(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < RING + 10; i++)
		type(f, "x");
	type(f, ESCAPE "p");
	expect_no_event(f);
	console_endpoint_park(f->web.endpoint, true);
	console_mux_service(f->mux);
	expect_event(f, CONSOLE_EVENT_FOCUS, "web");
	expect_keys(&f->db, "xxxxxxxxxx");
}

static void test_two_consoles(void **state)
{
	struct fixture *f = *state;
	struct terminal *second = &f->second;

	second->room = 5;
	assert_int_equal(console_mux_attach(f->mux, &second->console), 0);
	say(&f->web, "both see this");
	/* The slower one sets the pace. */
	expect(f, "both ");
	assert_memory_equal(second->shown, "both ", 5);
	second->room = SIZE_MAX;
	memcpy(second->keys, "abc", 3);
	second->key_count = 3;
	console_mux_service(f->mux);
	expect(f, "see this");
	assert_memory_equal(second->shown, "both see this", 13);
	expect_keys(&f->web, "abc");
}

/* Whatever is left on any screen is said. */
static void test_refresh(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(console_mux_attach(f->mux, &f->second.console), 0);
	assert_int_equal(console_mux_refresh(f->mux), REFRESH_NOTHING);
	f->second.to_refresh = REFRESH_DONE;
	assert_int_equal(console_mux_refresh(f->mux), REFRESH_DONE);
	f->terminal.to_refresh = REFRESH_MORE;
	assert_int_equal(console_mux_refresh(f->mux), REFRESH_MORE);
}

/* The port of a guest's console device is its endpoint. */
static void test_port(void **state)
{
	struct fixture *f = *state;
	const struct console_port *port = &console_endpoint_port;
	char key;

	assert_int_equal(port->write(f->web.endpoint, "hello", 5), 5);
	expect(f, "hello");
	type(f, "ab");
	assert_int_equal(port->waiting(f->web.endpoint), 2);
	assert_int_equal(port->read(f->web.endpoint, &key, 1), 1);
	assert_int_equal(key, 'a');
	assert_int_equal(port->waiting(f->web.endpoint), 1);
}

/* Whoever has much to print is told when there is room for it. */
static void test_room(void **state)
{
	struct fixture *f = *state;

	assert_true(console_mux_has_room(f->mux, 8000));
	f->terminal.room = 0;
	for (unsigned i = 0; i < 195; i++)
		print(f, "a line of Umbra's log that has fifty characters...\n");
	assert_false(console_mux_has_room(f->mux, 8000));
	f->service_calls = 0;
	f->terminal.room = 1000;
	console_mux_service(f->mux);
	assert_int_equal(f->service_calls, 0);
	f->terminal.room = 1000;
	console_mux_service(f->mux);
	assert_int_equal(f->service_calls, 1);
	assert_true(console_mux_has_room(f->mux, 8000));
	f->terminal.room = 1000;
	console_mux_service(f->mux);
	assert_int_equal(f->service_calls, 1);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct console_endpoint *endpoints[CONSOLE_ENDPOINTS_MAX];

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(console_mux_attach(f->mux, &f->terminal.console), 0);
	assert_int_equal(console_mux_attach(f->mux, &f->terminal.console), -E_NOSPC);
	for (unsigned i = 0; i < CONSOLE_ENDPOINTS_MAX; i++) {
		endpoints[i] = console_endpoint_create(f->mux, "a-name-of-many-letters",
						       &guest_callbacks, &f->web);
		assert_non_null(endpoints[i]);
	}
	expect_event(f, CONSOLE_EVENT_FOCUS, "a-name-of-many-");
	assert_null(console_endpoint_create(f->mux, "x", &guest_callbacks, &f->web));
	for (unsigned i = 0; i < CONSOLE_ENDPOINTS_MAX; i++)
		console_endpoint_destroy(endpoints[i]);
}

#define test(name) cmocka_unit_test_setup_teardown(name, console_setup, console_teardown)
#define test_empty(name) \
	cmocka_unit_test_setup_teardown(name, console_setup_empty, console_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(test_focus_is_raw),
		test(test_background_lines),
		test(test_background_is_cleaned),
		test(test_endless_line_is_cut),
		test(test_log_lines),
		test(test_partial_line_is_put_up_again),
		test(test_sequence_is_broken_off),
		test(test_requests_are_not_repeated),
		test(test_replay),
		test(test_replay_is_bounded),
		test(test_focus_is_held_back),
		test(test_writer_is_released),
		test(test_slow_terminal),
		test(test_room),
		test(test_flood),
		test(test_flood_does_not_silence),
		test(test_destroy),
		test(test_leave_the_dead),
		test(test_park),
		test(test_look_at_the_parked),
		test(test_park_the_deaf),
		test(test_two_consoles),
		test(test_refresh),
		test(test_port),
		test_empty(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
