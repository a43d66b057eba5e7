// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the Ethernet switch and of its ports' queues. */
#include "drivers/net/ethernet_switch.h"
#include "drivers/net/switch_queue.h"
#include "lib/error.h"
#include "tests/unit/net_frames.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define PORTS 3

struct fixture {
	struct ethernet_switch *ethernet;
	struct switch_port *ports[PORTS];
	unsigned ready[PORTS];
};

static uint64_t now;
static uint8_t frame[NET_FRAME_MAX];
static unsigned fetches;
static uint32_t fetch_limit;		/* bytes from there on cannot be had */

static void note_ready(void *context)
{
	++*(unsigned *)context;
}

/* Port i has the address 02:00:00:00:00:i and bridges; test_switch_attacks.c has others. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->ethernet = ethernet_switch_create("test");
	for (unsigned i = 0; i < PORTS; i++) {
		uint8_t address[] = { 2, 0, 0, 0, 0, (uint8_t)i };
		char name[] = { 'p', (char)('0' + i), '\0' };

		assert_int_equal(switch_port_create(f->ethernet, name, address, note_ready,
						    &f->ready[i], &f->ports[i]), 0);
		switch_port_bridge(f->ports[i]);
		switch_port_open(f->ports[i], true);
	}
	now = 1000;
	fetches = 0;
	fetch_limit = UINT32_MAX;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < PORTS; i++)
		switch_port_destroy(f->ports[i]);
	for (unsigned i = 0; i < SWITCH_BUCKETS; i++)
		assert_null(f->ethernet->buckets[i]);
	ethernet_switch_destroy(f->ethernet);
	free(f);
	return 0;
}

static bool fetch(void *context, uint32_t offset, void *to, uint32_t length)
{
	const struct switch_source *source = context;

	assert_true(offset + length <= source->length);
	fetches++;
	if (offset + length > fetch_limit)
		return false;
	memcpy(to, frame + offset, length);
	return true;
}

static bool send_as(struct switch_port *port, uint32_t length, const struct net_offload *offload,
		    uint32_t offloads)
{
	struct switch_source source = {
		.length = length, .offloads = offloads, .fetch = fetch, .context = &source,
	};

	if (offload)
		source.offload = *offload;
	return switch_port_send(port, &source, now);
}

/* A frame from 02:00:00:00:00:from to 02:00:00:00:00:to whose payload counts up. */
static bool send(struct switch_port *port, uint8_t to, uint8_t from, uint32_t length)
{
	static uint8_t round;

	for (uint32_t i = 0; i < length; i++)
		frame[i] = (uint8_t)(i + round);
	round++;
	memcpy(frame, (uint8_t[]){ 2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from }, 12);
	return send_as(port, length, NULL, 0);
}

/* The port has that frame and nothing else; takes it off. */
static void assert_got(struct switch_port *port, uint32_t length)
{
	const struct switch_frame *got = switch_port_first(port);

	assert_non_null(got);
	assert_int_equal(got->length, length);
	assert_memory_equal(got->bytes, frame, length);
	assert_int_equal(net_offload_needs(&got->offload), 0);
	switch_port_take(port, true);
	assert_null(switch_port_first(port));
}

static void assert_nothing(struct switch_port *port)
{
	assert_null(switch_port_first(port));
}

/* --- who gets a frame -------------------------------------------------------------------- */

static void test_unicast(void **state)
{
	struct fixture *f = *state;

	assert_true(send(f->ports[0], 1, 0, 60));
	assert_got(f->ports[1], 60);
	assert_nothing(f->ports[2]);
	assert_nothing(f->ports[0]);
	assert_int_equal(f->ready[1], 1);
	assert_int_equal(f->ready[2], 0);
	assert_int_equal(f->ports[0]->counters.sent, 1);
	assert_int_equal(f->ports[0]->counters.sent_bytes, 60);
	assert_int_equal(f->ports[1]->counters.received, 1);
	assert_int_equal(f->ports[1]->counters.received_bytes, 60);
}

static void test_broadcast(void **state)
{
	struct fixture *f = *state;

	memset(frame, 0xFF, 6);
	memcpy(frame + 6, (uint8_t[]){ 2, 0, 0, 0, 0, 0 }, 6);
	assert_true(send_as(f->ports[0], 60, NULL, 0));
	assert_nothing(f->ports[0]);
	assert_got(f->ports[1], 60);
	assert_got(f->ports[2], 60);
	/* Multicast goes the same way; the sender's memory was read once for both. */
	memcpy(frame, "\x01\0\x5E\0\0\1", 6);
	fetches = 0;
	assert_true(send_as(f->ports[0], 60, NULL, 0));
	assert_int_equal(fetches, 2);
	assert_nothing(f->ports[0]);
	assert_got(f->ports[1], 60);
	assert_got(f->ports[2], 60);
	assert_int_equal(f->ports[0]->counters.sent, 2);
}

