// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the virtio console model without a transport: the test itself is the
 * transport, the guest's driver, and the other end of the line.
 */
#include "drivers/virtio/virtio_console.h"
#include "lib/compiler.h"
#include "tests/unit/fake_guest_memory.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define NEXT 1
#define WRITE 2

#define MEMORY_SIZE 0x40000u
#define RINGS 0x1000u		/* three pages a queue, legacy layout */
#define BUFFERS 0x10000u

struct fixture {
	struct guest_memory *memory;
	struct virtio_console console;
	struct virtqueue_place place[CONSOLE_QUEUES];
	uint16_t available[CONSOLE_QUEUES];
	unsigned interrupts[CONSOLE_QUEUES];
	unsigned times_broken;

	size_t room;			/* what the port still takes */
	size_t written;
	char text[300000];
	const char *input;
};

static size_t port_write(void *context, const void *data, size_t length)
{
	struct fixture *f = context;
	size_t taken = MIN(length, f->room);

	assert_true(f->written + taken <= sizeof(f->text));
	memcpy(f->text + f->written, data, taken);
	f->written += taken;
	f->room -= taken;
	return taken;
}

static size_t port_waiting(void *context)
{
	return strlen(((struct fixture *)context)->input);
}

static size_t port_read(void *context, void *buffer, size_t size)
{
	struct fixture *f = context;
	size_t count = MIN(size, port_waiting(f));

	memcpy(buffer, f->input, count);
	f->input += count;
	return count;
}

static const struct console_port port = { port_write, port_read, port_waiting };

static void interrupt(struct virtio_device *device, unsigned queue)
{
	((struct fixture *)device->transport)->interrupts[queue]++;
}

static void broken(void *context, const char *cause)
{
	assert_non_null(strstr(cause, "console queue "));
	((struct fixture *)context)->times_broken++;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->memory = fake_guest_memory_create(MEMORY_SIZE);
	f->room = SIZE_MAX;
	f->input = "";
	virtio_console_init(&f->console, &port, f);
	f->console.device.interrupt = interrupt;
	f->console.device.transport = f;
	for (unsigned i = 0; i < CONSOLE_QUEUES; i++) {
		virtqueue_init(&f->console.queues[i], "console", i, f->memory, broken, f);
		virtqueue_legacy_place(&f->place[i], gpa_make(RINGS + i * 0x3000), 256, 4096);
		assert_int_equal(virtqueue_start(&f->console.queues[i], &f->place[i], false), 0);
	}
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

static void describe(struct fixture *f, unsigned queue, unsigned index, uint64_t buffer,
		     uint32_t length, uint16_t flags, uint16_t next)
{
	fake_put_descriptor(f->memory, gpa_value(f->place[queue].descriptors) + index * 16, buffer,
			    length, flags, next);
}

static void offer(struct fixture *f, unsigned queue, uint16_t head)
{
	uint32_t ring = gpa_value(f->place[queue].available);

	fake_put16(f->memory, ring + 4 + f->available[queue] % 256u * 2, head);
	fake_put16(f->memory, ring + 2, ++f->available[queue]);
}

static void kick(struct fixture *f, unsigned queue)
{
	f->console.device.ops->kick(&f->console.device, queue);
}

static void service(struct fixture *f)
{
	f->console.device.ops->service(&f->console.device);
}

static unsigned used(struct fixture *f, unsigned queue)
{
	return fake_get16(f->memory, gpa_value(f->place[queue].used) + 2);
}

static uint32_t used_length(struct fixture *f, unsigned queue, unsigned slot)
{
	return fake_get32(f->memory, gpa_value(f->place[queue].used) + 8 + slot * 8);
}

static bool kicks_suppressed(struct fixture *f)
{
	return fake_get16(f->memory, gpa_value(f->place[CONSOLE_QUEUE_OUTPUT].used)) & 1;
}

/* The driver puts text into a buffer of its own and offers it. */
static void driver_says(struct fixture *f, unsigned index, const char *text)
{
	uint32_t buffer = BUFFERS + index * 0x100;

	memcpy(f->memory->bytes + buffer, text, strlen(text));
	describe(f, CONSOLE_QUEUE_OUTPUT, index, buffer, (uint32_t)strlen(text), 0, 0);
	offer(f, CONSOLE_QUEUE_OUTPUT, (uint16_t)index);
}

static void expect_text(struct fixture *f, const char *text)
{
	assert_int_equal(f->written, strlen(text));
	assert_memory_equal(f->text, text, strlen(text));
}

static void test_identity(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->console.device.id, 3);
	assert_int_equal(f->console.device.queue_count, 2);
	assert_int_equal(f->console.device.offered, 0);
	assert_int_equal(f->console.device.offered_modern, 4);
	assert_int_equal(f->console.device.config_size, 12);
}

