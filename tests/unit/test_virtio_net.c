// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the virtio network device between two well-behaved drivers. */
#include "tests/unit/virtio_net_fixture.h"

static uint8_t frame[NET_FRAME_MAX], got[2 * NET_FRAME_MAX];

/* A frame from side 0 to side 1 whose bytes count on. */
static const uint8_t *plain(uint32_t length)
{
	static uint8_t round;

	for (uint32_t i = 0; i < length; i++)
		frame[i] = (uint8_t)(i * 3 + round);
	round++;
	memcpy(frame, "\2\0\0\0\0\2\2\0\0\0\0\1\x12\x34", 14);
	return frame;
}

static void expect_plain(struct side *side, uint32_t length)
{
	struct net_offload offload = { .flags = 0xFF };

	assert_int_equal(take_frame(side, got, &offload), length);
	assert_memory_equal(got, frame, length);
	assert_int_equal(net_offload_needs(&offload), 0);
	assert_int_equal(offload.header_length, 0);
}

static void expect_nothing(struct side *side)
{
	struct net_offload offload;

	assert_int_equal(take_frame(side, got, &offload), -1);
}

static void test_identity(void **state)
{
	static const uint8_t config[] = { 2, 0, 0, 0, 0, 1, 1, 0 };
	struct fixture *f = *state;
	const struct virtio_device *device = &f->sides[0].net.device;

	assert_int_equal(device->id, 1);
	assert_int_equal(device->queue_count, 2);
	assert_int_equal(device->config_size, sizeof(config));
	assert_memory_equal(device->config, config, sizeof(config));
	/* Features that need each other (Linux 3.11 loses frames without mergeable buffers). */
	assert_true(device->offered & F(MRG_RXBUF));
	assert_int_equal(device->offered & RECEIVE_ALL, RECEIVE_ALL);
	assert_int_equal(device->offered & SEND_ALL, SEND_ALL);
}

static void test_header_sizes(void **state)
{
	struct fixture *f = *state;
	struct side *side = &f->sides[0];

	side_start(side, F(MAC));
	assert_int_equal(side->net.header_size, 10);
	side_start(side, F(MRG_RXBUF));
	assert_int_equal(side->net.header_size, 12);
	side_start(side, MODERN);
	assert_int_equal(side->net.header_size, 12);
	assert_false(side->net.is_mergeable);
}

static void test_plain_frames(void **state)
{
	static const uint64_t features[] = { 0, F(MRG_RXBUF), MODERN, MODERN | F(MRG_RXBUF) };
	static const uint32_t lengths[] = { 14, 60, 61, 590, 1514 };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(features) * ARRAY_SIZE(features); i++) {
		side_start(&f->sides[0], features[i % ARRAY_SIZE(features)]);
		side_start(&f->sides[1], features[i / ARRAY_SIZE(features)]);
		give_buffers(&f->sides[1], 0, 16, 1526);
		for (size_t j = 0; j < ARRAY_SIZE(lengths); j++) {
			send_frame(&f->sides[0], plain(lengths[j]), lengths[j], NULL);
			service(&f->sides[1]);
			expect_plain(&f->sides[1], lengths[j]);
		}
		assert_int_equal(used(&f->sides[0], VIRTIO_NET_TRANSMITQ), ARRAY_SIZE(lengths));
		assert_int_equal(used(&f->sides[0], VIRTIO_NET_RECEIVEQ), 0);
	}
}

/* Header and frame in one buffer, in three, and cut in the middle of both. */
static void test_any_layout(void **state)
{
	struct fixture *f = *state;
	struct side *side = &f->sides[0];

	side_start(side, BIT64(VIRTIO_F_ANY_LAYOUT));
	side_start(&f->sides[1], 0);
	give_buffers(&f->sides[1], 0, 16, 1526);
	plain(100);
	memcpy(side->memory->bytes + SEND_BUFFERS + 10, frame, 100);
	describe(side, VIRTIO_NET_TRANSMITQ, 0, SEND_BUFFERS, 110, 0, 0);
	describe(side, VIRTIO_NET_TRANSMITQ, 1, SEND_BUFFERS, 3, NEXT, 2);
	describe(side, VIRTIO_NET_TRANSMITQ, 2, SEND_BUFFERS + 3, 14, NEXT, 3);
	describe(side, VIRTIO_NET_TRANSMITQ, 3, SEND_BUFFERS + 17, 93, 0, 0);
	offer(side, VIRTIO_NET_TRANSMITQ, 0);
	offer(side, VIRTIO_NET_TRANSMITQ, 1);
	kick(side, VIRTIO_NET_TRANSMITQ);
	service(&f->sides[1]);
	expect_plain(&f->sides[1], 100);
	expect_plain(&f->sides[1], 100);
	expect_nothing(&f->sides[1]);
}

