// SPDX-License-Identifier: GPL-2.0-only
/*
 * Talking. Owns the work areas.
 */
#include "guest/net/talk.h"

#include "guest/runtime/machine.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

/* A question may be lost, and the peer may not be there yet: so it is asked again. */
#define ASK_AGAIN_MS 300u
#define ATTEMPTS 100u
#define BIG_BUFFER 65568u               /* NET_FRAME_MAX and the header */
#define SMALL_BUFFER 1536u
#define BIG_BUFFERS 7u
#define SMALL_BUFFERS 200u

uint8_t talk_in[NET_FRAME_MAX], talk_out[NET_FRAME_MAX];

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool talk_address(const char *name, uint8_t *address)
{
	char text[18];

	if (!machine_word(name, text, sizeof(text)) || strlen(text) != sizeof(text) - 1)
		return false;
	for (uint32_t i = 0; i < NET_ADDRESS_SIZE; i++) {
		int high = digit(text[3 * i]), low = digit(text[3 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		address[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

static bool accepts(const char *what)
{
	char words[32];

	(void)machine_word("accept", words, sizeof(words));
	for (const char *at = words; *at != '\0'; at++)
		if (strncmp(at, what, strlen(what)) == 0)
			return true;
	return false;
}

bool talk_start(uint64_t send_features)
{
	uint64_t features = send_features | NET_MAC | NET_STATUS;
	bool mergeable = accepts("mrg"), cut = accepts("tso");

	if (accepts("csum"))
		features |= NET_GUEST_CSUM;
	if (cut)
		features |= NET_RECEIVE_CUT;
	if (mergeable)
		features |= NET_MRG_RXBUF;
	if (cut && !mergeable)
		return net_start(features, BIG_BUFFER, BIG_BUFFERS);
	return net_start(features, SMALL_BUFFER, SMALL_BUFFERS);
}

void talk_frame(const uint8_t *to, enum talk_kind kind, uint32_t number, uint32_t length)
{
	packet_address(talk_out, to, TYPE_TEST);
	memset(talk_out + TALK_KIND, 0, TALK_BODY - TALK_KIND);
	talk_out[TALK_KIND] = (uint8_t)kind;
	memcpy(talk_out + TALK_NUMBER, &number, sizeof(number));
	for (uint32_t i = TALK_BODY; i < length; i++)
		talk_out[i] = (uint8_t)(i * 7 + number);
}

bool talk_is(const uint8_t *frame, uint32_t length, enum talk_kind kind)
{
	return length >= TALK_BODY && packet_get16(frame + 12) == TYPE_TEST &&
	       frame[TALK_KIND] == kind;
}

uint32_t talk_number(const uint8_t *frame)
{
	uint32_t number;

	memcpy(&number, frame + TALK_NUMBER, sizeof(number));
	return number;
}

/* Wait for the answer to the frame of that number; everything else is thrown away. */
static bool wait_answer(enum talk_kind kind, uint32_t number, uint32_t *length)
{
	uint32_t end = clock_ms() + ASK_AGAIN_MS;
	struct net_header header;

	while ((int32_t)(end - clock_ms()) > 0)
		if (net_wait(&header, talk_in, length, end - clock_ms()) &&
		    talk_is(talk_in, *length, kind) && talk_number(talk_in) == number)
			return true;
	return false;
}

static bool ask(const uint8_t *to, enum talk_kind kind, enum talk_kind answer, uint32_t length,
		uint32_t *answer_length)
{
	static uint32_t number;

	for (uint32_t i = 0; i < ATTEMPTS; i++) {
		talk_frame(to, kind, ++number, length);
		net_send(NULL, talk_out, length);
		if (wait_answer(answer, number, answer_length))
			return true;
	}
	return false;
}

bool talk_echo(const uint8_t *to, uint32_t length)
{
	uint32_t got;

	return ask(to, TALK_ECHO, TALK_ECHO_ANSWER, length, &got) && got == length &&
	       memcmp(talk_in, net_address(), NET_ADDRESS_SIZE) == 0 &&
	       memcmp(talk_in + TALK_NUMBER, talk_out + TALK_NUMBER, length - TALK_NUMBER) == 0;
}

bool talk_report(const uint8_t *to, enum talk_kind kind, struct packet_report *report)
{
	uint32_t got;

	if (!ask(to, kind, TALK_REPORT_ANSWER, TALK_FRAME_MIN, &got) ||
	    got < TALK_BODY + sizeof(*report))
		return false;
	memcpy(report, talk_in + TALK_BODY, sizeof(*report));
	return true;
}

bool talk_report_of(const uint8_t *to, uint32_t bytes, struct packet_report *report)
{
	uint32_t end = clock_ms() + PATIENCE_MS;

	do {
		if (!talk_report(to, TALK_REPORT, report))
			return false;
	} while (report->bytes < bytes && (int32_t)(end - clock_ms()) > 0);
	return true;
}
