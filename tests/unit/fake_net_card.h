/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of network ports: a card, whoever uses it, and a clock, all of which do what
 * a test says.
 */
#ifndef UMBRA_TESTS_UNIT_FAKE_NET_CARD_H
#define UMBRA_TESTS_UNIT_FAKE_NET_CARD_H

#include "drivers/net/net_device.h"
#include "drivers/pci/pci_irq.h"

#include <stdbool.h>

#define MS 1000000ull
#define RING 4		/* frames that the card has room for */

extern struct fake_card {
	struct net_device device;
	struct pci_device pci;
	unsigned stop_lasts, stop_asked;	/* looks until it has stopped, and since stop */
	bool does_not_stop;
	unsigned done_after;		/* looks until all is sent; 0: done says what is */
	unsigned starts, stops, kicks, filled, done, late_frames, listens, mutes, asked, links;
	uint32_t sent_length;
	bool link, is_nonsense, does_not_start, listening, mine;
	unsigned waiting;		/* frames that came in; UINT_MAX: without end */
	enum net_received kind;
	unsigned given_back;
} card;

extern struct fake_client {
	unsigned received, writable, batches;	/* how often */
	bool in_batch;
	uint64_t receive_time, time_received;	/* what a frame takes, and what all have taken */
	void (*on_writable)(void);
} client;

extern uint64_t now, time_step;	/* time_step: what each reading of the clock adds */
extern uint64_t alarm_at;	/* of the timer; UINT64_MAX: not wanted */
extern char events[256];		/* of the log */
extern bool has_interrupts;		/* of the machine, when the card is added */
extern const struct pci_irq_ops *irq;	/* what hears them */

/* All as new, and no port is there; later than before. */
void card_reset(void);

/* What net_device_open returns. */
int card_open(void);

/* A port that is open, connected, and has nothing to do. */
int card_setup(void **state);
int card_teardown(void **state);

/* Whether there was something to do. */
bool raise_interrupt(void);

/* As if the timer had come when it was wanted; and again, until the time. */
void run_until(uint64_t end);

/* What the timer does now; returns after how many nanoseconds to do it again, 0 for not. */
uint64_t card_tick(void);

/* A frame of so many bytes in two pieces. */
enum wire_result send_frame(uint32_t header, uint32_t payload);

/* That event of the port, and no other. */
void assert_event(const char *name, const char *rest);

#endif
