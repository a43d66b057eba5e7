// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what is left to the device: checksums, and cutting large frames. The
 * peer judges what it gets, and says what it agreed to take as it is.
 */
#include "guest/net/talk.h"

#include "guest/runtime/report.h"
#include "guest/runtime/string.h"

#include <stddef.h>

#define UDP_SIZE 8u

static struct packet_report before, after;

static bool ready(uint8_t *peer)
{
	CHECK_BOOL(talk_address("peer", peer), "no word peer=");
	CHECK_BOOL(talk_start(NET_SEND_ALL), "no network");
	CHECK_BOOL(talk_report(peer, TALK_CLEAR, &before), "the peer does not answer");
	return true;
}

/* Will the peer take it in one piece? */
static bool taken_whole(const struct packet *packet, uint32_t features)
{
	uint32_t tso = packet->ipv6 ? NET_GUEST_TSO6 : NET_GUEST_TSO4;
	uint32_t needed = packet->udp ? NET_GUEST_UFO : tso;

	if (!(features & NET_GUEST_CSUM) || (packet->ecn && !(features & NET_GUEST_ECN)))
		return false;
	return packet->gso_size == 0 || (features & needed) != 0;
}

static uint32_t pieces_of(const struct packet *packet, bool whole)
{
	uint32_t bytes = packet->payload + (packet->udp ? UDP_SIZE : 0);
	uint32_t size = packet->udp ? packet->gso_size & ~7u : packet->gso_size;

	return whole || packet->gso_size == 0 ? 1 : (bytes + size - 1) / size;
}

/* What the peer is to see of so many packets. */
static struct packet_report expect(const struct packet *packet, uint32_t count)
{
	bool whole = taken_whole(packet, before.features);
	bool fragments = packet->udp && packet->gso_size != 0 && !whole;
	struct packet_report expected = {
		.frames = pieces_of(packet, whole) * count,
		.bytes = (packet->payload + (fragments ? UDP_SIZE : 0)) * count,
	};

	if (fragments)
		expected.fragments = expected.frames;
	else if (before.features & NET_GUEST_CSUM)
		expected.partial = expected.frames;
	if (whole && packet->gso_size != 0)
		expected.large = count;
	return expected;
}

static void compare(const char *what, uint32_t seen, uint32_t expected)
{
	if (seen != expected)
		report_fail("%u %s in place of %u", seen, what, expected);
}

/* Send packets of that kind; the peer must get all of them, in as many frames as it agreed to. */
static void send_packets(const struct packet *packet, uint32_t count)
{
	uint8_t peer[NET_ADDRESS_SIZE];
	struct packet_report expected;
	struct net_header header;

	if (!ready(peer))
		return;
	expected = expect(packet, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t length = packet_make(packet, peer, talk_out, &header);

		net_send(&header, talk_out, length);
	}
	CHECK(talk_report_of(peer, expected.bytes, &after), "the peer does not answer any more");
	compare("bytes", after.bytes, expected.bytes);
	compare("bad frames", after.bad, 0);
	compare("frames", after.frames, expected.frames);
	compare("frames to be cut", after.large, expected.large);
	compare("fragments", after.fragments, expected.fragments);
	compare("frames without checksum", after.partial, expected.partial);
}

/* No more at a time than the peer's queue has room for when it does not run meanwhile: 256 KB. */
#define PACKET_TEST(name, many, ...) \
	TEST(offloads, name) \
	{ \
		const struct packet packet = {__VA_ARGS__}; \
\
		send_packets(&packet, many); \
	}

PACKET_TEST(checksum_tcp4, 20, .payload = 1001)
PACKET_TEST(checksum_tcp6, 20, .payload = 1000, .ipv6 = true)
PACKET_TEST(checksum_udp4, 20, .payload = 333, .udp = true)
PACKET_TEST(checksum_udp6, 20, .payload = 1, .udp = true, .ipv6 = true)
PACKET_TEST(tso4, 8, .payload = 20000, .gso_size = 1448)
PACKET_TEST(tso4_largest, 3, .payload = 65495, .gso_size = 1448)
PACKET_TEST(tso4_one_segment, 5, .payload = 1000, .gso_size = 1448)
PACKET_TEST(tso4_small_segments, 1, .payload = 9600, .gso_size = 96)
PACKET_TEST(tso4_ecn, 5, .payload = 20000, .gso_size = 1448, .ecn = true)
PACKET_TEST(tso6, 8, .payload = 20001, .gso_size = 1428, .ipv6 = true)
PACKET_TEST(tso6_ecn, 5, .payload = 20000, .gso_size = 1428, .ipv6 = true, .ecn = true)
PACKET_TEST(ufo4, 8, .payload = 20003, .gso_size = 1480, .udp = true)
PACKET_TEST(ufo6, 8, .payload = 20000, .gso_size = 1448, .udp = true, .ipv6 = true)

