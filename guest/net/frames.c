// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of frames: they arrive where they should, as they were sent.
 */
#include "guest/net/talk.h"

#include "guest/runtime/machine.h"
#include "guest/runtime/report.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

static const uint8_t broadcast[NET_ADDRESS_SIZE] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
static const uint8_t nobody[NET_ADDRESS_SIZE] = {0x02, 0xDE, 0xAD, 0, 0, 1};

static bool ready(uint8_t *peer)
{
	CHECK_BOOL(talk_address("peer", peer), "no word peer=");
	CHECK_BOOL(talk_start(NET_SEND_ALL), "no network");
	CHECK_BOOL(talk_echo(peer, TALK_FRAME_MIN), "the peer does not answer");
	return true;
}

TEST(frames, address)
{
	uint8_t expected[NET_ADDRESS_SIZE];

	CHECK(talk_start(0), "no network");
	CHECK(net_link(), "the link is down");
	CHECK((net_address()[0] & 3) == 2, "%x is no locally administered address of a station",
	      net_address()[0]);
	if (talk_address("own", expected))
		CHECK(memcmp(net_address(), expected, sizeof(expected)) == 0,
		      "the address ends in %x, not in %x", net_address()[5], expected[5]);
}

TEST(frames, sizes)
{
	uint8_t peer[NET_ADDRESS_SIZE];

	if (!ready(peer))
		return;
	for (uint32_t length = TALK_FRAME_MIN; length <= TALK_FRAME_MAX; length++)
		CHECK(talk_echo(peer, length), "a frame of %u bytes", length);
}

/* Short: for a network on which others send, too. */
TEST(frames, conversation)
{
	uint8_t peer[NET_ADDRESS_SIZE];

	if (!ready(peer))
		return;
	for (uint32_t length = TALK_FRAME_MIN; length <= TALK_FRAME_MAX; length += 71)
		CHECK(talk_echo(peer, length), "a frame of %u bytes", length);
}

/* An answer from the peer shows that it came; our own frame must not come back. */
TEST(frames, broadcast)
{
	uint8_t peer[NET_ADDRESS_SIZE];
	struct net_header header;
	uint32_t length, answers = 0;

	if (!ready(peer))
		return;
	for (uint32_t i = 0; i < 20; i++) {
		talk_frame(broadcast, TALK_ECHO, i, TALK_FRAME_MIN);
		net_send(NULL, talk_out, TALK_FRAME_MIN);
		while (net_wait(&header, talk_in, &length, PATIENCE_MS)) {
			CHECK(!talk_is(talk_in, length, TALK_ECHO) ||
			      memcmp(talk_in + NET_ADDRESS_SIZE, net_address(),
				     NET_ADDRESS_SIZE) != 0, "our own frame came back");
			if (!talk_is(talk_in, length, TALK_ECHO_ANSWER) ||
			    talk_number(talk_in) != i)
				continue;
			answers += memcmp(talk_in + NET_ADDRESS_SIZE, peer, sizeof(peer)) == 0;
			break;
		}
	}
	CHECK(answers == 20, "%u answers to 20 broadcasts", answers);
}

/* To an unknown station: only a port that bridges (bridges=1) may have it behind itself. */
TEST(frames, unknown_unicast)
{
	uint32_t expected = machine_number("bridges", 0) != 0 ? 10 : 0;
	uint8_t peer[NET_ADDRESS_SIZE];
	struct packet_report report;

	if (!ready(peer))
		return;
	CHECK(talk_report(peer, TALK_CLEAR, &report), "the peer does not answer");
	for (uint32_t i = 0; i < 10; i++) {
		talk_frame(nobody, TALK_NOISE, i, TALK_FRAME_MIN);
		net_send(NULL, talk_out, TALK_FRAME_MIN);
	}
	CHECK(talk_report(peer, TALK_REPORT, &report), "the peer does not answer");
	CHECK(report.foreign == expected, "%u of 10 frames for nobody reached it, not %u",
	      report.foreign, expected);
}

/* Frames for ourselves and with an address of the peer as the sender's go nowhere. */
TEST(frames, somebody_elses_address)
{
	uint8_t peer[NET_ADDRESS_SIZE];
	struct packet_report report;

	if (!ready(peer))
		return;
	CHECK(talk_report(peer, TALK_CLEAR, &report), "the peer does not answer");
	for (uint32_t i = 0; i < 10; i++) {
		talk_frame(nobody, TALK_NOISE, i, TALK_FRAME_MIN);
		memcpy(talk_out + NET_ADDRESS_SIZE, peer, sizeof(peer));
		net_send(NULL, talk_out, TALK_FRAME_MIN);
		talk_frame(net_address(), TALK_NOISE, i, TALK_FRAME_MIN);
		net_send(NULL, talk_out, TALK_FRAME_MIN);
	}
	CHECK(talk_report(peer, TALK_REPORT, &report), "the peer does not answer any more");
	CHECK(report.foreign == 0, "%u of them reached the peer", report.foreign);
}

/* Ever new senders: those that are known stay so. */
TEST(frames, flood_of_addresses)
{
	uint8_t peer[NET_ADDRESS_SIZE];

	if (!ready(peer))
		return;
	talk_frame(peer, TALK_NOISE, 0, TALK_FRAME_MIN);
	for (uint32_t i = 0; i < 5000; i++) {
		packet_put16(talk_out + NET_ADDRESS_SIZE + 4, i);
		net_send(NULL, talk_out, TALK_FRAME_MIN);
	}
	CHECK(talk_echo(peer, TALK_FRAME_MIN), "the peer does not answer any more");
}

/* What a driver without any feature does. */
TEST(frames, no_features)
{
	uint8_t peer[NET_ADDRESS_SIZE];

	CHECK(talk_address("peer", peer), "no word peer=");
	CHECK(net_start(0, 2048, 16), "no network");
	for (uint32_t length = TALK_FRAME_MIN; length <= TALK_FRAME_MAX; length += 97)
		CHECK(talk_echo(peer, length), "a frame of %u bytes", length);
}
