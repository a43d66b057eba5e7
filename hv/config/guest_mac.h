/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of guests on their networks, before any guest runs.  For hv/config/ alone.
 */
#ifndef UMBRA_HV_CONFIG_GUEST_MAC_H
#define UMBRA_HV_CONFIG_GUEST_MAC_H

#include "hv/config/guest_config.h"

/*
 * Gives config the address that follows from its name; with attempt 1 and so on the next ones, in
 * case others have it.
 */
void guest_mac_default(struct guest_config *config, uint32_t attempt);

/* Are both on one network, with one address? */
bool guest_mac_is_same(const struct guest_config *one, const struct guest_config *other);

#endif
