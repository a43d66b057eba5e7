// SPDX-License-Identifier: GPL-2.0-only
/*
 * Derives a guest's address from its name, so that it is the same after each boot.
 */
#include "hv/config/guest_mac.h"

#include "lib/string.h"

/*
 * Locally administered (bit 1 of the first byte); the last three are FNV-1a of
 * the name (Fowler, Noll, Vo).
 */
void guest_mac_default(struct guest_config *config, uint32_t attempt)
{
	uint32_t hash = 0x811C9DC5u;

	for (const char *c = config->name; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * 0x01000193u;
	hash += attempt;
	config->options.mac[0] = 0x02;
	config->options.mac[1] = 'U';
	config->options.mac[2] = 'm';
	config->options.mac[3] = (uint8_t)(hash >> 16 & 0xFF);
	config->options.mac[4] = (uint8_t)(hash >> 8 & 0xFF);
	config->options.mac[5] = (uint8_t)(hash & 0xFF);
}

bool guest_mac_is_same(const struct guest_config *one, const struct guest_config *other)
{
	return string_equal(one->options.net, other->options.net) &&
	       memcmp(one->options.mac, other->options.mac, CONFIG_MAC_SIZE) == 0;
}
