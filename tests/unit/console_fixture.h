/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the console multiplexer: a pretended terminal that takes as many
 * bytes as a test allows, keys that a test types, and three guests.
 */
#ifndef UMBRA_TESTS_UNIT_CONSOLE_FIXTURE_H
#define UMBRA_TESTS_UNIT_CONSOLE_FIXTURE_H

#include "drivers/console/console_mux.h"
#include "tests/unit/unit.h"

#define ESCAPE "\x1D"
#define RING 16384u	/* of a guest, for output and for keys */

/* A string literal and its length, NULs in it included. */
#define TEXT(text) (text), sizeof(text) - 1

struct terminal {
	struct console console;
	size_t room;
	size_t shown_length;
	char shown[200000];
	size_t key_count, keys_taken;
	char keys[40000];
	enum console_refresh to_refresh;	/* what its refresh says */
};

struct guest {
	struct console_endpoint *endpoint;
	unsigned input_calls;
	unsigned output_calls;
};

struct fixture {
	struct console_mux *mux;
	struct terminal terminal;	/* attached, with all the room there is */
	struct terminal second;		/* not attached */
	struct guest web, db, mail;	/* guests 1, 2 and 3; web in focus */
	unsigned service_calls;
};

/* For cmocka: with the three guests, without guests, and afterwards. */
int console_setup(void **state);
int console_setup_empty(void **state);
int console_teardown(void **state);

extern const struct console_endpoint_callbacks guest_callbacks;

void add_guest(struct fixture *f, struct guest *guest, const char *name);

/* All that was shown since the last expectation is this; or has this in it. */
void expect_bytes(struct fixture *f, const char *text, size_t length);
void expect(struct fixture *f, const char *text);
void expect_contains(struct fixture *f, const char *text);

/* The keys that wait for the guest, up to 63, are these. */
void expect_keys(struct guest *guest, const char *keys);

void expect_event(struct fixture *f, int kind, const char *text);
void expect_no_event(struct fixture *f);

/* The user types, the guest writes (and all is taken), Umbra prints. */
void type(struct fixture *f, const char *keys);
void say(struct guest *guest, const char *text);
void print(struct fixture *f, const char *text);

#endif