static bool config_write(struct fixture *f, unsigned offset, const char *bytes, unsigned length)
{
	return f->console.device.ops->config_write(&f->console.device, offset,
						   (const uint8_t *)bytes, length);
}

/* Characters written to emerg_wr, with the device at rest. */
static void test_emergency_write(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < CONSOLE_QUEUES; i++)
		virtqueue_stop(&f->console.queues[i]);
	assert_true(config_write(f, 8, "a\xFF\xFF\xFF", 4));
	assert_true(config_write(f, 8, "b", 1));
	assert_true(config_write(f, 7, "?c", 2));
	/* What is elsewhere means nothing. */
	assert_true(config_write(f, 0, "????", 4));
	assert_true(config_write(f, 9, "??", 2));
	assert_true(config_write(f, 11, "?", 1));
	expect_text(f, "abc");
	f->room = 0;
	assert_false(config_write(f, 8, "d", 1));
	f->room = 1;
	assert_true(config_write(f, 8, "d", 1));
	expect_text(f, "abcd");
	assert_int_equal(f->times_broken, 0);
}

static void test_output(void **state)
{
	struct fixture *f = *state;

	driver_says(f, 0, "Linux ");
	driver_says(f, 1, "version");
	kick(f, CONSOLE_QUEUE_OUTPUT);
	expect_text(f, "Linux version");
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 2);
	assert_int_equal(used_length(f, CONSOLE_QUEUE_OUTPUT, 0), 0);
	assert_int_equal(f->interrupts[CONSOLE_QUEUE_OUTPUT], 1);
	assert_int_equal(f->interrupts[CONSOLE_QUEUE_INPUT], 0);
	assert_false(kicks_suppressed(f));
	assert_false(f->console.device.more_work);
}

static void test_interrupt_suppressed(void **state)
{
	struct fixture *f = *state;

	fake_put16(f->memory, gpa_value(f->place[CONSOLE_QUEUE_OUTPUT].available), 1);
	driver_says(f, 0, "x");
	kick(f, CONSOLE_QUEUE_OUTPUT);
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 1);
	assert_int_equal(f->interrupts[CONSOLE_QUEUE_OUTPUT], 0);
}

static void test_output_waits_for_room(void **state)
{
	struct fixture *f = *state;

	f->room = 3;
	driver_says(f, 0, "abcdef");
	driver_says(f, 1, "ghi");
	kick(f, CONSOLE_QUEUE_OUTPUT);
	expect_text(f, "abc");
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 0);
	assert_int_equal(f->interrupts[CONSOLE_QUEUE_OUTPUT], 0);
	assert_true(kicks_suppressed(f));
	assert_false(f->console.device.more_work);
	kick(f, CONSOLE_QUEUE_OUTPUT);
	expect_text(f, "abc");

	f->room = 4;
	service(f);
	expect_text(f, "abcdefg");
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 1);

	/* A request that came without a kick is found all the same. */
	driver_says(f, 2, "jkl");
	f->room = SIZE_MAX;
	service(f);
	expect_text(f, "abcdefghijkl");
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 3);
	assert_false(kicks_suppressed(f));
}

