// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/net/net_poll.c: taking frames in, and interrupts that come or do not. */
#include "tests/unit/fake_net_card.h"
#include "tests/unit/unit.h"

#include <string.h>

/* --- receiving -------------------------------------------------------------------------------- */

static void receives(void **state)
{
	(void)state;
	card.waiting = 10;
	card.late_frames = 3;
	card.listens = 0;
	assert_true(raise_interrupt());
	assert_int_equal(client.received, 13);
	assert_int_equal(card.given_back, 13);
	assert_int_equal(card.listens, 2);
	client.batches = 0;
	card.waiting = 60;
	assert_true(raise_interrupt());
	assert_int_equal(client.received, 73);
	assert_int_equal(client.batches, 4);
	client.received = card.given_back = 13;
	assert_true(card.listening);
	card.kind = NET_DAMAGED;
	card.waiting = 2;
	raise_interrupt();
	assert_int_equal(client.received, 13);
	assert_int_equal(card.given_back, 15);
	card.mine = false;
	card.waiting = 1;
	raise_interrupt();
	assert_int_equal(card.given_back, 15);
}

/* A quarter of the CPU at most, in pieces, and no interrupt while it lasts. */
static void flood(void **state)
{
	uint64_t begin = now;
	unsigned before;

	(void)state;
	card.waiting = UINT32_MAX;
	client.receive_time = 10000;
	raise_interrupt();
	assert_true(client.received <= 128);
	assert_false(card.listening);
	before = card.listens;
	run_until(begin + 1000 * MS);
	assert_int_equal(card.listens, before);
	assert_true(client.time_received > 200 * MS && client.time_received < 260 * MS);
	card.waiting = 0;
	run_until(now + 100 * MS);
	assert_true(card.listening);
	assert_true(alarm_at == UINT64_MAX);
}

/* A frame that takes as long as none can has the card wait for a bounded time. */
static void held_up(void **state)
{
	(void)state;
	card.waiting = 1;
	client.receive_time = 10000 * MS;
	raise_interrupt();
	assert_false(card.listening);
	run_until(now + 25 * MS);
	assert_true(card.listening);
}

/* Endless interrupts without a reason take a bounded part of the time, and are reported. */
static void storm(void **state)
{
	unsigned asked;

	(void)state;
	assert_true(raise_interrupt());	/* of the link, which came up */
	asked = card.asked;
	for (unsigned i = 0; i < 100000; i++) {
		now += 1000;
		if (card.listening)
			assert_false(raise_interrupt());
		run_until(now);
	}
	/* 3 us each, as it is reckoned, are to be a quarter of 100 ms. */
	assert_true(card.asked - asked > 5000 && card.asked - asked < 10000);
}

/* Those of a card that does not let itself be muted cost no more than asking it. */
static void deaf_storm(void **state)
{
	(void)state;
	card.waiting = UINT32_MAX;
	client.receive_time = 10000;
	while (card.listening)
		assert_true(raise_interrupt());
	client.received = 0;
	for (unsigned i = 0; i < 1000; i++)
		assert_false(raise_interrupt());
	assert_int_equal(client.received, 0);
}

/* The timer was faster: a reason for one interrupt, not for more. */
static void late_interrupt(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		net_device_want_room(&card.device);
		card.waiting = 3;
		run_until(now + MS);
		assert_int_equal(client.received, 3 * (i + 1));
		assert_true(card.listening);
		assert_true(raise_interrupt());
		assert_false(raise_interrupt());
	}
}

static void silenced(void **state)
{
	struct net_status status;

	(void)state;
	irq->silenced(&card.device);
	net_device_status(&card.device, &status);
	assert_true(status.is_polled);
	card.waiting = 5;
	run_until(now + 2 * MS);
	assert_int_equal(client.received, 5);
}

static void no_interrupts(void **state)
{
	struct net_status status;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		net_device_status(&card.device, &status);
		assert_false(status.is_polled);
		assert_int_equal(send_frame(60, 0), WIRE_SENT);
		net_device_flush(&card.device);
		card.done = card.waiting = 1;
		run_until(now + 200 * MS);
		assert_int_equal(client.received, i + 1);
	}
	card.waiting = 5;
	run_until(now + 2 * MS);
	assert_int_equal(client.received, 13);
}

/* A card as the test has set it up behind card_reset. */
static void add_and_open(void)
{
	net_device_add(&card.device);
	assert_int_equal(card_open(), 0);
}

