/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest did between two looks at its account and its scheduling: so much a second. */
#ifndef UMBRA_HV_CONSOLE_RATES_H
#define UMBRA_HV_CONSOLE_RATES_H

#include "hv/guest/guest_account.h"

#include <stdint.h>

/* Shares are of one CPU's time, in tenths of a per cent; what counts is a second. */
struct rates {
	uint32_t guest, umbra, stolen;
	uint32_t waiting;	/* the rest of the time: it wanted no CPU */
	uint32_t exits[EXIT_CLASSES], all_exits;
	uint32_t cost_ns[EXIT_CLASSES], all_cost_ns;	/* of one exit, on average; 0 without any */
	uint32_t frames, requests;
};

/* before is the earlier of two samples of one guest; khz is the rate of the TSC. */
void rates_between(const struct guest_sample *before, const struct guest_sample *after,
		   uint32_t khz, struct rates *rates);

#endif
