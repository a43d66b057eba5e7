// SPDX-License-Identifier: GPL-2.0-only
/*
 * The switch: decides which ports get a frame, and learns addresses.
 *
 * A guest chooses every byte of a frame.  The frame is copied once into memory that the guest
 * cannot reach, and checked there; copies for further ports are made from that.
 */
#include "drivers/net/ethernet_switch.h"

#include "drivers/net/net_headers.h"
#include "drivers/net/switch_queue.h"
#include "lib/bytes.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/heap.h"

#define DESTINATION 0u
#define SOURCE ETHERNET_ADDRESS_SIZE
#define TYPE (2 * ETHERNET_ADDRESS_SIZE)
#define TYPE_CONTROL 0x8808u		/* IEEE 802.3, 31.4.1.3 */

/* --- addresses ---------------------------------------------------------------------- */

static bool same(const uint8_t *a, const uint8_t *b)
{
	return load_le32(a) == load_le32(b) && load_le16(a + 4) == load_le16(b + 4);
}

/* Broadcast is one of them. */
static bool is_group(const uint8_t *address)
{
	return address[0] & 1;
}

#define BUCKET_SHIFT 22
_Static_assert(SWITCH_BUCKETS == 1u << (32 - BUCKET_SHIFT), "the bits of the hash that are used");

static struct switch_address **bucket_of(struct ethernet_switch *ethernet, const uint8_t *address)
{
	uint32_t hash = (load_le32(address + 2) ^ load_le16(address)) * 0x9E3779B1u;

	return &ethernet->buckets[hash >> BUCKET_SHIFT];
}

static struct switch_address *find(struct ethernet_switch *ethernet, const uint8_t *address)
{
	struct switch_address *entry = *bucket_of(ethernet, address);

	while (entry && !same(entry->bytes, address))
		entry = entry->next;
	return entry;
}

static void add(struct switch_port *port, struct switch_address *entry, const uint8_t *address)
{
	struct switch_address **bucket = bucket_of(port->ethernet, address);

	memcpy(entry->bytes, address, sizeof(entry->bytes));
	entry->used = true;
	entry->port = port;
	entry->next = *bucket;
	*bucket = entry;
}

static void forget(struct switch_address *entry)
{
	struct switch_address **place;

	if (!entry->used)
		return;
	place = bucket_of(entry->port->ethernet, entry->bytes);
	while (*place != entry)
		place = &(*place)->next;
	*place = entry->next;
	entry->used = false;
}

static bool is_own(const struct switch_address *entry)
{
	return entry == &entry->port->own;
}

/* A free place, or that of the address seen longest ago. */
static struct switch_address *learning_place(struct switch_port *port)
{
	struct switch_address *oldest = &port->learned[0];

	for (unsigned i = 0; i < port->learned_count; i++) {
		struct switch_address *entry = &port->learned[i];

		if (!entry->used)
			return entry;
		if (entry->seen < oldest->seen)
			oldest = entry;
	}
	return oldest;
}

static bool is_fresh(const struct switch_address *entry, uint64_t now)
{
	return is_own(entry) || now - entry->seen < SWITCH_AGE_NS;
}

static bool is_wire(const struct switch_port *port)
{
	return !port->own.used;
}

/*
 * May the port send from the address of entry, or from an unknown one (NULL)?  A port must not use
 * another port's own address, nor one behind a wire, where the gateways of all guests are.
 */
static bool may_use(const struct switch_port *port, const struct switch_address *entry,
		    uint64_t now)
{
	if (!port->bridges)
		return false;
	if (!entry || entry->port == port)
		return true;
	return !is_own(entry) && (!is_wire(entry->port) || !is_fresh(entry, now));
}

/* Learns that the station with that address is behind the port; entry is its old entry, or NULL. */
static void learn(struct switch_port *port, struct switch_address *entry, const uint8_t *address,
		  uint64_t now)
{
	if (!entry || entry->port != port) {
		/* The address may have been behind another port until now. */
		if (entry)
			forget(entry);
		entry = learning_place(port);
		forget(entry);
		add(port, entry, address);
	}
	entry->seen = now;
}

