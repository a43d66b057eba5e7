// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio network devices.  Each buffer of a ring has the descriptor of its number,
 * with the device's header of the frame and the frame behind it.  No offload is
 * agreed on, so the header is always zero.
 */
#include "drivers/net/virtio_net_pci.h"

#include "arch/cpu/log.h"
#include "drivers/net/net_device.h"
#include "drivers/pci/virtio_pci.h"
#include "lib/error.h"
#include "lib/string.h"
#include "lib/virtio_spec.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "mm/host_map.h"

#include <stddef.h>

#define FEATURES (BIT64(VIRTIO_NET_F_MAC) | BIT64(VIRTIO_NET_F_STATUS))
#define HEADER_SIZE ((uint32_t)sizeof(struct virtio_net_hdr))	/* 5.1.6.1: with num_buffers */
#define RING_MIN 8u

/* The memory that the device accesses; all of it low. */
struct ring_memory {
	struct virtq_desc descriptors[NET_RING_SIZE] __aligned(16);
	struct {
		uint16_t flags, idx;
		uint16_t ring[NET_RING_SIZE];
	} available;
	struct {
		uint16_t flags, idx;
		struct virtq_used_elem ring[NET_RING_SIZE];
	} used __aligned(4);
};

#define MEMORY_PAGES ((VIRTIO_NET_QUEUES * sizeof(struct ring_memory) + PAGE_SIZE - 1) / PAGE_SIZE)

struct ring {
	struct ring_memory *memory;
	volatile uint16_t *notify;
	uint16_t size;			/* a power of two, RING_MIN to NET_RING_SIZE */
	uint16_t used_seen;
	uint16_t offered;		/* buffers that the device has */
	bool has[NET_RING_SIZE];	/* this one among them */
};

struct virtio_port {
	struct net_device device;
	struct virtio_pci virtio;
	uint64_t features;
	bool messages;			/* interrupts are MSI-X */
	struct ring receive, send;
	uint16_t received;		/* the buffer that the last frame is in */
	uint16_t free[NET_RING_SIZE], free_count;	/* buffers to send from */
};

static struct virtio_port *port_of(struct net_device *device)
{
	return container_of(device, struct virtio_port, device);
}

/* --- rings --------------------------------------------------------------------------- */

/* On x86 stores become visible in order; only the compiler must keep the order. */
static void offer(struct ring *ring, uint16_t buffer)
{
	uint16_t index = ring->memory->available.idx;

	ring->memory->available.ring[index % ring->size] = buffer;
	ring->has[buffer] = true;
	ring->offered++;
	compiler_barrier();
	WRITE_ONCE(ring->memory->available.idx, (uint16_t)(index + 1));
}

/* The index must be visible before the flag is read: without a barrier the load may come first. */
static void notify(struct ring *ring, uint16_t number)
{
	__sync_synchronize();
	if (!(READ_ONCE(ring->memory->used.flags) & VIRTQ_USED_F_NO_NOTIFY))
		*ring->notify = number;
}

static bool has_used(const struct ring *ring)
{
	return READ_ONCE(ring->memory->used.idx) != ring->used_seen;
}

/*
 * Takes a buffer that the device has used: 1, 0 when there is none, negative for impossible values.
 */
static int take_used(struct ring *ring, uint16_t *buffer, uint32_t *length)
{
	uint16_t place = ring->used_seen % ring->size;
	uint32_t id;

	if (!has_used(ring))
		return 0;
	compiler_barrier();
	id = READ_ONCE(ring->memory->used.ring[place].id);
	*length = READ_ONCE(ring->memory->used.ring[place].len);
	if (id >= ring->size || !ring->has[id])
		return -E_RANGE;
	ring->used_seen++;
	ring->has[id] = false;
	ring->offered--;
	*buffer = (uint16_t)id;
	return 1;
}

/* --- sending --------------------------------------------------------------------------- */

static uint8_t *virtio_send_buffer(struct net_device *device)
{
	struct virtio_port *port = port_of(device);

	if (port->free_count == 0)
		return NULL;
	return device->send_memory + port->free[port->free_count - 1] * NET_BUFFER_SIZE +
	       HEADER_SIZE;
}

static void virtio_send(struct net_device *device, uint32_t length)
{
	struct virtio_port *port = port_of(device);
	uint16_t buffer = port->free[--port->free_count];

	port->send.memory->descriptors[buffer].len = HEADER_SIZE + length;
	offer(&port->send, buffer);
}

static void virtio_kick(struct net_device *device)
{
	notify(&port_of(device)->send, VIRTIO_NET_TRANSMITQ);
}

