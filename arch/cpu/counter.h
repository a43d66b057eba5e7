/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A chip that counts at a known rate and wraps around.  The TSC is measured against such
 * counters, and one of them can be the clock instead of the TSC (arch/board/clock.h).
 */
#ifndef UMBRA_ARCH_CPU_COUNTER_H
#define UMBRA_ARCH_CPU_COUNTER_H

#include <stdint.h>

#define COUNTER_PLACE_SIZE 24

struct counter {
	const char *name;	/* as clock= has it (hv/config/config.h) */
	char place[COUNTER_PLACE_SIZE];	/* where its registers are, for messages */
	uint32_t (*read)(void);	/* any CPU, any context */
	uint32_t mask;		/* the bits that count */
	uint32_t hz;
};

#endif
