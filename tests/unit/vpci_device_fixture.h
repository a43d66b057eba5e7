/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the virtio transport on PCI: a driver's hand on the registers, in the order
 * of virtio 1.0, 3.1.1.  Included by one source file of each test program.
 */
#ifndef UMBRA_TESTS_UNIT_VPCI_DEVICE_FIXTURE_H
#define UMBRA_TESTS_UNIT_VPCI_DEVICE_FIXTURE_H

#include "tests/unit/pci_fixture.h"

#define VERSION_1 BIT64(32)
#define DESCRIPTORS 0x1000u
#define AVAILABLE 0x3000u
#define USED 0x5000u

enum {
	DEVICE_FEATURE_SELECT = 0, DEVICE_FEATURE = 4, DRIVER_FEATURE_SELECT = 8,
	DRIVER_FEATURE = 12, NO_VECTOR = 16, NUM_QUEUES = 18, STATUS = 20, GENERATION = 21,
	QUEUE_SELECT = 22, QUEUE_SIZE = 24, QUEUE_VECTOR = 26, QUEUE_ENABLE = 28,
	QUEUE_NOTIFY = 30, QUEUE_ADDRESS = 32, NOTIFY = 56, ISR = 58, CONFIG = 60
};

static inline uint32_t get(struct fixture *f, unsigned offset, unsigned width)
{
	return read_at(f, WINDOW_1 + offset, width);
}

static inline void set(struct fixture *f, unsigned offset, unsigned width, uint32_t value)
{
	write_at(f, WINDOW_1 + offset, width, value);
}

static inline void choose_features(struct fixture *f, uint64_t features)
{
	for (uint32_t half = 0; half < 2; half++) {
		set(f, DRIVER_FEATURE_SELECT, 4, half);
		set(f, DRIVER_FEATURE, 4, (uint32_t)(features >> (32 * half)));
	}
}

/* From reset to agreed features. */
static inline void agree(struct fixture *f, uint64_t features)
{
	set(f, STATUS, 1, 0);
	set(f, STATUS, 1, 1);
	set(f, STATUS, 1, 3);
	choose_features(f, features);
	set(f, STATUS, 1, 0x0B);
	assert_int_equal(get(f, STATUS, 1), 0x0B);
}

static inline void place_queue(struct fixture *f, uint32_t descriptors, uint32_t available,
			       uint32_t used)
{
	set(f, QUEUE_SELECT, 2, 0);
	set(f, QUEUE_ADDRESS, 4, descriptors);
	set(f, QUEUE_ADDRESS + 8, 4, available);
	set(f, QUEUE_ADDRESS + 16, 4, used);
}

static inline void start(struct fixture *f)
{
	agree(f, VERSION_1);
	place_queue(f, DESCRIPTORS, AVAILABLE, USED);
	set(f, QUEUE_ENABLE, 2, 1);
	set(f, STATUS, 1, 0x0F);
}

static inline void offer(struct fixture *f)
{
	uint16_t index = fake_get16(f->memory, AVAILABLE + 2);

	fake_put_descriptor(f->memory, DESCRIPTORS, 0, 16, 0, 0);
	fake_put16(f->memory, AVAILABLE + 4 + index % 256u * 2, 0);
	fake_put16(f->memory, AVAILABLE + 2, (uint16_t)(index + 1));
}

static inline uint16_t used(const struct fixture *f)
{
	return fake_get16(f->memory, USED + 2);
}

#endif
