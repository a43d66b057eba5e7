// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of the virtio entropy device: each buffer of the queue is filled in pieces by the
 * function that virtio_entropy_init was given, within a budget for each call.
 */
#include "drivers/virtio/virtio_entropy.h"

#include "lib/string.h"

#define QUEUE 0u

/* Eight blocks of the generator, less the key that it keeps of them. */
#define PIECE 480u

/*
 * One call does this much: a byte counts 1, a descriptor 16.  A guest may queue 256 buffers of 2
 * GB, and other guests need the CPU too.  A byte costs as much as eight bytes of the console, so
 * the budget is an eighth of that.
 */
#define BUDGET 4096u
#define DESCRIPTOR_COST 16u

static struct virtio_entropy *entropy_of(struct virtio_device *device)
{
	return container_of(device, struct virtio_entropy, device);
}

/* False when the queue broke. */
static bool fill_request(struct virtio_entropy *entropy, const struct virtqueue_chain *chain,
			 uint32_t length)
{
	uint8_t bytes[PIECE];
	bool good = true;

	for (uint32_t done = 0; good && done < length; done += PIECE) {
		uint32_t piece = MIN(length - done, PIECE);

		entropy->fill(entropy->context, bytes, piece);
		good = virtqueue_write(&entropy->queue, chain, done, bytes, piece);
	}
	/* The bytes are the guest's secret now. */
	memory_wipe(bytes, sizeof(bytes));
	return good;
}

static void serve(struct virtio_entropy *entropy)
{
	struct virtqueue_chain chain = {
		.buffers = entropy->buffers,
		.capacity = ARRAY_SIZE(entropy->buffers),
	};
	uint32_t budget = BUDGET;
	bool pushed = false;

	while (budget > 0 && virtqueue_pop(&entropy->queue, &chain) > 0) {
		uint32_t length = MIN(chain.writable, ENTROPY_REQUEST_MAX);

		if (!fill_request(entropy, &chain, length))
			break;
		virtqueue_push(&entropy->queue, &chain, length);
		pushed = true;
		budget -= MIN(budget, length + chain.count * DESCRIPTOR_COST);
	}
	entropy->device.more_work = budget == 0;
	if (pushed)
		virtio_device_interrupt(&entropy->device, QUEUE);
}

static void entropy_reset(struct virtio_device *device)
{
	device->more_work = false;
}

static void entropy_kick(struct virtio_device *device, unsigned queue)
{
	(void)queue;
	/* While more work is announced, the next service does it, however often the guest kicks. */
	if (!device->more_work)
		serve(entropy_of(device));
}

static void entropy_service(struct virtio_device *device)
{
	serve(entropy_of(device));
}

static const struct virtio_device_ops entropy_ops = {
	.reset = entropy_reset,
	.kick = entropy_kick,
	.service = entropy_service,
};

void virtio_entropy_init(struct virtio_entropy *entropy,
			 void (*fill)(void *context, void *bytes, size_t size), void *context)
{
	memset(entropy, 0, sizeof(*entropy));
	entropy->device = (struct virtio_device){
		.name = "entropy",
		.id = VIRTIO_ID_ENTROPY,
		.ops = &entropy_ops,
		.queues = &entropy->queue,
		.queue_count = 1,
	};
	entropy->fill = fill;
	entropy->context = context;
}
