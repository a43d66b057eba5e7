// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one port of a switch can do to the others: two guests that may use their own
 * address only, one that bridges, and a wire with the gateway of all of them behind it.
 */
#include "drivers/net/ethernet_switch.h"
#include "drivers/net/switch_queue.h"
#include "tests/unit/net_frames.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { GOOD, BAD, BRIDGE, WIRE, PORTS };

/* Stations by their last byte: the guests' own are their ports' numbers. */
#define GATEWAY 50
#define STRANGER 60

static struct ethernet_switch *ethernet;
static struct switch_port *ports[PORTS];
static unsigned ready;
static uint64_t now;
static uint8_t frame[NET_FRAME_MAX];
static uint32_t copies;

static void note_ready(void *context)
{
	++*(unsigned *)context;
}

static void put(uint8_t *at, uint8_t station)
{
	memcpy(at, (uint8_t[]){ 2, 0, 0, 0, 0, station }, ETHERNET_ADDRESS_SIZE);
}

static void create(unsigned number)
{
	uint8_t address[ETHERNET_ADDRESS_SIZE];

	put(address, (uint8_t)number);
	assert_int_equal(switch_port_create(ethernet, "port", number == WIRE ? NULL : address,
					    note_ready, &ready, &ports[number]),
			 0);
	if (number == BRIDGE)
		switch_port_bridge(ports[number]);
	switch_port_open(ports[number], true);
}

static bool fetch(void *context, uint32_t offset, void *to, uint32_t length)
{
	(void)context;
	memcpy(to, frame + offset, length);
	return true;
}

/* What is in frame. */
static void send_frame(unsigned port, uint32_t length)
{
	struct switch_source source = { .length = length, .fetch = fetch };

	assert_true(switch_port_send(ports[port], &source, now));
	copies = source.copies;
}

static void send(unsigned port, uint8_t to, uint8_t from)
{
	put(frame, to);
	put(frame + ETHERNET_ADDRESS_SIZE, from);
	send_frame(port, 60);
}

static unsigned take_all(unsigned port)
{
	unsigned count = 0;

	for (; switch_port_first(ports[port]); count++)
		switch_port_take(ports[port], true);
	return count;
}

/* Since the last call each port got one frame whose bit is set in mask, and the others none. */
static void assert_got(unsigned mask)
{
	for (unsigned i = 0; i < PORTS; i++)
		assert_int_equal(take_all(i), mask >> i & 1);
}

#define TO(port) (1u << (port))

static int setup(void **state)
{
	(void)state;
	ethernet = ethernet_switch_create("test");
	now = 1000;
	memset(frame, 0, sizeof(frame));
	for (unsigned i = 0; i < PORTS; i++)
		create(i);
	/* The gateway has been heard. */
	send(WIRE, GOOD, GATEWAY);
	assert_got(TO(GOOD));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PORTS; i++)
		switch_port_destroy(ports[i]);
	for (unsigned i = 0; i < SWITCH_BUCKETS; i++)
		assert_null(ethernet->buckets[i]);
	ethernet_switch_destroy(ethernet);
	return 0;
}

/* Everybody is reached where it is, and by nobody else's port. */
static void assert_all_in_place(void)
{
	send(GOOD, GATEWAY, GOOD);
	assert_got(TO(WIRE));
	send(BRIDGE, GATEWAY, BRIDGE);
	assert_got(TO(WIRE));
	for (unsigned i = GOOD; i <= BRIDGE; i++) {
		send(WIRE, (uint8_t)i, GATEWAY);
		assert_got(TO(i));
	}
	send(BRIDGE, GOOD, BRIDGE);
	assert_got(TO(GOOD));
}

/* --- take-over ------------------------------------------------------------------------------- */

/* From every address but its own, to everybody: nothing arrives, and nothing is learned. */
static void own_address_only(void **state)
{
	static const uint8_t victims[] = { GATEWAY, STRANGER, GOOD, BRIDGE };
	uint64_t forged = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(victims); i++) {
		send(BAD, GOOD, victims[i]);
		send(BAD, BAD, victims[i]);
		send(BAD, GATEWAY, victims[i]);
		send(BAD, 99, victims[i]);
		memset(frame, 0xFF, ETHERNET_ADDRESS_SIZE);
		send_frame(BAD, 60);
		forged += 5;
		assert_got(0);
		assert_int_equal(ports[BAD]->counters.forged, forged);
	}
	assert_int_equal(ports[BAD]->counters.refused, forged);
	assert_int_equal(ports[BAD]->counters.sent, 0);
	assert_all_in_place();
	/* From its own it may. */
	send(BAD, GATEWAY, BAD);
	assert_got(TO(WIRE));
}

