/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How guests of the network test talk to each other: a frame of TYPE_TEST whose
 * first byte says what it is. A peer answers, a tester asks.
 */
#ifndef UMBRA_GUEST_NET_TALK_H
#define UMBRA_GUEST_NET_TALK_H

#include "guest/net/packet.h"

/* Places in a test frame; bytes from TALK_BODY on are free. */
#define TALK_KIND ETHERNET_SIZE
#define TALK_NUMBER (ETHERNET_SIZE + 2u)        /* u32, the same in the answer */
#define TALK_BODY (ETHERNET_SIZE + 6u)
#define TALK_FRAME_MIN 60u
#define TALK_FRAME_MAX 1514u

enum talk_kind {
	TALK_ECHO = 1,          /* the answer is the same frame */
	TALK_ECHO_ANSWER,
	TALK_REPORT,            /* the answer holds a struct packet_report */
	TALK_CLEAR,             /* the same, and then the report is cleared */
	TALK_REPORT_ANSWER,
	TALK_NOISE              /* no answer */
};

/* Work areas; what comes in and what goes out. */
extern uint8_t talk_in[NET_FRAME_MAX], talk_out[NET_FRAME_MAX];

/* The address of the boot word name=xx:xx:xx:xx:xx:xx; false when there is none. */
bool talk_address(const char *name, uint8_t *address);

/* Offer receive buffers as the boot word accept= says: any of csum, tso, mrg. */
bool talk_start(uint64_t send_features);

/* A test frame in talk_out of that length, to that address. */
void talk_frame(const uint8_t *to, enum talk_kind kind, uint32_t number, uint32_t length);

/* Whether a frame is of TYPE_TEST and that kind. */
bool talk_is(const uint8_t *frame, uint32_t length, enum talk_kind kind);

uint32_t talk_number(const uint8_t *frame);

/*
 * Send a frame of that length, of the kind ECHO, and wait for the answer; asks
 * again when none comes. False when none came, or not the same bytes.
 */
bool talk_echo(const uint8_t *to, uint32_t length);

/* What the peer has seen; false when it does not answer. */
bool talk_report(const uint8_t *to, enum talk_kind kind, struct packet_report *report);

/* The same, waiting until it has seen so many bytes, or for PATIENCE_MS. */
bool talk_report_of(const uint8_t *to, uint32_t bytes, struct packet_report *report);

/* Roles; they do not return, but when somebody restarts or ends the guest. */
void peer_run(void);
void deaf_run(void);
void flood_run(void);
void listen_run(void);
void lengths_run(void);
void bench_run(void);
void dhcp_run(void);

#endif
