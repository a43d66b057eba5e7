// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames for tests of the network.
 */
#include "tests/unit/net_frames.h"

#include "tests/unit/unit.h"

#include <string.h>

#define TCP 6
#define UDP 17

uint16_t get_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] * 256 + at[1]);
}

uint32_t get_be32(const uint8_t *at)
{
	return get_be16(at) * 65536u + get_be16(at + 2);
}

static void put_be16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value / 256 % 256);
	at[1] = (uint8_t)(value % 256);
}

/* The sum of 16-bit words, as RFC 1071 writes it down. */
static uint32_t naive_sum(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	for (uint32_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
		while (sum > 0xFFFF)
			sum = sum - 0x10000 + 1;
	}
	return sum;
}

uint8_t frame_byte(uint32_t offset)
{
	return (uint8_t)(offset * 7 + offset / 251);
}

uint32_t frame_network(const struct big_frame *what)
{
	return what->tagged ? 18 : 14;
}

uint32_t frame_transport(const struct big_frame *what)
{
	return frame_network(what) + (what->ipv6 ? 40 + 16 * what->extensions : 20);
}

static uint32_t pseudo(const struct big_frame *what, const uint8_t *frame, uint32_t length)
{
	const uint8_t *ip = frame + frame_network(what);
	uint8_t tail[4] = { 0, what->udp ? UDP : TCP };

	put_be16(tail + 2, length);
	return naive_sum(tail, 4, what->ipv6 ? naive_sum(ip + 8, 32, 0) : naive_sum(ip + 12, 8, 0));
}

static void put_ip(const struct big_frame *what, uint8_t *ip, uint32_t length)
{
	uint8_t protocol = what->udp ? UDP : TCP;

	if (!what->ipv6) {
		memcpy(ip, "\x45\0\0\0\x12\xFE\x40\0\x40\0\0\0\x0A\0\0\1\x0A\0\0\2", 20);
		ip[9] = protocol;
		put_be16(ip + 2, length);
		put_be16(ip + 10, ~naive_sum(ip, 20, 0));
		return;
	}
	memset(ip, 0, 40);
	ip[0] = 0x60;
	put_be16(ip + 4, length - 40);
	ip[6] = protocol;
	ip[7] = 64;
	memset(ip + 8, 0xFD, 32);
	ip[39] = 2;
	for (unsigned i = 0; i < what->extensions; i++) {
		uint8_t *extension = ip + 40 + 16 * i;

		if (i == 0)
			ip[6] = 0;	/* hop by hop */
		else
			extension[-16] = 60;	/* destination options */
		memset(extension, 0, 16);
		extension[0] = protocol;
		extension[1] = 1;
	}
}

uint32_t make_frame(const struct big_frame *what, uint8_t *to, struct net_offload *offload)
{
	uint32_t network = frame_network(what), transport = frame_transport(what);
	uint32_t headers = transport + (what->udp ? 8 : 20 + what->options);
	uint32_t length = headers + what->payload;
	uint8_t *l4 = to + transport;

	memcpy(to, "\x02\0\0\0\0\2\x02\0\0\0\0\1", 12);
	if (what->tagged)
		memcpy(to + 12, "\x81\0\0\5", 4);
	put_be16(to + network - 2, what->ipv6 ? 0x86DD : 0x0800);
	put_ip(what, to + network, length - network);
	memset(l4, 0, headers - transport);
	put_be16(l4, 1000);
	put_be16(l4 + 2, 80);
	if (what->udp) {
		put_be16(l4 + 4, length - transport);
	} else {
		memcpy(l4 + 4, "\xFF\xFF\xF0\0\1\2\3\4", 8);
		l4[12] = (uint8_t)((20 + what->options) / 4 * 16);
		l4[13] = what->tcp_flags;
		memset(l4 + 20, 1, what->options);
	}
	for (uint32_t i = 0; i < what->payload; i++)
		to[headers + i] = frame_byte(i);
	put_be16(l4 + (what->udp ? 6 : 16), pseudo(what, to, length - transport));
	*offload = (struct net_offload){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = (uint16_t)transport,
		.csum_offset = what->udp ? 6 : 16,
		.gso_size = what->gso_size,
	};
	if (what->gso_size > 0)
		offload->gso_type = what->udp	 ? VIRTIO_NET_HDR_GSO_UDP
				    : what->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6
						 : VIRTIO_NET_HDR_GSO_TCPV4;
	return length;
}

void check_frame(const struct big_frame *what, const uint8_t *frame, uint32_t length, bool whole)
{
	uint32_t network = frame_network(what), transport = frame_transport(what);
	const uint8_t *ip = frame + network;

	if (what->ipv6) {
		assert_int_equal(get_be16(ip + 4), length - network - 40);
	} else {
		assert_int_equal(get_be16(ip + 2), length - network);
		assert_int_equal(naive_sum(ip, 20, 0), 0xFFFF);
	}
	if (whole)
		assert_int_equal(naive_sum(frame + transport, length - transport,
					   pseudo(what, frame, length - transport)), 0xFFFF);
}
