// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/net/switch_wire.c: what goes out, in which pieces, and what comes in. */
#include "drivers/net/switch_wire.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "tests/unit/net_frames.h"
#include "tests/unit/unit.h"

#include <string.h>

#define OUT_MAX 2048
#define FRAME_MAX 2048

static struct ethernet_switch *ethernet;
static struct switch_port *guest;
static struct switch_wire wire;
static const uint8_t guest_address[] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t station[] = { 6, 0, 0, 0, 0, 9 };
static uint8_t frame[NET_FRAME_MAX];

static struct { uint32_t length; uint8_t bytes[FRAME_MAX]; } out[OUT_MAX];
static unsigned out_count, room, ready;
static bool is_down;

static enum wire_result take(void *context, const struct net_pieces *piece)
{
	uint32_t length = piece->header_length + piece->payload_length;

	assert_ptr_equal(context, &room);
	assert_true(length <= WIRE_FRAME_TAGGED_MAX);
	if (is_down)
		return WIRE_DROPPED;
	if (room == 0)
		return WIRE_FULL;
	room--;
	memcpy(out[out_count].bytes, piece->header, piece->header_length);
	if (piece->payload_length > 0)
		memcpy(out[out_count].bytes + piece->header_length, piece->payload,
		       piece->payload_length);
	out[out_count++].length = length;
	return WIRE_SENT;
}

static void note_ready(void *context)
{
	++*(unsigned *)context;
}

static int setup(void **state)
{
	(void)state;
	ethernet = ethernet_switch_create("test");
	assert_int_equal(
		switch_port_create(ethernet, "g", guest_address, note_ready, &ready, &guest), 0);
	wire = (struct switch_wire){ .send = take, .context = &room };
	assert_int_equal(switch_port_create(ethernet, "w", NULL, note_ready, &ready, &wire.port),
			 0);
	switch_port_open(guest, true);
	switch_port_open(wire.port, true);
	out_count = ready = 0;
	room = OUT_MAX;
	is_down = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	switch_port_destroy(guest);
	switch_port_destroy(wire.port);
	for (unsigned i = 0; i < SWITCH_BUCKETS; i++)
		assert_null(ethernet->buckets[i]);
	ethernet_switch_destroy(ethernet);
	return 0;
}

static bool fetch(void *context, uint32_t offset, void *to, uint32_t length)
{
	(void)context;
	memcpy(to, frame + offset, length);
	return true;
}

/* From the guest to a station that nobody has heard of. */
static void guest_sends(uint32_t length, const struct net_offload *offload)
{
	struct switch_source source = {
		.length = length, .fetch = fetch,
		.offloads = NET_CSUM | NET_TSO4 | NET_TSO6 | NET_ECN | NET_UFO,
	};

	if (offload)
		source.offload = *offload;
	memcpy(frame + 6, guest_address, 6);
	assert_true(switch_port_send(guest, &source, 1));
}

static void plain(uint32_t length, uint16_t type)
{
	memset(frame, 0x11, length);
	memcpy(frame, station, 6);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	guest_sends(length, NULL);
}

static void finishes_checksums(void **state)
{
	const struct big_frame what = { .payload = 1000 };
	struct net_offload offload;
	uint32_t length = make_frame(&what, frame, &offload);

	(void)state;
	guest_sends(length, &offload);
	assert_int_equal(ready, 1);
	assert_false(switch_wire_drain(&wire, 10));
	assert_int_equal(out_count, 1);
	check_frame(&what, out[0].bytes, out[0].length, true);
}

static uint32_t check_pieces(const struct big_frame *what, uint32_t headers)
{
	uint32_t bytes = 0;

	for (unsigned i = 0; i < out_count; i++) {
		assert_true(out[i].length <= WIRE_FRAME_TAGGED_MAX);
		check_frame(what, out[i].bytes, out[i].length, !what->udp);
		bytes += out[i].length - headers;
	}
	return bytes;
}

