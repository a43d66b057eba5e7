// SPDX-License-Identifier: GPL-2.0-only
/*
 * Computes CRC-32 bit by bit, without a table: it is used for a few kilobytes at boot.
 */
#include "lib/crc32.h"

#define REFLECTED_POLYNOMIAL 0xEDB88320u

uint32_t crc32(uint32_t crc, const void *bytes, size_t length)
{
	const uint8_t *next = bytes;

	crc = ~crc;
	for (size_t i = 0; i < length; i++) {
		crc ^= next[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? REFLECTED_POLYNOMIAL : 0);
	}
	return ~crc;
}
