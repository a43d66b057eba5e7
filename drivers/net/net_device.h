/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network ports of the machine: what the drivers of all kinds of cards have in common.  A card that
 * is not open is stopped.
 *
 * Frames are copied into a ring of buffers and out of one; sending never waits.  When frames have
 * come in, the card's interrupts stay off until all are taken, and for longer when that has cost
 * the machine too much: then a timer polls, and frames that the card has no room for meanwhile are
 * lost.  So neither a flood of frames nor one of interrupts takes more than a part of the CPU.
 *
 * A card that does not send what it was given is reset.  One that still does not after several
 * resets is given up: event=net-lost.  Until its first interrupt a card is polled ten times a
 * second, since its interrupts may never arrive.
 */
#ifndef UMBRA_DRIVERS_NET_NET_DEVICE_H
#define UMBRA_DRIVERS_NET_NET_DEVICE_H

#include "arch/cpu/spinlock.h"
#include "arch/cpu/wait.h"
#include "drivers/net/switch_wire.h"
#include "drivers/pci/irq_watch.h"
#include "drivers/pci/pci.h"
#include "lib/list.h"
#include "mm/address.h"

#define NET_DEVICE_NAME_SIZE 8		/* net0, net12 */
#define NET_RING_SIZE 256u		/* the most buffers of either ring */
#define NET_BUFFER_SIZE 2048u

struct net_device;

enum net_received {
	NET_NOTHING,
	NET_FRAME,
	NET_DAMAGED,	/* a damaged frame; its buffer goes back too */
	NET_NONSENSE,	/* the card's values are impossible */
};

/* A driver's part.  All but identify are called with the port's lock held. */
struct net_device_ops {
	/*
	 * Starts a stopped card, at first and after each stop: the rings are empty, every receive
	 * buffer is the card's, interrupts are off.  0 or negative.  Does not wait.
	 */
	int (*start)(struct net_device *device);

	/* Begins to stop the card, by a reset.  Does not wait. */
	void (*stop)(struct net_device *device);

	/*
	 * Called after stop until it returns something else than WAIT_LATER, a tenth of a second at
	 * most: WAIT_DONE when the card has stopped, WAIT_FAILED when it does not come back from
	 * the reset, and cannot access memory any more.  Does not wait.
	 */
	enum wait_result (*has_stopped)(struct net_device *device);

	/* The next frame to send goes there: NET_BUFFER_SIZE - 16 bytes; NULL: no place is free. */
	uint8_t *(*send_buffer)(struct net_device *device);

	/* Sends the frame in the buffer, at the latest after kick. */
	void (*send)(struct net_device *device, uint32_t length);
	void (*kick)(struct net_device *device);

	/*
	 * Frees the places of sent frames and returns how many; negative when the card's values are
	 * impossible.
	 */
	int (*reclaim)(struct net_device *device);

	/* The next frame that came in.  After one, give_back returns its buffer to the card. */
	enum net_received (*receive)(struct net_device *device, const uint8_t **bytes,
				     uint32_t *length);
	void (*give_back)(struct net_device *device);

	/*
	 * Enables interrupts for received frames and for the link.  False when a frame came in
	 * before that; it may raise no interrupt.
	 */
	bool (*irq_enable)(struct net_device *device);
	void (*irq_disable)(struct net_device *device);

	/*
	 * Handles an interrupt: returns whether it is the card's, and sets link_asked when the link
	 * may have changed.
	 */
	bool (*acknowledge)(struct net_device *device);

	bool (*link)(struct net_device *device);
};

enum net_state {
	NET_CLOSED,
	NET_RUNNING,
	NET_RESETTING,	/* is being stopped; the timer asks */
	NET_LOST,
};

struct net_counters {
	uint64_t sent, received;	/* frames */
	uint64_t dropped;		/* not sent: no link, or the card is reset or lost */
	uint32_t damaged;
	uint32_t resets, interrupts, pauses;	/* pauses: the CPU was needed for something else */
};

