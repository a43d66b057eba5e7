/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that ring 1 may not execute and that Umbra carries out for the
 * guest's kernel (docs/protocol.md).
 */
#ifndef UMBRA_HV_EMULATE_H
#define UMBRA_HV_EMULATE_H

#include "hv/guest.h"

/* The guest stopped with #GP or #UD: emulates, or reflects what it does not know. */
void guest_emulate(struct guest *guest);

#endif