/* Handles the sender's address of a frame; false when the port must not use it. */
static bool admit(struct switch_port *port, const uint8_t *address, uint64_t now)
{
	struct switch_address *entry;

	if (port->own.used && same(port->own.bytes, address))
		return true;
	entry = is_group(address) ? NULL : find(port->ethernet, address);
	if (is_group(address) || !may_use(port, entry, now)) {
		port->counters.forged++;
		memcpy(port->forged_address, address, sizeof(port->forged_address));
		return false;
	}
	learn(port, entry, address, now);
	return true;
}

bool switch_port_forgery(struct switch_port *port, uint64_t now, struct switch_forgery *forgery)
{
	if (port->counters.forged == port->forged_told || now < port->forged_due)
		return false;
	forgery->count = port->counters.forged - port->forged_told;
	memcpy(forgery->address, port->forged_address, sizeof(forgery->address));
	port->forged_told = port->counters.forged;
	port->forged_due = now + SWITCH_REPORT_NS;
	return true;
}

/* The port behind which that address is; NULL when it is unknown. */
static struct switch_port *look_up(struct ethernet_switch *ethernet, const uint8_t *address,
				   uint64_t now)
{
	struct switch_address *entry = find(ethernet, address);

	return entry && is_fresh(entry, now) ? entry->port : NULL;
}

/* --- sending -------------------------------------------------------------------------- */

/* A frame that is being delivered to one or more ports. */
struct delivery {
	struct switch_source *source;
	unsigned from;
	const uint8_t *head;
	const struct switch_frame *copy;	/* in the first queue that took it */
	bool refused, broken;
	uint32_t copied;			/* bytes so far */
};

/* Makes the first copy and checks it; false when the frame must not be delivered. */
static bool fetch_frame(struct delivery *delivery, struct switch_frame *frame)
{
	const struct switch_source *source = delivery->source;

	memcpy(frame->bytes, delivery->head, ETHERNET_HEADER_SIZE);
	if (!source->fetch(source->context, ETHERNET_HEADER_SIZE,
			   frame->bytes + ETHERNET_HEADER_SIZE,
			   source->length - ETHERNET_HEADER_SIZE)) {
		delivery->broken = true;
		return false;
	}
	frame->offload = source->offload;
	delivery->refused = !net_offload_check(&frame->offload, frame->bytes, source->length);
	delivery->copy = frame;
	return !delivery->refused;
}

/* Puts the frame into the port's queue.  True when the port must be notified. */
static bool deliver(struct delivery *delivery, struct switch_port *port)
{
	uint32_t length = delivery->source->length;
	bool was_empty = switch_queue_is_empty(port);
	struct switch_frame *frame = NULL;

	if (port->is_open && delivery->copied < SWITCH_FLOOD_SIZE)
		frame = switch_queue_room(port, delivery->from, length);
	if (!frame) {
		port->counters.lost++;
		return false;
	}
	if (!delivery->copy) {
		if (!fetch_frame(delivery, frame))
			return false;
	} else {
		memcpy(frame->bytes, delivery->copy->bytes, length);
		frame->offload = delivery->copy->offload;
	}
	frame->length = length;
	frame->from = (uint16_t)delivery->from;
	switch_queue_add(port, frame);
	delivery->source->copies++;
	delivery->copied += length;
	return was_empty;
}

/*
 * Delivers a frame to a group, or to an unknown station, which can only be behind ports that
 * bridge. Ports are notified when all have their copy: a port may change its copy at once, as one
 * that leads to a wire does, and the others' copies are made from it.
 */
static void flood(struct delivery *delivery, struct switch_port *from, bool to_group)
{
	struct switch_port *port;

	list_for_each(port, &from->ethernet->ports, node) {
		port->is_due = port != from && (to_group || port->bridges) &&
			       deliver(delivery, port);
		/* Only at the first port that takes it, so that none is due. */
		if (delivery->refused || delivery->broken)
			return;
	}
	list_for_each(port, &from->ethernet->ports, node)
		if (port->is_due)
			port->ready(port->context);
}

static void forward(struct delivery *delivery, struct switch_port *from, uint64_t now)
{
	const uint8_t *destination = delivery->head + DESTINATION;
	bool to_group = is_group(destination);
	struct switch_port *port = NULL;

	if (!to_group)
		port = look_up(from->ethernet, destination, now);
	if (!port)
		flood(delivery, from, to_group);
	else if (port != from && deliver(delivery, port))
		port->ready(port->context);
}

static bool is_sendable(const struct switch_source *source)
{
	return source->length >= ETHERNET_HEADER_SIZE && source->length <= NET_FRAME_MAX &&
	       (net_offload_needs(&source->offload) & ~source->offloads) == 0;
}