/* Broadcast, multicast and their like are no senders, wherever they come from. */
static void groups_send_nothing(void **state)
{
	static const uint8_t groups[][ETHERNET_ADDRESS_SIZE] = {
		{ 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, { 1, 0, 0x5E, 0, 0, 1 },
		{ 3, 0, 0, 0, 0, GOOD },
	};

	(void)state;
	for (unsigned port = 0; port < PORTS; port++) {
		for (unsigned i = 0; i < ARRAY_SIZE(groups); i++) {
			put(frame, (uint8_t)(port == GOOD ? BAD : GOOD));
			memcpy(frame + ETHERNET_ADDRESS_SIZE, groups[i], sizeof(groups[i]));
			send_frame(port, 60);
		}
		assert_got(0);
		assert_int_equal(ports[port]->counters.forged, ARRAY_SIZE(groups));
	}
	assert_all_in_place();
}

/* One that bridges may use what nobody has, but neither a guest's address nor one behind a wire. */
static void bridges_take_nothing(void **state)
{
	(void)state;
	send(BRIDGE, GOOD, STRANGER);
	assert_got(TO(GOOD));
	send(GOOD, STRANGER, GOOD);
	assert_got(TO(BRIDGE));
	send(BRIDGE, GOOD, GATEWAY);
	send(BRIDGE, GOOD, BAD);
	send(BRIDGE, BAD, GOOD);
	assert_got(0);
	assert_int_equal(ports[BRIDGE]->counters.forged, 3);
	assert_all_in_place();
	/* The gateway is no more: another one may be anywhere. */
	now += SWITCH_AGE_NS;
	send(BRIDGE, GOOD, GATEWAY);
	assert_got(TO(GOOD));
	send(GOOD, GATEWAY, GOOD);
	assert_got(TO(BRIDGE));
	/* When it speaks on the wire it is there again, at once. */
	send(WIRE, GOOD, GATEWAY);
	assert_got(TO(GOOD));
	assert_all_in_place();
}

/* From the wire in a guest's name: a guest's address never moves there. */
static void wire_takes_no_guest(void **state)
{
	(void)state;
	for (unsigned i = GOOD; i <= BRIDGE; i++) {
		send(WIRE, (uint8_t)(i == GOOD ? BAD : GOOD), (uint8_t)i);
		memset(frame, 0xFF, ETHERNET_ADDRESS_SIZE);
		send_frame(WIRE, 60);
	}
	assert_got(0);
	assert_int_equal(ports[WIRE]->counters.forged, 6);
	assert_all_in_place();
}

/* While a guest starts afresh its address is nobody's, and what used it meanwhile loses it. */
static void restarts(void **state)
{
	(void)state;
	switch_port_destroy(ports[GOOD]);
	send(BAD, GATEWAY, GOOD);
	send(BRIDGE, GATEWAY, GOOD);
	create(GOOD);
	(void)take_all(WIRE);
	assert_all_in_place();
}

/* --- the table -------------------------------------------------------------------------------- */

/* New senders without end: who may not use them costs nobody's place, and who may only its own. */
static void table_is_not_filled(void **state)
{
	(void)state;
	send(BRIDGE, GOOD, STRANGER);
	assert_got(TO(GOOD));
	for (unsigned i = 0; i < 10000; i++) {
		put(frame, GOOD);
		memcpy(frame + 6, (uint8_t[]){ 6, 1, 1, 1, (uint8_t)(i >> 8), (uint8_t)i }, 6);
		now++;
		send_frame(BAD, 60);
		assert_got(0);
	}
	send(GOOD, STRANGER, GOOD);
	assert_got(TO(BRIDGE));
	for (unsigned i = 0; i < 10000; i++) {
		put(frame, GOOD);
		memcpy(frame + 6, (uint8_t[]){ 6, 1, 1, 1, (uint8_t)(i >> 8), (uint8_t)i }, 6);
		now++;
		send_frame(BRIDGE, 60);
		assert_got(TO(GOOD));
	}
	assert_all_in_place();
}

/* A flood from the wire may evict the gateway: guests still do not hear each other's frames. */
static void strangers_are_not_behind_guests(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * SWITCH_LEARNED_WIRE; i++) {
		put(frame, GOOD);
		memcpy(frame + 6, (uint8_t[]){ 6, 1, 1, 1, (uint8_t)(i >> 8), (uint8_t)i }, 6);
		now++;
		send_frame(WIRE, 60);
		assert_got(TO(GOOD));
	}
	send(GOOD, GATEWAY, GOOD);
	assert_got(TO(WIRE) | TO(BRIDGE));
	assert_int_equal(copies, 2);
	/* Nor is a guest reached from outside by what is for somebody unknown. */
	send(WIRE, 99, GATEWAY);
	assert_got(TO(BRIDGE));
}