static void test_unknown_unicast(void **state)
{
	struct fixture *f = *state;

	assert_true(send(f->ports[0], 99, 0, 60));
	assert_got(f->ports[1], 60);
	assert_got(f->ports[2], 60);
	assert_nothing(f->ports[0]);
}

/* A station behind a port is learned, moves, and is forgotten. */
static void test_learning(void **state)
{
	struct fixture *f = *state;

	assert_true(send(f->ports[1], 0, 50, 60));
	assert_got(f->ports[0], 60);
	assert_true(send(f->ports[0], 50, 0, 60));
	assert_got(f->ports[1], 60);
	assert_nothing(f->ports[2]);
	/* To oneself: no need for anybody. */
	assert_true(send(f->ports[1], 50, 1, 60));
	for (unsigned i = 0; i < PORTS; i++)
		assert_nothing(f->ports[i]);
	assert_true(send(f->ports[2], 0, 50, 60));
	assert_got(f->ports[0], 60);
	assert_true(send(f->ports[0], 50, 0, 60));
	assert_got(f->ports[2], 60);
	assert_nothing(f->ports[1]);
	now += SWITCH_AGE_NS - 1;
	assert_true(send(f->ports[0], 50, 0, 60));
	assert_got(f->ports[2], 60);
	assert_nothing(f->ports[1]);
	now += 1;
	assert_true(send(f->ports[0], 50, 0, 60));
	assert_got(f->ports[1], 60);
	assert_got(f->ports[2], 60);
	/* One that is heard again is known again; a port's own address never ages. */
	assert_true(send(f->ports[2], 0, 50, 60));
	assert_got(f->ports[0], 60);
	assert_true(send(f->ports[0], 50, 0, 60));
	assert_got(f->ports[2], 60);
	assert_nothing(f->ports[1]);
	assert_true(send(f->ports[0], 1, 0, 60));
	assert_got(f->ports[1], 60);
	assert_nothing(f->ports[2]);
}

/* --- what a sender must not --------------------------------------------------------------- */

static void assert_refused(struct fixture *f, unsigned port, uint64_t count, uint64_t forged)
{
	assert_int_equal(f->ports[port]->counters.refused, count);
	assert_int_equal(f->ports[port]->counters.forged, forged);
	assert_int_equal(f->ports[port]->counters.sent, 0);
	for (unsigned i = 0; i < PORTS; i++)
		assert_nothing(f->ports[i]);
}

static void test_somebody_elses_address(void **state)
{
	struct fixture *f = *state;

	assert_true(send(f->ports[0], 2, 1, 60));
	assert_refused(f, 0, 1, 1);
	assert_true(send(f->ports[2], 1, 2, 60));
	assert_got(f->ports[1], 60);
	/* A group is no sender. */
	memcpy(frame + 6, "\x03\0\0\0\0\1", 6);
	assert_true(send_as(f->ports[0], 60, NULL, 0));
	assert_refused(f, 0, 2, 2);
}

static void test_lengths(void **state)
{
	struct fixture *f = *state;

	assert_true(send(f->ports[0], 1, 0, 14));
	assert_got(f->ports[1], 14);
	assert_true(send(f->ports[0], 1, 0, NET_FRAME_MAX));
	assert_got(f->ports[1], NET_FRAME_MAX);
	f->ports[0]->counters.sent = 0;
	fetches = 0;
	assert_true(send_as(f->ports[0], 13, NULL, 0));
	assert_true(send_as(f->ports[0], 0, NULL, 0));
	assert_true(send_as(f->ports[0], NET_FRAME_MAX + 1, NULL, 0));
	assert_true(send_as(f->ports[0], UINT32_MAX, NULL, 0));
	assert_refused(f, 0, 4, 0);
	assert_int_equal(fetches, 0);
}