/* --- every pair of features ------------------------------------------------------------- */

/* What the receiver got of one large frame, which may be several. */
static void check_received(struct side *side, const struct big_frame *what, uint32_t length)
{
	uint32_t offloads = side->net.receive_offloads, done = 0, fragments = 0;
	struct net_offload offload;
	int size;

	while ((size = take_frame(side, got, &offload)) >= 0) {
		uint32_t needs = net_offload_needs(&offload);
		uint32_t headers = frame_transport(what) + (what->udp ? 8 : 20 + what->options);
		bool whole = (uint32_t)size == length;

		assert_int_equal(needs & ~offloads, 0);
		if (what->udp && !whole) {
			/* A fragment: test_net_offload.c looks at those. */
			fragments++;
			done += (uint32_t)size - frame_transport(what) - (what->ipv6 ? 8 : 0);
			continue;
		}
		if (needs) {
			assert_true(net_offload_check(&offload, got, (uint32_t)size));
			offload.gso_type = 0;
			net_offload_finish(&offload, got, (uint32_t)size);
		}
		check_frame(what, got, (uint32_t)size, true);
		for (uint32_t i = headers; i < (uint32_t)size; i++)
			assert_int_equal(got[i], frame_byte(done++));
	}
	assert_int_equal(done, what->payload + (fragments > 0 ? 8 : 0));
}

static void try_pair(struct fixture *f, uint64_t receive)
{
	bool mergeable = receive & F(MRG_RXBUF);

	for (unsigned kind = 0; kind < 16; kind++) {
		const struct big_frame what = {
			.ipv6 = kind & 1, .udp = kind & 2,
			.payload = kind & 4 ? 20000 : 1000,
			.gso_size = kind & 4 ? 1400 : 0,
			.tcp_flags = 0x98,
		};
		struct net_offload offload;
		uint32_t length = make_frame(&what, frame, &offload);

		if (kind & 8 && what.gso_size && !what.udp)
			offload.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		side_start(&f->sides[1], receive);
		if (mergeable)
			give_buffers(&f->sides[1], 0, 64, 1526);
		else
			give_buffers(&f->sides[1], 0, 32, 65562);
		send_frame(&f->sides[0], frame, length, &offload);
		service(&f->sides[1]);
		check_received(&f->sides[1], &what, length);
	}
}

static void test_every_receiver(void **state)
{
	static const unsigned bits[] = {
		VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO6,
		VIRTIO_NET_F_GUEST_ECN,
		VIRTIO_NET_F_GUEST_UFO, VIRTIO_NET_F_MRG_RXBUF, VIRTIO_F_VERSION_1,
	};
	struct fixture *f = *state;

	side_start(&f->sides[0], SEND_ALL | MODERN);
	for (unsigned set = 0; set < 1u << ARRAY_SIZE(bits); set++) {
		uint64_t features = 0;

		for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
			if (set & BIT(i))
				features |= BIT64(bits[i]);
		try_pair(f, features);
	}
	assert_int_equal(f->sides[0].at.port->counters.refused, 0);
	assert_int_equal(f->sides[1].at.port->counters.lost, 0);
}

/* Between two that agreed nothing is computed: the frame is the same to the bit. */
static void test_untouched(void **state)
{
	const struct big_frame what = { .payload = 60000, .gso_size = 1448 };
	struct fixture *f = *state;
	struct net_offload offload, seen;
	uint32_t length = make_frame(&what, frame, &offload);

	side_start(&f->sides[0], SEND_ALL | F(MRG_RXBUF));
	side_start(&f->sides[1], RECEIVE_ALL | F(MRG_RXBUF));
	give_buffers(&f->sides[1], 0, 100, 1526);
	send_frame(&f->sides[0], frame, length, &offload);
	service(&f->sides[1]);
	assert_int_equal(take_frame(&f->sides[1], got, &seen), length);
	assert_memory_equal(got, frame, length);
	assert_int_equal(seen.gso_size, 1448);
	assert_int_equal(seen.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	assert_int_equal(seen.csum_start, 34);
	assert_int_equal(seen.csum_offset, 16);
	assert_int_equal(seen.header_length, 54);
}

/* A sender that did not agree has to do the work itself, so such frames are malformed. */
static void test_sender_did_not_agree(void **state)
{
	const struct big_frame what = { .payload = 3000, .gso_size = 1448 };
	static const uint64_t features[] = { 0, F(CSUM), F(HOST_TSO4), F(CSUM) | F(HOST_TSO6) };
	struct fixture *f = *state;
	struct net_offload offload;
	uint32_t length = make_frame(&what, frame, &offload);

	side_start(&f->sides[1], RECEIVE_ALL | F(MRG_RXBUF));
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		side_start(&f->sides[0], features[i]);
		send_frame(&f->sides[0], frame, length, &offload);
		assert_int_equal(f->sides[0].at.port->counters.refused, i + 1);
		assert_int_equal(used(&f->sides[0], VIRTIO_NET_TRANSMITQ), 1);
	}
	assert_int_equal(f->sides[1].ready, 0);
}

