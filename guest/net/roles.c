// SPDX-License-Identifier: GPL-2.0-only
/*
 * The roles beside the tester.
 */
#include "guest/net/talk.h"

#include "guest/runtime/irq.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

#define WAIT_MS 1000u
#define LISTEN_PERIOD_MS 50u
#define FLOOD_BATCH 32u
#define TYPE_TAG 0x8100u
#define TAG_SIZE 4u

static const uint8_t broadcast[NET_ADDRESS_SIZE] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

static bool start(const char *what)
{
	if (talk_start(NET_SEND_ALL)) {
		print("%s: ready\n", what);
		return true;
	}
	print("%s: no network\n", what);
	return false;
}

/* --- the peer ----------------------------------------------------------------------- */

static struct packet_report report;

static void answer(enum talk_kind kind, uint32_t length)
{
	uint8_t to[NET_ADDRESS_SIZE];

	memcpy(to, talk_in + NET_ADDRESS_SIZE, sizeof(to));
	memcpy(talk_out, talk_in, length);
	packet_address(talk_out, to, TYPE_TEST);
	talk_out[TALK_KIND] = (uint8_t)kind;
	if (kind == TALK_REPORT_ANSWER)
		memcpy(talk_out + TALK_BODY, &report, sizeof(report));
	net_send(NULL, talk_out, length);
}

static void peer_take(const struct net_header *header, uint32_t length)
{
	bool ours = memcmp(talk_in, net_address(), NET_ADDRESS_SIZE) == 0 ||
		    memcmp(talk_in, broadcast, sizeof(broadcast)) == 0;
	bool test = packet_get16(talk_in + 12) == TYPE_TEST;

	report.features = (uint32_t)net_features();
	if (!ours) {
		report.foreign += test;
	} else if (!test) {
		packet_judge(&report, header, talk_in, length);
	} else if (talk_is(talk_in, length, TALK_ECHO)) {
		answer(TALK_ECHO_ANSWER, length);
	} else if (talk_is(talk_in, length, TALK_REPORT)) {
		answer(TALK_REPORT_ANSWER, length);
	} else if (talk_is(talk_in, length, TALK_CLEAR)) {
		answer(TALK_REPORT_ANSWER, length);
		memset(&report, 0, sizeof(report));
	}
}

void peer_run(void)
{
	struct net_header header;
	uint32_t length;

	while (start("peer"))
		for (;;)
			if (net_wait(&header, talk_in, &length, WAIT_MS))
				peer_take(&header, length);
}

/* --- the others ------------------------------------------------------------------------ */

/* Reads nothing, ever. Its own frames go out all the same. */
void deaf_run(void)
{
	if (!start("deaf"))
		return;
	for (;;) {
		timer_sleep_ms(WAIT_MS / 4);
		talk_frame(broadcast, TALK_NOISE, 0, TALK_FRAME_MIN);
		net_send(NULL, talk_out, TALK_FRAME_MIN);
	}
}

/* Sends as fast as it can: to all, or to the address to=. */
void flood_run(void)
{
	uint32_t length = machine_number("length", TALK_FRAME_MAX);
	uint8_t to[NET_ADDRESS_SIZE];

	if (!start("flood"))
		return;
	if (!talk_address("to", to))
		memcpy(to, broadcast, sizeof(to));
	talk_frame(to, TALK_NOISE, 0, length);
	for (;;) {
		for (uint32_t i = 0; i < FLOOD_BATCH; i++)
			net_queue(NULL, talk_out, length);
		net_flush();
	}
}

/* Ends by saying how many frames it heard in seconds=N; sends some for others to hear. */
void listen_run(void)
{
	uint32_t end = clock_ms() + machine_number("seconds", 2) * 1000;
	uint32_t next = clock_ms();
	uint32_t heard = 0;
	struct net_header header;
	uint32_t length;

	if (!start("listen"))
		return;
	while ((int32_t)(end - clock_ms()) > 0) {
		/* By the clock: two that heard each other often would keep each other silent. */
		if ((int32_t)(next - clock_ms()) <= 0) {
			talk_frame(broadcast, TALK_NOISE, 0, TALK_FRAME_MIN);
			net_send(NULL, talk_out, TALK_FRAME_MIN);
			next = clock_ms() + LISTEN_PERIOD_MS;
		}
		if (net_wait(&header, talk_in, &length, LISTEN_PERIOD_MS))
			heard++;
	}
	machine_panic("heard %u", heard);
}

/* Frames at the limits of a wire, with a tag (IEEE 802.1Q) and without; and longer ones. */
void lengths_run(void)
{
	static const uint32_t lengths[] = {TALK_BODY, TALK_FRAME_MAX, TALK_FRAME_MAX + 1};

	if (!start("lengths"))
		return;
	for (uint32_t tag = 0; tag <= TAG_SIZE; tag += TAG_SIZE) {
		for (uint32_t i = 0; i < 3; i++) {
			uint32_t length = i == 0 ? lengths[i] : lengths[i] + tag;

			talk_frame(broadcast, TALK_NOISE, i, length);
			if (tag != 0) {
				packet_put16(talk_out + 12, TYPE_TAG);
				packet_put16(talk_out + 16, TYPE_TEST);
			}
			net_send(NULL, talk_out, length);
		}
	}
}
