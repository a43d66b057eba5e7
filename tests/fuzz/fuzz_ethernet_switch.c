// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the switch: ports come and go, send, read, and close, in any order.
 * No frame comes back to its sender or comes from an address that is not its
 * sender's to use, each queue gives out what went in, in its order, and in the end
 * nothing is left.
 *
 * Input: records of four bytes: what to do and with which port, two parameters,
 * and a third.
 */
#include "drivers/net/ethernet_switch.h"
#include "drivers/net/switch_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)								\
	do {										\
		if (!(condition)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);	\
			abort();							\
		}									\
	} while (0)

#define PORTS 4
#define BRIDGE 2
#define WIRE 3
#define RECORD 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct switch_port *ports[PORTS];
static uint32_t last_seen[PORTS];	/* serial number of the frame it read last */
static uint32_t serial;
static uint8_t frame[NET_FRAME_MAX];
static bool unreadable;

static bool fetch(void *context, uint32_t offset, void *to, uint32_t length)
{
	const struct switch_source *source = context;

	REQUIRE(offset + length <= source->length);
	if (unreadable && offset > 0)
		return false;
	memcpy(to, frame + offset, length);
	return true;
}

static void note_ready(void *context)
{
	REQUIRE(!switch_queue_is_empty(*(struct switch_port **)context));
}

/* Sixteen stations: the ports' own, and others; and groups. */
static void put_address(uint8_t *at, uint8_t which)
{
	memset(at, 0, ETHERNET_ADDRESS_SIZE);
	at[0] = which & 0x10 ? 1 : 2;
	at[5] = which & 0xF;
}

static void send(unsigned port, const uint8_t *what, uint64_t now)
{
	struct switch_source source = {
		.length = what[3] & 0x80 ? 64u * what[3] * what[3] : what[3],
		.fetch = fetch,
		.context = &source,
	};

	put_address(frame, what[1]);
	put_address(frame + ETHERNET_ADDRESS_SIZE, what[2]);
	unreadable = (what[2] & 0xE0) == 0xE0;
	serial++;
	frame[12] = (uint8_t)port;
	memcpy(frame + 14, &serial, sizeof(serial));
	REQUIRE(switch_port_send(ports[port], &source, now) || unreadable);
}

/* Guests that do not bridge send as themselves, and get what is for them or for a group. */
static void check_addresses(const uint8_t *bytes, unsigned port)
{
	unsigned from = bytes[12];

	REQUIRE(!(bytes[ETHERNET_ADDRESS_SIZE] & 1) && !ethernet_is_reserved(bytes));
	if (from < BRIDGE)
		REQUIRE(bytes[ETHERNET_ADDRESS_SIZE + 5] == from);
	if (port < BRIDGE)
		REQUIRE(bytes[0] & 1 || bytes[5] == port);
}

static void receive(unsigned port)
{
	struct switch_frame *first = switch_port_first(ports[port]);
	uint32_t number;

	if (!first)
		return;
	REQUIRE(first->length >= ETHERNET_HEADER_SIZE && first->length <= NET_FRAME_MAX);
	if (first->length >= 14 + sizeof(number)) {
		memcpy(&number, first->bytes + 14, sizeof(number));
		REQUIRE(first->bytes[12] != port);
		REQUIRE(number > last_seen[port] && number <= serial);
		check_addresses(first->bytes, port);
		last_seen[port] = number;
	}
	switch_port_take(ports[port], true);
}

static void check_queue(const struct switch_port *port)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < SWITCH_PORTS_MAX; i++)
		sum += port->used_by[i];
	REQUIRE(sum == port->used && sum <= SWITCH_QUEUE_SIZE);
	REQUIRE(switch_queue_is_empty(port) == (sum == 0));
}

static void toggle(struct ethernet_switch *ethernet, unsigned port)
{
	uint8_t address[ETHERNET_ADDRESS_SIZE];

	if (ports[port]) {
		switch_port_destroy(ports[port]);
		ports[port] = NULL;
		return;
	}
	put_address(address, (uint8_t)port);
	REQUIRE(switch_port_create(ethernet, "port", port == WIRE ? NULL : address, note_ready,
				   &ports[port], &ports[port]) == 0);
	if (port == BRIDGE)
		switch_port_bridge(ports[port]);
	switch_port_open(ports[port], true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ethernet_switch *ethernet = ethernet_switch_create("fuzz");
	uint64_t now = 0;

	memset(ports, 0, sizeof(ports));
	memset(last_seen, 0, sizeof(last_seen));
	serial = 0;
	toggle(ethernet, 0);
	toggle(ethernet, 1);
	for (; size >= RECORD; data += RECORD, size -= RECORD) {
		unsigned port = data[0] % PORTS;

		if (!ports[port] || data[0] >> 2 == 63)
			toggle(ethernet, port);
		else if (data[0] >> 2 == 62)
			switch_port_open(ports[port], data[1] & 1);
		else if (data[0] >> 2 == 61)
			now += (uint64_t)data[1] << 32;
		else if (data[0] & 0x80)
			receive(port);
		else
			send(port, data, ++now);
		if (ports[port])
			check_queue(ports[port]);
	}
	for (unsigned i = 0; i < PORTS; i++)
		if (ports[i])
			toggle(ethernet, i);
	for (unsigned i = 0; i < SWITCH_BUCKETS; i++)
		REQUIRE(!ethernet->buckets[i]);
	for (unsigned i = 0; i < SWITCH_PORTS_MAX / 32; i++)
		REQUIRE(ethernet->numbers[i] == 0);
	ethernet_switch_destroy(ethernet);
	return 0;
}
