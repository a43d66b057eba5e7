/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A channel of an IDE controller: two disks at most, one command at a time.  Between
 * ide.c, which knows the controller, and ide_channel.c.
 */
#ifndef UMBRA_DRIVERS_BLOCK_IDE_CHANNEL_H
#define UMBRA_DRIVERS_BLOCK_IDE_CHANNEL_H

#include "drivers/block/ata.h"
#include "drivers/pci/pci.h"

/* A channel's place in messages: a format and its arguments. */
#define IDE_CHANNEL_FORMAT PCI_FORMAT " %s"
#define IDE_CHANNEL_ARGUMENTS(channel) \
	PCI_ARGUMENTS((channel)->pci->function), (channel)->number == 0 ? "primary" : "secondary"

struct ide_disk {
	struct disk disk;
	struct ata_identity identity;
	uint8_t select;			/* which of the two: 0 or 0x10 */
	bool present;
};

struct prd_table;

struct ide_channel {
	struct disk_port port;
	struct ide_disk disks[DISK_UNITS_MAX];
	struct pci_device *pci;
	unsigned number;		/* in the controller: 0, the primary one, or 1 */
	uint16_t command, control, bus_master;	/* ports of the three blocks of registers */
	struct prd_table *table;
	bool busy;			/* a command is in flight */
	bool moves_data;		/* and it does DMA */
	uint64_t settled;		/* time_ns() until which a reset is not seen yet */
};

/*
 * Looks for disks on the channel, whose pci, number and ports are set, and gives those it can
 * use names from *number on.  Returns how many there are; the channel is ready for
 * disk_add if any.  Boot CPU, before others start, interrupts off.
 */
unsigned ide_channel_open(struct ide_channel *channel, unsigned *number);

#endif
