// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the lguest device page with two pretended device models, as kernels
 * of both generations use it, and as a hostile guest does.
 */
#include "drivers/virtio/device_page.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "tests/unit/fake_guest_memory.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define RAM 0x20000u			/* the guest's; the page lies behind it */
#define MEMORY_SIZE (RAM + 10 * 4096)	/* three queues */
#define BLOCK_RECORD RAM		/* 5 + 8 + 2 * 4 + 3 bytes */
#define NET_RECORD (RAM + 24)
#define BLOCK_RING (RAM + 0x1000)
#define NET_RING_0 (RAM + 0x4000)
#define NET_RING_1 (RAM + 0x7000)
#define BLOCK_ACCEPTED (BLOCK_RECORD + 17)
#define LOUD 0x30303030u		/* bits of the feature bitmap that were not offered */

struct model {
	struct virtio_device device;
	struct virtqueue queues[2];
	unsigned resets, starts, kicks[2], services;
	unsigned restless;		/* so often it is not at rest when it is asked */
};

struct fixture {
	struct guest_memory *memory;
	struct model block, net;
	struct device_page page;
	unsigned irqs[32];
	unsigned times_broken;
	size_t text_room;
	size_t text_length;
	char text[8192];
};

static struct model *model_of(struct virtio_device *device)
{
	return container_of(device, struct model, device);
}

static void model_reset(struct virtio_device *device)
{
	model_of(device)->resets++;
}

static bool model_is_at_rest(struct virtio_device *device)
{
	struct model *model = model_of(device);

	if (model->restless == 0)
		return true;
	model->restless--;
	return false;
}

static void model_start(struct virtio_device *device)
{
	for (unsigned i = 0; i < device->queue_count; i++)
		assert_true(device->queues[i].live);
	model_of(device)->starts++;
}

static void model_kick(struct virtio_device *device, unsigned queue)
{
	struct virtqueue_buffer buffers[4];
	struct virtqueue_chain chain = { .buffers = buffers, .capacity = 4 };

	model_of(device)->kicks[queue]++;
	while (virtqueue_pop(&device->queues[queue], &chain) > 0) {
		virtqueue_push(&device->queues[queue], &chain, 0);
		virtio_device_interrupt(device, queue);
	}
}

static void model_service(struct virtio_device *device)
{
	model_of(device)->services++;
}

static const struct virtio_device_ops model_ops = {
	.reset = model_reset, .is_at_rest = model_is_at_rest, .start = model_start,
	.kick = model_kick, .service = model_service,
};

static void raise_irq(void *context, unsigned irq)
{
	assert_true(irq < 32);
	((struct fixture *)context)->irqs[irq]++;
}

static void broken(void *context, const char *cause)
{
	assert_non_null(strstr(cause, " queue "));
	((struct fixture *)context)->times_broken++;
}

static size_t text(void *context, const void *data, size_t length)
{
	struct fixture *f = context;

	length = MIN(length, f->text_room);
	assert_true(f->text_length + length <= sizeof(f->text));
	memcpy(f->text + f->text_length, data, length);
	f->text_length += length;
	f->text_room -= length;
	return length;
}

static const struct device_page_callbacks callbacks = { raise_irq, broken, text };