static int virtio_reclaim(struct net_device *device)
{
	struct virtio_port *port = port_of(device);
	uint16_t buffer;
	uint32_t length;
	int found, count = 0;

	while ((found = take_used(&port->send, &buffer, &length)) > 0) {
		port->free[port->free_count++] = buffer;
		count++;
	}
	if (found < 0)
		return -E_IO;
	if (count == 0 && port->send.offered > 0 && virtio_pci_needs_reset(&port->virtio))
		return -E_IO;
	return count;
}

/* --- receiving --------------------------------------------------------------------------- */

static enum net_received virtio_receive(struct net_device *device, const uint8_t **bytes,
					uint32_t *length)
{
	struct virtio_port *port = port_of(device);
	int found = take_used(&port->receive, &port->received, length);

	if (found <= 0)
		return found < 0 ? NET_NONSENSE : NET_NOTHING;
	if (*length <= HEADER_SIZE || *length > NET_BUFFER_SIZE)
		return NET_DAMAGED;
	*bytes = device->receive_memory + port->received * NET_BUFFER_SIZE + HEADER_SIZE;
	*length -= HEADER_SIZE;
	return NET_FRAME;
}

static void virtio_give_back(struct net_device *device)
{
	struct virtio_port *port = port_of(device);

	offer(&port->receive, port->received);
	notify(&port->receive, VIRTIO_NET_RECEIVEQ);
}

/* --- interrupts ---------------------------------------------------------------------------- */

static bool virtio_irq_enable(struct net_device *device)
{
	struct ring *ring = &port_of(device)->receive;

	WRITE_ONCE(ring->memory->available.flags, 0);
	__sync_synchronize();
	return !has_used(ring);
}

/* This is only a hint to the device; some interrupts may still come. */
static void virtio_irq_disable(struct net_device *device)
{
	WRITE_ONCE(port_of(device)->receive.memory->available.flags, VIRTQ_AVAIL_F_NO_INTERRUPT);
}

/* A message does not tell its cause, and needs no register read to end it (4.1.4.5). */
static bool virtio_acknowledge(struct net_device *device)
{
	struct virtio_port *port = port_of(device);
	uint8_t cause;

	if (port->messages) {
		device->link_asked = true;
		return true;
	}
	cause = *port->virtio.isr;
	if (cause & VIRTIO_PCI_ISR_CONFIG)
		device->link_asked = true;
	return cause != 0;
}

static bool virtio_link(struct net_device *device)
{
	struct virtio_port *port = port_of(device);
	const uint32_t status = offsetof(struct virtio_net_config, status);

	/* Without the feature the link is always up (5.1.5). */
	return !(port->features & BIT64(VIRTIO_NET_F_STATUS)) ||
	       port->virtio.config[status] & VIRTIO_NET_S_LINK_UP;
}

/* --- life ----------------------------------------------------------------------------------- */

static uint64_t address_of(const void *pointer)
{
	size_t run;

	return host_physical(pointer, &run);
}

/* False when the device has no such queue, or one that is too small. */
static bool start_ring(struct virtio_port *port, struct ring *ring, uint16_t number,
		       paddr_t buffers, uint16_t flags)
{
	uint16_t offered = virtio_pci_queue_max_of(&port->virtio, number);
	struct ring_memory *memory = ring->memory;
	const struct virtio_pci_queue queue = {
		.size = (uint16_t)MIN(offered, NET_RING_SIZE),
		.descriptors = address_of(memory->descriptors),
		.available = address_of(&memory->available),
		.used = address_of(&memory->used),
	};

	/* A power of two (2.4). */
	if (queue.size < RING_MIN || (queue.size & (queue.size - 1)) != 0)
		return false;
	*ring = (struct ring){ .memory = memory, .size = queue.size };
	memset(memory, 0, sizeof(*memory));
	for (unsigned i = 0; i < NET_RING_SIZE; i++)
		memory->descriptors[i] = (struct virtq_desc){
			.addr = buffers + i * NET_BUFFER_SIZE, .len = NET_BUFFER_SIZE,
			.flags = flags,
		};
	memory->available.flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
	ring->notify = virtio_pci_add_queue(&port->virtio, number, &queue);
	return ring->notify != NULL;
}

static bool start_rings(struct virtio_port *port)
{
	const struct net_device *device = &port->device;

	if (!start_ring(port, &port->receive, VIRTIO_NET_RECEIVEQ, device->receive_address,
			VIRTQ_DESC_F_WRITE) ||
	    !start_ring(port, &port->send, VIRTIO_NET_TRANSMITQ, device->send_address, 0))
		return false;
	for (uint16_t i = 0; i < port->receive.size; i++)
		offer(&port->receive, i);
	for (uint16_t i = 0; i < port->send.size; i++)
		port->free[i] = i;
	port->free_count = port->send.size;
	return true;
}

