/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gathers entropy from the CPU's own random numbers and from the moments at which interrupts come,
 * and makes keys of it for the guests' generators.  Never waits; how good the keys are is in the
 * log (event=entropy, docs/architecture.md "Randomness").
 */
#ifndef UMBRA_HV_DEVICES_ENTROPY_H
#define UMBRA_HV_DEVICES_ENTROPY_H

#include "lib/csprng.h"

#include <stdint.h>

/*
 * Gathers the entropy available at boot, on the boot CPU, when clocks run: entropy_init takes what
 * is there at once; entropy_gather goes on, 50 microseconds at most each time, while the boot has
 * to wait anyway; and entropy_finish gathers the rest, for some milliseconds at most where there is
 * no RDSEED, and makes the first keys.  In this order, entropy_gather as often as there is time.
 */
void entropy_init(void);
void entropy_gather(void);
void entropy_finish(void);

/* An interrupt came: its moment is noted.  Any CPU, no lock held, not from a handler. */
void entropy_note(void);

/*
 * Gives generator a new key if the pool has made one since *generation (0: never), and updates
 * that.  Any CPU, no lock held that comes after LOCK_ENTROPY.
 */
void entropy_freshen(struct csprng *generator, uint32_t *generation);

#endif
