/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/guest_memory.h over a block of ordinary memory, for tests and fuzzers of
 * everything that works on a guest's memory.  A test can look at every access,
 * and change the memory behind it, as a second processor of the guest would.
 */
#ifndef UMBRA_TESTS_UNIT_FAKE_GUEST_MEMORY_H
#define UMBRA_TESTS_UNIT_FAKE_GUEST_MEMORY_H

#include "mm/guest_memory.h"

struct guest_memory {
	uint8_t *bytes;
	uint32_t size;
	/* Called after each successful read; may be NULL. */
	void (*after_read)(struct guest_memory *memory, uint32_t address, uint32_t length);
};

/* Zeroed memory of size bytes; ends the program when there is none. */
struct guest_memory *fake_guest_memory_create(uint32_t size);
void fake_guest_memory_free(struct guest_memory *memory);

/* For the test itself: past all checks but the sanitizer's. */
void fake_put16(struct guest_memory *memory, uint32_t address, uint16_t value);
void fake_put32(struct guest_memory *memory, uint32_t address, uint32_t value);
void fake_put64(struct guest_memory *memory, uint32_t address, uint64_t value);
uint16_t fake_get16(const struct guest_memory *memory, uint32_t address);
uint32_t fake_get32(const struct guest_memory *memory, uint32_t address);

/* Puts a virtqueue descriptor at address. */
void fake_put_descriptor(struct guest_memory *memory, uint32_t address, uint64_t buffer,
			 uint32_t length, uint16_t flags, uint16_t next);

#endif
