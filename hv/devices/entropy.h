/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What cannot be guessed, from where this machine has it: the CPU's own random
 * numbers, and the moments at which interrupts come.  Makes keys of it for the
 * generators of guests.  Never waits; how good the keys are is in the log
 * (event=entropy, docs/architecture.md "Randomness").
 */
#ifndef UMBRA_HV_DEVICES_ENTROPY_H
#define UMBRA_HV_DEVICES_ENTROPY_H

#include "lib/csprng.h"

#include <stdint.h>

/* Gathers what there is at boot; takes some milliseconds without RDSEED.  Boot CPU, clocks run. */
void entropy_init(void);

/* An interrupt came: its moment is noted.  Any CPU, no lock held, not from a handler. */
void entropy_note(void);

/*
 * Puts a new key into generator when there is one since *generation was noted (0:
 * never), and notes it.  Any CPU, no lock held that comes after LOCK_ENTROPY.
 */
void entropy_freshen(struct csprng *generator, uint32_t *generation);

#endif