static void model_init(struct model *model, const char *name, uint16_t id, unsigned queue_count)
{
	model->device = (struct virtio_device){
		.name = name,
		.id = id,
		.ops = &model_ops,
		.queues = model->queues,
		.queue_count = queue_count,
	};
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct virtio_device *devices[] = { &f->block.device, &f->net.device };

	f->memory = fake_guest_memory_create(MEMORY_SIZE);
	memset(f->memory->bytes, 0xAA, MEMORY_SIZE);
	f->text_room = SIZE_MAX;
	model_init(&f->block, "block", 2, 1);
	f->block.device.offered = BIT64(VIRTIO_F_RING_INDIRECT_DESC) | 0x204;
	f->block.device.config = (const uint8_t *)"cfg";
	f->block.device.config_size = 3;
	model_init(&f->net, "net", 1, 2);
	assert_int_equal(device_page_pages(devices, 2), 10);
	assert_int_equal(device_page_init(&f->page, f->memory, gpa_make(RAM), devices, 2,
					  &callbacks, f), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fake_guest_memory_free(f->memory);
	free(f);
	return 0;
}

static void notify(struct fixture *f, uint32_t address)
{
	assert_int_equal(device_page_notify(&f->page, gpa_make(address)), DEVICE_PAGE_DONE);
}

static void set_status(struct fixture *f, uint32_t record, uint8_t status)
{
	f->memory->bytes[record + 4] = status;
	notify(f, record);
}

/* One request of one buffer in a ring of the legacy layout. */
static void offer(struct fixture *f, uint32_t ring)
{
	uint16_t index = fake_get16(f->memory, ring + 0x1002);

	fake_put_descriptor(f->memory, ring, 0, 16, 0, 0);
	fake_put16(f->memory, ring + 0x1004 + index % 256u * 2, 0);
	fake_put16(f->memory, ring + 0x1002, (uint16_t)(index + 1));
}

static void test_layout(void **state)
{
	static const uint8_t expected[] = {
		2, 1, 4, 3, 0,  0, 1, 1, 0, 0x21, 0, 0, 0,
		0x04, 0x02, 0, 0x10,  0, 0, 0, 0,  'c', 'f', 'g',
		1, 2, 0, 0, 0,  0, 1, 2, 0, 0x24, 0, 0, 0,  0, 1, 3, 0, 0x27, 0, 0, 0,
		0,
	};
	struct fixture *f = *state;

	assert_memory_equal(f->memory->bytes + RAM, expected, sizeof(expected));
	for (unsigned i = RAM + sizeof(expected); i < MEMORY_SIZE; i++)
		assert_int_equal(f->memory->bytes[i], 0);
	assert_int_equal(f->memory->bytes[RAM - 1], 0xAA);
}

/* As 3.11 does: features, told of with status 3; kicks before driver-ok, which is silent. */
static void test_generation_b(void **state)
{
	struct fixture *f = *state;

	set_status(f, BLOCK_RECORD, 0);
	assert_int_equal(f->block.resets, 1);
	f->memory->bytes[BLOCK_RECORD + 4] = 3;
	fake_put32(f->memory, BLOCK_ACCEPTED, 0x10000004 | LOUD);
	notify(f, BLOCK_RECORD);
	offer(f, BLOCK_RING);
	notify(f, BLOCK_RING);
	assert_int_equal(f->block.starts, 1);
	assert_int_equal(f->block.kicks[0], 1);
	assert_int_equal(f->block.device.features, 0x10000004);
	assert_true(f->block.queues[0].indirect);
	assert_int_equal(f->irqs[1], 1);
	f->memory->bytes[BLOCK_RECORD + 4] = 7;
	offer(f, BLOCK_RING);
	notify(f, BLOCK_RING);
	assert_int_equal(f->block.starts, 1);
	assert_int_equal(f->irqs[1], 2);
	assert_int_equal(f->times_broken, 0);
}

/* As 2.6.32 does: every status is told of, and the features come silently in between. */
static void test_generation_a(void **state)
{
	struct fixture *f = *state;

	set_status(f, BLOCK_RECORD, 0);
	set_status(f, BLOCK_RECORD, 1);
	set_status(f, BLOCK_RECORD, 3);
	assert_int_equal(f->block.starts, 0);
	fake_put32(f->memory, BLOCK_ACCEPTED, 0x200);
	set_status(f, BLOCK_RECORD, 7);
	assert_int_equal(f->block.starts, 1);
	assert_int_equal(f->block.device.features, 0x200);
	assert_false(f->block.queues[0].indirect);
	offer(f, BLOCK_RING);
	notify(f, BLOCK_RING);
	assert_int_equal(f->block.starts, 1);
	assert_int_equal(f->irqs[1], 1);
}

static void test_queues_and_irqs(void **state)
{
	struct fixture *f = *state;

	notify(f, NET_RING_1);
	assert_int_equal(f->net.kicks[0], 0);
	assert_int_equal(f->net.kicks[1], 1);
	assert_int_equal(f->block.kicks[0] + f->block.starts, 0);
	offer(f, NET_RING_1);
	notify(f, NET_RING_1);
	assert_int_equal(f->irqs[3], 1);
	offer(f, NET_RING_0);
	notify(f, NET_RING_0);
	assert_int_equal(f->irqs[2], 1);
	assert_int_equal(f->irqs[1], 0);
}

static void test_reset(void **state)
{
	struct fixture *f = *state;

	fake_put32(f->memory, BLOCK_ACCEPTED, 0x200);
	offer(f, BLOCK_RING);
	notify(f, BLOCK_RING);
	f->block.device.more_work = true;
	set_status(f, BLOCK_RECORD, 0);
	assert_int_equal(f->block.resets, 1);
	assert_false(f->block.queues[0].live);
	assert_false(f->block.device.more_work);
	assert_int_equal(fake_get32(f->memory, BLOCK_ACCEPTED), 0);
	for (unsigned i = BLOCK_RING; i < BLOCK_RING + 10246; i++)
		assert_int_equal(f->memory->bytes[i], 0);
	assert_memory_equal(f->memory->bytes + BLOCK_RECORD + 21, "cfg", 3);
	/* And again from index 0. */
	offer(f, BLOCK_RING);
	notify(f, BLOCK_RING);
	assert_int_equal(f->block.starts, 2);
	assert_int_equal(fake_get16(f->memory, BLOCK_RING + 0x2002), 1);
	assert_int_equal(f->block.device.features, 0);
}

/* While the disk still moves data, the guest stays in its hypercall and the device is stopped. */
static void test_reset_waits(void **state)
{
	struct fixture *f = *state;

	fake_put32(f->memory, BLOCK_ACCEPTED, 0x200);
	notify(f, BLOCK_RING);
	f->block.restless = 2;
	f->memory->bytes[BLOCK_RECORD + 4] = 0;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(device_page_notify(&f->page, gpa_make(BLOCK_RECORD)),
				 DEVICE_PAGE_BUSY);
		/* An interrupt handler of the guest's that comes in between starts nothing. */
		notify(f, BLOCK_RING);
		device_page_service(&f->page, UINT32_MAX);
		assert_false(f->block.queues[0].live);
		assert_int_equal(fake_get32(f->memory, BLOCK_ACCEPTED), 0x200);
	}
	notify(f, BLOCK_RECORD);
	assert_int_equal(fake_get32(f->memory, BLOCK_ACCEPTED), 0);
	assert_int_equal(f->block.starts, 1);
	assert_int_equal(f->block.services, 0);
	notify(f, BLOCK_RING);
	assert_int_equal(f->block.starts, 2);
}

