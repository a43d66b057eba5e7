/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is on the disks of the test: word i of sector s is s * 0x9E3779B1 + i,
 * until a test writes there. And the two disks, and room for data.
 */
#ifndef UMBRA_GUEST_DISK_PATTERN_H
#define UMBRA_GUEST_DISK_PATTERN_H

#include "guest/runtime/block.h"
#include "guest/runtime/layout.h"

#define FEATURES (BLOCK_SEG_MAX | BLOCK_READ_ONLY | BLOCK_BLK_SIZE | BLOCK_FLUSHES)
#define WORDS (BLOCK_SECTOR / 4u)

/* Tests write below this sector of the first disk only; what is above stays as it came. */
#define WRITABLE 2304u
#define SECTORS 4096u                   /* of the first disk, which is vda */
#define SECTORS_READ_ONLY 128u          /* of the second, which is disk=ro */

/* Room for data, in memory that the runtime never comes to. */
#define DATA_SIZE (1u << 20)
#define disk_data ((uint8_t *)virt_of(0x400000))

struct disk_word {
	uint32_t value;
} __attribute__((packed));              /* data may lie at any address */

extern struct block disk;

/* Open the first disk and fill disk_data with 0xEE. Without a disk the test fails: false. */
bool disk_ready(void);

/* Whether bytes hold sectors as they came. */
bool pattern_holds(const void *bytes, uint64_t sector, uint32_t sectors);

/* Fill bytes with something else, which depends on seed. */
void pattern_other(void *bytes, uint32_t length, uint32_t seed);

/* Whether they hold that. */
bool pattern_other_holds(const void *bytes, uint32_t length, uint32_t seed);

/* Whether all bytes are value. */
bool pattern_filled(const void *bytes, uint32_t length, uint8_t value);

#endif