/* --- buffers ------------------------------------------------------------------------------ */

static void test_waits_for_buffers(void **state)
{
	struct fixture *f = *state;
	struct side *side = &f->sides[1];

	side_start(&f->sides[0], 0);
	side_start(side, F(MRG_RXBUF));
	send_frame(&f->sides[0], plain(1000), 1000, NULL);
	assert_int_equal(side->ready, 1);
	service(side);
	expect_nothing(side);
	assert_false(side->net.device.more_work);
	assert_false(kicks_suppressed(side, VIRTIO_NET_RECEIVEQ));
	/* Too few, then enough: the frame is whole, and begins in the first buffer. */
	give_buffers(side, 0, 3, 300);
	kick(side, VIRTIO_NET_RECEIVEQ);
	expect_nothing(side);
	assert_int_equal(side->interrupts[VIRTIO_NET_RECEIVEQ], 0);
	give_buffers(side, 3, 1, 300);
	kick(side, VIRTIO_NET_RECEIVEQ);
	expect_plain(side, 1000);
	assert_int_equal(side->interrupts[VIRTIO_NET_RECEIVEQ], 1);
	/* Nothing waits now: no kicks for new buffers. */
	assert_true(kicks_suppressed(side, VIRTIO_NET_RECEIVEQ));
	/* The next frame wants buffers: they are there, without a kick. */
	give_buffers(side, 4, 4, 300);
	send_frame(&f->sides[0], plain(700), 700, NULL);
	service(side);
	expect_plain(side, 700);
	/* It does not find enough, and asks for kicks again. */
	send_frame(&f->sides[0], plain(701), 701, NULL);
	service(side);
	expect_nothing(side);
	assert_false(kicks_suppressed(side, VIRTIO_NET_RECEIVEQ));
	give_buffers(side, 8, 2, 300);
	kick(side, VIRTIO_NET_RECEIVEQ);
	expect_plain(side, 701);
}

/* Cutting stops where buffers end and goes on there. */
static void test_cut_in_pieces(void **state)
{
	const struct big_frame what = { .payload = 20000, .gso_size = 1000 };
	struct fixture *f = *state;
	struct side *side = &f->sides[1];
	struct net_offload offload;
	uint32_t length = make_frame(&what, frame, &offload);

	side_start(&f->sides[0], SEND_ALL);
	side_start(side, 0);
	send_frame(&f->sides[0], frame, length, &offload);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(used(side, VIRTIO_NET_RECEIVEQ), i);
		give_buffers(side, i, 1, 1526);
		kick(side, VIRTIO_NET_RECEIVEQ);
	}
	assert_int_equal(used(side, VIRTIO_NET_RECEIVEQ), 20);
	check_received(side, &what, length);
	assert_null(switch_port_first(side->at.port));
	assert_int_equal(side->at.port->counters.received, 1);
}

static void test_too_large(void **state)
{
	struct fixture *f = *state;
	struct side *side = &f->sides[1];

	side_start(&f->sides[0], 0);
	side_start(side, 0);
	give_buffers(side, 0, 4, 1526);
	send_frame(&f->sides[0], plain(1517), 1517, NULL);
	send_frame(&f->sides[0], plain(1516), 1516, NULL);
	service(side);
	expect_plain(side, 1516);
	assert_int_equal(side->at.port->counters.lost, 1);
	/* All the buffers there can be are not enough: lost too, and the buffers are as before. */
	side_start(side, F(MRG_RXBUF));
	give_buffers(side, 0, 256, 16);
	send_frame(&f->sides[0], plain(5000), 5000, NULL);
	send_frame(&f->sides[0], plain(100), 100, NULL);
	service(side);
	expect_plain(side, 100);
	assert_int_equal(side->at.port->counters.lost, 2);
}

/* --- calls ---------------------------------------------------------------------------------- */

