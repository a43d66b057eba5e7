/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits the time of a CPU that all network cards together may take for received frames: a quarter
 * of the time, and a millisecond at once.  Pure.
 */
#ifndef UMBRA_DRIVERS_NET_NET_CREDIT_H
#define UMBRA_DRIVERS_NET_NET_CREDIT_H

#include <stdint.h>

struct net_credit {
	int64_t left;		/* nanoseconds; negative: the limit is exceeded */
	uint64_t reckoned;	/* when */
};

/* Charges the time from since until now, in ns, that a card took. */
void net_credit_charge(struct net_credit *credit, uint64_t since, uint64_t now);

/* For how many nanoseconds cards must wait; 0: they need not. */
uint64_t net_credit_wait(const struct net_credit *credit);

#endif
