/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Port input and output, one instruction each.  For the drivers of real chips
 * only; what a guest does to ports never comes here.  `in` and `out` wait for
 * every access before them and hold back every access behind them (Intel SDM
 * vol. 1, 19.6), so no barrier is needed next to one.
 */
#ifndef UMBRA_ARCH_CPU_PORT_H
#define UMBRA_ARCH_CPU_PORT_H

#include <stdint.h>

static inline uint8_t port_in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t port_in16(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t port_in32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void port_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void port_out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void port_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

#endif
