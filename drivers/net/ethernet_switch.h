/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A learning Ethernet switch: joins the network devices of guests, and a port of
 * the machine (switch_wire.h).  Each port has a queue of bounded size for the frames that it
 * is to receive; a frame that does not fit there is lost for that port alone,
 * and counted.  No sender gets more of a queue than it leaves free for others,
 * so that a flood of frames does not shut them out.
 *
 * The address a port was made with is its own: frames for it go there and nowhere else, and no
 * other port may use it as a sender's.  Such a port sends from its own address only, and gets what
 * is for that address or for a group. A port that leads to a wire has no address of its own, and
 * one that bridges has others besides it: there addresses are learned, a bounded number for each
 * port, so that a port that uses ever new ones does not displace those of others; and frames for
 * unknown stations go to these ports.  What was learned behind a wire moves to no other port while
 * it is fresh.
 *
 * A switch and its ports are guarded by one lock, which is the caller's.
 */
#ifndef UMBRA_DRIVERS_NET_ETHERNET_SWITCH_H
#define UMBRA_DRIVERS_NET_ETHERNET_SWITCH_H

#include "drivers/net/net_offload.h"
#include "lib/list.h"

#define SWITCH_NAME_SIZE 16u
#define SWITCH_PORTS_MAX 1024u
#define SWITCH_BUCKETS 1024u
#define SWITCH_LEARNED_MAX 15u		/* addresses of a port besides its own */
#define SWITCH_LEARNED_WIRE 256u	/* of a port that has none of its own */
#define SWITCH_QUEUE_SIZE 0x80000u	/* bytes in a port's queue, at most */
#define SWITCH_FLOOD_SIZE 0x200000u	/* bytes that a frame for many ports is copied */
#define SWITCH_AGE_NS 300000000000ull	/* until an address is forgotten (IEEE 802.1D, 7.9.2) */
#define SWITCH_REPORT_NS 10000000000ull	/* from one report of forged frames to the next */

struct switch_port;

/* A frame in a port's queue. */
struct switch_frame {
	uint32_t length;
	struct net_offload offload;	/* passed net_offload_check */
	uint16_t from;			/* number of the port that sent it */
	uint8_t bytes[];
};

/* A frame that is to be sent. */
struct switch_source {
	uint32_t length;
	struct net_offload offload;
	uint32_t offloads;	/* of enum net_offloads: what the sender may leave undone */
	/* Copies length bytes at offset, all inside the frame; false when they cannot be read. */
	bool (*fetch)(void *context, uint32_t offset, void *to, uint32_t length);
	void *context;
	uint32_t copies;	/* set by switch_port_send: how many queues got a copy */
};

struct switch_address {
	uint8_t bytes[ETHERNET_ADDRESS_SIZE];
	bool used;
	uint64_t seen;			/* when it last was a sender's */
	struct switch_port *port;
	struct switch_address *next;	/* in its bucket */
};

/* Frames and bytes as the port's device sees them. */
struct switch_counters {
	uint64_t sent, sent_bytes;
	uint64_t received, received_bytes;
	uint64_t lost;			/* for it, but there was no room or no open device */
	uint64_t refused;		/* sent, but malformed, reserved, or forged */
	uint64_t forged;		/* of those: from an address that the port must not use */
};

/* Forged frames of a port. */
struct switch_forgery {
	uint64_t count;			/* since the last report */
	uint8_t address[ETHERNET_ADDRESS_SIZE];	/* from which the last of them was sent */
};

struct switch_port {
	struct ethernet_switch *ethernet;
	struct list_node node;
	uint64_t serial;		/* from 1, in the order in which ports were made */
	char name[SWITCH_NAME_SIZE];
	unsigned number;		/* below SWITCH_PORTS_MAX */
	bool is_open;
	bool is_due;			/* a frame for many ports is its first: it is to be told */
	bool bridges;			/* stations besides its own may be behind it */
	struct switch_address own;	/* not used: the port has none */
	struct switch_counters counters;
	uint64_t forged_told;		/* counters.forged at the last report */
	uint64_t forged_due;		/* no report before, in ns */
	uint8_t forged_address[ETHERNET_ADDRESS_SIZE];
	void (*ready)(void *context);
	void *context;

	/* The queue (switch_queue.c): blocks, oldest first, and those that have become empty. */
	struct switch_block *first, *last, *spare;
	uint32_t size;			/* of all blocks */
	uint32_t used;			/* what is taken, in all and by senders' numbers */
	uint32_t used_by[SWITCH_PORTS_MAX];

	unsigned learned_count;
	struct switch_address learned[];
};

struct ethernet_switch {
	char name[SWITCH_NAME_SIZE];
	struct list ports;
	uint64_t made;			/* how many ports ever were */
	uint32_t numbers[SWITCH_PORTS_MAX / 32];	/* bit n of them: a port has number n */
	struct switch_address *buckets[SWITCH_BUCKETS];
};

/* NULL when memory is out. */
struct ethernet_switch *ethernet_switch_create(const char *name);

/* Frees the switch, which must have no ports. */
void ethernet_switch_destroy(struct ethernet_switch *ethernet);

/*
 * Makes a closed port with that unicast address, or with none (NULL).  ready is called, with the
 * lock held, when the queue of the port gets something after it had nothing. -E_EXIST when a port
 * has the address already, -E_NOSPC when there are SWITCH_PORTS_MAX, -E_NOMEM when memory is out.
 */
int __must_check switch_port_create(struct ethernet_switch *ethernet, const char *name,
				    const uint8_t *address, void (*ready)(void *context),
				    void *context, struct switch_port **result);
void switch_port_destroy(struct switch_port *port);

/* Lets other stations be behind the port.  A port without an address always bridges. */
void switch_port_bridge(struct switch_port *port);

/* Opens or closes the port.  A closed port gets no frames, and closing drops those in its queue. */
void switch_port_open(struct switch_port *port, bool open);

/*
 * Sends a frame, now being the time in ns.  The frame is delivered, refused or lost, and counted
 * so; one for a group is lost for those ports that come after SWITCH_FLOOD_SIZE bytes of copies.
 * False when fetch failed; then no port gets anything.
 */
bool __must_check switch_port_send(struct switch_port *port, struct switch_source *source,
				   uint64_t now);

/*
 * True when frames that the port forged are to be reported, which is at once for
 * the first, and then every SWITCH_REPORT_NS while there are more.  now as above.
 */
bool switch_port_forgery(struct switch_port *port, uint64_t now, struct switch_forgery *forgery);

/*
 * A frame that a bridge must not forward, by its header: what is for the next bridge
 * alone, spanning trees and the like by their addresses (IEEE 802.1D, 7.12.6), and
 * pauses by their type, since a station heeds those to its own address too (802.3,
 * annex 31B).
 */
bool ethernet_is_reserved(const uint8_t head[ETHERNET_HEADER_SIZE]);

/*
 * The first frame that waits, NULL when there is none.  It stays in the queue, and only the caller
 * may access it, until switch_port_take.
 */
struct switch_frame *switch_port_first(struct switch_port *port);

/* Takes the first frame off: it was received, or lost because it was too large. */
void switch_port_take(struct switch_port *port, bool received);

#endif
