// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the console multiplexer's panel. */
#include "tests/unit/console_fixture.h"

#include <string.h>

#define BEGIN "\x1B[?1049h\x1B[H\x1B[J"
#define END "\x1B[?1049l"

static void test_has_the_terminal(void **state)
{
	struct fixture *f = *state;

	say(&f->web, "web$ ");
	expect(f, "web$ ");
	console_mux_panel_begin(f->mux);
	/* In the midst of a line: that is left first. */
	expect(f, "\r\n" BEGIN);
	console_mux_panel_show(f->mux, "one\ntwo\n");
	expect(f, "\x1B[Hone\x1B[K\r\ntwo\x1B[K\r\n\x1B[J");
	/* What guests and Umbra say waits. */
	say(&f->web, "ls");
	say(&f->db, "started\n");
	print(f, "event=news\n");
	expect(f, "");
	console_mux_panel_show(f->mux, "three\n");
	expect(f, "\x1B[Hthree\x1B[K\r\n\x1B[J");
	console_mux_panel_end(f->mux);
	expect(f, END "[db] started\r\nevent=news\r\nweb$ ls");
}

static void test_keys(void **state)
{
	struct fixture *f = *state;

	console_mux_panel_begin(f->mux);
	expect(f, BEGIN);
	type(f, "q");
	expect_event(f, CONSOLE_EVENT_PANEL_KEY, "q");
	/* One by one, and the escape key is a key. */
	type(f, ESCAPE "n");
	expect_event(f, CONSOLE_EVENT_PANEL_KEY, ESCAPE);
	console_mux_service(f->mux);
	expect_event(f, CONSOLE_EVENT_PANEL_KEY, "n");
	expect_no_event(f);
	console_mux_panel_end(f->mux);
	expect(f, END);
	type(f, "x");
	expect_keys(&f->web, "x");
	expect_no_event(f);
}

/* A picture that is not out yet is not replaced in its midst, and the end comes behind it. */
static void test_slow_terminal(void **state)
{
	struct fixture *f = *state;

	console_mux_panel_begin(f->mux);
	expect(f, BEGIN);
	f->terminal.room = 5;
	console_mux_panel_show(f->mux, "first\n");
	expect(f, "\x1B[Hfi");
	console_mux_panel_show(f->mux, "second\n");
	console_mux_panel_end(f->mux);
	expect(f, "");
	f->terminal.room = 1000;
	console_mux_service(f->mux);
	expect(f, "rst\x1B[K\r\n\x1B[J" END);
}

static void test_too_long(void **state)
{
	static char text[20000];
	struct fixture *f = *state;

	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 99; i < sizeof(text) - 1; i += 100)
		text[i] = '\n';
	console_mux_panel_begin(f->mux);
	expect(f, BEGIN);
	console_mux_panel_show(f->mux, text);
	console_mux_panel_end(f->mux);
	/* Whole lines, and the end all the same. */
	expect_contains(f, "xxxx\x1B[K\r\n\x1B[J" END);
}

static void test_without_begin(void **state)
{
	struct fixture *f = *state;

	console_mux_panel_show(f->mux, "text\n");
	console_mux_panel_end(f->mux);
	expect(f, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_has_the_terminal, console_setup,
						console_teardown),
		cmocka_unit_test_setup_teardown(test_keys, console_setup, console_teardown),
		cmocka_unit_test_setup_teardown(test_slow_terminal, console_setup,
						console_teardown),
		cmocka_unit_test_setup_teardown(test_too_long, console_setup, console_teardown),
		cmocka_unit_test_setup_teardown(test_without_begin, console_setup,
						console_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
