// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a guest's network device, with the address and on the network of its configuration.  Frames
 * do not pass through this file: the device uses its port directly.
 */
#include "hv/devices/guest_net.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/net/network.h"
#include "drivers/virtio/virtio_net.h"
#include "lib/error.h"
#include "mm/heap.h"

_Static_assert(CONFIG_NAME_SIZE <= SWITCH_NAME_SIZE && CONFIG_MAC_SIZE == ETHERNET_ADDRESS_SIZE,
	       "names and addresses of a guest's configuration");

struct guest_net {
	struct virtio_net net;
	struct network_port at;
};

/* Called by the sender's CPU with the network's lock held, so it only wakes the guest. */
static void port_ready(void *context)
{
	guest_devices_wake(context, GUEST_DEVICE_NET);
}

static int net_create(struct guest *guest, unsigned index, struct virtio_device **device)
{
	const struct guest_options *options = &guest->config->options;
	const uint8_t *mac = options->mac;
	struct guest_net *net;
	int error;

	if (index > 0 || options->net[0] == '\0')
		return 0;
	net = heap_alloc(sizeof(*net));
	if (!net)
		return -E_NOMEM;
	error = network_join(&net->at, options->net, guest->name, mac, options->mac_spoof,
			     port_ready, guest);
	if (error) {
		heap_free(net);
		return error;
	}
	virtio_net_init(&net->net, mac, &net->at);
	*device = &net->net.device;
	log_event("guest-net", "guest=%s net=%s mac=%02x:%02x:%02x:%02x:%02x:%02x", guest->name,
		  options->net, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return 0;
}

static void net_destroy(struct virtio_device *device)
{
	struct guest_net *net = container_of(device, struct guest_net, net.device);

	network_leave(&net->at);
	heap_free(net);
}

const struct guest_device_kind guest_net_kind = {
	.bit = GUEST_DEVICE_NET, .create = net_create, .destroy = net_destroy,
};