static void test_failed(void **state)
{
	struct fixture *f = *state;

	notify(f, BLOCK_RING);
	set_status(f, BLOCK_RECORD, 0x83);
	assert_int_equal(f->block.resets, 1);
	notify(f, BLOCK_RING);
	set_status(f, BLOCK_RECORD, 7);
	device_page_service(&f->page, UINT32_MAX);
	assert_int_equal(f->block.starts, 1);
	assert_int_equal(f->block.kicks[0], 1);
	assert_int_equal(f->block.services, 0);
	set_status(f, BLOCK_RECORD, 0);
	set_status(f, BLOCK_RECORD, 7);
	assert_int_equal(f->block.starts, 2);
}

static void test_service(void **state)
{
	struct fixture *f = *state;

	device_page_service(&f->page, UINT32_MAX);
	assert_int_equal(f->net.services, 0);
	notify(f, NET_RING_0);
	device_page_service(&f->page, UINT32_MAX);
	assert_int_equal(f->net.services, 1);
	assert_int_equal(f->block.services, 0);
	assert_false(device_page_has_work(&f->page));
	f->net.device.more_work = true;
	assert_true(device_page_has_work(&f->page));
}

/* Of the block device's one queue and the second of the network's two. */
static void test_lines(void **state)
{
	struct fixture *f = *state;

	offer(f, BLOCK_RING);
	assert_int_equal(device_page_lines(&f->page), 0);
	/* Which gives it back at once. */
	notify(f, BLOCK_RING);
	assert_int_equal(device_page_lines(&f->page), 0);
	offer(f, BLOCK_RING);
	assert_int_equal(device_page_lines(&f->page), BIT(1));
	notify(f, NET_RING_0);
	assert_int_equal(device_page_lines(&f->page), BIT(1));
	offer(f, NET_RING_1);
	assert_int_equal(device_page_lines(&f->page), BIT(1) | BIT(3));
	set_status(f, BLOCK_RECORD, 0);
	assert_int_equal(device_page_lines(&f->page), BIT(3));
}

