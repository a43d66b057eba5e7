// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: reads what a disk answers to IDENTIFY DEVICE, and makes commands from requests.
 * For the drivers of AHCI and IDE controllers.
 */
#include "drivers/block/ata.h"

#include "lib/compiler.h"
#include "lib/string.h"

/* Words of IDENTIFY DEVICE, ATA8-ACS 7.16.7. */
#define WORD_GENERAL 0
#define WORD_MODEL 27
#define WORD_MODEL_END 47
#define WORD_CAPABILITIES 49
#define WORD_LBA28_SECTORS 60
#define WORD_COMMANDS_1 82
#define WORD_COMMANDS_2 83
#define WORD_LBA48_SECTORS 100
#define WORD_SECTOR_SIZE 106
#define WORD_LOGICAL_SIZE 117

#define GENERAL_NOT_ATA 0x8000
#define CAPABILITY_DMA 0x0100
#define CAPABILITY_LBA 0x0200
#define COMMANDS_VALID_MASK 0xC000	/* of word 83 and 106: 01 in the two highest bits */
#define COMMANDS_VALID 0x4000
#define COMMANDS_1_CACHE 0x0020
#define COMMANDS_2_LBA48 0x0400
#define COMMANDS_2_FLUSH 0x1000
#define COMMANDS_2_FLUSH_EXT 0x2000
#define SECTOR_SIZE_LARGE 0x1000	/* of word 106: words 117 and 118 have the size, in words */

#define READ_DMA 0xC8
#define READ_DMA_EXT 0x25
#define WRITE_DMA 0xCA
#define WRITE_DMA_EXT 0x35
#define FLUSH_CACHE 0xE7
#define FLUSH_CACHE_EXT 0xEA

#define LBA28_BLOCKS (1u << 28)
#define LBA48_BLOCKS (1ull << 48)
#define LBA28_COUNT_MAX 256u
#define LBA48_COUNT_MAX 65536u

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

/*
 * The size of the disk's logical blocks, not of its physical sectors.  0 when Umbra cannot use it.
 */
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

	identity->lba48 = commands & COMMANDS_2_LBA48;
	identity->flush_ext = identity->lba48 && commands & COMMANDS_2_FLUSH_EXT;
	/* Disks from before the bit existed have the command, when they have a cache. */
	identity->can_flush = identity->flush_ext || commands & COMMANDS_2_FLUSH ||
			      words[WORD_COMMANDS_1] & COMMANDS_1_CACHE;
}

static uint64_t read_blocks(const uint16_t *words, bool lba48)
{
	uint64_t blocks = double_word(words + WORD_LBA48_SECTORS) |
			   (uint64_t)double_word(words + WORD_LBA48_SECTORS + 2) << 32;

	if (lba48 && blocks != 0)
		return MIN(blocks, LBA48_BLOCKS);
	return MIN(double_word(words + WORD_LBA28_SECTORS), LBA28_BLOCKS);
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
	identity->sectors = read_blocks(words, identity->lba48) *
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
	bool lba48 = identity->lba48;

	*registers = (struct ata_registers){ .device = ATA_DEVICE_LBA, .lba48 = lba48 };
	if (command->operation == BLOCK_FLUSH) {
		registers->command = identity->flush_ext ? FLUSH_CACHE_EXT : FLUSH_CACHE;
		return identity->can_flush;
	}
	if (command->operation == BLOCK_READ)
		registers->command = lba48 ? READ_DMA_EXT : READ_DMA;
	else
		registers->command = lba48 ? WRITE_DMA_EXT : WRITE_DMA;
	registers->lba = command->sector >> shift;
	/* The largest count is written as 0, which the conversion makes of it. */
	registers->count = (uint16_t)(command->length >> BLOCK_SECTOR_SHIFT >> shift);
	if (!lba48) {
		registers->count &= LBA28_COUNT_MAX - 1;
		registers->device |= (uint8_t)(registers->lba >> 24 & 0x0F);
	}
	return true;
}

uint32_t ata_bytes_max(const struct ata_identity *identity)
{
	return (identity->lba48 ? LBA48_COUNT_MAX : LBA28_COUNT_MAX) * identity->block_size;
}
