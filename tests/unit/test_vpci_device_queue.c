// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the virtio transport on PCI: its queues, as a driver uses them and as nobody should. */
#include "tests/unit/vpci_device_fixture.h"

static void test_requests(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_int_equal(f->block.services, 1);
	offer(f);
	set(f, NOTIFY, 2, 0);
	assert_int_equal(f->block.kicks[0], 1);
	assert_int_equal(used(f), 1);
	assert_int_equal(f->irqs[BLOCK], 1);
	assert_int_equal(get(f, ISR, 1), 1);
	assert_int_equal(get(f, ISR, 1), 0);
	/* One status for many, and an interrupt each. */
	offer(f);
	set(f, NOTIFY, 2, 0);
	offer(f);
	set(f, NOTIFY, 2, 0);
	assert_int_equal(f->irqs[BLOCK], 3);
	assert_int_equal(get(f, ISR, 1), 1);
	assert_int_equal(f->irqs[NET], 0);
}

/* Buffers that wait when the device starts. */
static void test_offered_before_start(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	place_queue(f, DESCRIPTORS, AVAILABLE, USED);
	set(f, QUEUE_ENABLE, 2, 1);
	offer(f);
	set(f, NOTIFY, 2, 0);
	assert_int_equal(f->block.kicks[0], 0);
	assert_int_equal(used(f), 0);
	set(f, STATUS, 1, 0x0F);
	assert_int_equal(used(f), 1);
	assert_int_equal(f->irqs[BLOCK], 1);
}

/* Its line may be raised while it has a request and the guest lets it have the line. */
static void test_lines(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_int_equal(vpci_bus_lines(&f->bus), 0);
	offer(f);
	assert_int_equal(vpci_bus_lines(&f->bus), BIT(f->bus.functions[0].irq));
	set(f, STATUS, 1, 0);
	assert_int_equal(vpci_bus_lines(&f->bus), 0);
}

static void test_notify_of_nothing(void **state)
{
	struct fixture *f = *state;

	set(f, NOTIFY, 2, 0);
	start(f);
	set(f, NOTIFY, 2, 1);
	set(f, NOTIFY, 2, 0xFFFF);
	assert_int_equal(f->block.kicks[0], 0);
	/* A queue that is not enabled is none: net has two, and starts with neither. */
	for (uint32_t half = 0; half < 2; half++) {
		write_at(f, WINDOW_2 + DRIVER_FEATURE_SELECT, 4, half);
		write_at(f, WINDOW_2 + DRIVER_FEATURE, 4, half);
	}
	write_at(f, WINDOW_2 + STATUS, 1, 0x0F);
	assert_int_equal(f->net.starts, 1);
	write_at(f, WINDOW_2 + NOTIFY, 2, 1);
	assert_int_equal(f->net.kicks[1], 0);
	assert_int_equal(f->times_broken, 0);
}

/* By a call, in the place of the register. */
static void test_kick(void **state)
{
	struct fixture *f = *state;

	assert_false(vpci_bus_kick(&f->bus, 1, 0));
	start(f);
	assert_int_equal(f->block.kicks[0], 0);
	offer(f);
	assert_false(vpci_bus_kick(&f->bus, 1, 0));
	assert_int_equal(f->block.kicks[0], 1);
	assert_int_equal(used(f), 1);
	assert_int_equal(f->irqs[BLOCK], 1);
}

