// SPDX-License-Identifier: GPL-2.0-only
/* The terminal and the guests of the console multiplexer's tests. */
#include "tests/unit/console_fixture.h"

#include "arch/cpu/spinlock.h"
#include "lib/compiler.h"

#include <stdlib.h>
#include <string.h>

static bool locked;

void spin_lock(struct spinlock *lock)
{
	assert_int_equal(lock->rank, LOCK_CONSOLE);
	assert_false(locked);
	locked = true;
}

void spin_unlock(struct spinlock *lock)
{
	(void)lock;
	assert_true(locked);
	locked = false;
}

static size_t terminal_room(struct console *console, size_t wanted)
{
	struct terminal *t = (struct terminal *)console;

	assert_true(locked);
	return MIN(wanted, t->room);
}

static size_t terminal_write(struct console *console, const void *data, size_t length)
{
	struct terminal *t = (struct terminal *)console;

	assert_true(locked);
	assert_true(length <= t->room);
	assert_true(length < sizeof(t->shown) - t->shown_length);
	memcpy(t->shown + t->shown_length, data, length);
	t->shown_length += length;
	t->room -= length;
	return length;
}

static size_t terminal_read(struct console *console, void *buffer, size_t size)
{
	struct terminal *t = (struct terminal *)console;
	size_t count = MIN(size, t->key_count - t->keys_taken);

	assert_true(locked);
	memcpy(buffer, t->keys + t->keys_taken, count);
	t->keys_taken += count;
	return count;
}

static enum console_refresh terminal_refresh(struct console *console)
{
	struct terminal *terminal = (struct terminal *)console;
	enum console_refresh shown = terminal->to_refresh;

	assert_true(locked);
	/* As a screen does, which has nothing left to draw after it was asked. */
	terminal->to_refresh = REFRESH_NOTHING;
	return shown;
}

static const struct console_ops terminal_ops = {
	.room = terminal_room, .write = terminal_write, .read = terminal_read,
	.refresh = terminal_refresh,
};

static void service_due(void *context)
{
	assert_true(locked);
	((struct fixture *)context)->service_calls++;
}

static void input_ready(void *context)
{
	assert_true(locked);
	((struct guest *)context)->input_calls++;
}

static void output_ready(void *context)
{
	assert_true(locked);
	((struct guest *)context)->output_calls++;
}

const struct console_endpoint_callbacks guest_callbacks = { input_ready, output_ready };

void add_guest(struct fixture *f, struct guest *guest, const char *name)
{
	guest->endpoint = console_endpoint_create(f->mux, name, &guest_callbacks, guest);
	assert_non_null(guest->endpoint);
}

void expect_bytes(struct fixture *f, const char *text, size_t length)
{
	struct terminal *t = &f->terminal;

	if (t->shown_length != length || memcmp(t->shown, text, length) != 0) {
		t->shown[t->shown_length] = '\0';
		fail_msg("shown: <%s>\nwanted: <%s>", t->shown, text);
	}
	t->shown_length = 0;
}

void expect(struct fixture *f, const char *text)
{
	expect_bytes(f, text, strlen(text));
}

void expect_contains(struct fixture *f, const char *text)
{
	f->terminal.shown[f->terminal.shown_length] = '\0';
	if (!strstr(f->terminal.shown, text))
		fail_msg("shown: <%s>\nlacks: <%s>", f->terminal.shown, text);
	f->terminal.shown_length = 0;
}

void type(struct fixture *f, const char *keys)
{
	struct terminal *t = &f->terminal;

	assert_true(strlen(keys) <= sizeof(t->keys) - t->key_count);
	memcpy(t->keys + t->key_count, keys, strlen(keys));
	t->key_count += strlen(keys);
	console_mux_service(f->mux);
}

void say(struct guest *guest, const char *text)
{
	assert_int_equal(console_endpoint_write(guest->endpoint, text, strlen(text)),
			 strlen(text));
}

void print(struct fixture *f, const char *text)
{
	console_mux_print(f->mux, text, strlen(text));
}

void expect_keys(struct guest *guest, const char *keys)
{
	char got[64];
	size_t count = console_endpoint_port.read(guest->endpoint, got, sizeof(got) - 1);

	got[count] = '\0';
	assert_string_equal(got, keys);
}

void expect_event(struct fixture *f, int kind, const char *text)
{
	struct console_event event;

	assert_true(console_mux_take_event(f->mux, &event));
	assert_int_equal(event.kind, kind);
	assert_string_equal(event.text, text);
}

void expect_no_event(struct fixture *f)
{
	struct console_event event;

	assert_false(console_mux_take_event(f->mux, &event));
}

int console_setup_empty(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->terminal.console = (struct console){ .name = "first", .ops = &terminal_ops };
	f->second.console = (struct console){ .name = "second", .ops = &terminal_ops };
	f->terminal.room = SIZE_MAX;
	f->mux = console_mux_create(service_due, f);
	assert_non_null(f->mux);
	assert_int_equal(console_mux_attach(f->mux, &f->terminal.console), 0);
	*state = f;
	return 0;
}

int console_setup(void **state)
{
	struct fixture *f;

	console_setup_empty(state);
	f = *state;
	add_guest(f, &f->web, "web");
	add_guest(f, &f->db, "db");
	add_guest(f, &f->mail, "mail");
	expect_event(f, CONSOLE_EVENT_FOCUS, "web");
	expect_no_event(f);
	return 0;
}

int console_teardown(void **state)
{
	struct fixture *f = *state;

	f->terminal.room = SIZE_MAX;
	f->terminal.shown_length = 0;
	if (f->web.endpoint)
		console_endpoint_destroy(f->web.endpoint);
	if (f->db.endpoint)
		console_endpoint_destroy(f->db.endpoint);
	if (f->mail.endpoint)
		console_endpoint_destroy(f->mail.endpoint);
	free(f->mux);
	free(f);
	return 0;
}
