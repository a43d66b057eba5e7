/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for arch/cpu/port.h: a test that includes this before the source file
 * of a chip plays the chip.  Writes are kept in a list; what a read gives is
 * up to the test's fake_port_read.
 */
#ifndef UMBRA_TESTS_UNIT_FAKE_PORT_H
#define UMBRA_TESTS_UNIT_FAKE_PORT_H
#define UMBRA_ARCH_CPU_PORT_H

#include <stdint.h>
#include <stdlib.h>

struct fake_write {
	uint16_t port;
	uint32_t value;
};

static struct fake_write fake_writes[256];
static unsigned fake_write_count;

/* The test's: what the chip answers, and what a write does to it (called after it was listed). */
static uint32_t fake_port_read(uint16_t port);
static void fake_port_written(uint16_t port, uint32_t value);

static inline void fake_port_write(uint16_t port, uint32_t value)
{
	if (fake_write_count == sizeof(fake_writes) / sizeof(fake_writes[0]))
		abort();
	fake_writes[fake_write_count++] = (struct fake_write){ port, value };
	fake_port_written(port, value);
}

static inline uint8_t port_in8(uint16_t port)
{
	return (uint8_t)fake_port_read(port);
}

static inline uint16_t port_in16(uint16_t port)
{
	return (uint16_t)fake_port_read(port);
}

static inline uint32_t port_in32(uint16_t port)
{
	return fake_port_read(port);
}

static inline void port_out8(uint16_t port, uint8_t value)
{
	fake_port_write(port, value);
}

static inline void port_out16(uint16_t port, uint16_t value)
{
	fake_port_write(port, value);
}

static inline void port_out32(uint16_t port, uint32_t value)
{
	fake_port_write(port, value);
}

#endif