static void cuts(void **state)
{
	static const struct { struct big_frame what; uint32_t headers; } rows[] = {
		{ { .payload = 60000, .gso_size = 1448 }, 54 },
		{ { .payload = 9600, .gso_size = 96 }, 54 },
		{ { .payload = 60000, .gso_size = 1428, .ipv6 = true }, 74 },
		{ { .payload = 20000, .gso_size = 1448, .tagged = true }, 58 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct big_frame *what = &rows[i].what;
		struct net_offload offload;
		uint32_t length = make_frame(what, frame, &offload);

		out_count = 0;
		guest_sends(length, &offload);
		assert_false(switch_wire_drain(&wire, OUT_MAX));
		assert_int_equal(out_count, (what->payload + what->gso_size - 1) / what->gso_size);
		assert_int_equal(check_pieces(what, rows[i].headers), what->payload);
	}
}

/* Wherever the wire has no room, or the budget ends, it goes on there later. */
static void goes_on(void **state)
{
	const struct big_frame what = { .payload = 9600, .gso_size = 96 };
	struct net_offload offload;
	uint32_t length = make_frame(&what, frame, &offload);
	bool more = true;

	(void)state;
	guest_sends(length, &offload);
	plain(100, 0x88B5);
	for (unsigned i = 0; more; i++) {
		unsigned before = out_count;

		room = i % 2 == 0 ? 3 : OUT_MAX;
		more = switch_wire_drain(&wire, i % 2 == 0 ? OUT_MAX : 2);
		assert_true(!more || out_count == before + (i % 2 == 0 ? 3 : 2));
	}
	assert_int_equal(out_count--, 101);
	assert_int_equal(check_pieces(&what, 54), 9600);
	assert_memory_equal(out[100].bytes, frame, 100);
}

/* What is lost in the middle is not tried again, and the next frame is a new one. */
static void drops(void **state)
{
	const struct big_frame what = { .payload = 9600, .gso_size = 96 };
	struct net_offload offload;
	uint32_t length = make_frame(&what, frame, &offload);

	(void)state;
	guest_sends(length, &offload);
	room = 10;
	assert_true(switch_wire_drain(&wire, OUT_MAX));
	is_down = true;
	assert_false(switch_wire_drain(&wire, OUT_MAX));
	assert_int_equal(wire.port->counters.lost, 1);
	is_down = false;
	room = OUT_MAX;
	out_count = 0;
	plain(60, 0x88B5);
	assert_false(switch_wire_drain(&wire, OUT_MAX));
	assert_int_equal(out_count, 1);
	assert_memory_equal(out[0].bytes, frame, 60);
}

static void lengths(void **state)
{
	static const struct { uint32_t length; uint16_t type; bool goes; } rows[] = {
		{ 14, 0x88B5, true }, { 1514, 0x88B5, true }, { 1515, 0x88B5, false },
		{ 9014, 0x0800, false }, { 65550, 0x0800, false },
		{ 18, 0x8100, true }, { 1518, 0x8100, true }, { 1519, 0x8100, false },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned before = out_count;
		uint64_t long_before = wire.too_long;

		plain(rows[i].length, rows[i].type);
		assert_false(switch_wire_drain(&wire, 10));
		assert_int_equal(out_count - before, rows[i].goes);
		assert_int_equal(wire.too_long - long_before, !rows[i].goes);
	}
}

/* Pauses, spanning trees: neither out nor in; the group addresses behind them are ordinary. */
static void reserved(void **state)
{
	uint8_t incoming[60] = { 0x01, 0x80, 0xC2, 0, 0, 0, 6, 0, 0, 0, 0, 9, 0x88, 0xB5 };

	(void)state;
	for (uint8_t last = 0; last <= 0x10; last++) {
		memcpy(frame, incoming, 60);
		frame[5] = incoming[5] = last;
		guest_sends(60, NULL);
		assert_false(switch_wire_drain(&wire, 10));
		switch_wire_receive(&wire, incoming, 60, 1);
		assert_int_equal(out_count, last == 0x10);
		assert_int_equal(switch_port_first(guest) != NULL, last == 0x10);
	}
}

/* A pause to a station's own address would stop it from sending. */
static void pauses(void **state)
{
	uint8_t incoming[60] = { 2, 0, 0, 0, 0, 1, 6, 0, 0, 0, 0, 9, 0x88, 0x08, 0, 1, 0xFF, 0xFF };

	(void)state;
	memcpy(frame, incoming, 60);
	memcpy(frame, station, 6);
	guest_sends(60, NULL);
	assert_false(switch_wire_drain(&wire, 10));
	assert_int_equal(out_count, 0);
	switch_wire_receive(&wire, incoming, 60, 1);
	assert_null(switch_port_first(guest));
	/* The types around it are anybody's. */
	frame[13] = incoming[13] = 0x09;
	guest_sends(60, NULL);
	assert_false(switch_wire_drain(&wire, 10));
	assert_int_equal(out_count, 1);
	switch_wire_receive(&wire, incoming, 60, 1);
	assert_non_null(switch_port_first(guest));
}

static void drain_at_once(void *context)
{
	(void)context;
	assert_false(switch_wire_drain(&wire, OUT_MAX));
}

/* What the wire does to its copy of a datagram, at once, is not done to the guests' copies. */
static void floods(void **state)
{
	static const struct big_frame rows[] = {
		{ .payload = 20000, .gso_size = 1448, .udp = true }, { .payload = 1000 },
		{ .payload = 20000, .gso_size = 1448 },
	};

	(void)state;
	wire.port->ready = drain_at_once;
	/* Behind the wire's port in the list, as guests are that were started later. */
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		static const uint8_t address[] = { 2, 0, 0, 0, 0, 2 };
		const struct switch_frame *got;
		struct switch_port *late;
		struct net_offload offload;
		uint32_t length = make_frame(&rows[i], frame, &offload);

		assert_int_equal(switch_port_create(ethernet, "late", address, note_ready,
						    &ready, &late), 0);
		switch_port_bridge(late);
		switch_port_open(late, true);
		out_count = 0;
		memcpy(frame, station, 6);
		guest_sends(length, &offload);
		assert_true(out_count > 0);
		got = switch_port_first(late);
		assert_int_equal(got->length, length);
		assert_memory_equal(got->bytes, frame, length);
		assert_int_equal(got->offload.flags, offload.flags);
		switch_port_destroy(late);
	}
}

