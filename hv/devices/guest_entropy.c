// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every guest has random numbers, from a generator of its own.  The generator's key comes from the
 * machine's pool, about which its output tells nothing.
 */
#include "hv/devices/guest_entropy.h"

#include "drivers/virtio/virtio_entropy.h"
#include "hv/devices/entropy.h"
#include "lib/error.h"
#include "mm/heap.h"

struct guest_entropy {
	struct virtio_entropy model;
	struct csprng generator;
	uint32_t generation;	/* of the pool's keys: 0, none yet */
};

static void fill(void *context, void *bytes, size_t size)
{
	struct guest_entropy *entropy = context;

	entropy_freshen(&entropy->generator, &entropy->generation);
	csprng_fill(&entropy->generator, bytes, size);
}

static int entropy_create(struct guest *guest, unsigned index, struct virtio_device **device)
{
	struct guest_entropy *entropy;

	(void)guest;
	if (index > 0)
		return 0;
	entropy = heap_alloc(sizeof(*entropy));
	if (!entropy)
		return -E_NOMEM;
	virtio_entropy_init(&entropy->model, fill, entropy);
	*device = &entropy->model.device;
	return 0;
}

static void entropy_destroy(struct virtio_device *device)
{
	struct guest_entropy *entropy = container_of(device, struct guest_entropy, model.device);

	csprng_wipe(&entropy->generator);
	heap_free(entropy);
}

const struct guest_device_kind guest_entropy_kind = {
	.create = entropy_create, .destroy = entropy_destroy,
};
