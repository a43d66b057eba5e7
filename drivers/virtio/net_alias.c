// SPDX-License-Identifier: GPL-2.0-only
/* Exchanges a clone's address with the one that its kernel knows, in frames that go by. */
#include "drivers/virtio/net_alias.h"

#include "lib/string.h"

/* Ethernet: to whom, from whom, type. */
#define TO 0u
#define FROM 6u
#define TYPE 12u
static const uint8_t type_arp[] = { 0x08, 0x06 };

/* ARP behind it: four fields that say that it is about Ethernet and IPv4; then who to whom. */
#define ARP_KIND 14u
#define ARP_SENDER 22u
#define ARP_TARGET 32u
static const uint8_t arp_kind[] = { 0, 1, 8, 0, ETHERNET_ADDRESS_SIZE, 4 };

static bool is_at(const uint8_t *head, uint32_t place, const uint8_t *address)
{
	return memcmp(head + place, address, ETHERNET_ADDRESS_SIZE) == 0;
}

static void exchange(uint8_t *head, uint32_t place, const uint8_t *from, const uint8_t *to)
{
	if (is_at(head, place, from))
		memcpy(head + place, to, ETHERNET_ADDRESS_SIZE);
}

static bool is_arp(const uint8_t *head, uint32_t length)
{
	return length >= NET_ALIAS_HEAD && memcmp(head + TYPE, type_arp, sizeof(type_arp)) == 0 &&
	       memcmp(head + ARP_KIND, arp_kind, sizeof(arp_kind)) == 0;
}

void net_alias_sent(struct net_alias *alias, const uint8_t *own, uint8_t *head, uint32_t length)
{
	if (!alias->is_used || length < FROM + ETHERNET_ADDRESS_SIZE)
		return;
	if (is_at(head, FROM, own)) {
		alias->is_used = false;
		return;
	}
	exchange(head, FROM, alias->known, own);
	if (is_arp(head, length))
		exchange(head, ARP_SENDER, alias->known, own);
}

void net_alias_received(const struct net_alias *alias, const uint8_t *own, uint8_t *head,
			uint32_t length)
{
	if (!alias->is_used || length < TO + ETHERNET_ADDRESS_SIZE)
		return;
	exchange(head, TO, own, alias->known);
	if (is_arp(head, length))
		exchange(head, ARP_TARGET, own, alias->known);
}
