// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data to write and to recognise.
 */
#include "guest/disk/pattern.h"

#include "guest/runtime/report.h"
#include "guest/runtime/string.h"

struct block disk;

bool disk_ready(void)
{
	memset(disk_data, 0xEE, DATA_SIZE);
	CHECK_BOOL(block_open(&disk, 0, FEATURES), "no disk");
	return true;
}

bool pattern_holds(const void *bytes, uint64_t sector, uint32_t sectors)
{
	const struct disk_word *word = bytes;

	for (uint32_t s = 0; s < sectors; s++)
		for (uint32_t i = 0; i < WORDS; i++, word++)
			if (word->value != ((uint32_t)sector + s) * 0x9E3779B1u + i)
				return false;
	return true;
}

/* The top bit of a byte is set, unlike in most of the pattern, and neighbours differ. */
static uint8_t other(uint32_t i, uint32_t seed)
{
	return (uint8_t)((i * 7 + (i >> 8) * 3 + seed) | 0x80);
}

void pattern_other(void *bytes, uint32_t length, uint32_t seed)
{
	for (uint32_t i = 0; i < length; i++)
		((uint8_t *)bytes)[i] = other(i, seed);
}

bool pattern_other_holds(const void *bytes, uint32_t length, uint32_t seed)
{
	for (uint32_t i = 0; i < length; i++)
		if (((const uint8_t *)bytes)[i] != other(i, seed))
			return false;
	return true;
}

bool pattern_filled(const void *bytes, uint32_t length, uint8_t value)
{
	for (uint32_t i = 0; i < length; i++)
		if (((const uint8_t *)bytes)[i] != value)
			return false;
	return true;
}
