/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all ATA disks have in common, on any controller: commands and identification (ATA8-ACS;
 * words and commands are its).
 */
#ifndef UMBRA_DRIVERS_BLOCK_ATA_H
#define UMBRA_DRIVERS_BLOCK_ATA_H

#include "drivers/block/disk.h"

#define ATA_IDENTIFY_DEVICE 0xEC
#define ATA_IDENTIFY_WORDS 256

/* The status register: error, data request, device fault, busy. */
#define ATA_STATUS_ERR 0x01
#define ATA_STATUS_DRQ 0x08
#define ATA_STATUS_DF 0x20
#define ATA_STATUS_BSY 0x80

#define ATA_DEVICE_LBA 0x40	/* of the device register */

/* The cause for packet (ATAPI) drives, which Umbra does not use; not an error of the drive. */
extern const char ata_packet_drive[];

/* What Umbra needs of a disk's answer to IDENTIFY DEVICE. */
struct ata_identity {
	char model[DISK_MODEL_SIZE];	/* printable, without double quotes and final blanks */
	uint64_t sectors;	/* of 512 bytes */
	uint32_t block_size;	/* 512 or 4096; the disk counts in these */
	bool lba48;		/* has the commands with 48-bit addresses, READ DMA EXT and so on */
	bool can_flush;		/* else it has no cache that would lose anything */
	bool flush_ext;		/* has FLUSH CACHE EXT */
};

/*
 * Reads the answer.  NULL, or why this disk cannot be used: no DMA, no linear addresses, no
 * sectors, or sectors of another size than 512 and 4096 bytes.
 */
const char *ata_parse_identity(const uint16_t words[ATA_IDENTIFY_WORDS],
			       struct ata_identity *identity);

/* The registers of a command, as ATA8-ACS has them. */
struct ata_registers {
	uint8_t command, device;
	uint64_t lba;
	uint16_t count;
	bool lba48;		/* the high bytes of lba and count are to be written too */
};

/*
 * The command for an operation on a disk with that identity, at most 65536 blocks
 * (256 without lba48), all below its end.  False when there is nothing
 * to do: a flush of a disk without a cache.
 */
bool ata_make_command(const struct ata_identity *identity, const struct disk_command *command,
		      struct ata_registers *registers);

/* Bytes of one command at most. */
uint32_t ata_bytes_max(const struct ata_identity *identity);

#endif