/* Only the checksum is left to do; many buffers take it where they can be merged. */
TEST(offloads, long_frame)
{
	const struct packet packet = {.payload = 9000};
	uint8_t peer[NET_ADDRESS_SIZE];
	struct net_header header;
	uint32_t length;
	bool fits;

	if (!ready(peer))
		return;
	fits = (before.features & (NET_MRG_RXBUF | NET_GUEST_TSO4)) != 0;
	length = packet_make(&packet, peer, talk_out, &header);
	net_send(&header, talk_out, length);
	CHECK(talk_report(peer, TALK_REPORT, &after), "the peer does not answer any more");
	CHECK(after.frames == fits && after.bad == 0, "%u frames, %u bad", after.frames, after.bad);
}

/* Headers that cannot be true. None may reach the peer, or hurt anybody. */
static const struct {
	const char *name;
	struct net_header header;
} lies[] = {
	{"csum_start_beyond", {.flags = 1, .csum_start = 2000, .csum_offset = 16}},
	{"csum_start_huge", {.flags = 1, .csum_start = 0xFFFF, .csum_offset = 0xFFFF}},
	{"csum_offset_beyond", {.flags = 1, .csum_start = 34, .csum_offset = 0xFFFF}},
	{"csum_in_address", {.flags = 1, .csum_start = 0, .csum_offset = 4}},
	{"gso_without_csum", {.gso_type = 1, .gso_size = 1000}},
	{"gso_size_0", {.flags = 1, .csum_start = 34, .csum_offset = 16, .gso_type = 1}},
	{"gso_size_1",
	 {.flags = 1, .csum_start = 34, .csum_offset = 16, .gso_type = 1, .gso_size = 1}},
	{"gso_wrong_ip",
	 {.flags = 1, .csum_start = 34, .csum_offset = 16, .gso_type = 4, .gso_size = 500}},
	{"gso_wrong_protocol",
	 {.flags = 1, .csum_start = 34, .csum_offset = 16, .gso_type = 3, .gso_size = 500}},
	{"gso_unknown",
	 {.flags = 1, .csum_start = 34, .csum_offset = 16, .gso_type = 2, .gso_size = 500}},
	{"gso_wrong_start",
	 {.flags = 1, .csum_start = 36, .csum_offset = 16, .gso_type = 1, .gso_size = 500}},
	{"ecn_alone",
	 {.flags = 1, .csum_start = 34, .csum_offset = 16, .gso_type = 0x80, .gso_size = 500}},
};

TEST(offloads, lies)
{
	const struct packet packet = {.payload = 1200};
	uint8_t peer[NET_ADDRESS_SIZE];

	if (!ready(peer))
		return;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct net_header header;
		uint32_t length = packet_make(&packet, peer, talk_out, &header);

		header = lies[i].header;
		net_send(&header, talk_out, length);
		CHECK(talk_report(peer, TALK_CLEAR, &after), "no answer after %s", lies[i].name);
		report_case(lies[i].name, after.frames == 0, "%u frames arrived", after.frames);
	}
}

/* A driver that did not agree to leave work to the device has to do it. */
TEST(offloads, not_agreed)
{
	const struct packet packet = {.payload = 5000, .gso_size = 1000};
	uint8_t peer[NET_ADDRESS_SIZE];
	struct net_header header;
	uint32_t length;

	if (!ready(peer))
		return;
	CHECK(talk_start(NET_CSUM), "no network");
	length = packet_make(&packet, peer, talk_out, &header);
	net_send(&header, talk_out, length);
	CHECK(talk_report(peer, TALK_REPORT, &after), "the peer does not answer any more");
	CHECK(after.frames == 0, "%u frames arrived", after.frames);
}
