/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the PCI bus and its transport: a bus with two pretended device
 * models in a pretended guest's memory, and the guest's hand on ports and
 * registers.  Included by one source file of each test program.
 */
#ifndef UMBRA_TESTS_UNIT_PCI_FIXTURE_H
#define UMBRA_TESTS_UNIT_PCI_FIXTURE_H

#include "drivers/virtio/vpci_bus.h"
#include "lib/bytes.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "tests/unit/fake_guest_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAM_PAGES 32u
#define RAM (RAM_PAGES * 4096u)
#define HOLE_END (RAM + VPCI_HOLE_SIZE)
#define WINDOW_1 HOLE_END		/* device 1: the console of the guest, here "block" */
#define WINDOW_2 (HOLE_END + 0x1000)

#define BLOCK 1u
#define NET 2u
#define ONES 0xFFFFFFFFu
#define ADDRESS(device, offset) (0x80000000u | (device) << 11 | (offset))

struct model {
	struct virtio_device device;
	struct virtqueue queues[2];
	unsigned resets, starts, kicks[2], services;
	uint8_t config[8];
	unsigned restless;		/* so often it is not at rest when it is asked */
	unsigned writes_refused;	/* so many config writes are for later */
	unsigned config_writes;
};

struct fixture {
	struct guest_memory *memory;
	struct model block, net;
	struct vpci_bus bus;
	unsigned irqs[32];
	unsigned times_broken;
	char cause[160];
};

static inline struct model *model_of(struct virtio_device *device)
{
	return container_of(device, struct model, device);
}

static inline void model_reset(struct virtio_device *device)
{
	for (unsigned i = 0; i < device->queue_count; i++)
		assert_false(device->queues[i].live);
	model_of(device)->resets++;
}

static inline bool model_is_at_rest(struct virtio_device *device)
{
	struct model *model = model_of(device);

	if (model->restless == 0)
		return true;
	model->restless--;
	return false;
}

static inline void model_start(struct virtio_device *device)
{
	model_of(device)->starts++;
}

static inline void take_all(struct virtio_device *device, unsigned queue)
{
	struct virtqueue_buffer buffers[4];
	struct virtqueue_chain chain = { .buffers = buffers, .capacity = 4 };

	while (virtqueue_pop(&device->queues[queue], &chain) > 0) {
		virtqueue_push(&device->queues[queue], &chain, 0);
		virtio_device_interrupt(device, queue);
	}
}

static inline void model_kick(struct virtio_device *device, unsigned queue)
{
	assert_true(device->queues[queue].live);
	model_of(device)->kicks[queue]++;
	take_all(device, queue);
}

static inline void model_service(struct virtio_device *device)
{
	model_of(device)->services++;
	for (unsigned i = 0; i < device->queue_count; i++)
		take_all(device, i);
}

static inline bool model_config_write(struct virtio_device *device, unsigned offset,
				      const uint8_t *bytes, unsigned length)
{
	struct model *model = model_of(device);

	assert_true(offset + length <= sizeof(model->config));
	if (model->writes_refused > 0) {
		model->writes_refused--;
		return false;
	}
	memcpy(model->config + offset, bytes, length);
	model->config_writes++;
	return true;
}

static const struct virtio_device_ops model_ops = {
	.reset = model_reset, .is_at_rest = model_is_at_rest, .start = model_start,
	.kick = model_kick, .service = model_service, .config_write = model_config_write,
};

static inline void raise_irq(void *context, unsigned irq)
{
	assert_true(irq > 0 && irq < 16);
	((struct fixture *)context)->irqs[irq]++;
}

static inline void broken(void *context, const char *cause)
{
	struct fixture *f = context;

	f->times_broken++;
	snprintf(f->cause, sizeof(f->cause), "%s", cause);
}

static const struct vpci_callbacks callbacks = { raise_irq, broken };

static inline void model_init(struct model *model, const char *name, uint16_t id,
			      unsigned queue_count)
{
	model->device = (struct virtio_device){
		.name = name,
		.id = id,
		.ops = &model_ops,
		.queues = model->queues,
		.queue_count = queue_count,
	};
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct virtio_device *devices[] = { &f->block.device, &f->net.device };

	f->memory = fake_guest_memory_create(RAM);
	model_init(&f->block, "block", VIRTIO_ID_BLOCK, 1);
	f->block.device.offered = BIT64(VIRTIO_F_RING_INDIRECT_DESC) | 0x204;
	f->block.device.offered_modern = BIT64(40);
	f->block.device.config = f->block.config;
	f->block.device.config_size = sizeof(f->block.config);
	memcpy(f->block.config, "abcdefgh", sizeof(f->block.config));
	model_init(&f->net, "net", VIRTIO_ID_NET, 2);
	assert_int_equal(vpci_bus_init(&f->bus, f->memory, RAM_PAGES, devices, 2, &callbacks, f),
			 0);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	fake_guest_memory_free(f->memory);
	free(f);
	return 0;
}

/* --- the guest's hand ------------------------------------------------------------------- */

static inline void out(struct fixture *f, unsigned port, unsigned width, uint32_t value)
{
	assert_true(vpci_bus_has_port(&f->bus, port, width));
	assert_true(vpci_bus_write_port(&f->bus, port, width, value));
}

static inline uint32_t in(struct fixture *f, unsigned port, unsigned width)
{
	assert_true(vpci_bus_has_port(&f->bus, port, width));
	return vpci_bus_read_port(&f->bus, port, width);
}

static inline uint32_t config_read(struct fixture *f, unsigned device, unsigned offset)
{
	out(f, 0xCF8, 4, ADDRESS(device, offset));
	return in(f, 0xCFC, 4);
}

static inline void config_write(struct fixture *f, unsigned device, unsigned offset, uint32_t value)
{
	out(f, 0xCF8, 4, ADDRESS(device, offset));
	out(f, 0xCFC, 4, value);
}

static inline uint32_t read_at(struct fixture *f, uint32_t address, unsigned width)
{
	assert_true(vpci_bus_has_memory(&f->bus, gpa_make(address)));
	return vpci_bus_read_memory(&f->bus, gpa_make(address), width);
}

static inline void write_at(struct fixture *f, uint32_t address, unsigned width, uint32_t value)
{
	assert_true(vpci_bus_has_memory(&f->bus, gpa_make(address)));
	assert_true(vpci_bus_write_memory(&f->bus, gpa_make(address), width, value));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