/* --- what is for bridges alone ---------------------------------------------------------------- */

static void reserved(void **state)
{
	(void)state;
	for (uint8_t last = 0; last <= 0x10; last++) {
		memcpy(frame, (uint8_t[]){ 0x01, 0x80, 0xC2, 0, 0, last }, 6);
		put(frame + 6, BAD);
		send_frame(BAD, 60);
		assert_got(last <= 0x0F ? 0 : TO(GOOD) | TO(BRIDGE) | TO(WIRE));
	}
	assert_int_equal(ports[BAD]->counters.refused, 0x10);
	/* A pause, to one station and to all. */
	put(frame, GOOD);
	memcpy(frame + 12, (uint8_t[]){ 0x88, 0x08, 0, 1, 0xFF, 0xFF }, 6);
	send_frame(BAD, 60);
	memset(frame, 0xFF, ETHERNET_ADDRESS_SIZE);
	send_frame(BAD, 60);
	assert_got(0);
	assert_int_equal(ports[BAD]->counters.refused, 0x12);
	assert_int_equal(ports[BAD]->counters.forged, 0);
}

/* The type behind a tag decides nothing, and neither does a tag that is cut off. */
static void tags(void **state)
{
	(void)state;
	for (uint32_t length = ETHERNET_HEADER_SIZE; length <= 22; length++) {
		put(frame, GOOD);
		put(frame + 6, GATEWAY);
		memcpy(frame + 12, (uint8_t[]){ 0x81, 0, 0, 5, 0x81, 0, 0, 6, 0x88, 0xB5 }, 10);
		send_frame(BAD, length);
		assert_got(0);
		put(frame + 6, BAD);
		send_frame(BAD, length);
		assert_got(TO(GOOD));
	}
	assert_all_in_place();
}

/* --- what is told ----------------------------------------------------------------------------- */

static void reports(void **state)
{
	struct switch_forgery forgery;
	uint8_t gateway[ETHERNET_ADDRESS_SIZE];

	(void)state;
	put(gateway, GATEWAY);
	assert_false(switch_port_forgery(ports[BAD], now, &forgery));
	send(BAD, GOOD, STRANGER);
	send(BAD, GOOD, GATEWAY);
	assert_true(switch_port_forgery(ports[BAD], now, &forgery));
	assert_int_equal(forgery.count, 2);
	assert_memory_equal(forgery.address, gateway, sizeof(gateway));
	/* Then no sooner than after a while, and about what came since. */
	for (unsigned i = 0; i < 1000; i++)
		send(BAD, GOOD, GATEWAY);
	assert_false(switch_port_forgery(ports[BAD], now + SWITCH_REPORT_NS - 1, &forgery));
	assert_true(switch_port_forgery(ports[BAD], now + SWITCH_REPORT_NS, &forgery));
	assert_int_equal(forgery.count, 1000);
	assert_false(switch_port_forgery(ports[BAD], now + 9 * SWITCH_REPORT_NS, &forgery));
	/* What is refused for another reason is no forgery. */
	memcpy(frame, (uint8_t[]){ 0x01, 0x80, 0xC2, 0, 0, 0 }, 6);
	send_frame(BAD, 60);
	assert_false(switch_port_forgery(ports[BAD], now + 9 * SWITCH_REPORT_NS, &forgery));
	assert_false(switch_port_forgery(ports[GOOD], now, &forgery));
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		ROW(own_address_only),
		ROW(groups_send_nothing),
		ROW(bridges_take_nothing),
		ROW(wire_takes_no_guest),
		ROW(restarts),
		ROW(table_is_not_filled),
		ROW(strangers_are_not_behind_guests),
		ROW(reserved),
		ROW(tags),
		ROW(reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
