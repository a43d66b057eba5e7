// SPDX-License-Identifier: GPL-2.0-only
/* Tests of checksums and of cutting large frames: net_offload.c, net_headers.c, net_segment.c. */
#include "drivers/net/net_offload.h"
#include "lib/compiler.h"
#include "tests/unit/net_frames.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static uint8_t frame[NET_FRAME_MAX], rebuilt[NET_FRAME_MAX];

/* --- facts ---------------------------------------------------------------------------- */

static void test_facts(void **state)
{
	static const uint8_t header[] = { 0xFF, 0x81, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t nothing[] = { 0xFE, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct net_offload offload;
	uint8_t stored[VIRTIO_NET_HDR_SIZE];

	(void)state;
	net_offload_load(&offload, header);
	assert_int_equal(offload.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(offload.gso_type, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN);
	/* What a sender says of its headers' length is not believed. */
	assert_int_equal(offload.header_length, 0);
	assert_int_equal(offload.gso_size, 0x0403);
	assert_int_equal(offload.csum_start, 0x0605);
	assert_int_equal(offload.csum_offset, 0x0807);
	offload.header_length = 0x0201;
	net_offload_store(&offload, stored);
	assert_int_equal(stored[0], 1);
	assert_memory_equal(stored + 1, header + 1, sizeof(stored) - 1);
	/* What means nothing tells the receiver nothing. */
	net_offload_load(&offload, nothing);
	net_offload_store(&offload, stored);
	for (unsigned i = 0; i < sizeof(stored); i++)
		assert_int_equal(stored[i], 0);
}

static uint32_t needs(uint8_t flags, uint8_t gso_type)
{
	struct net_offload offload = { .flags = flags, .gso_type = gso_type };

	return net_offload_needs(&offload);
}

static void test_needs(void **state)
{
	(void)state;
	assert_int_equal(needs(0, VIRTIO_NET_HDR_GSO_NONE), 0);
	assert_int_equal(needs(1, VIRTIO_NET_HDR_GSO_NONE), NET_CSUM);
	assert_int_equal(needs(1, VIRTIO_NET_HDR_GSO_TCPV4), NET_CSUM | NET_TSO4);
	assert_int_equal(needs(1, VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN),
			 NET_CSUM | NET_TSO6 | NET_ECN);
	assert_int_equal(needs(1, VIRTIO_NET_HDR_GSO_UDP), NET_CSUM | NET_UFO);
	/* No receiver can do these. */
	assert_int_equal(needs(0, VIRTIO_NET_HDR_GSO_TCPV4), NET_NOBODY);
	assert_int_equal(needs(1, VIRTIO_NET_HDR_GSO_ECN), NET_NOBODY);
	assert_int_equal(needs(1, VIRTIO_NET_HDR_GSO_UDP | VIRTIO_NET_HDR_GSO_ECN), NET_NOBODY);
	for (unsigned type = 0; type < 0x80; type++)
		if (type > VIRTIO_NET_HDR_GSO_TCPV6 || type == 2)
			assert_int_equal(needs(1, (uint8_t)type), NET_NOBODY);
}

/* --- checksums -------------------------------------------------------------------------- */

static void test_finish(void **state)
{
	(void)state;
	for (uint32_t payload = 0; payload < 1500; payload += 1 + payload / 7) {
		for (unsigned kind = 0; kind < 8; kind++) {
			struct big_frame what = {
				.ipv6 = kind & 1, .udp = kind & 2, .tagged = kind & 4,
				.payload = payload,
			};
			struct net_offload offload;
			uint32_t length = make_frame(&what, frame, &offload);

			assert_true(net_offload_check(&offload, frame, length));
			net_offload_finish(&offload, frame, length);
			assert_int_equal(net_offload_needs(&offload), 0);
			check_frame(&what, frame, length, true);
		}
	}
}

/* UDP has no checksum when that is 0; so a sum of 0 is written as its other form. */
static void test_finish_zero(void **state)
{
	struct net_offload offload = { .flags = 1, .csum_start = 14, .csum_offset = 6 };

	(void)state;
	memset(frame, 0, 64);
	frame[14] = frame[15] = 0xFF;
	assert_true(net_offload_check(&offload, frame, 64));
	net_offload_finish(&offload, frame, 64);
	assert_int_equal(get_be16(frame + 20), 0xFFFF);
}

static void test_impossible_checksums(void **state)
{
	static const struct { uint16_t start, offset; bool good; } rows[] = {
		{ 14, 0, true }, { 13, 0, false }, { 0, 16, false }, { 62, 0, true },
		{ 63, 0, false }, { 14, 48, true }, { 14, 49, false }, { 65535, 65535, false },
		{ 65535, 0, false }, { 32, 65535, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct net_offload offload = {
			.flags = 1, .csum_start = rows[i].start, .csum_offset = rows[i].offset,
		};

		assert_int_equal(net_offload_check(&offload, frame, 64), rows[i].good);
	}
}

/* --- what cannot be cut ------------------------------------------------------------------- */

static const struct big_frame tcp4 = { .payload = 3000, .gso_size = 1000 };

/* A change of one byte of a good frame, or of its length; the facts are as before. */
static void expect_refused(const struct big_frame *what, uint32_t at, uint8_t value)
{
	struct net_offload offload;
	uint32_t length = make_frame(what, frame, &offload);

	assert_true(net_offload_check(&offload, frame, length));
	frame[at] = value;
	if (net_offload_check(&offload, frame, length))
		fail_msg("byte %u = 0x%x was let through", at, value);
}

static void test_wrong_headers(void **state)
{
	struct big_frame tcp6 = { .ipv6 = true, .payload = 3000, .gso_size = 1000 };
	struct big_frame udp4 = { .udp = true, .payload = 3000, .gso_size = 1000 };
	struct big_frame long6 = { .ipv6 = true, .extensions = 1, .payload = 3000,
				   .gso_size = 1000 };

	(void)state;
	expect_refused(&tcp4, 12, 0x86);	/* type */
	expect_refused(&tcp4, 13, 6);
	expect_refused(&tcp4, 14, 0x65);	/* version */
	expect_refused(&tcp4, 14, 0x44);	/* header too short */
	expect_refused(&tcp4, 14, 0x46);	/* TCP is elsewhere */
	expect_refused(&tcp4, 20, 0x20);	/* more fragments */
	expect_refused(&tcp4, 21, 1);		/* not the first */
	expect_refused(&tcp4, 23, 17);		/* UDP */
	expect_refused(&tcp4, 46, 0x40);	/* data begins inside the header */
	expect_refused(&udp4, 23, 6);
	expect_refused(&tcp6, 14, 0x45);
	expect_refused(&tcp6, 20, 17);
	expect_refused(&tcp6, 20, 43);		/* routing */
	expect_refused(&tcp6, 20, 44);		/* a fragment */
	expect_refused(&tcp6, 20, 0);		/* TCP is elsewhere */
	expect_refused(&long6, 55, 255);	/* an extension of 2 KB */
}

static void test_wrong_facts(void **state)
{
	struct net_offload good, offload;
	uint32_t length = make_frame(&tcp4, frame, &good);

	(void)state;
	offload = good;
	offload.gso_size = NET_GSO_SIZE_MIN;
	assert_true(net_offload_check(&offload, frame, length));
	assert_int_equal(offload.header_length, 54);
	offload.gso_size--;
	assert_false(net_offload_check(&offload, frame, length));
	offload = good;
	offload.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	assert_false(net_offload_check(&offload, frame, length));
	offload.gso_type = VIRTIO_NET_HDR_GSO_UDP;
	assert_false(net_offload_check(&offload, frame, length));
	offload = good;
	offload.csum_start += 2;
	assert_false(net_offload_check(&offload, frame, length));
	offload = good;
	offload.csum_offset = 6;
	assert_false(net_offload_check(&offload, frame, length));
	offload = good;
	offload.flags = 0;
	assert_false(net_offload_check(&offload, frame, length));
}

/* A frame that ends anywhere in its headers, in a buffer of just that size. */
static void test_cut_short(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 8; kind++) {
		struct big_frame what = {
			.ipv6 = kind & 1, .udp = kind & 2, .tagged = kind & 4,
			.extensions = kind & 1, .options = 8, .payload = 3000, .gso_size = 1000,
		};
		struct net_offload good;
		uint32_t headers = frame_transport(&what) + (what.udp ? 8 : 28);

		make_frame(&what, frame, &good);
		for (uint32_t length = 14; length <= headers; length++) {
			struct net_offload offload = good;
			uint8_t *copy = malloc(length);

			memcpy(copy, frame, length);
			assert_int_equal(net_offload_check(&offload, copy, length),
					 length == headers);
			free(copy);
		}
	}
}

/* --- cutting --------------------------------------------------------------------------------- */

static uint32_t flatten(const struct net_segment *segment, uint8_t *to)
{
	memcpy(to, segment->header, segment->header_length);
	memcpy(to + segment->header_length, segment->payload, segment->payload_length);
	return segment->header_length + segment->payload_length;
}

/* One segment of TCP; returns how much of the payload it has. */
static uint32_t check_tcp(const struct big_frame *what, const struct net_segment *segment,
			  uint32_t index, uint32_t done, bool finish)
{
	uint32_t headers = frame_transport(what) + 20 + what->options;
	uint8_t *one = malloc(NET_FRAME_MAX);
	uint32_t length = flatten(segment, one);
	uint32_t share = length - headers;
	const uint8_t *tcp = one + frame_transport(what);
	uint8_t flags = what->tcp_flags;
	struct net_offload offload = segment->offload;

	assert_true(share <= what->gso_size);
	if (done + share < what->payload) {
		assert_int_equal(share, what->gso_size);
		flags &= 0xF6;
	}
	if (index > 0)
		flags &= 0x7F;
	assert_int_equal(tcp[13], flags);
	assert_int_equal(get_be32(tcp + 4), 0xFFFFF000u + done);
	if (!what->ipv6)
		assert_int_equal(get_be16(one + frame_network(what) + 4),
				 (0x12FE + index) & 0xFFFF);
	assert_int_equal(net_offload_needs(&offload), finish ? 0 : NET_CSUM);
	if (!finish) {
		assert_true(net_offload_check(&offload, one, length));
		net_offload_finish(&offload, one, length);
	}
	check_frame(what, one, length, true);
	for (uint32_t i = 0; i < share; i++)
		assert_int_equal(one[headers + i], frame_byte(done + i));
	free(one);
	return share;
}

static void cut_tcp(const struct big_frame *what, bool finish)
{
	struct net_segmenter segmenter;
	struct net_segment segment, again;
	struct net_offload offload;
	uint32_t length = make_frame(what, frame, &offload);
	uint32_t done = 0, count = 0;

	assert_true(net_offload_check(&offload, frame, length));
	net_segmenter_start(&segmenter, frame, length, &offload, 1, finish);
	while (net_segmenter_current(&segmenter, &segment)) {
		/* A receiver without room asks for the same once more. */
		assert_true(net_segmenter_current(&segmenter, &again));
		assert_memory_equal(again.header, segment.header, segment.header_length);
		done += check_tcp(what, &segment, count++, done, finish);
		net_segmenter_advance(&segmenter);
	}
	assert_int_equal(done, what->payload);
	assert_int_equal(count, MAX(1u, (what->payload + what->gso_size - 1) / what->gso_size));
	net_segmenter_advance(&segmenter);
	assert_false(net_segmenter_current(&segmenter, &segment));
}

static void test_cut_tcp(void **state)
{
	static const uint32_t payloads[] = { 0, 1, 999, 1000, 1001, 2000, 12345, 65000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(payloads); i++) {
		for (unsigned kind = 0; kind < 32; kind++) {
			struct big_frame what = {
				.ipv6 = kind & 1, .tagged = kind & 2, .options = kind & 4 ? 12 : 0,
				.extensions = kind & 8 ? 2 : 0, .payload = payloads[i],
				.gso_size = 1000, .tcp_flags = 0x99,
			};

			cut_tcp(&what, kind & 16);
		}
	}
}

/* One fragment; what it has of the datagram goes to its place in rebuilt. */
static uint32_t check_fragment(const struct big_frame *what, const struct net_segment *segment,
			       uint32_t done, uint32_t total)
{
	uint32_t network = frame_network(what), at = frame_transport(what);
	uint8_t *one = malloc(NET_FRAME_MAX);
	uint32_t length = flatten(segment, one), share, offset;
	bool more;

	if (what->ipv6) {
		uint32_t next = what->extensions ? at - 16 : network + 6;

		assert_int_equal(one[next], 44);
		assert_int_equal(one[at], 17);
		offset = get_be16(one + at + 2) & 0xFFF8;
		more = one[at + 3] & 1;
		assert_int_equal(get_be32(one + at + 4), 77);
		at += 8;
	} else {
		offset = (get_be16(one + network + 6) & 0x1FFF) * 8u;
		more = get_be16(one + network + 6) & 0x2000;
		assert_int_equal(get_be16(one + network + 4), 0x12FE);
	}
	share = length - at;
	assert_int_equal(offset, done);
	assert_int_equal(more, done + share < total);
	assert_true(share <= what->gso_size && (share % 8 == 0 || !more));
	assert_int_equal(net_offload_needs(&segment->offload), 0);
	check_frame(what, one, length, false);
	memcpy(rebuilt + frame_transport(what) + done, one + at, share);
	free(one);
	return share;
}

static void cut_udp(const struct big_frame *what)
{
	struct net_segmenter segmenter;
	struct net_segment segment;
	struct net_offload offload;
	uint32_t length = make_frame(what, frame, &offload);
	uint32_t total = length - frame_transport(what), done = 0;

	memcpy(rebuilt, frame, frame_transport(what));
	assert_true(net_offload_check(&offload, frame, length));
	net_segmenter_start(&segmenter, frame, length, &offload, 77, true);
	while (net_segmenter_current(&segmenter, &segment)) {
		done += check_fragment(what, &segment, done, total);
		net_segmenter_advance(&segmenter);
	}
	assert_int_equal(done, total);
	check_frame(what, rebuilt, length, true);
	for (uint32_t i = 0; i < what->payload; i++)
		assert_int_equal(rebuilt[length - what->payload + i], frame_byte(i));
}

static void test_cut_udp(void **state)
{
	static const uint32_t payloads[] = { 0, 1, 991, 992, 993, 2000, 12345, 65000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(payloads); i++) {
		for (unsigned kind = 0; kind < 8; kind++) {
			struct big_frame what = {
				.ipv6 = kind & 1, .tagged = kind & 2, .udp = true,
				.extensions = kind & 4 ? 1 : 0, .payload = payloads[i],
				.gso_size = 1003,
			};

			cut_udp(&what);
		}
	}
}

/* The largest frame there is, in the smallest segments. */
static void test_cut_most(void **state)
{
	struct big_frame what = { .payload = 65535 - 40, .gso_size = NET_GSO_SIZE_MIN };

	(void)state;
	cut_tcp(&what, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_finish),
		cmocka_unit_test(test_finish_zero),
		cmocka_unit_test(test_impossible_checksums),
		cmocka_unit_test(test_wrong_headers),
		cmocka_unit_test(test_wrong_facts),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_cut_tcp),
		cmocka_unit_test(test_cut_udp),
		cmocka_unit_test(test_cut_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