/* A new station for each frame: nobody else's are forgotten, nor its own first one. */
static void test_flood_of_addresses(void **state)
{
	struct fixture *f = *state;

	assert_true(send(f->ports[1], 0, 50, 60));
	assert_got(f->ports[0], 60);
	for (unsigned i = 0; i < 100000; i++) {
		memcpy(frame, (uint8_t[]){ 2, 0, 0, 0, 0, 0 }, 6);
		memcpy(frame + 6, (uint8_t[]){ 6, 1, 1, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
					       (uint8_t)i }, 6);
		now++;
		assert_true(send_as(f->ports[2], 60, NULL, 0));
		assert_got(f->ports[0], 60);
	}
	assert_true(send(f->ports[0], 50, 0, 60));
	assert_got(f->ports[1], 60);
	assert_nothing(f->ports[2]);
	/* The last of them are known. */
	memcpy(frame, (uint8_t[]){ 6, 1, 1, 99999 >> 16, (uint8_t)(99999 >> 8), (uint8_t)99999 },
	       6);
	memcpy(frame + 6, (uint8_t[]){ 2, 0, 0, 0, 0, 0 }, 6);
	assert_true(send_as(f->ports[0], 60, NULL, 0));
	assert_got(f->ports[2], 60);
	assert_nothing(f->ports[1]);
}

static void test_unreadable(void **state)
{
	struct fixture *f = *state;

	fetch_limit = 10;
	assert_false(send(f->ports[0], 1, 0, 60));
	fetch_limit = 40;
	assert_false(send(f->ports[0], 1, 0, 60));
	assert_false(send(f->ports[0], 99, 0, 60));
	assert_refused(f, 0, 0, 0);
}

/* --- facts about frames --------------------------------------------------------------------- */

static void test_offloads(void **state)
{
	const struct big_frame what = { .payload = 5000, .gso_size = 1000 };
	struct fixture *f = *state;
	struct net_offload offload;
	uint32_t length = make_frame(&what, frame, &offload);
	const struct switch_frame *got;

	/* From 1 to 2.  Who did not agree to leave the work to others has to do it. */
	assert_true(send_as(f->ports[1], length, &offload, NET_CSUM));
	assert_refused(f, 1, 1, 0);
	assert_true(send_as(f->ports[1], length, &offload, NET_CSUM | NET_TSO4));
	got = switch_port_first(f->ports[2]);
	assert_int_equal(got->length, length);
	assert_int_equal(got->offload.gso_size, 1000);
	assert_int_equal(got->offload.header_length, 54);
	switch_port_take(f->ports[2], true);
	/* Facts that are not true of the frame, to one and to many. */
	f->ports[1]->counters.sent = 0;
	offload.csum_start++;
	assert_true(send_as(f->ports[1], length, &offload, NET_CSUM | NET_TSO4));
	frame[5] = 99;
	assert_true(send_as(f->ports[1], length, &offload, NET_CSUM | NET_TSO4));
	assert_refused(f, 1, 3, 0);
}

/* --- queues ----------------------------------------------------------------------------------- */

static void test_full_queue(void **state)
{
	struct fixture *f = *state;
	unsigned fit = 0;

	while (f->ports[1]->counters.lost == 0) {
		memset(frame, 0xFF, 6);
		memcpy(frame + 6, (uint8_t[]){ 2, 0, 0, 0, 0, 0 }, 6);
		frame[12] = (uint8_t)fit++;
		assert_true(send_as(f->ports[0], 1514, NULL, 0));
		/* The other one reads, and loses nothing. */
		assert_got(f->ports[2], 1514);
	}
	/* One sender alone gets half of it. */
	assert_in_range(fit, SWITCH_QUEUE_SIZE / 2 / 1600, SWITCH_QUEUE_SIZE / 2 / 1514 + 1);
	assert_int_equal(f->ready[1], 1);
	assert_int_equal(f->ports[2]->counters.lost, 0);
	/* The first ones are there, in their order. */
	for (unsigned i = 0; i < fit - 1; i++) {
		const struct switch_frame *got = switch_port_first(f->ports[1]);

		assert_int_equal(got->bytes[12], (uint8_t)i);
		switch_port_take(f->ports[1], true);
	}
	assert_nothing(f->ports[1]);
	assert_true(send(f->ports[0], 1, 0, NET_FRAME_MAX));
	assert_got(f->ports[1], NET_FRAME_MAX);
}

/* Small frames are many sooner: who waits behind them must not wait for long. */
static void test_small_frames(void **state)
{
	struct fixture *f = *state;
	unsigned fit = 0;

	while (f->ports[1]->counters.lost == 0) {
		assert_true(send(f->ports[0], 1, 0, 60));
		fit++;
	}
	assert_int_equal(fit, SWITCH_QUEUE_SIZE / 2 / 512 + 1);
}

