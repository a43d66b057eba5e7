/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between net_device.c, net_poll.c, net_send.c and net_recover.c, each of which calls those behind
 * it.  Functions are called with the port's lock where nothing else is said.
 */
#ifndef UMBRA_DRIVERS_NET_NET_INTERNAL_H
#define UMBRA_DRIVERS_NET_NET_INTERNAL_H

#include "arch/board/device_timer.h"
#include "drivers/net/net_device.h"
#include "drivers/pci/pci_irq.h"

#define NET_MICROSECOND 1000ull
#define NET_MILLISECOND 1000000ull
#define NET_NEVER UINT64_MAX

/* Other stations may hold up a card for a while (IEEE 802.3, annex 31B), but not so long. */
#define NET_SEND_TIME (2000 * NET_MILLISECOND)

/* Periods of the timer: for room, for cards that have work, and the least. */
/* A ring of short frames is empty after 170 us at 1 Gbit/s. */
#define NET_ROOM_PERIOD (200 * NET_MICROSECOND)
#define NET_WATCH_PERIOD (100 * NET_MILLISECOND)
#define NET_RESET_PERIOD (1 * NET_MILLISECOND)	/* while it is reset */
#define NET_PAUSE_MIN (100 * NET_MICROSECOND)

/* --- net_recover.c ------------------------------------------------------------------- */

/* The timer of all ports; its tick is in net_device.c. */
extern struct device_timer net_timer;

/* Makes the timer serve the port after that time at the latest. */
void net_look_after(struct net_device *device, uint64_t nanoseconds);

/* Asks the card for its link, and logs a change. */
void net_check_link(struct net_device *device);

/* Starts a stopped card; 0 or negative. */
int __must_check net_start(struct net_device *device);

/*
 * Resets a running card, or gives it up; cause is for the log.  Frames in flight are lost.  The
 * caller does nothing with the card afterwards.
 */
void net_restart(struct net_device *device, const char *cause);

/* Continues a card's reset; called by the timer. */
void net_go_on(struct net_device *device);

/* --- net_send.c ----------------------------------------------------------------------- */

/* Is there a place for a frame to be sent?  Frees those of what was sent. */
bool net_has_room(struct net_device *device);

/*
 * Has the card something left to send, and a link to send it by?  One that should have sent it by
 * now is reset, and has nothing left.
 */
bool net_is_sending(struct net_device *device);

/* Has the card sent what it should have?  If not it is reset. */
void net_watch_sending(struct net_device *device);

/* --- net_poll.c ------------------------------------------------------------------------- */

extern const struct pci_irq_ops net_irq_ops;	/* their context is the port */

/* The timer's work on one port; takes its lock.  Returns when to call it again, or NET_NEVER. */
uint64_t net_tick(struct net_device *device);

#endif
