/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a board may take to switch off or to reset once it was told to.  ACPI names no limit,
 * and an emulator does it in a thread of its own, which a busy host lets run late.
 */
#ifndef UMBRA_ARCH_BOARD_REACTION_H
#define UMBRA_ARCH_BOARD_REACTION_H

#include "arch/cpu/time_limit.h"
#include "arch/cpu/x86.h"

#define REACTION_NS 3000000000ull

/*
 * Waits for the machine to end, and returns if it has not.  Reads no port meanwhile: an emulator
 * may hold a lock for each read that its other thread needs.  Any context; interrupts may be off.
 */
static inline void wait_for_reaction(void)
{
	struct time_limit limit = time_limit(REACTION_NS);

	while (!time_limit_is_over(&limit))
		cpu_pause();
}

#endif