/* Whoever fills a queue leaves room in it for others, and for the next ones after them. */
static void test_room_for_others(void **state)
{
	struct fixture *f = *state;
	unsigned fit[2] = { 0, 0 };

	for (unsigned from = 0; from < 2; from++) {
		uint64_t lost = f->ports[2]->counters.lost;

		while (f->ports[2]->counters.lost == lost) {
			assert_true(send(f->ports[from], 2, (uint8_t)from, 1514));
			fit[from]++;
		}
	}
	assert_in_range(fit[1], fit[0] / 2 - 2, fit[0] / 2 + 2);
	assert_in_range(fit[1], 80, 90);
	/* What was read counts no more. */
	while (switch_port_first(f->ports[2]))
		switch_port_take(f->ports[2], true);
	assert_int_equal(f->ports[2]->used, 0);
	for (unsigned i = 0; i < fit[0] - 1; i++)
		assert_true(send(f->ports[1], 2, 1, 1514));
	assert_int_equal(f->ports[2]->counters.lost, 2);
}

static void test_closed_port(void **state)
{
	struct fixture *f = *state;

	assert_true(send(f->ports[0], 1, 0, 60));
	switch_port_open(f->ports[1], false);
	assert_nothing(f->ports[1]);
	assert_true(send(f->ports[0], 1, 0, 60));
	assert_nothing(f->ports[1]);
	assert_int_equal(f->ports[1]->counters.lost, 1);
	switch_port_open(f->ports[1], true);
	assert_nothing(f->ports[1]);
	assert_true(send(f->ports[0], 1, 0, 60));
	assert_got(f->ports[1], 60);
}

static void test_too_large_for_the_receiver(void **state)
{
	struct fixture *f = *state;

	assert_true(send(f->ports[0], 1, 0, 9000));
	switch_port_take(f->ports[1], false);
	assert_nothing(f->ports[1]);
	assert_int_equal(f->ports[1]->counters.lost, 1);
	assert_int_equal(f->ports[1]->counters.received, 0);
	/* With nothing there, nothing happens. */
	switch_port_take(f->ports[1], true);
	assert_int_equal(f->ports[1]->counters.received, 0);
}

/* Frames of all sizes through a queue at all fillings, against a list of what went in. */
static void test_queue_at_random(void **state)
{
	struct fixture *f = *state;
	struct { uint32_t length; uint8_t mark; } *model = calloc(100000, sizeof(*model));
	unsigned in = 0, out = 0;
	uint64_t random = 88172645463325252ull;

	for (unsigned step = 0; step < 60000; step++) {
		bool fill = (step / 3000) % 2 == 0;
		uint64_t dice = unit_random(&random);

		if (dice % 4 < (fill ? 3 : 1)) {
			uint32_t length = 14 + (uint32_t)(dice >> 8) % (dice % 5 ? 2000 : 65537);
			uint64_t lost = f->ports[1]->counters.lost;

			memcpy(frame, (uint8_t[]){ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0 }, 12);
			frame[13] = (uint8_t)(dice >> 40);
			frame[length - 1] = frame[13];
			assert_true(send_as(f->ports[0], length, NULL, 0));
			if (f->ports[1]->counters.lost == lost) {
				model[in].length = length;
				model[in++].mark = frame[13];
			}
		} else if (out < in) {
			const struct switch_frame *got = switch_port_first(f->ports[1]);

			assert_non_null(got);
			assert_int_equal(got->length, model[out].length);
			assert_int_equal(got->bytes[got->length - 1], model[out].mark);
			switch_port_take(f->ports[1], true);
			out++;
		} else {
			assert_nothing(f->ports[1]);
		}
	}
	assert_true(f->ports[1]->counters.lost > 0);
	free(model);
}

/* --- ports ------------------------------------------------------------------------------------ */

static void test_same_address(void **state)
{
	struct fixture *f = *state;
	struct switch_port *port = NULL;

	assert_int_equal(switch_port_create(f->ethernet, "again", f->ports[1]->own.bytes,
					    note_ready, NULL, &port),
			 -E_EXIST);
	assert_null(port);
}

/* Ports with the numbers from PORTS on, as many as there can be, in ports; all count in *ready. */
static void make_most_ports(struct fixture *f, struct switch_port *ports[SWITCH_PORTS_MAX],
			    unsigned *ready)
{
	for (unsigned i = PORTS; i < SWITCH_PORTS_MAX; i++) {
		uint8_t address[] = { 2, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i };

		assert_int_equal(switch_port_create(f->ethernet, "many", address, note_ready,
						    ready, &ports[i]),
				 0);
		switch_port_bridge(ports[i]);
		switch_port_open(ports[i], true);
	}
}