static void put_text(struct fixture *f, uint32_t address, const char *string)
{
	memcpy(f->memory->bytes + address, string, strlen(string) + 1);
}

static void expect_text(struct fixture *f, const char *string)
{
	assert_int_equal(f->text_length, strlen(string));
	assert_memory_equal(f->text, string, strlen(string));
	f->text_length = 0;
}

static void test_early_text(void **state)
{
	struct fixture *f = *state;

	put_text(f, 0x123, "Linux version 3.11\n");
	assert_int_equal(device_page_notify(&f->page, gpa_make(0x123)), DEVICE_PAGE_TEXT);
	expect_text(f, "Linux version 3.11\n");
	/* An address that is one byte off a record or a ring is text too. */
	assert_int_equal(device_page_notify(&f->page, gpa_make(BLOCK_RING + 1)), DEVICE_PAGE_TEXT);
	assert_int_equal(device_page_notify(&f->page, gpa_make(BLOCK_RECORD + 1)),
			 DEVICE_PAGE_TEXT);
	assert_int_equal(f->block.kicks[0] + f->block.starts + f->block.resets, 0);
}

static void test_early_text_ends(void **state)
{
	struct fixture *f = *state;

	/* Without a NUL, at the end of memory. */
	memcpy(f->memory->bytes + MEMORY_SIZE - 3, "end", 3);
	assert_int_equal(device_page_notify(&f->page, gpa_make(MEMORY_SIZE - 3)),
			 DEVICE_PAGE_TEXT);
	expect_text(f, "end");
	assert_int_equal(device_page_notify(&f->page, gpa_make(MEMORY_SIZE)), DEVICE_PAGE_BAD);
	assert_int_equal(device_page_notify(&f->page, gpa_make(0xFFFFFFFF)), DEVICE_PAGE_BAD);
	expect_text(f, "");
	/* And at the bound. */
	assert_int_equal(device_page_notify(&f->page, gpa_make(0x1000)), DEVICE_PAGE_TEXT);
	assert_int_equal(f->text_length, DEVICE_PAGE_TEXT_MAX);
	f->text_length = 0;
	f->memory->bytes[5] = 0;
	assert_int_equal(device_page_notify(&f->page, gpa_make(5)), DEVICE_PAGE_TEXT);
	expect_text(f, "");
}

static void test_early_text_waits(void **state)
{
	struct fixture *f = *state;

	put_text(f, 0x100, "first ");
	put_text(f, 0x200, "second");
	f->text_room = 2;
	assert_int_equal(device_page_notify(&f->page, gpa_make(0x100)), DEVICE_PAGE_TEXT);
	assert_int_equal(device_page_notify(&f->page, gpa_make(0x200)), DEVICE_PAGE_BUSY);
	f->text_room = 2;
	device_page_service(&f->page, UINT32_MAX);
	f->text_room = SIZE_MAX;
	assert_int_equal(device_page_notify(&f->page, gpa_make(0x200)), DEVICE_PAGE_TEXT);
	expect_text(f, "first second");
}

