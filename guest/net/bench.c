// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a frame costs: prints `BENCH name value`, ticks of the time stamp counter
 * a frame, sending, switching, receiving and both guests' drivers together.
 * Meant for QEMU with -icount shift=0,sleep=off, with a peer and nobody else.
 *
 *   net_frame_64, net_frame_1500   frames of that size, 32 with one kick
 *   net_frame_alone_64             with a kick each
 *   net_echo_64                    there and back, one at a time
 *   net_segment_64k                segments of 64 KB that nobody has to cut
 *
 * With passes=N it sends N times 256 frames of size=N bytes instead, so that
 * somebody can count the guests' exits.
 */
#include "guest/net/talk.h"

#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/timer.h"

#define PASSES 4u
#define FRAMES 256u
#define BATCH 32u
#define SEGMENTS 16u

static uint8_t peer[NET_ADDRESS_SIZE];

/* A frame is through when the answer to one behind it is there. */
static void finish(void)
{
	if (!talk_echo(peer, TALK_FRAME_MIN))
		machine_panic("the peer does not answer");
}

static void send_frames(uint32_t length, uint32_t batch)
{
	talk_frame(peer, TALK_NOISE, 0, length);
	for (uint32_t i = 0; i < FRAMES; i += batch) {
		for (uint32_t j = 0; j < batch; j++)
			net_queue(NULL, talk_out, length);
		net_flush();
	}
	finish();
}

static void batches(uint32_t length)
{
	send_frames(length, BATCH);
}

static void alone(uint32_t length)
{
	send_frames(length, 1);
}

static void echoes(uint32_t length)
{
	for (uint32_t i = 0; i < FRAMES; i++)
		if (!talk_echo(peer, length))
			machine_panic("the peer does not answer");
}

static void segments(uint32_t length)
{
	const struct packet packet = {.payload = length - ETHERNET_SIZE - 40, .gso_size = 1448};
	struct net_header header;

	(void)packet_make(&packet, peer, talk_out, &header);
	/* For a group, so that it arrives: what is for the peer itself is judged by every byte. */
	talk_out[0] |= 1;
	for (uint32_t i = 0; i < SEGMENTS; i++)
		net_send(&header, talk_out, length);
	finish();
}

/* The best of some passes, since the first pays for first times. */
static void measure(const char *name, void (*run)(uint32_t), uint32_t length, uint32_t frames)
{
	uint64_t best = UINT64_MAX;

	for (uint32_t pass = 0; pass < PASSES; pass++) {
		uint64_t start = clock_tsc();
		uint64_t ticks;

		run(length);
		ticks = clock_tsc() - start;
		if (ticks < best)
			best = ticks;
	}
	print("BENCH %s %u\n", name, (uint32_t)divide_u64(best, frames, NULL));
}

void bench_run(void)
{
	uint32_t passes = machine_number("passes", 0);

	if (!talk_address("peer", peer) || !talk_start(NET_SEND_ALL))
		machine_panic("no peer, or no network");
	if (passes != 0) {
		while (passes-- > 0)
			batches(machine_number("size", 64));
		return;
	}
	measure("net_frame_64", batches, 64, FRAMES);
	measure("net_frame_1500", batches, 1500, FRAMES);
	measure("net_frame_alone_64", alone, 64, FRAMES);
	measure("net_echo_64", echoes, 64, FRAMES);
	measure("net_segment_64k", segments, 65000, SEGMENTS);
	print("BENCH end 0\n");
}