static void comes_in(void **state)
{
	uint8_t incoming[1514] = { 2, 0, 0, 0, 0, 1, 6, 0, 0, 0, 0, 9, 0x88, 0xB5 };
	const struct switch_frame *got;

	(void)state;
	for (unsigned i = 14; i < sizeof(incoming); i++)
		incoming[i] = (uint8_t)(i * 3);
	switch_wire_receive(&wire, incoming, sizeof(incoming), 1);
	got = switch_port_first(guest);
	assert_int_equal(got->length, sizeof(incoming));
	assert_memory_equal(got->bytes, incoming, sizeof(incoming));
	assert_int_equal(net_offload_needs(&got->offload), 0);
	switch_port_take(guest, true);
	/* For itself, in a guest's name, and too short: nowhere. */
	memcpy(incoming, station, 6);
	switch_wire_receive(&wire, incoming, 60, 1);
	memset(incoming, 0xFF, 6);
	memcpy(incoming + 6, guest_address, 6);
	switch_wire_receive(&wire, incoming, 60, 1);
	switch_wire_receive(&wire, incoming, 13, 1);
	assert_null(switch_port_first(guest));
	assert_int_equal(wire.port->counters.refused, 2);
	assert_false(switch_wire_drain(&wire, 10));
	assert_int_equal(out_count, 0);
}

/* Of the wire the switch knows many; none of them, not even all zeroes, is the port's own. */
static void learns(void **state)
{
	uint8_t incoming[60] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	struct switch_port *third;

	(void)state;
	assert_int_equal(switch_port_create(ethernet, "h", (const uint8_t[]){ 2, 0, 0, 0, 0, 2 },
					    note_ready, &ready, &third), 0);
	switch_port_bridge(third);
	switch_port_open(third, true);
	for (unsigned i = 0; i < SWITCH_LEARNED_WIRE; i++) {
		incoming[10] = (uint8_t)(i >> 8);
		incoming[11] = (uint8_t)i;
		switch_wire_receive(&wire, incoming, 60, 1);
		switch_port_take(third, true);
	}
	for (unsigned i = 0; i < SWITCH_LEARNED_WIRE; i++) {
		memset(frame, 0, 60);
		frame[5] = (uint8_t)i;
		guest_sends(60, NULL);
		assert_null(switch_port_first(third));
	}
	memset(frame, 4, 60);
	guest_sends(60, NULL);
	assert_non_null(switch_port_first(third));
	switch_port_destroy(third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finishes_checksums, setup, teardown),
		cmocka_unit_test_setup_teardown(cuts, setup, teardown),
		cmocka_unit_test_setup_teardown(goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(drops, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(reserved, setup, teardown),
		cmocka_unit_test_setup_teardown(pauses, setup, teardown),
		cmocka_unit_test_setup_teardown(floods, setup, teardown),
		cmocka_unit_test_setup_teardown(comes_in, setup, teardown),
		cmocka_unit_test_setup_teardown(learns, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
