// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/net/net_device.c and net_send.c: opening, sending, trouble. */
#include "lib/error.h"
#include "tests/unit/fake_net_card.h"
#include "tests/unit/unit.h"

#include <string.h>

/* --- sending ---------------------------------------------------------------------------------- */

static void sends(void **state)
{
	uint8_t *buffer = card.device.send_memory;

	(void)state;
	memset(buffer, 0xEE, 100);
	assert_int_equal(send_frame(14, 20), WIRE_SENT);
	assert_int_equal(card.sent_length, 60);
	assert_int_equal(buffer[33], 0x5A);
	for (unsigned i = 34; i < 60; i++)
		assert_int_equal(buffer[i], 0);
	assert_int_equal(send_frame(54, 1460), WIRE_SENT);
	assert_int_equal(card.sent_length, 1514);
	assert_int_equal(card.kicks, 0);
	net_device_flush(&card.device);
	assert_int_equal(card.kicks, 1);
}

/* At the machine's end what was given to the card is waited for, but not for ever. */
static void drains(void **state)
{
	uint64_t since = now;

	(void)state;
	time_step = MS / 4;
	net_devices_drain();
	assert_true(now - since < 100 * MS);
	assert_int_equal(send_frame(60, 0) + send_frame(60, 0), 2 * WIRE_SENT);
	card.done_after = 50;
	net_devices_drain();
	assert_int_equal(card.done_after, 0);
	assert_int_equal(card.filled, 0);
	assert_int_equal(card.kicks, 1);
	assert_true(now - since < 1000 * MS);
	/* This one goes nowhere. */
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
	since = now;
	net_devices_drain();
	assert_true(now - since >= 2000 * MS && now - since < 2100 * MS);
}

/* Nor is anything expected of a card without a link, or of one that has lost its mind. */
static void drains_nothing(void **state)
{
	uint64_t since = now;

	(void)state;
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
	card.link = false;
	raise_interrupt();
	time_step = MS;
	net_devices_drain();
	time_step = 0;
	card.link = true;
	raise_interrupt();
	card.is_nonsense = true;
	time_step = MS;
	net_devices_drain();
	assert_int_equal(card.stops, 1);
	net_devices_drain();
	assert_true(now - since < 100 * MS);
}

/* Without room the client hears of it when there is some, and no sooner. */
static void full(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RING; i++)
		assert_int_equal(send_frame(60, 0), WIRE_SENT);
	assert_int_equal(send_frame(60, 0), WIRE_FULL);
	net_device_flush(&card.device);
	run_until(now + MS);
	assert_int_equal(client.writable, 0);
	card.done = 2;
	run_until(now + MS);
	assert_int_equal(client.writable, 1);
	/* Room is looked for before it is said that there is none. */
	assert_int_equal(send_frame(60, 0) + send_frame(60, 0), 2 * WIRE_SENT);
	card.done = 1;
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
	net_device_want_room(&card.device);
	card.done = 1;
	run_until(now + MS);
	assert_int_equal(client.writable, 2);
}

static void link_down(void **state)
{
	struct net_status status;

	(void)state;
	card.link = false;
	raise_interrupt();
	assert_event("link", "state=down");
	assert_int_equal(send_frame(60, 0), WIRE_DROPPED);
	card.link = true;
	raise_interrupt();
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
	net_device_status(&card.device, &status);
	assert_true(status.link && status.counters.dropped == 1 && status.counters.sent == 1);
}

/* What is under way when the link goes has time until it is back. */
static void link_down_is_no_silence(void **state)
{
	(void)state;
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
	net_device_flush(&card.device);
	card.link = false;
	raise_interrupt();
	run_until(now + 10000 * MS);
	assert_int_equal(card.starts, 1);
}

static void silent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(send_frame(60, 0), WIRE_SENT);
		net_device_flush(&card.device);
		run_until(now + 1900 * MS);
		assert_int_equal(card.starts, 1 + i);
		run_until(now + 300 * MS);
		assert_int_equal(card.starts, 2 + i);
	}
	/* It has sent something, so it has another three chances. */
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
	net_device_flush(&card.device);
	card.done = 1;
	run_until(now + 1000 * MS);
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(events, "");
		assert_int_equal(send_frame(60, 0), WIRE_SENT);
		net_device_flush(&card.device);
		run_until(now + 2500 * MS);
	}
	assert_event("net-lost", "cause=\"it does not send\"");
	assert_int_equal(card.starts, 5);
	assert_int_equal(send_frame(60, 0), WIRE_DROPPED);
	/* Nothing touches it any more. */
	card.asked = 0;
	raise_interrupt();
	assert_int_equal(card.asked, 0);
	assert_int_equal(card_tick(), 0);
}

