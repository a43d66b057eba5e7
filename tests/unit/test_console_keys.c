// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the console multiplexer's way from the terminal: keys, the escape
 * key, the command line; and random use of everything.
 */
#include "tests/unit/console_fixture.h"

#include <stdio.h>
#include <string.h>

static void test_keys_go_to_focus(void **state)
{
	struct fixture *f = *state;

	type(f, "ls\r\x03");
	assert_int_equal(f->web.input_calls, 4);
	assert_int_equal(console_endpoint_port.waiting(f->web.endpoint), 4);
	expect_keys(&f->web, "ls\r\x03");
	type(f, ESCAPE ESCAPE);
	expect_keys(&f->web, ESCAPE);
	type(f, ESCAPE);
	type(f, "n");
	type(f, "x");
	expect_keys(&f->web, "");
	expect_keys(&f->db, "x");
	expect_event(f, CONSOLE_EVENT_FOCUS, "db");
	expect(f, "");
}

static void test_focus_keys(void **state)
{
	struct fixture *f = *state;

	type(f, ESCAPE "p");
	expect_event(f, CONSOLE_EVENT_FOCUS, "mail");
	type(f, ESCAPE "n");
	expect_event(f, CONSOLE_EVENT_FOCUS, "web");
	type(f, ESCAPE "2");
	expect_event(f, CONSOLE_EVENT_FOCUS, "db");
	type(f, ESCAPE "2");
	expect_no_event(f);
	expect(f, "");
	type(f, ESCAPE "7");
	expect(f, "umbra: there is no guest 7\r\n");
	type(f, ESCAPE "q");
	expect_contains(f, "umbra: Ctrl-] q means nothing");
	type(f, ESCAPE "\x01");
	expect_contains(f, "key 0x01");
	type(f, ESCAPE "?");
	expect_contains(f, "umbra: guest 2 is db, in focus\r\n");
	type(f, ESCAPE "0");
	expect_event(f, CONSOLE_EVENT_FOCUS, "");
	type(f, ESCAPE "3");
	expect_event(f, CONSOLE_EVENT_FOCUS, "mail");
	expect_no_event(f);
	expect_keys(&f->web, "");
	expect_keys(&f->db, "");
}

/* With many guests the help stays short, and those without a key are chosen otherwise. */
static void test_many_guests(void **state)
{
	struct fixture *f = *state;
	struct guest many[12];
	char name[8];

	for (unsigned i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		add_guest(f, &many[i], name);
	}
	type(f, ESCAPE "?");
	expect_contains(f, "umbra: guest 9 is g5\r\n"
			   "umbra: and 6 more: 'guests' lists them, 'focus NAME' chooses one\r\n");
	console_endpoint_focus(many[11].endpoint);
	expect_event(f, CONSOLE_EVENT_FOCUS, "g11");
	type(f, ESCAPE "?");
	expect_contains(f, "umbra: guest 9 is g5\r\numbra: guest 15 is g11, in focus\r\n"
			   "umbra: and 5 more:");
	type(f, "x");
	expect_keys(&many[11], "x");
	for (unsigned i = 0; i < 12; i++)
		console_endpoint_destroy(many[i].endpoint);
}

static void test_keys_are_never_lost(void **state)
{
	struct fixture *f = *state;
	char got[256];
	unsigned expected = 0;
	size_t count;

	for (unsigned i = 0; i < 30000; i++)
		f->terminal.keys[f->terminal.key_count++] = (char)('a' + i % 23);
	console_mux_service(f->mux);
	assert_int_equal(console_endpoint_port.waiting(f->web.endpoint), RING);
	assert_true(f->terminal.keys_taken <= RING + 1);
	f->service_calls = 0;
	while ((count = console_endpoint_port.read(f->web.endpoint, got, sizeof(got))) > 0) {
		for (size_t i = 0; i < count; i++)
			assert_int_equal(got[i], 'a' + expected++ % 23);
		if (f->service_calls > 0) {
			f->service_calls = 0;
			console_mux_service(f->mux);
		}
	}
	assert_int_equal(expected, 30000);
}