static int virtio_start(struct net_device *device)
{
	struct virtio_port *port = port_of(device);

	port->messages = device->pci->interrupt == PCI_MSIX;
	if (virtio_pci_negotiate(&port->virtio, FEATURES, &port->features) ||
	    !start_rings(port))
		return -E_UNSUPPORTED;
	pci_change_command(device->pci, PCI_COMMAND_BUS_MASTER, 0);
	virtio_pci_go(&port->virtio);
	notify(&port->receive, VIRTIO_NET_RECEIVEQ);
	return 0;
}

static void virtio_stop(struct net_device *device)
{
	virtio_pci_begin_reset(&port_of(device)->virtio);
}

static enum wait_result virtio_has_stopped(struct net_device *device)
{
	enum wait_result result = virtio_pci_reset_result(&port_of(device)->virtio);

	if (result == WAIT_FAILED)
		pci_change_command(device->pci, 0, PCI_COMMAND_BUS_MASTER);
	return result;
}

static const struct net_device_ops virtio_ops = {
	.start = virtio_start, .stop = virtio_stop, .has_stopped = virtio_has_stopped,
	.send_buffer = virtio_send_buffer, .send = virtio_send, .kick = virtio_kick,
	.reclaim = virtio_reclaim, .receive = virtio_receive, .give_back = virtio_give_back,
	.irq_enable = virtio_irq_enable, .irq_disable = virtio_irq_disable,
	.acknowledge = virtio_acknowledge, .link = virtio_link,
};

/* --- attaching ------------------------------------------------------------------------------- */

/*
 * The address can be read before features are negotiated (5.1.4); without the feature it is made up
 * (5.1.5).
 */
static void read_address(struct virtio_port *port)
{
	static const uint8_t made_up[ETHERNET_ADDRESS_SIZE] = { 0x02, 'U', 'm', 'N', 0, 0 };
	const uint32_t mac = offsetof(struct virtio_net_config, mac);
	struct net_device *device = &port->device;

	for (unsigned i = 0; i < ETHERNET_ADDRESS_SIZE; i++)
		device->address[i] = port->features & BIT64(VIRTIO_NET_F_MAC)
					     ? port->virtio.config[mac + i] : made_up[i];
}

/*
 * Reads the device's properties; NULL, or why it cannot be used.  The device is stopped when this
 * returns.
 */
static const char *set_up(struct virtio_port *port)
{
	const char *cause;

	if (port->virtio.config_size < sizeof(struct virtio_net_config))
		return "it has no place for its address";
	if (!virtio_pci_reset(&port->virtio))
		return "it does not come back from a reset";
	cause = virtio_pci_negotiate(&port->virtio, FEATURES, &port->features);
	if (cause)
		return cause;
	read_address(port);
	port->device.ops = &virtio_ops;
	port->device.driver = virtio_net_pci_driver.name;
	return virtio_pci_reset(&port->virtio) ? NULL : "it does not come back from a reset";
}

static const char *open_port(struct virtio_port *port, struct ring_memory *memory,
			     struct pci_device *device)
{
	const char *cause;

	port->device.pci = device;
	port->receive.memory = memory;
	port->send.memory = memory + 1;
	pci_change_command(device, PCI_COMMAND_MEMORY_SPACE, PCI_COMMAND_BUS_MASTER);
	cause = virtio_pci_map(&port->virtio, device);
	return cause ? cause : set_up(port);
}

static int virtio_attach(struct pci_device *device)
{
	struct virtio_port *port = heap_alloc(sizeof(*port));
	struct ring_memory *memory = pages_alloc(MEMORY_PAGES);
	const char *cause = port && memory ? open_port(port, memory, device)
					   : error_words(-E_NOMEM);

	if (cause) {
		log_warn("virtio", PCI_FORMAT ": the network port cannot be used: %s",
			 PCI_ARGUMENTS(device->function), cause);
		if (memory)
			pages_free(memory, MEMORY_PAGES);
		heap_free(port);
		return -E_UNSUPPORTED;
	}
	net_device_add(&port->device);
	return 0;
}

static bool virtio_matches(const struct pci_device *device)
{
	return device->vendor == VIRTIO_PCI_VENDOR &&
	       (device->id == VIRTIO_PCI_DEVICE_NET ||
		device->id == VIRTIO_PCI_DEVICE_MODERN + VIRTIO_ID_NET);
}

const struct pci_driver virtio_net_pci_driver = {
	"virtio-net", virtio_matches, virtio_attach,
};