static void test_interrupts(void **state)
{
	struct fixture *f = *state;

	side_start(&f->sides[0], 0);
	side_start(&f->sides[1], 0);
	give_buffers(&f->sides[1], 0, 64, 1526);
	for (unsigned i = 0; i < 10; i++)
		put_frame(&f->sides[0], plain(100), 100, NULL);
	kick(&f->sides[0], VIRTIO_NET_TRANSMITQ);
	service(&f->sides[1]);
	assert_int_equal(f->sides[0].flushes, 1);
	assert_int_equal(f->sides[0].unflushed, 0);
	/* One for each call, and none where nothing happened. */
	assert_int_equal(f->sides[0].interrupts[VIRTIO_NET_TRANSMITQ], 1);
	assert_int_equal(f->sides[1].interrupts[VIRTIO_NET_RECEIVEQ], 1);
	assert_int_equal(f->sides[0].interrupts[VIRTIO_NET_RECEIVEQ], 0);
	service(&f->sides[0]);
	service(&f->sides[1]);
	assert_int_equal(f->sides[0].flushes, 1);
	assert_int_equal(f->sides[0].interrupts[VIRTIO_NET_TRANSMITQ], 1);
	assert_int_equal(f->sides[1].interrupts[VIRTIO_NET_RECEIVEQ], 1);
	/* And none that is not wanted. */
	fake_put16(f->sides[0].memory, gpa_value(f->sides[0].place[VIRTIO_NET_TRANSMITQ].available),
		   1);
	fake_put16(f->sides[1].memory, gpa_value(f->sides[1].place[VIRTIO_NET_RECEIVEQ].available),
		   1);
	send_frame(&f->sides[0], plain(100), 100, NULL);
	service(&f->sides[1]);
	assert_int_equal(used(&f->sides[1], VIRTIO_NET_RECEIVEQ), 11);
	assert_int_equal(f->sides[0].interrupts[VIRTIO_NET_TRANSMITQ], 1);
	assert_int_equal(f->sides[1].interrupts[VIRTIO_NET_RECEIVEQ], 1);
}

/* However much a guest queues, one call does a bounded part of it. */
static void test_bounded_work(void **state)
{
	struct fixture *f = *state;
	struct side *from = &f->sides[0], *to = &f->sides[1];
	unsigned calls = 0;

	side_start(from, 0);
	side_start(to, F(MRG_RXBUF));
	give_buffers(to, 0, 256, 4096);
	for (unsigned i = 0; i < 200; i++)
		put_frame(from, plain(60000), 60000, NULL);
	kick(from, VIRTIO_NET_TRANSMITQ);
	assert_in_range(used(from, VIRTIO_NET_TRANSMITQ), 1, 4);
	assert_true(from->net.device.more_work);
	assert_true(kicks_suppressed(from, VIRTIO_NET_TRANSMITQ));
	while (from->net.device.more_work) {
		service(from);
		assert_true(++calls < 200);
	}
	assert_false(kicks_suppressed(from, VIRTIO_NET_TRANSMITQ));
	assert_int_equal(used(from, VIRTIO_NET_TRANSMITQ), 200);
	service(to);
	assert_in_range(used(to, VIRTIO_NET_RECEIVEQ), 15, 60);
	assert_true(to->net.device.more_work);
	for (calls = 0; to->net.device.more_work; calls++) {
		service(to);
		assert_true(calls < 20);
	}
	assert_int_equal(to->at.port->counters.received + to->at.port->counters.lost, 200);
}

/* A frame for all is copied for each: so many fewer are sent in one call. */
static void test_copies_are_work(void **state)
{
	struct fixture *f = *state;
	struct side *from = &f->sides[0];
	struct switch_port *others[9];

	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		const uint8_t address[] = { 2, 0, 0, 0, 1, (uint8_t)i };

		assert_int_equal(switch_port_create(f->ethernet, "other", address, side_ready,
						    &f->sides[1], &others[i]), 0);
		switch_port_open(others[i], true);
	}
	side_start(from, 0);
	side_start(&f->sides[1], 0);
	for (unsigned i = 0; i < 100; i++) {
		(void)plain(6000);
		memset(frame, 0xFF, ETHERNET_ADDRESS_SIZE);
		put_frame(from, frame, 6000, NULL);
	}
	kick(from, VIRTIO_NET_TRANSMITQ);
	/* Ten copies of each. */
	assert_in_range(used(from, VIRTIO_NET_TRANSMITQ), NET_BUDGET / 10 / 6300,
			NET_BUDGET / 10 / 6000 + 1);
	assert_true(from->net.device.more_work);
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		assert_int_equal(others[i]->counters.lost, 0);
		switch_port_destroy(others[i]);
	}
}