/* The functions of a port's user.  All are called on any CPU, perhaps in a handler. */
struct net_client {
	/*
	 * Called around a batch of received frames: take and release the lock that received needs.
	 */
	void (*begin)(void *context);
	void (*end)(void *context);
	/*
	 * One received frame, whose bytes are valid during the call.  Called between begin and end,
	 * with the port's lock held, so it must not send on the port.
	 */
	void (*received)(void *context, const uint8_t *bytes, uint32_t length);
	/* Called when there is room again after net_device_send had none.  No lock held. */
	void (*writable)(void *context);
	void *context;
};

struct net_device {
	const struct net_device_ops *ops;
	const char *driver;			/* its name */
	struct pci_device *pci;
	uint8_t address[ETHERNET_ADDRESS_SIZE];
	bool link_asked;

	/* Buffers of the rings, NET_RING_SIZE each, in low memory: i is at i * NET_BUFFER_SIZE. */
	uint8_t *send_memory, *receive_memory;
	paddr_t send_address, receive_address;

	/* The rest is for net_device.c, net_send.c and net_poll.c. */
	char name[NET_DEVICE_NAME_SIZE];
	struct spinlock lock;		/* guards all that follows, and the driver's data */
	enum net_state state;
	struct net_client client;
	const char *lost_cause;		/* NULL, or why it is lost as soon as it has stopped */
	bool link;
	struct irq_watch watch;
	bool irq_disabled;		/* the card is to raise none */
	bool is_polling;		/* a CPU takes frames in; no other one may */
	bool again;			/* and must look once more */
	bool wants_room;		/* writable is to be called */
	unsigned in_flight;		/* frames in the ring for sending */
	uint64_t deadline;		/* the card is to have sent something by then */
	uint64_t put_off;		/* deadline, once it was put off (arch/cpu/time_limit.h) */
	unsigned silent_resets;		/* since it last did */
	uint64_t due;			/* when the timer is to look; UINT64_MAX: it need not */
	uint64_t link_due;		/* the timer asks for the link then */
	uint64_t frames_before;		/* frames received at the end of the last interrupt */
	bool link_before;
	struct net_counters counters;
	struct list_node node;		/* in the list of ports */
};

/* --- for drivers ----------------------------------------------------------------- */

/*
 * Adds the port under the next free name; ops, driver, pci and address are set, and the card is
 * stopped.  Its interrupts are attached here, so start finds messages on if there are to be any.
 * Boot CPU, before others start.
 */
void net_device_add(struct net_device *device);

/* --- for everybody else ------------------------------------------------------------ */

/* All ports; the list never changes after boot. */
struct list *net_devices(void);

/* NULL when there is none of that name. */
struct net_device *net_device_find(const char *name);

/*
 * Opens the port, for good.  -E_EXIST when it is open, -E_NOMEM, -E_IO when the card cannot be
 * started.  Boot CPU, before others start.
 */
int __must_check net_device_open(struct net_device *device, const struct net_client *client);

/*
 * Sends a frame, padded to the least length, at the latest with the next net_device_flush.
 * WIRE_FULL: writable will be called.  WIRE_DROPPED while the link is down, or the card is reset.
 * Any CPU; takes the port's lock.
 */
enum wire_result net_device_send(struct net_device *device, const struct net_pieces *frame);
void net_device_flush(struct net_device *device);

/*
 * At the machine's end, when no guest runs any more: waits until the ports have sent what they were
 * given, two seconds (NET_SEND_TIME) at most for all of them.
 */
void net_devices_drain(void);

/* Makes writable be called soon, although there is room: to continue long work. */
void net_device_want_room(struct net_device *device);

/* Counters and link state of a port; for a command. */
struct net_status {
	struct net_counters counters;
	enum net_state state;
	bool link, is_polled;
};

void net_device_status(struct net_device *device, struct net_status *status);

#endif
