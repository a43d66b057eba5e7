/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest does, in a word, for lists of guests. */
#ifndef UMBRA_HV_CONSOLE_GUEST_STATE_NAME_H
#define UMBRA_HV_CONSOLE_GUEST_STATE_NAME_H

#include "hv/guest/guest.h"

/* Any CPU; a word of up to 8 letters. */
const char *guest_state_name(const struct guest *guest);

#endif