static void never_any(void **state)
{
	(void)state;
	has_interrupts = false;
	card_reset();
	add_and_open();
	run_until(now + MS);
	card.waiting = 5;
	run_until(now + 2 * MS);
	assert_int_equal(client.received, 5);
	assert_int_equal(card.listens, 0);
}

static void open_without_link(void)
{
	card_reset();
	card.link = false;
	add_and_open();
	run_until(now + 5000 * MS);
	assert_string_equal(events, "");
	assert_int_equal(send_frame(60, 0), WIRE_DROPPED);
}

/* A line that leads nowhere, and a link that takes its time, as all do after a reset. */
static void deaf_without_link(void **state)
{
	(void)state;
	open_without_link();
	card.link = true;
	run_until(now + 101 * MS);
	assert_event("link", "state=up");
	assert_int_equal(send_frame(60, 0), WIRE_SENT);
	for (unsigned i = 0; i < 8; i++) {
		card.waiting = 1;
		run_until(now + 101 * MS);
		assert_int_equal(client.received, i + 1);
	}
	card.waiting = 1;
	run_until(now + 2 * MS);
	assert_int_equal(client.received, 9);
}

/* A link that comes and goes is as good a sign as frames are. */
static void deaf_to_link(void **state)
{
	struct net_status status;

	(void)state;
	open_without_link();
	for (unsigned i = 0; i < 8; i++) {
		net_device_status(&card.device, &status);
		assert_false(status.is_polled);
		card.link = !card.link;
		run_until(now + 101 * MS);
	}
	net_device_status(&card.device, &status);
	assert_true(status.is_polled);
}

static void polled_link(void **state)
{
	unsigned links;

	(void)state;
	raise_interrupt();
	irq->silenced(&card.device);
	for (unsigned i = 0; i < 2; i++) {
		card.link = i;
		links = card.links;
		run_until(now + 1000 * MS);
		assert_event("link", i ? "state=up" : "state=down");
		assert_in_range(card.links - links, 9, 11);
		events[0] = '\0';
	}
}

static void polled_without_link(void **state)
{
	(void)state;
	has_interrupts = false;
	open_without_link();
	card.link = true;
	run_until(now + 101 * MS);
	assert_event("link", "state=up");
}

/* Whoever was heard once is believed: nobody looks while nothing happens. */
static void idle(void **state)
{
	unsigned links;

	(void)state;
	raise_interrupt();
	run_until(now + 101 * MS);
	assert_true(alarm_at == UINT64_MAX && card.device.due == UINT64_MAX);
	links = card.links;
	run_until(now + 10000 * MS);
	assert_int_equal(card.links, links);
}

static void interrupt_again(void)
{
	client.on_writable = NULL;
	card.waiting += 2;
	assert_true(raise_interrupt());
	/* Somebody takes frames in already, so this one did not. */
	assert_int_equal(client.received, 1);
}

/* An interrupt on another CPU meanwhile is not lost. */
static void at_once(void **state)
{
	(void)state;
	net_device_want_room(&card.device);
	card.waiting = 1;
	client.on_writable = interrupt_again;
	alarm_at = now;
	card.device.due = now;
	run_until(now);
	run_until(now + MS);
	assert_int_equal(client.received, 3);
	assert_true(card.listening);
}

static void ask_link_again(void)
{
	client.on_writable = NULL;
	card.link = card.mine = false;
	raise_interrupt();
	/* Muted, that is somebody else's interrupt; but it is over now. */
	assert_true(card.device.link_asked && card.device.link);
}

static void link_goes_at_once(void **state)
{
	(void)state;
	raise_interrupt();
	net_device_want_room(&card.device);
	client.on_writable = ask_link_again;
	run_until(now + MS);
	assert_event("link", "state=down");
	assert_true(card.listening);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(receives, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(flood, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(held_up, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(storm, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(deaf_storm, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(late_interrupt, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(silenced, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(no_interrupts, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(at_once, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(link_goes_at_once, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(polled_link, card_setup, card_teardown),
		cmocka_unit_test_setup_teardown(idle, card_setup, card_teardown),
		cmocka_unit_test_teardown(deaf_without_link, card_teardown),
		cmocka_unit_test_teardown(deaf_to_link, card_teardown),
		cmocka_unit_test_teardown(polled_without_link, card_teardown),
		cmocka_unit_test_teardown(never_any, card_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
