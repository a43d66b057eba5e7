// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the virtio network device with drivers that break the rules. */
#include "tests/unit/virtio_net_fixture.h"

static uint8_t frame[NET_FRAME_MAX], got[2 * NET_FRAME_MAX];

static int start_both(void **state)
{
	struct fixture *f;

	setup(state);
	f = *state;
	side_start(&f->sides[0], SEND_ALL | F(MRG_RXBUF));
	side_start(&f->sides[1], RECEIVE_ALL | F(MRG_RXBUF));
	give_buffers(&f->sides[1], 0, 64, 4096);
	memcpy(frame, "\2\0\0\0\0\2\2\0\0\0\0\1\x12\x34", 14);
	return 0;
}

/* The other side still gets what is sent rightly, and got nothing else. */
static void assert_unharmed(struct fixture *f)
{
	struct net_offload offload;

	assert_int_equal(f->sides[0].times_broken, 0);
	send_frame(&f->sides[0], frame, 60, NULL);
	service(&f->sides[1]);
	assert_int_equal(take_frame(&f->sides[1], got, &offload), 60);
	assert_int_equal(take_frame(&f->sides[1], got, &offload), -1);
}

/* One buffer of that length as a whole request. */
static void send_bytes(struct side *side, uint64_t address, uint32_t length)
{
	describe(side, VIRTIO_NET_TRANSMITQ, 0, address, length, 0, 0);
	offer(side, VIRTIO_NET_TRANSMITQ, 0);
	kick(side, VIRTIO_NET_TRANSMITQ);
}

static void test_short_requests(void **state)
{
	struct fixture *f = *state;
	uint32_t length;

	for (length = 0; length < 12 + 14; length++)
		send_bytes(&f->sides[0], SEND_BUFFERS, length);
	assert_int_equal(used(&f->sides[0], VIRTIO_NET_TRANSMITQ), length);
	assert_int_equal(f->sides[0].at.port->counters.refused, length);
	/* A request with nothing to read. */
	describe(&f->sides[0], VIRTIO_NET_TRANSMITQ, 0, SEND_BUFFERS, 100, WRITE, 0);
	offer(&f->sides[0], VIRTIO_NET_TRANSMITQ, 0);
	kick(&f->sides[0], VIRTIO_NET_TRANSMITQ);
	assert_int_equal(f->sides[0].at.port->counters.refused, length + 1);
	assert_unharmed(f);
}

static void test_long_requests(void **state)
{
	struct fixture *f = *state;

	send_bytes(&f->sides[0], 0, MEMORY_SIZE);
	send_bytes(&f->sides[0], SEND_BUFFERS, 12 + NET_FRAME_MAX + 1);
	/* It is too long before anybody looks where it lies; so is the sum of two. */
	send_bytes(&f->sides[0], SEND_BUFFERS, 0x7FFFFFFF);
	describe(&f->sides[0], VIRTIO_NET_TRANSMITQ, 0, SEND_BUFFERS, 0x7FFFFFFF, NEXT, 1);
	describe(&f->sides[0], VIRTIO_NET_TRANSMITQ, 1, SEND_BUFFERS, 0x7FFFFFFF, 0, 0);
	offer(&f->sides[0], VIRTIO_NET_TRANSMITQ, 0);
	kick(&f->sides[0], VIRTIO_NET_TRANSMITQ);
	assert_int_equal(f->sides[0].at.port->counters.refused, 4);
	assert_unharmed(f);
}

static void assert_broken(struct side *side)
{
	assert_int_equal(side->times_broken, 1);
	assert_int_equal(side->at.port->counters.sent, 0);
	/* And it stays quiet. */
	service(side);
	assert_int_equal(side->times_broken, 1);
	assert_false(side->net.device.more_work);
}

static void test_header_outside(void **state)
{
	struct fixture *f = *state;

	send_bytes(&f->sides[0], MEMORY_SIZE - 5, 100);
	assert_broken(&f->sides[0]);
}

static void test_frame_outside(void **state)
{
	struct fixture *f = *state;

	memcpy(f->sides[0].memory->bytes + MEMORY_SIZE - 38, frame, 14);
	send_bytes(&f->sides[0], MEMORY_SIZE - 50, 100);
	assert_broken(&f->sides[0]);
	service(&f->sides[1]);
	assert_int_equal(used(&f->sides[1], VIRTIO_NET_RECEIVEQ), 0);
}

static void test_addresses_outside(void **state)
{
	struct fixture *f = *state;

	send_bytes(&f->sides[0], MEMORY_SIZE - 20, 100);
	assert_broken(&f->sides[0]);
}

static void test_receive_buffer_outside(void **state)
{
	struct fixture *f = *state;

	side_start(&f->sides[1], F(MRG_RXBUF));
	describe(&f->sides[1], VIRTIO_NET_RECEIVEQ, 0, MEMORY_SIZE - 20, 100, WRITE, 0);
	offer(&f->sides[1], VIRTIO_NET_RECEIVEQ, 0);
	send_frame(&f->sides[0], frame, 60, NULL);
	service(&f->sides[1]);
	assert_int_equal(f->sides[1].times_broken, 1);
	assert_int_equal(f->sides[0].times_broken, 0);
	assert_int_equal(f->sides[0].at.port->counters.sent, 1);
}