/* The guest writes over the whole page: devices stay where they are, and work. */
static void test_scribbled_page(void **state)
{
	struct fixture *f = *state;

	memset(f->memory->bytes + RAM, 0x5F, 4096);
	offer(f, BLOCK_RING);
	notify(f, BLOCK_RING);
	assert_int_equal(f->irqs[1], 1);
	/* All that was offered is accepted, and no more. */
	assert_int_equal(f->block.device.features, 0x5F5F5F5F & f->block.device.offered);
	offer(f, NET_RING_1);
	notify(f, NET_RING_1);
	assert_int_equal(f->irqs[3], 1);
	notify(f, NET_RECORD);
	assert_int_equal(f->times_broken, 0);
}

static void test_broken_queue(void **state)
{
	struct fixture *f = *state;

	fake_put16(f->memory, NET_RING_0 + 0x1002, 300);
	notify(f, NET_RING_0);
	assert_int_equal(f->times_broken, 1);
	/* The guest is as good as dead: no other device works for it either. */
	f->block.device.more_work = true;
	offer(f, BLOCK_RING);
	notify(f, BLOCK_RING);
	notify(f, NET_RING_0);
	device_page_service(&f->page, UINT32_MAX);
	assert_false(device_page_has_work(&f->page));
	assert_int_equal(f->times_broken, 1);
	assert_int_equal(f->irqs[1], 0);
	assert_int_equal(f->net.services + f->block.services, 0);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct device_page page;
	struct virtio_device *many[DEVICE_PAGE_DEVICES_MAX + 1];
	gpa_t base = gpa_make(RAM);

	for (unsigned i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = &f->block.device;
	assert_int_equal(device_page_init(&page, f->memory, base, many, ARRAY_SIZE(many),
					  &callbacks, f), -E_NOSPC);
	for (unsigned i = 0; i < 8; i++)
		many[i] = &f->net.device;
	assert_int_equal(device_page_init(&page, f->memory, base, many, 8, &callbacks, f),
			 -E_NOSPC);
	assert_int_equal(device_page_init(&page, f->memory, base, many, 2, &callbacks, f),
			 -E_RANGE);
	f->block.device.config_size = 256;
	assert_int_equal(device_page_init(&page, f->memory, base, &many[8], 1, &callbacks, f),
			 -E_NOSPC);
	assert_int_equal(device_page_pages(many, 0), 1);
	assert_int_equal(device_page_init(&page, f->memory, base, many, 0, &callbacks, f), 0);
	assert_int_equal(f->memory->bytes[RAM], 0);
}

/* 15 devices with a large config space each fill the page before the list ends. */
static void test_page_is_full(void **state)
{
	struct fixture *f = *state;
	struct guest_memory *memory = fake_guest_memory_create(RAM + 46 * 4096);
	struct device_page page;
	struct model models[15];
	struct virtio_device *devices[15];
	uint8_t config[255] = { 0 };

	memset(models, 0, sizeof(models));
	for (unsigned i = 0; i < 15; i++) {
		model_init(&models[i], "model", 2, 1);
		models[i].device.config = config;
		models[i].device.config_size = 255;
		models[i].device.offered = BIT64(63);
		devices[i] = &models[i].device;
	}
	/* 284 bytes each: 14 fit, and the zero behind them. */
	assert_int_equal(device_page_init(&page, memory, gpa_make(RAM), devices, 15, &callbacks, f),
			 -E_NOSPC);
	assert_int_equal(device_page_init(&page, memory, gpa_make(RAM), devices, 14, &callbacks, f),
			 0);
	fake_guest_memory_free(memory);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(test_layout),
		test(test_generation_b),
		test(test_generation_a),
		test(test_queues_and_irqs),
		test(test_reset),
		test(test_reset_waits),
		test(test_failed),
		test(test_service),
		test(test_lines),
		test(test_early_text),
		test(test_early_text_ends),
		test(test_early_text_waits),
		test(test_scribbled_page),
		test(test_broken_queue),
		test(test_limits),
		test(test_page_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
