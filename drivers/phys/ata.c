// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATA identities and commands.
 */
#include "drivers/phys/ata.h"

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
#define SECTOR_SIZE_LARGE 0x1000

#define READ_DMA 0xC8
#define READ_DMA_EXT 0x25
#define WRITE_DMA 0xCA
#define WRITE_DMA_EXT 0x35
#define FLUSH_CACHE 0xE7
#define FLUSH_CACHE_EXT 0xEA

#define SECTORS_NARROW (1u << 28)
#define SECTORS_WIDE (1ull << 48)
#define COUNT_NARROW 256u
#define COUNT_WIDE 65536u

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

static bool has_large_sectors(const uint16_t *words)
{
	return is_valid(words[WORD_SECTOR_SIZE]) && words[WORD_SECTOR_SIZE] & SECTOR_SIZE_LARGE &&
	       double_word(words + WORD_LOGICAL_SIZE) != BLOCK_SECTOR_SIZE / 2;
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

static uint64_t read_sectors(const uint16_t *words, bool wide)
{
	uint64_t sectors = double_word(words + WORD_SECTORS_48) |
			   (uint64_t)double_word(words + WORD_SECTORS_48 + 2) << 32;

	if (wide && sectors != 0)
		return MIN(sectors, SECTORS_WIDE);
	return MIN(double_word(words + WORD_SECTORS_28), SECTORS_NARROW);
}

const char *ata_parse_identity(const uint16_t words[ATA_IDENTIFY_WORDS],
			       struct ata_identity *identity)
{
	if (words[WORD_GENERAL] & GENERAL_NOT_ATA)
		return "it is not a disk";
	if (!(words[WORD_CAPABILITIES] & CAPABILITY_LBA) ||
	    !(words[WORD_CAPABILITIES] & CAPABILITY_DMA))
		return "it cannot do DMA with linear addresses";
	if (has_large_sectors(words))
		return "its sectors have not 512 bytes";
	read_model(words, identity->model);
	read_features(words, identity);
	identity->sectors = read_sectors(words, identity->wide);
	return identity->sectors == 0 ? "it has no sectors" : NULL;
}

bool ata_make_command(const struct ata_identity *identity, const struct disk_command *command,
		      struct ata_registers *registers)
{
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
	registers->sector = command->sector;
	/* The largest count is written as 0, which is what is left of it. */
	registers->count = (uint16_t)(command->length >> BLOCK_SECTOR_SHIFT);
	if (!wide) {
		registers->count &= COUNT_NARROW - 1;
		registers->device |= (uint8_t)(command->sector >> 24 & 0x0F);
	}
	return true;
}

uint32_t ata_bytes_max(const struct ata_identity *identity)
{
	return (identity->wide ? COUNT_WIDE : COUNT_NARROW) << BLOCK_SECTOR_SHIFT;
}
