// SPDX-License-Identifier: GPL-2.0-only
/*
 * The account behind drivers/net/net_credit.h: what cards took is charged, time that passes is
 * credited, and a card waits until the account is no more in debt.
 */
#include "drivers/net/net_credit.h"

#include "lib/compiler.h"

#define SHARE_SHIFT 2
#define LEFT_MAX 1000000

/* A turn that takes longer was interrupted, for example by a hypervisor below. */
#define LEFT_MIN (-5000000)

/* The cost of a handler outside of its two readings of the clock. */
#define HANDLER_COST 3000

void net_credit_charge(struct net_credit *credit, uint64_t since, uint64_t now)
{
	int64_t left = credit->left + (int64_t)((now - credit->reckoned) >> SHARE_SHIFT);

	left = MIN(left, LEFT_MAX) - (int64_t)(now - since) - HANDLER_COST;
	credit->left = MAX(left, LEFT_MIN);
	credit->reckoned = now;
}

uint64_t net_credit_wait(const struct net_credit *credit)
{
	return credit->left < 0 ? (uint64_t)-credit->left << SHARE_SHIFT : 0;
}