/* Who looks too late has been held up, and so has the card: it has a moment more. */
static void looked_at_late(void **state)
{
	(void)state;
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
	net_device_flush(&card.device);
	now += 3000 * MS;
	assert_int_not_equal(card_tick(), 0);
	assert_int_equal(card.starts, 1);
	card.done = 1;
	run_until(now + 3000 * MS);
	assert_int_equal(card.starts, 1);
	/* The next one has no moment less. */
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
	net_device_flush(&card.device);
	now += 3000 * MS;
	assert_int_not_equal(card_tick(), 0);
	assert_int_equal(card.starts, 1);
	run_until(now + 300 * MS);
	assert_int_equal(card.starts, 2);
}

/* Whoever waits for room in a card that is given up hears of it, to throw away what it has. */
static void lost_while_full(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		while (send_frame(60, 0) == WIRE_SENT)
			;
		net_device_flush(&card.device);
		run_until(now + 2500 * MS);
	}
	assert_event("net-lost", "cause=\"it does not send\"");
	assert_int_equal(client.writable, 3);
}

static void nonsense(void **state)
{
	(void)state;
	card.is_nonsense = true;
	for (unsigned i = 0; i < 3; i++) {
		assert_string_equal(events, "");
		raise_interrupt();
	}
	assert_event("net-lost", "cause=\"it talks nonsense\"");
	assert_int_equal(card.starts, 3);
}

static void nonsense_received(void **state)
{
	(void)state;
	card.waiting = 1;
	card.kind = NET_NONSENSE;
	raise_interrupt();
	assert_int_equal(card.starts, 2);
	assert_int_equal(client.received + card.given_back, 0);
	card.does_not_start = true;
	card.waiting = 1;
	raise_interrupt();
	run_until(now + 2 * MS);
	assert_event("net-lost", "cause=\"it cannot be reset\"");
}

/* Nobody waits for a card that is reset: the timer comes until it is back. */
static void slow_reset(void **state)
{
	(void)state;
	card.stop_lasts = 20;
	card.is_nonsense = true;
	raise_interrupt();
	card.is_nonsense = false;
	assert_int_equal(card.stop_asked, 1);
	assert_int_equal(send_frame(60, 0), WIRE_DROPPED);
	card.asked = 0;
	raise_interrupt();
	assert_int_equal(card.asked, 0);
	run_until(now + 10 * MS);
	assert_int_equal(card.starts, 1);
	assert_true(card.stop_asked >= 10);
	run_until(now + 20 * MS);
	assert_int_equal(card.stops, 1);
	assert_int_equal(card.starts, 2);
	assert_string_equal(events, "");
	card.waiting = 1;
	raise_interrupt();
	assert_int_equal(client.received, 1);
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
}

static void does_not_come_back(void **state)
{
	(void)state;
	card.stop_lasts = 5;
	card.does_not_stop = true;
	card.is_nonsense = true;
	raise_interrupt();
	assert_string_equal(events, "");
	run_until(now + 20 * MS);
	assert_event("net-lost", "cause=\"it cannot be reset\"");
	assert_int_equal(card.starts, 1);
	assert_int_equal(card_tick(), 0);
}

/* --- opening ---------------------------------------------------------------------------------- */

static void opens_once(void **state)
{
	(void)state;
	assert_int_equal(card_open(), -E_EXIST);
	assert_ptr_equal(net_device_find(card.device.name), &card.device);
	assert_null(net_device_find("net99"));
}

static void does_not_open(void **state)
{
	(void)state;
	card_reset();
	net_device_add(&card.device);
	/* Nobody has opened it: an interrupt of somebody else's line is not answered. */
	raise_interrupt();
	assert_int_equal(card.asked, 0);
	card.does_not_start = true;
	assert_int_equal(card_open(), -E_IO);
	assert_int_equal(card.stops, 1);
	assert_int_equal(send_frame(60, 0), WIRE_DROPPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sends, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(drains, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(drains_nothing, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(full, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(link_down, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(link_down_is_no_silence, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(silent, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(looked_at_late, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(lost_while_full, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(nonsense, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(slow_reset, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(does_not_come_back, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(nonsense_received, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(opens_once, card_setup, card_teardown),
		cmocka_unit_test_teardown(does_not_open, card_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