/* One call does a bounded amount of work, and says that there is more. */
static void test_output_is_bounded(void **state)
{
	struct fixture *f = *state;
	unsigned calls = 1;

	for (unsigned i = 0; i < 4; i++) {
		describe(f, CONSOLE_QUEUE_OUTPUT, i, BUFFERS, 50000, 0, 0);
		offer(f, CONSOLE_QUEUE_OUTPUT, (uint16_t)i);
	}
	kick(f, CONSOLE_QUEUE_OUTPUT);
	assert_true(f->written <= 32768);
	while (f->console.device.more_work) {
		size_t before = f->written;

		service(f);
		assert_true(f->written - before <= 32768);
		calls++;
	}
	assert_int_equal(f->written, 200000);
	assert_true(calls >= 7);
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 4);
	assert_false(kicks_suppressed(f));
}

static void test_output_without_bytes(void **state)
{
	struct fixture *f = *state;

	for (uint16_t i = 0; i < 256; i++) {
		describe(f, CONSOLE_QUEUE_OUTPUT, i, BUFFERS, 0, 0, 0);
		offer(f, CONSOLE_QUEUE_OUTPUT, i);
	}
	kick(f, CONSOLE_QUEUE_OUTPUT);
	while (f->console.device.more_work)
		service(f);
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 256);
	assert_int_equal(f->written, 0);
}

static void test_output_outside_memory(void **state)
{
	struct fixture *f = *state;

	describe(f, CONSOLE_QUEUE_OUTPUT, 0, MEMORY_SIZE - 300, 0x7000000, 0, 0);
	offer(f, CONSOLE_QUEUE_OUTPUT, 0);
	kick(f, CONSOLE_QUEUE_OUTPUT);
	assert_int_equal(f->times_broken, 1);
	assert_int_equal(f->written, 256);
	service(f);
	kick(f, CONSOLE_QUEUE_OUTPUT);
	assert_int_equal(f->times_broken, 1);
	assert_int_equal(f->written, 256);
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 0);
}

static void test_input(void **state)
{
	struct fixture *f = *state;

	f->input = "early";
	service(f);
	assert_int_equal(strlen(f->input), 5);
	/* Keys that were typed before there is a buffer arrive with it. */
	describe(f, CONSOLE_QUEUE_INPUT, 9, BUFFERS, 4096, WRITE, 0);
	offer(f, CONSOLE_QUEUE_INPUT, 9);
	kick(f, CONSOLE_QUEUE_INPUT);
	assert_int_equal(used(f, CONSOLE_QUEUE_INPUT), 1);
	assert_int_equal(used_length(f, CONSOLE_QUEUE_INPUT, 0), 5);
	assert_memory_equal(f->memory->bytes + BUFFERS, "early\0", 6);
	assert_int_equal(f->interrupts[CONSOLE_QUEUE_INPUT], 1);
	assert_int_equal(f->interrupts[CONSOLE_QUEUE_OUTPUT], 0);
	/* No keys: the buffer stays with the device. */
	offer(f, CONSOLE_QUEUE_INPUT, 9);
	kick(f, CONSOLE_QUEUE_INPUT);
	assert_int_equal(used(f, CONSOLE_QUEUE_INPUT), 1);
	f->input = "x";
	service(f);
	assert_int_equal(used(f, CONSOLE_QUEUE_INPUT), 2);
	assert_int_equal(f->interrupts[CONSOLE_QUEUE_INPUT], 2);
}

static void test_input_over_several_buffers(void **state)
{
	struct fixture *f = *state;

	describe(f, CONSOLE_QUEUE_INPUT, 0, BUFFERS, 2, NEXT | WRITE, 1);
	describe(f, CONSOLE_QUEUE_INPUT, 1, BUFFERS + 0x100, 1, WRITE, 0);
	describe(f, CONSOLE_QUEUE_INPUT, 2, BUFFERS + 0x200, 8, WRITE, 0);
	offer(f, CONSOLE_QUEUE_INPUT, 0);
	offer(f, CONSOLE_QUEUE_INPUT, 2);
	f->input = "abcde";
	kick(f, CONSOLE_QUEUE_INPUT);
	assert_memory_equal(f->memory->bytes + BUFFERS, "ab\0", 3);
	assert_memory_equal(f->memory->bytes + BUFFERS + 0x100, "c\0", 2);
	assert_memory_equal(f->memory->bytes + BUFFERS + 0x200, "de\0", 3);
	assert_int_equal(used_length(f, CONSOLE_QUEUE_INPUT, 0), 3);
	assert_int_equal(used_length(f, CONSOLE_QUEUE_INPUT, 1), 2);
}