/* A guest that takes no keys must not keep the user from the escape key for ever. */
static void test_deaf_guest(void **state)
{
	struct fixture *f = *state;
	uint32_t stalled;
	char key;

	assert_int_equal(console_mux_service(f->mux), 0);
	for (unsigned i = 0; i < RING + 10; i++)
		type(f, "x");
	stalled = console_mux_service(f->mux);
	assert_int_not_equal(stalled, 0);
	/* Who reads, however slowly, is not deaf. */
	assert_int_equal(console_endpoint_port.read(f->web.endpoint, &key, 1), 1);
	assert_int_not_equal(console_mux_service(f->mux), stalled);

	type(f, ESCAPE "n");
	expect_no_event(f);
	/* It has read since it was said to be deaf, and then it has not. */
	stalled = console_mux_give_up(f->mux, stalled);
	assert_int_not_equal(stalled, 0);
	(void)console_mux_give_up(f->mux, stalled);
	console_mux_service(f->mux);
	expect_contains(f, "guest web does not take its keys");
	expect_event(f, CONSOLE_EVENT_FOCUS, "db");
	assert_int_equal(console_endpoint_port.waiting(f->web.endpoint), RING);
	assert_int_equal(console_mux_service(f->mux), 0);

	/* As soon as it takes keys again, none is dropped. */
	assert_int_equal(console_endpoint_port.read(f->web.endpoint, &key, 1), 1);
	type(f, ESCAPE "p" "y");
	assert_int_equal(console_endpoint_port.waiting(f->web.endpoint), RING);
}

static void test_command(void **state)
{
	struct fixture *f = *state;

	say(&f->web, "$ ");
	type(f, ESCAPE ":");
	expect(f, "$ \r\numbra> ");
	type(f, "lisx\x7Ft\x1B[A");
	expect(f, "lisx\b \bt");
	/* The guest waits, lines do not. */
	say(&f->web, "late ");
	say(&f->db, "line\n");
	expect(f, "\r\n[db] line\r\numbra> list");
	type(f, "\rkey");
	expect(f, "\r\n");
	expect_keys(&f->web, "");
	expect_event(f, CONSOLE_EVENT_COMMAND, "list");
	expect_no_event(f);
	/* The guest's line comes up again behind the answer. */
	print(f, "answer\n");
	expect(f, "answer\r\n$ late ");
	console_mux_service(f->mux);
	expect(f, "");
	expect_keys(&f->web, "key");
}

/* Whoever has no answer to give only services the console again, as he was asked to. */
static void test_command_without_answer(void **state)
{
	struct fixture *f = *state;

	say(&f->web, "$ ");
	type(f, ESCAPE ":quiet\r");
	expect(f, "$ \r\numbra> quiet\r\n");
	expect_event(f, CONSOLE_EVENT_COMMAND, "quiet");
	console_mux_service(f->mux);
	expect(f, "$ ");
}

static void test_command_editing(void **state)
{
	struct fixture *f = *state;
	char line[CONSOLE_COMMAND_SIZE + 100];

	type(f, ESCAPE ":abc\x15" "de\x03");
	expect(f, "umbra> abc\rumbra> \x1B[Kde\r\n");
	expect_no_event(f);
	type(f, ESCAPE ":\r");
	expect(f, "umbra> \r\n");
	expect_no_event(f);
	type(f, ESCAPE ":\x7F\x01" "a" ESCAPE "b");
	expect(f, "umbra> \aa\r\n");
	expect_no_event(f);
	expect_keys(&f->web, "b");
	/* As long as a command may be, and no longer. */
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	type(f, ESCAPE ":");
	type(f, line);
	type(f, "\n");
	line[CONSOLE_COMMAND_SIZE - 1] = '\0';
	expect_event(f, CONSOLE_EVENT_COMMAND, line);
}

/* A command that has to wait until the answer of the one before is complete does not stop that. */
static void test_command_during_answer(void **state)
{
	struct fixture *f = *state;

	type(f, ESCAPE ":long\r");
	expect_event(f, CONSOLE_EVENT_COMMAND, "long");
	f->terminal.room = 0;
	print(f, "the first piece\n");
	type(f, ESCAPE ":next\r");
	f->terminal.room = 100000;
	for (unsigned i = 0; i < 1000; i++)
		print(f, "another piece of the answer\n");
	assert_true(console_mux_has_room(f->mux, 16384));
	assert_null(strstr(f->terminal.shown, "not shown"));
	expect_event(f, CONSOLE_EVENT_COMMAND, "next");
}