/* Buffers that hold nothing, or less than the header. */
static void test_useless_receive_buffers(void **state)
{
	struct fixture *f = *state;
	struct side *side = &f->sides[1];

	side_start(side, F(MRG_RXBUF));
	give_buffers(side, 0, 256, 0);
	send_frame(&f->sides[0], frame, 60, NULL);
	service(side);
	assert_int_equal(side->at.port->counters.lost, 1);
	side_start(side, F(MRG_RXBUF));
	give_buffers(side, 0, 256, 11);
	send_frame(&f->sides[0], frame, 60, NULL);
	service(side);
	assert_int_equal(side->at.port->counters.lost, 2);
	/* The header, and then nothing, 255 times. */
	side_start(side, F(MRG_RXBUF));
	give_buffers(side, 0, 1, 12);
	for (unsigned i = 1; i < 256; i++) {
		describe(side, VIRTIO_NET_RECEIVEQ, i, RECEIVE_BUFFERS, 0, WRITE, 0);
		offer(side, VIRTIO_NET_RECEIVEQ, (uint16_t)i);
	}
	send_frame(&f->sides[0], frame, 60, NULL);
	service(side);
	assert_int_equal(side->at.port->counters.lost, 3);
	/* To read, where there must be something to write. */
	side_start(side, 0);
	describe(side, VIRTIO_NET_RECEIVEQ, 0, RECEIVE_BUFFERS, 4096, 0, 0);
	offer(side, VIRTIO_NET_RECEIVEQ, 0);
	send_frame(&f->sides[0], frame, 60, NULL);
	service(side);
	assert_int_equal(side->at.port->counters.lost, 4);
	assert_int_equal(used(side, VIRTIO_NET_RECEIVEQ), 0);
	assert_int_equal(side->times_broken, 0);
}

/* Headers of random content: whatever arrives has facts that are true of it. */
static void test_random_headers(void **state)
{
	struct fixture *f = *state;
	const struct big_frame what = { .payload = 3000, .gso_size = 1000 };
	uint64_t random = 12345;
	unsigned arrived = 0;

	for (unsigned i = 0; i < 20000; i++) {
		struct net_offload offload;
		uint32_t length = make_frame(&what, frame, &offload);
		uint8_t *fact = (uint8_t *)&offload;
		uint64_t dice = unit_random(&random);
		int size;

		fact[dice % sizeof(offload)] = (uint8_t)(dice >> 8);
		if (dice >> 16 & 1)
			frame[12 + (dice >> 20) % 50] = (uint8_t)(dice >> 32);
		length = dice >> 17 & 1 ? length : 14 + (uint32_t)(dice >> 40) % 100;
		send_frame(&f->sides[0], frame, length, &offload);
		service(&f->sides[1]);
		while ((size = take_frame(&f->sides[1], got, &offload)) >= 0) {
			arrived++;
			assert_int_equal(size, length);
			assert_true(net_offload_check(&offload, got, (uint32_t)size));
		}
		give_buffers(&f->sides[1], f->sides[1].available[VIRTIO_NET_RECEIVEQ],
			     (uint16_t)(f->sides[1].taken + 64 -
					f->sides[1].available[VIRTIO_NET_RECEIVEQ]), 4096);
	}
	assert_in_range(arrived, 1000, 19000);
	assert_int_equal(f->sides[0].at.port->counters.sent, arrived);
}

static void change_all(struct guest_memory *memory, uint32_t address, uint32_t length)
{
	/* The next time it is read, if there is one, it says something else. */
	if (address >= SEND_BUFFERS && address < RECEIVE_BUFFERS)
		memset(memory->bytes + address, 0xEE, length);
}

/* Every byte of a request is read once, so a second processor of the guest gains nothing. */
static void test_changed_while_read(void **state)
{
	const struct big_frame what = { .payload = 3000, .gso_size = 1000 };
	struct fixture *f = *state;
	struct net_offload offload;
	uint32_t length = make_frame(&what, frame, &offload);

	f->sides[0].memory->after_read = change_all;
	frame[0] |= 1;		/* for all */
	send_frame(&f->sides[0], frame, length, &offload);
	service(&f->sides[1]);
	assert_int_equal(take_frame(&f->sides[1], got, &offload), length);
	assert_memory_equal(got, frame, length);
	assert_int_equal(offload.gso_size, 1000);
}

int main(void)
{
#define hostile(name) cmocka_unit_test_setup_teardown(name, start_both, teardown)
	const struct CMUnitTest tests[] = {
		hostile(test_short_requests),
		hostile(test_long_requests),
		hostile(test_header_outside),
		hostile(test_frame_outside),
		hostile(test_addresses_outside),
		hostile(test_receive_buffer_outside),
		hostile(test_useless_receive_buffers),
		hostile(test_random_headers),
		hostile(test_changed_while_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