/* Buffers that take nothing: they come back, and the keys stay. */
static void test_input_without_room(void **state)
{
	struct fixture *f = *state;

	for (uint16_t i = 0; i < 256; i++) {
		describe(f, CONSOLE_QUEUE_INPUT, i, BUFFERS, i % 2 ? 0 : 8, 0, 0);
		offer(f, CONSOLE_QUEUE_INPUT, i);
	}
	f->input = "key";
	kick(f, CONSOLE_QUEUE_INPUT);
	assert_int_equal(used(f, CONSOLE_QUEUE_INPUT), 256);
	assert_int_equal(strlen(f->input), 3);
}

static void test_input_outside_memory(void **state)
{
	struct fixture *f = *state;

	describe(f, CONSOLE_QUEUE_INPUT, 0, MEMORY_SIZE - 1, 2, WRITE, 0);
	offer(f, CONSOLE_QUEUE_INPUT, 0);
	f->input = "key";
	kick(f, CONSOLE_QUEUE_INPUT);
	assert_int_equal(f->times_broken, 1);
	assert_int_equal(used(f, CONSOLE_QUEUE_INPUT), 0);
	service(f);
	assert_int_equal(f->times_broken, 1);
}

/*
 * The buffer lies over the available ring, and the keys announce one more
 * request each time: it must end.
 */
static void test_input_over_the_ring(void **state)
{
	struct fixture *f = *state;
	static char keys[3000];

	for (unsigned i = 0; i + 1 < sizeof(keys); i++)
		keys[i] = (char)(1 + i % 100);
	f->input = keys;
	describe(f, CONSOLE_QUEUE_INPUT, 0, gpa_value(f->place[0].available) + 2, 1, WRITE, 0);
	offer(f, CONSOLE_QUEUE_INPUT, 0);
	kick(f, CONSOLE_QUEUE_INPUT);
	for (unsigned i = 0; i < 1000; i++)
		service(f);
	assert_true(f->times_broken <= 1);
}

static void test_reset(void **state)
{
	struct fixture *f = *state;

	f->room = 1;
	driver_says(f, 0, "abc");
	kick(f, CONSOLE_QUEUE_OUTPUT);
	for (unsigned i = 0; i < CONSOLE_QUEUES; i++)
		virtqueue_stop(&f->console.queues[i]);
	f->console.device.ops->reset(&f->console.device);
	f->room = SIZE_MAX;
	service(f);
	expect_text(f, "a");
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 0);

	/* Begins anew at index 0. */
	memset(f->memory->bytes + RINGS, 0, 0x6000);
	f->available[CONSOLE_QUEUE_OUTPUT] = 0;
	for (unsigned i = 0; i < CONSOLE_QUEUES; i++)
		assert_int_equal(virtqueue_start(&f->console.queues[i], &f->place[i], false), 0);
	driver_says(f, 3, "new");
	kick(f, CONSOLE_QUEUE_OUTPUT);
	expect_text(f, "anew");
	assert_int_equal(used(f, CONSOLE_QUEUE_OUTPUT), 1);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(test_identity),
		test(test_emergency_write),
		test(test_output),
		test(test_interrupt_suppressed),
		test(test_output_waits_for_room),
		test(test_output_is_bounded),
		test(test_output_without_bytes),
		test(test_output_outside_memory),
		test(test_input),
		test(test_input_over_several_buffers),
		test(test_input_without_room),
		test(test_input_outside_memory),
		test(test_input_over_the_ring),
		test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
