/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes guests: all those that the boot modules describe, and later single ones for the command
 * `start`.
 */
#ifndef UMBRA_HV_LIFE_GUEST_CREATE_H
#define UMBRA_HV_LIFE_GUEST_CREATE_H

#include "hv/config/guest_config.h"

/*
 * Makes the guest that config describes and puts it into the run queue of a CPU, where it clears
 * its memory and is loaded in turns of its own.  On failure says why in the log
 * (event=module-error) and leaves nothing behind.  No guest of that name may exist.  Boot CPU.
 */
void guest_create(const struct guest_config *config);

/* The same for all of configs, which outlives all guests. */
void guest_create_all(const struct guest_configs *configs);

/* The configuration with that name among them; NULL for none. */
const struct guest_config *guest_config_of(const char *name);

#endif
