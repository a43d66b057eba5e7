/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames for tests of the network: made and judged byte by byte, in other ways
 * than in the code under test.
 */
#ifndef UMBRA_TESTS_UNIT_NET_FRAMES_H
#define UMBRA_TESTS_UNIT_NET_FRAMES_H

#include "drivers/net/net_offload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A large frame, as a guest would send it. */
struct big_frame {
	bool ipv6, udp, tagged;
	unsigned extensions;		/* IPv6 headers of 16 bytes before the transport */
	unsigned options;		/* bytes of TCP options, a multiple of 4 */
	uint32_t payload;		/* bytes behind TCP's or UDP's header */
	uint8_t tcp_flags;
	uint16_t gso_size;		/* 0: a frame that needs its checksum only */
};

/* Makes the frame in to[NET_FRAME_MAX]; returns its length. */
uint32_t make_frame(const struct big_frame *what, uint8_t *to, struct net_offload *offload);

/* Offsets of the network and of the transport header of such a frame. */
uint32_t frame_network(const struct big_frame *what);
uint32_t frame_transport(const struct big_frame *what);

/* The byte of the payload at offset. */
uint8_t frame_byte(uint32_t offset);

uint16_t get_be16(const uint8_t *at);
uint32_t get_be32(const uint8_t *at);

/* Fail the test unless the lengths and checksums are right; with whole, of TCP or UDP too. */
void check_frame(const struct big_frame *what, const uint8_t *frame, uint32_t length, bool whole);

#endif
