/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network ports of the machine: what the drivers of all kinds of cards have in
 * common.  A card that nobody has opened stands still.
 *
 * Frames are copied into a ring of buffers and out of one; what was sent is never
 * waited for.  When frames have come in, the card's interrupts stay off until all
 * are taken, and for longer when that has cost the machine too much: then a timer
 * looks again, and what the card has no room for meanwhile is lost.  So neither a
 * flood of frames nor one of interrupts takes more than a part of the CPU.
 *
 * A card that does not send what it was given is reset.  One that does not even
 * after several resets is given up: event=net-lost.  Until its first interrupt a card
 * is looked after ten times a second, since there may never be one.
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
	NET_DAMAGED,	/* a frame that is no good; its buffer goes back too */
	NET_NONSENSE,	/* the card says what cannot be */
};

/* A driver's part.  All but identify are called with the port's lock held. */
struct net_device_ops {
	/*
	 * Starts a card that stands still, at first and after each stop: the rings are empty,
	 * every receive buffer is the card's, interrupts are off.  0 or negative.  Does not wait.
	 */
	int (*start)(struct net_device *device);

	/* Begins to stop the card, by a reset.  Does not wait. */
	void (*stop)(struct net_device *device);

	/*
	 * After stop, again and again until it is something else than WAIT_LATER, a tenth of
	 * a second at most: WAIT_DONE when the card stands still, WAIT_FAILED when it does not
	 * come back from the reset, and is kept from memory.  Does not wait.
	 */
	enum wait_result (*has_stopped)(struct net_device *device);

	/* The next frame to send goes there: NET_BUFFER_SIZE - 16 bytes; NULL: no place is free. */
	uint8_t *(*send_buffer)(struct net_device *device);

	/* The frame is there, and is sent some time, at the latest after kick. */
	void (*send)(struct net_device *device, uint32_t length);
	void (*kick)(struct net_device *device);

	/* Frees the places of what was sent: how many; negative when the card talks nonsense. */
	int (*reclaim)(struct net_device *device);

	/* The next frame that came in.  After one, give_back returns its buffer to the card. */
	enum net_received (*receive)(struct net_device *device, const uint8_t **bytes,
				     uint32_t *length);
	void (*give_back)(struct net_device *device);

	/*
	 * Interrupts on: for frames that come in, and for the link.  False when a frame
	 * came before that; there may be no interrupt for it.
	 */
	bool (*irq_enable)(struct net_device *device);
	void (*irq_disable)(struct net_device *device);

	/*
	 * An interrupt came: is it the card's?  If so it is over, and link_asked is set
	 * when the link may have changed.
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

/* Who uses a port.  All are called on any CPU, perhaps from a handler. */
struct net_client {
	/* Frames come in, some at once: takes the lock that received needs, and lets go of it. */
	void (*begin)(void *context);
	void (*end)(void *context);
	/*
	 * One of them; its bytes are there until this returns.  Called between the two, with
	 * the port's lock too, so it sends nothing there.
	 */
	void (*received)(void *context, const uint8_t *bytes, uint32_t length);
	/* There is room again after net_device_send had none.  Without a lock. */
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
	struct spinlock lock;		/* guards all that follows, and the driver's side of it */
	enum net_state state;
	struct net_client client;
	const char *lost_cause;		/* NULL, or why it is lost as soon as it has stopped */
	bool link;
	struct irq_watch watch;
	bool irq_disabled;		/* the card is to raise none */
	bool is_polling;		/* somebody takes frames in; nobody else may */
	bool again;			/* and is to look once more */
	bool wants_room;		/* writable is to be called */
	unsigned in_flight;		/* frames in the ring for sending */
	uint64_t deadline;		/* the card is to have sent something by then */
	unsigned silent_resets;		/* since it last did */
	uint64_t due;			/* when the timer is to look; UINT64_MAX: it need not */
	uint64_t link_due;		/* not sooner is the timer to ask for the link */
	uint64_t frames_before;		/* taken in when the last interrupt had been served */
	bool link_before;
	struct net_counters counters;
	struct list_node node;		/* in the list of ports */
};

/* --- for drivers ----------------------------------------------------------------- */

/*
 * The port exists from now on, under the next free name; ops, driver, pci and address
 * are set, and the card stands still.  Its interrupts are attached here, so start finds
 * messages on if there are to be any.  Boot CPU, before others start.
 */
void net_device_add(struct net_device *device);

/* --- for everybody else ------------------------------------------------------------ */

/* All ports; the list never changes after boot. */
struct list *net_devices(void);

/* NULL when there is none of that name. */
struct net_device *net_device_find(const char *name);

/*
 * Takes the port into use, for good.  -E_EXIST when it is, -E_NOMEM, -E_IO when the
 * card cannot be started.  Boot CPU, before others start.
 */
int __must_check net_device_open(struct net_device *device, const struct net_client *client);

/*
 * Sends a frame, padded to what the wire demands, at the latest with the next
 * net_device_flush.  WIRE_FULL: writable will be called.  WIRE_DROPPED while the link
 * is down, or the card is reset.  Any CPU; takes the port's lock.
 */
enum wire_result net_device_send(struct net_device *device, const struct net_pieces *frame);
void net_device_flush(struct net_device *device);

/*
 * At the machine's end, when no guest runs any more: waits until the ports have sent what they were
 * given, two seconds (NET_SEND_TIME) at most for all of them.
 */
void net_devices_drain(void);

/* Have writable called soon, though there is room: to go on with what takes long. */
void net_device_want_room(struct net_device *device);

/* What the port has done so far, and whether it is connected; for a command. */
struct net_status {
	struct net_counters counters;
	enum net_state state;
	bool link, is_polled;
};

void net_device_status(struct net_device *device, struct net_status *status);

#endif