bool ethernet_is_reserved(const uint8_t head[ETHERNET_HEADER_SIZE])
{
	static const uint8_t group[] = { 0x01, 0x80, 0xC2, 0x00, 0x00 };

	return load_be16(head + TYPE) == TYPE_CONTROL ||
	       (memcmp(head, group, sizeof(group)) == 0 && head[sizeof(group)] <= 0x0F);
}

bool switch_port_send(struct switch_port *port, struct switch_source *source, uint64_t now)
{
	uint8_t head[ETHERNET_HEADER_SIZE];
	struct delivery delivery = { .source = source, .from = port->number, .head = head };

	source->copies = 0;
	if (!is_sendable(source)) {
		port->counters.refused++;
		return true;
	}
	if (!source->fetch(source->context, 0, head, sizeof(head)))
		return false;
	if (!ethernet_is_reserved(head) && admit(port, head + SOURCE, now))
		forward(&delivery, port, now);
	else
		delivery.refused = true;
	if (delivery.broken)
		return false;
	if (delivery.refused) {
		port->counters.refused++;
	} else {
		port->counters.sent++;
		port->counters.sent_bytes += source->length;
	}
	return true;
}

void switch_port_take(struct switch_port *port, bool received)
{
	const struct switch_frame *frame = switch_port_first(port);

	if (!frame)
		return;
	if (received) {
		port->counters.received++;
		port->counters.received_bytes += frame->length;
	} else {
		port->counters.lost++;
	}
	switch_queue_drop(port);
}

/* --- switches and ports ------------------------------------------------------------------ */

struct ethernet_switch *ethernet_switch_create(const char *name)
{
	struct ethernet_switch *ethernet = heap_alloc(sizeof(*ethernet));

	if (!ethernet)
		return NULL;
	string_copy(ethernet->name, name, sizeof(ethernet->name));
	list_init(&ethernet->ports);
	return ethernet;
}

void ethernet_switch_destroy(struct ethernet_switch *ethernet)
{
	heap_free(ethernet);
}

/* The lowest number that no port has; SWITCH_PORTS_MAX when there is none. */
static unsigned free_number(const struct ethernet_switch *ethernet)
{
	for (unsigned i = 0; i < SWITCH_PORTS_MAX / 32; i++)
		if (ethernet->numbers[i] != UINT32_MAX)
			return 32 * i + (unsigned)__builtin_ctz(~ethernet->numbers[i]);
	return SWITCH_PORTS_MAX;
}

int switch_port_create(struct ethernet_switch *ethernet, const char *name, const uint8_t *address,
		       void (*ready)(void *context), void *context, struct switch_port **result)
{
	struct switch_address *entry = address ? find(ethernet, address) : NULL;
	unsigned learned = address ? SWITCH_LEARNED_MAX : SWITCH_LEARNED_WIRE;
	unsigned number = free_number(ethernet);
	struct switch_port *port;

	if (entry && is_own(entry))
		return -E_EXIST;
	if (number == SWITCH_PORTS_MAX)
		return -E_NOSPC;
	port = heap_alloc(sizeof(*port) + learned * sizeof(port->learned[0]));
	if (!port)
		return -E_NOMEM;
	port->learned_count = learned;
	port->bridges = !address;
	if (entry)
		forget(entry);
	string_copy(port->name, name, sizeof(port->name));
	port->ethernet = ethernet;
	port->serial = ++ethernet->made;
	port->number = number;
	ethernet->numbers[number / 32] |= BIT(number % 32);
	port->ready = ready;
	port->context = context;
	if (address)
		add(port, &port->own, address);
	list_add_last(&ethernet->ports, &port->node);
	*result = port;
	return 0;
}

void switch_port_destroy(struct switch_port *port)
{
	for (unsigned i = 0; i < port->learned_count; i++)
		forget(&port->learned[i]);
	forget(&port->own);
	list_remove(&port->node);
	port->ethernet->numbers[port->number / 32] &= ~BIT(port->number % 32);
	switch_queue_free(port);
	heap_free(port);
}

void switch_port_bridge(struct switch_port *port)
{
	port->bridges = true;
}

void switch_port_open(struct switch_port *port, bool open)
{
	port->is_open = open;
	if (!open)
		switch_queue_free(port);
}
