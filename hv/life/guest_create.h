/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes guests: all those that the boot modules describe, and later single ones for the commands
 * `start` and `create`.
 */
#ifndef UMBRA_HV_LIFE_GUEST_CREATE_H
#define UMBRA_HV_LIFE_GUEST_CREATE_H

#include "hv/config/guest_config.h"

/*
 * Makes the guest that config describes and puts it into the run queue of a CPU, where it clears
 * its memory and is loaded in turns of its own.  On failure says why in the log
 * (event=module-error), leaves nothing behind, and returns false.  No guest of that name may exist.
 * Boot CPU.
 */
bool guest_create(const struct guest_config *config);

/* The same for all of configs, which outlives all guests. */
void guest_create_all(struct guest_configs *configs);

/* The configuration of that name from the boot modules; NULL for none, and after guest_forget. */
const struct guest_config *guest_config_of(const char *name);

/* The boot modules' guest of that name, if there is one, is not to be started again.  Any CPU. */
void guest_forget(const char *name);

/*
 * Makes a guest of that name (a valid one, which no guest has) from the words of the command
 * `create` (hv/config/config.h).  False when the words are not right, as problems say; other
 * failures are logged, as for guest_create.  Boot CPU.
 */
bool guest_create_from(const char *name, const char *words, struct config_problems *problems);

/* The images that `create` can name. */
const struct guest_image *guest_images(size_t *count);

#endif
