// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATA identities and commands.
 */
#include "drivers/block/ata.h"

#include "lib/compiler.h"
#include "lib/string.h"

/* Words of IDENTIFY DEVICE, ATA8-ACS 7.16.7. */
#define WORD_GENERAL 0
#define WORD_MODEL 27
#define WORD_MODEL_END 47
#define WORD_CAPABILITIES 49
#define WORD_SECTORS_28 60
#define WORD_COMMANDS_1 82
#define WORD_COMMANDS_2 83
#define WORD_SECTORS_48 100
#define WORD_SECTOR_SIZE 106
#define WORD_LOGICAL_SIZE 117

#define GENERAL_NOT_ATA 0x8000
#define CAPABILITY_DMA 0x0100
#define CAPABILITY_LBA 0x0200
#define COMMANDS_VALID_MASK 0xC000	/* of word 83 and 106: 01 in the two highest bits */
#define COMMANDS_VALID 0x4000
#define COMMANDS_1_CACHE 0x0020
#define COMMANDS_2_WIDE 0x0400
#define COMMANDS_2_FLUSH 0x1000
#define COMMANDS_2_FLUSH_WIDE 0x2000
#define SECTOR_SIZE_LARGE 0x1000	/* of word 106: word 117 and the next have the size, in words */

#define READ_DMA 0xC8
#define READ_DMA_EXT 0x25
#define WRITE_DMA 0xCA
#define WRITE_DMA_EXT 0x35
#define FLUSH_CACHE 0xE7
#define FLUSH_CACHE_EXT 0xEA

#define BLOCKS_NARROW (1u << 28)
#define BLOCKS_WIDE (1ull << 48)
#define COUNT_NARROW 256u
#define COUNT_WIDE 65536u

const char ata_packet_drive[] = "it is a drive for CDs or other removable media";

static uint32_t double_word(const uint16_t *words)
{
	return words[0] | (uint32_t)words[1] << 16;
}

/* Two characters a word, the first in the high byte; filled up with blanks. */
static void read_model(const uint16_t *words, char model[DISK_MODEL_SIZE])
{
	size_t length = 0;

	for (unsigned i = WORD_MODEL; i < WORD_MODEL_END; i++) {
		model[length++] = (char)(words[i] >> 8);
		model[length++] = (char)(words[i] & 0xFF);
	}
	for (size_t i = 0; i < length; i++)
		if (model[i] < ' ' || model[i] > '~' || model[i] == '"')
			model[i] = ' ';
	while (length > 0 && model[length - 1] == ' ')
		length--;
	model[length] = '\0';
}

static bool is_valid(uint16_t word)
{
	return (word & COMMANDS_VALID_MASK) == COMMANDS_VALID;
}

/* What the disk counts in, not how its medium is divided.  0 when it is nothing for Umbra. */
static uint32_t read_block_size(const uint16_t *words)
{
	uint32_t size;

	if (!is_valid(words[WORD_SECTOR_SIZE]) || !(words[WORD_SECTOR_SIZE] & SECTOR_SIZE_LARGE))
		return BLOCK_SECTOR_SIZE;
	size = double_word(words + WORD_LOGICAL_SIZE);
	if (size == BLOCK_SECTOR_SIZE / 2 || size == BLOCK_LARGE_SIZE / 2)
		return 2 * size;
	return 0;
}

static void read_features(const uint16_t *words, struct ata_identity *identity)
{
	uint16_t commands = is_valid(words[WORD_COMMANDS_2]) ? words[WORD_COMMANDS_2] : 0;

	identity->wide = commands & COMMANDS_2_WIDE;
	identity->flush_wide = identity->wide && commands & COMMANDS_2_FLUSH_WIDE;
	/* Disks from before the bit existed have the command, when they have a cache. */
	identity->can_flush = identity->flush_wide || commands & COMMANDS_2_FLUSH ||
			      words[WORD_COMMANDS_1] & COMMANDS_1_CACHE;
}

static uint64_t read_blocks(const uint16_t *words, bool wide)
{
	uint64_t blocks = double_word(words + WORD_SECTORS_48) |
			   (uint64_t)double_word(words + WORD_SECTORS_48 + 2) << 32;

	if (wide && blocks != 0)
		return MIN(blocks, BLOCKS_WIDE);
	return MIN(double_word(words + WORD_SECTORS_28), BLOCKS_NARROW);
}

const char *ata_parse_identity(const uint16_t words[ATA_IDENTIFY_WORDS],
			       struct ata_identity *identity)
{
	if (words[WORD_GENERAL] & GENERAL_NOT_ATA)
		return "it is not a disk";
	if (!(words[WORD_CAPABILITIES] & CAPABILITY_LBA) ||
	    !(words[WORD_CAPABILITIES] & CAPABILITY_DMA))
		return "it cannot do DMA with linear addresses";
	identity->block_size = read_block_size(words);
	if (identity->block_size == 0)
		return "its sectors have neither 512 nor 4096 bytes";
	read_model(words, identity->model);
	read_features(words, identity);
	identity->sectors = read_blocks(words, identity->wide) *
			    (identity->block_size >> BLOCK_SECTOR_SHIFT);
	return identity->sectors == 0 ? "it has no sectors" : NULL;
}

/* By how much numbers of sectors and of bytes are shifted to be numbers of blocks. */
static unsigned sector_shift(const struct ata_identity *identity)
{
	return identity->block_size == BLOCK_LARGE_SIZE ? 3 : 0;
}

bool ata_make_command(const struct ata_identity *identity, const struct disk_command *command,
		      struct ata_registers *registers)
{
	unsigned shift = sector_shift(identity);
	bool wide = identity->wide;

	*registers = (struct ata_registers){ .device = ATA_DEVICE_LBA, .wide = wide };
	if (command->operation == BLOCK_FLUSH) {
		registers->command = identity->flush_wide ? FLUSH_CACHE_EXT : FLUSH_CACHE;
		return identity->can_flush;
	}
	if (command->operation == BLOCK_READ)
		registers->command = wide ? READ_DMA_EXT : READ_DMA;
	else
		registers->command = wide ? WRITE_DMA_EXT : WRITE_DMA;
	registers->sector = command->sector >> shift;
	/* The largest count is written as 0, which is what is left of it. */
	registers->count = (uint16_t)(command->length >> BLOCK_SECTOR_SHIFT >> shift);
	if (!wide) {
		registers->count &= COUNT_NARROW - 1;
		registers->device |= (uint8_t)(registers->sector >> 24 & 0x0F);
	}
	return true;
}

uint32_t ata_bytes_max(const struct ata_identity *identity)
{
	return (identity->wide ? COUNT_WIDE : COUNT_NARROW) * identity->block_size;
}
