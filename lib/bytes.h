/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Little-endian values at any address, aligned or not: fields of images, of
 * firmware tables and of messages.  The caller has checked the bounds.
 */
#ifndef UMBRA_LIB_BYTES_H
#define UMBRA_LIB_BYTES_H

#include <stdint.h>

static inline uint16_t load_le16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t load_le32(const uint8_t *at)
{
	return (uint32_t)load_le16(at) | (uint32_t)load_le16(at + 2) << 16;
}

static inline uint64_t load_le64(const uint8_t *at)
{
	return load_le32(at) | (uint64_t)load_le32(at + 4) << 32;
}

static inline void store_le16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value & 0xFF);
	at[1] = (uint8_t)(value >> 8);
}

static inline void store_le32(uint8_t *at, uint32_t value)
{
	store_le16(at, (uint16_t)(value & 0xFFFF));
	store_le16(at + 2, (uint16_t)(value >> 16));
}

static inline void store_le64(uint8_t *at, uint64_t value)
{
	store_le32(at, (uint32_t)(value & UINT32_MAX));
	store_le32(at + 4, (uint32_t)(value >> 32));
}

/* A mask of the lowest count (1 to 4) bytes. */
static inline uint32_t low_bytes(unsigned count)
{
	return UINT32_MAX >> (32 - 8 * count);
}

#endif