static void test_kick_of_nothing(void **state)
{
	static const uint32_t none[] = { 0, 0x80000000, UINT32_MAX };
	struct fixture *f = *state;

	start(f);
	offer(f);
	for (unsigned i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(vpci_bus_kick(&f->bus, none[i], 0));
	assert_false(vpci_bus_kick(&f->bus, f->bus.count + 1, 0));
	for (uint32_t queue = 1; queue != 0; queue *= 2)
		assert_false(vpci_bus_kick(&f->bus, 1, queue));
	assert_int_equal(f->block.kicks[0], 0);
	/* This one does not run. */
	assert_false(vpci_bus_kick(&f->bus, 2, 1));
	assert_int_equal(f->net.kicks[1], 0);
	assert_int_equal(f->times_broken, 0);
}

/* Whose back end has nothing is left alone, unless it has work left. */
static void test_service_of_some(void **state)
{
	struct fixture *f = *state;

	start(f);
	assert_int_equal(f->block.services, 1);
	vpci_bus_service(&f->bus, ~BIT(0));
	assert_int_equal(f->block.services, 1);
	vpci_bus_service(&f->bus, BIT(0));
	assert_int_equal(f->block.services, 2);
	f->block.device.more_work = true;
	assert_true(vpci_bus_kick(&f->bus, 1, 0));
	vpci_bus_service(&f->bus, 0);
	assert_int_equal(f->block.services, 3);
}

static void test_interrupts_off(void **state)
{
	struct fixture *f = *state;

	start(f);
	fake_put16(f->memory, AVAILABLE, 1);
	offer(f);
	set(f, NOTIFY, 2, 0);
	assert_int_equal(f->irqs[BLOCK], 0);
	assert_int_equal(get(f, ISR, 1), 0);
	fake_put16(f->memory, AVAILABLE, 0);
	config_write(f, BLOCK, 0x04, 0x402);
	offer(f);
	set(f, NOTIFY, 2, 0);
	assert_int_equal(f->irqs[BLOCK], 0);
	assert_int_equal(get(f, ISR, 1), 1);
	assert_int_equal(used(f), 2);
}

/* Enabled is settled, and so is running. */
static void test_queue_is_settled(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	place_queue(f, DESCRIPTORS, AVAILABLE, USED);
	set(f, QUEUE_SIZE, 2, 8);
	set(f, QUEUE_ENABLE, 2, 2);
	assert_int_equal(get(f, QUEUE_ENABLE, 2), 0);
	set(f, QUEUE_ENABLE, 2, 1);
	set(f, QUEUE_ENABLE, 2, 0);
	assert_int_equal(get(f, QUEUE_ENABLE, 2), 1);
	place_queue(f, 0, 0, 0);
	set(f, QUEUE_SIZE, 2, 16);
	assert_int_equal(get(f, QUEUE_ADDRESS, 4), DESCRIPTORS);
	assert_int_equal(get(f, QUEUE_ADDRESS + 8, 4), AVAILABLE);
	assert_int_equal(get(f, QUEUE_ADDRESS + 16, 4), USED);
	assert_int_equal(get(f, QUEUE_SIZE, 2), 8);
	set(f, STATUS, 1, 0x0F);
	assert_int_equal(f->block.queues[0].place.size, 8);
}

static void test_queue_absent(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	for (uint32_t queue = 1; queue < 0x10000; queue = queue * 3 + 1) {
		set(f, QUEUE_SELECT, 2, queue);
		assert_int_equal(get(f, QUEUE_SELECT, 2), queue);
		set(f, QUEUE_SIZE, 2, 8);
		set(f, QUEUE_ENABLE, 2, 1);
		set(f, QUEUE_ADDRESS, 4, 0x1000);
		assert_int_equal(get(f, QUEUE_SIZE, 2), 0);
		assert_int_equal(get(f, QUEUE_ENABLE, 2), 0);
		assert_int_equal(get(f, QUEUE_ADDRESS, 4), 0);
	}
}

/* --- queues that break the rules ------------------------------------------------------ */

static void expect_broken_start(struct fixture *f)
{
	unsigned starts = f->block.starts;

	set(f, QUEUE_ENABLE, 2, 1);
	set(f, STATUS, 1, 0x0F);
	assert_int_equal(f->times_broken, 1);
	assert_string_equal(f->cause, "block queue 0: enabled with a bad size or address");
	assert_int_equal(f->block.starts, starts);
	assert_int_equal(f->block.services, 0);
	/* The guest is as good as dead. */
	set(f, NOTIFY, 2, 0);
	set(f, STATUS, 1, 0);
	f->block.device.more_work = true;
	assert_false(vpci_bus_has_work(&f->bus));
	vpci_bus_service(&f->bus, UINT32_MAX);
	assert_int_equal(f->block.kicks[0] + f->block.services, 0);
	assert_int_equal(f->times_broken, 1);
}

static void test_bad_high_half(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	place_queue(f, DESCRIPTORS, AVAILABLE, USED);
	set(f, QUEUE_ADDRESS + 12, 4, 1);
	expect_broken_start(f);
}

static void test_bad_alignment(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	place_queue(f, DESCRIPTORS + 8, AVAILABLE, USED);
	expect_broken_start(f);
}

static void test_bad_end(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	place_queue(f, DESCRIPTORS, AVAILABLE, 0xFFFFFFFC);
	expect_broken_start(f);
}

static void test_bad_size(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	place_queue(f, DESCRIPTORS, AVAILABLE, USED);
	set(f, QUEUE_SIZE, 2, 255);
	expect_broken_start(f);
}

static void test_bad_size_zero(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	set(f, QUEUE_SIZE, 2, 0);
	expect_broken_start(f);
}

static void test_bad_size_large(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	place_queue(f, DESCRIPTORS, AVAILABLE, USED);
	set(f, QUEUE_SIZE, 2, 512);
	expect_broken_start(f);
}

static void test_broken_ring(void **state)
{
	struct fixture *f = *state;

	start(f);
	fake_put16(f->memory, AVAILABLE + 2, 300);
	set(f, NOTIFY, 2, 0);
	assert_int_equal(f->times_broken, 1);
	assert_non_null(strstr(f->cause, "block queue 0: available index"));
	set(f, NOTIFY, 2, 0);
	vpci_bus_service(&f->bus, UINT32_MAX);
	assert_int_equal(f->times_broken, 1);
}

static void test_ring_outside(void **state)
{
	struct fixture *f = *state;

	agree(f, VERSION_1);
	place_queue(f, RAM, RAM, RAM);
	set(f, QUEUE_ENABLE, 2, 1);
	set(f, STATUS, 1, 0x0F);
	assert_int_equal(f->times_broken, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(test_requests),
		test(test_offered_before_start),
		test(test_lines),
		test(test_notify_of_nothing),
		test(test_kick),
		test(test_kick_of_nothing),
		test(test_service_of_some),
		test(test_interrupts_off),
		test(test_queue_is_settled),
		test(test_queue_absent),
		test(test_bad_high_half),
		test(test_bad_alignment),
		test(test_bad_end),
		test(test_bad_size),
		test(test_bad_size_zero),
		test(test_bad_size_large),
		test(test_broken_ring),
		test(test_ring_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
