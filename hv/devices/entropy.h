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
 * Gathers the entropy available at boot; takes some milliseconds without RDSEED.  Boot CPU, clocks
 * run.
 */
void entropy_init(void);

/* An interrupt came: its moment is noted.  Any CPU, no lock held, not from a handler. */
void entropy_note(void);

/*
 * Gives generator a new key if the pool has made one since *generation (0: never), and updates
 * that.  Any CPU, no lock held that comes after LOCK_ENTROPY.
 */
void entropy_freshen(struct csprng *generator, uint32_t *generation);

#endif
