/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a CPU network cards may take, all together, that nobody on that CPU
 * asked for: a quarter of the time that passes, and a millisecond at once.  Pure.
 */
#ifndef UMBRA_DRIVERS_NET_NET_CREDIT_H
#define UMBRA_DRIVERS_NET_NET_CREDIT_H

#include <stdint.h>

struct net_credit {
	int64_t left;		/* nanoseconds; negative: it has had too much */
	uint64_t reckoned;	/* when */
};

/* From since until now, in ns, a card has had the CPU. */
void net_credit_charge(struct net_credit *credit, uint64_t since, uint64_t now);

/* For how many nanoseconds it has to be left alone; 0: it need not be. */
uint64_t net_credit_wait(const struct net_credit *credit);

#endif