/* Two commands at once: the second waits until the first was fetched. */
static void test_two_commands(void **state)
{
	struct fixture *f = *state;

	type(f, ESCAPE ":one\r" ESCAPE ":two\r");
	f->service_calls = 0;
	expect_event(f, CONSOLE_EVENT_COMMAND, "one");
	assert_int_equal(f->service_calls, 1);
	console_mux_service(f->mux);
	expect_event(f, CONSOLE_EVENT_COMMAND, "two");
}

/* With little room for the echo no key of a command is lost. */
static void test_command_on_slow_terminal(void **state)
{
	struct fixture *f = *state;
	char line[101];

	f->terminal.room = 0;
	memset(line, 'y', 100);
	line[100] = '\0';
	type(f, ESCAPE ":");
	for (unsigned i = 0; i < 20; i++) {
		type(f, line);
		type(f, "\x15");
	}
	type(f, "done\r");
	for (unsigned i = 0; i < 10000; i++) {
		f->terminal.room++;
		console_mux_service(f->mux);
	}
	expect_event(f, CONSOLE_EVENT_COMMAND, "done");
}

static void test_no_guest(void **state)
{
	struct fixture *f = *state;

	type(f, "help\r");
	expect(f, "umbra> help\r\n");
	expect_event(f, CONSOLE_EVENT_COMMAND, "help");
	type(f, ESCAPE "n");
	expect(f, "umbra: there is no guest\r\n");
	type(f, ESCAPE "0");
	add_guest(f, &f->web, "web");
	expect_no_event(f);
	type(f, ESCAPE "1");
	expect_event(f, CONSOLE_EVENT_FOCUS, "web");
}

static uint8_t random_byte(uint64_t *seed)
{
	if (unit_random(seed) % 5 == 0)
		return (uint8_t)unit_random(seed);
	return (uint8_t)"abc\x1B[;m\r\n\t12Kn"[unit_random(seed) % 15];
}

/* Whatever happens in whatever order: nothing faults, and keys arrive in order. */
static void test_random(void **state)
{
	struct fixture *f = *state;
	struct guest *guests[] = { &f->web, &f->db, &f->mail };
	uint64_t seed = 42;

	for (unsigned i = 0; i < 60000; i++) {
		struct guest *guest = guests[unit_random(&seed) % 3];
		struct console_event event;
		uint8_t bytes[300];
		size_t length = unit_random(&seed) % sizeof(bytes);

		for (size_t k = 0; k < length; k++)
			bytes[k] = random_byte(&seed);
		f->terminal.shown_length = 0;
		f->terminal.room = unit_random(&seed) % 1500;
		switch (unit_random(&seed) % 7) {
		case 0:
			console_mux_print(f->mux, (const char *)bytes, length);
			break;
		case 1:
			f->terminal.keys_taken = f->terminal.key_count = 0;
			bytes[length > 9 ? 9 : 0] = '\0';
			bytes[0] = unit_random(&seed) % 2 ? 0x1D : bytes[0];
			bytes[1] = (uint8_t)"np0123:?x\x1D"[unit_random(&seed) % 10];
			type(f, (const char *)bytes);
			break;
		case 2:
			console_endpoint_port.read(guest->endpoint, bytes, length);
			break;
		case 3:
			console_mux_take_event(f->mux, &event);
			break;
		case 4:
			console_endpoint_park(guest->endpoint, unit_random(&seed) % 4 == 0);
			if (unit_random(&seed) % 8 == 0) {
				console_endpoint_destroy(guest->endpoint);
				add_guest(f, guest, "new");
			}
			break;
		default:
			console_endpoint_write(guest->endpoint, bytes, length);
		}
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, console_setup, console_teardown)
#define test_empty(name) \
	cmocka_unit_test_setup_teardown(name, console_setup_empty, console_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(test_keys_go_to_focus),
		test(test_focus_keys),
		test(test_many_guests),
		test(test_keys_are_never_lost),
		test(test_deaf_guest),
		test(test_command),
		test(test_command_without_answer),
		test(test_command_editing),
		test(test_command_during_answer),
		test(test_two_commands),
		test(test_command_on_slow_terminal),
		test_empty(test_no_guest),
		test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
