/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pretended physical memory for tests of code that reads through a map
 * callback.  Each request gets a copy of exactly the bytes it asked for, and
 * loses it with the next one, so that the sanitizer sees every byte read too
 * much or too late.  Included by one source file of each test program.
 */
#ifndef UMBRA_TESTS_UNIT_PHYSICAL_MEMORY_H
#define UMBRA_TESTS_UNIT_PHYSICAL_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint8_t physical_memory[0x110000];
static size_t physical_size = sizeof(physical_memory);
static void *physical_window;

static inline void physical_release(void)
{
	free(physical_window);
	physical_window = NULL;
}

static inline const void *physical_map(uint64_t address, size_t size)
{
	physical_release();
	if (size == 0 || address > physical_size || size > physical_size - address)
		return NULL;
	physical_window = malloc(size);
	if (!physical_window)
		abort();
	memcpy(physical_window, physical_memory + address, size);
	return physical_window;
}

static inline void physical_put(uint64_t address, const void *bytes, size_t size)
{
	if (address > sizeof(physical_memory) || size > sizeof(physical_memory) - address)
		abort();
	memcpy(physical_memory + address, bytes, size);
}

static inline void physical_put8(uint64_t address, uint8_t value)
{
	physical_put(address, &value, sizeof(value));
}

static inline void physical_put32(uint64_t address, uint32_t value)
{
	physical_put(address, &value, sizeof(value));
}

static inline void physical_put64(uint64_t address, uint64_t value)
{
	physical_put(address, &value, sizeof(value));
}

#endif