/* Where an ARP packet has the addresses of its sender and of whom it is for. */
#define ARP_SENDER 22
#define ARP_TARGET 32

/* An ARP packet between the two addresses, in an Ethernet frame between them. */
static void make_arp(uint8_t *to, const uint8_t *from_address, const uint8_t *to_address)
{
	static const uint8_t kind[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(to, 0, 60);
	memcpy(to, to_address, 6);
	memcpy(to + 6, from_address, 6);
	memcpy(to + 12, kind, sizeof(kind));
	memcpy(to + ARP_SENDER, from_address, 6);
	memcpy(to + ARP_TARGET, to_address, 6);
}

/*
 * A clone's kernel goes on using the address of the guest that it was cloned from; on the network
 * it has its own.
 */
static void test_alias(void **state)
{
	static const uint8_t first[] = { 2, 0, 0, 0, 0, 1 }, second[] = { 2, 0, 0, 0, 0, 2 };
	static const uint8_t known[] = { 2, 9, 9, 9, 9, 9 };
	struct fixture *f = *state;
	struct virtio_net parent = { .config = { .mac = { 2, 9, 9, 9, 9, 9 } } };
	struct net_offload offload;
	uint8_t wanted[60];

	side_start(&f->sides[0], MODERN);
	side_start(&f->sides[1], MODERN);
	f->sides[0].net.device.ops->clone(&f->sides[0].net.device, &parent.device, false);
	give_buffers(&f->sides[0], 0, 16, 1526);
	give_buffers(&f->sides[1], 0, 16, 1526);
	make_arp(frame, known, second);
	send_frame(&f->sides[0], frame, 60, NULL);
	service(&f->sides[1]);
	make_arp(wanted, first, second);
	assert_int_equal(take_frame(&f->sides[1], got, &offload), 60);
	assert_memory_equal(got, wanted, 60);
	/* The answer. */
	make_arp(frame, second, first);
	send_frame(&f->sides[1], frame, 60, NULL);
	service(&f->sides[0]);
	make_arp(wanted, second, known);
	assert_int_equal(take_frame(&f->sides[0], got, &offload), 60);
	assert_memory_equal(got, wanted, 60);
	/* A clone of the clone, which knows the same. */
	f->sides[1].net.device.ops->clone(&f->sides[1].net.device, &f->sides[0].net.device, false);
	assert_memory_equal(f->sides[1].net.alias.known, known, 6);
	f->sides[1].net.alias.is_used = false;
	/* Who has asked for its address and uses it gets what is sent there as it is. */
	make_arp(frame, first, second);
	send_frame(&f->sides[0], frame, 60, NULL);
	assert_false(f->sides[0].net.alias.is_used);
	make_arp(frame, second, first);
	send_frame(&f->sides[1], frame, 60, NULL);
	service(&f->sides[0]);
	assert_int_equal(take_frame(&f->sides[0], got, &offload), 60);
	assert_memory_equal(got, frame, 60);
}

static void test_reset(void **state)
{
	const struct big_frame what = { .payload = 20000, .gso_size = 1000 };
	struct fixture *f = *state;
	struct side *side = &f->sides[1];
	struct net_offload offload;
	uint32_t length = make_frame(&what, frame, &offload);

	side_start(&f->sides[0], SEND_ALL);
	side_start(side, 0);
	give_buffers(side, 0, 3, 1526);
	send_frame(&f->sides[0], frame, length, &offload);
	service(side);
	assert_true(side->net.cutter.is_cutting);
	side_start(side, 0);
	give_buffers(side, 0, 3, 1526);
	service(side);
	expect_nothing(side);
	/* While it is at rest it gets nothing. */
	side->net.device.ops->reset(&side->net.device);
	send_frame(&f->sides[0], plain(100), 100, NULL);
	assert_int_equal(side->at.port->counters.lost, 1);
	side_start(side, 0);
	give_buffers(side, 0, 3, 1526);
	service(side);
	expect_nothing(side);
	send_frame(&f->sides[0], plain(100), 100, NULL);
	service(side);
	expect_plain(side, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_identity),
		test(test_header_sizes),
		test(test_plain_frames),
		test(test_any_layout),
		test(test_every_receiver),
		test(test_untouched),
		test(test_sender_did_not_agree),
		test(test_waits_for_buffers),
		test(test_cut_in_pieces),
		test(test_too_large),
		test(test_interrupts),
		test(test_bounded_work),
		test(test_copies_are_work),
		test(test_alias),
		test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