/* One frame for more ports than it may be copied to does not hold up the switch. */
static void test_large_flood(void **state)
{
	struct fixture *f = *state;
	struct switch_port *ports[SWITCH_PORTS_MAX];
	unsigned ready = 0, got = 0;
	uint64_t lost = 0;

	make_most_ports(f, ports, &ready);
	assert_true(send(f->ports[0], 99, 0, NET_FRAME_MAX));
	for (unsigned i = PORTS; i < SWITCH_PORTS_MAX; i++) {
		got += switch_port_first(ports[i]) != NULL;
		lost += ports[i]->counters.lost;
		switch_port_destroy(ports[i]);
	}
	assert_in_range(got, SWITCH_FLOOD_SIZE / NET_FRAME_MAX - PORTS,
			SWITCH_FLOOD_SIZE / NET_FRAME_MAX + 1);
	assert_int_equal(ready, got);
	assert_int_equal(lost, SWITCH_PORTS_MAX - PORTS - got);
}

/* What a port holds grows with its frames, up to a bound, and is gone when it closes. */
static void test_queue_memory(void **state)
{
	struct fixture *f = *state;
	struct switch_port *port = f->ports[1];

	assert_int_equal(port->size, 0);
	assert_true(send(f->ports[0], 1, 0, 60));
	assert_in_range(port->size, 1, 4096);
	while (port->counters.lost < 10) {
		assert_true(send(f->ports[0], 1, 0, NET_FRAME_MAX));
		assert_true(send(f->ports[2], 1, 2, 60));
	}
	assert_in_range(port->size, SWITCH_QUEUE_SIZE / 2, 2 * SWITCH_QUEUE_SIZE);
	for (unsigned turn = 0; turn < 1000; turn++) {
		uint32_t size = port->size;

		while (switch_port_first(port))
			switch_port_take(port, true);
		for (unsigned i = 0; i < 3; i++)
			assert_true(send(f->ports[0], 1, 0, turn % 7 ? 1514 : NET_FRAME_MAX));
		assert_int_equal(port->size, size);
	}
	switch_port_open(port, false);
	assert_int_equal(port->size, 0);
	assert_nothing(port);
}

static void test_most_ports(void **state)
{
	struct fixture *f = *state;
	struct switch_port *ports[SWITCH_PORTS_MAX], *one;
	unsigned ready = 0;

	make_most_ports(f, ports, &ready);
	assert_int_equal(switch_port_create(f->ethernet, "more", (uint8_t[]){ 2, 0, 0, 0, 2, 0 },
					    note_ready, &ready, &one), -E_NOSPC);
	/* To all of them, from memory that is read once. */
	assert_true(send(f->ports[0], 99, 0, 1514));
	assert_int_equal(fetches, 2);
	assert_int_equal(ready, SWITCH_PORTS_MAX - PORTS);
	for (unsigned i = PORTS; i < SWITCH_PORTS_MAX; i++) {
		assert_got(ports[i], 1514);
		switch_port_destroy(ports[i]);
	}
	/* A number that has become free is given out again. */
	assert_int_equal(switch_port_create(f->ethernet, "one", (uint8_t[]){ 2, 0, 0, 0, 2, 0 },
					    note_ready, &ready, &one), 0);
	assert_int_equal(one->number, PORTS);
	switch_port_destroy(one);
}

/* A port takes its own address from whoever has used it until then. */
static void test_late_port(void **state)
{
	static const uint8_t address[] = { 2, 0, 0, 0, 0, 50 };
	struct fixture *f = *state;
	struct switch_port *port;
	unsigned ready = 0;

	assert_true(send(f->ports[1], 0, 50, 60));
	assert_got(f->ports[0], 60);
	assert_int_equal(switch_port_create(f->ethernet, "late", address, note_ready, &ready,
					    &port), 0);
	switch_port_open(port, true);
	assert_true(send(f->ports[0], 50, 0, 60));
	assert_got(port, 60);
	assert_nothing(f->ports[1]);
	/* When it has gone, frames for it go to all again. */
	switch_port_destroy(port);
	assert_true(send(f->ports[0], 50, 0, 60));
	assert_got(f->ports[1], 60);
	assert_got(f->ports[2], 60);
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		ROW(test_unicast),
		ROW(test_broadcast),
		ROW(test_unknown_unicast),
		ROW(test_learning),
		ROW(test_somebody_elses_address),
		ROW(test_lengths),
		ROW(test_flood_of_addresses),
		ROW(test_unreadable),
		ROW(test_offloads),
		ROW(test_full_queue),
		ROW(test_small_frames),
		ROW(test_room_for_others),
		ROW(test_closed_port),
		ROW(test_too_large_for_the_receiver),
		ROW(test_queue_at_random),
		ROW(test_same_address),
		ROW(test_large_flood),
		ROW(test_queue_memory),
		ROW(test_most_ports),
		ROW(test_late_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
