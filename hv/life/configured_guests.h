/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests that can be made: all those that the boot modules describe, which are made at boot and
 * can be started again, and those that the command `create` describes.  Boot CPU, but for one.
 */
#ifndef UMBRA_HV_LIFE_CONFIGURED_GUESTS_H
#define UMBRA_HV_LIFE_CONFIGURED_GUESTS_H

#include "hv/config/guest_config.h"

/* Makes all guests of configs, which outlives them. */
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

/*
 * A configuration for a clone of the guest of that name: name is a valid one, which no guest has.
 * It is freed as those of `create` are, but not before guest_clone_config_done was called, which
 * tells whether the clone was made.  NULL when there is no such guest, or no memory.
 */
const struct guest_config *guest_clone_config(const char *parent, const char *name);
void guest_clone_config_done(const struct guest_config *config, bool made);

/* Frees configurations of `create` and of clones that no guest has any more. */
void guest_configs_tidy(void);

/* The images that `create` can name. */
const struct guest_image *guest_images(size_t *count);

#endif
