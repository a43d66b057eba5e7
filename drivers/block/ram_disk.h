/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk whose sectors are a piece of physical memory, such as a module that
 * the boot loader left.  What is written stays there until the machine's power
 * goes.
 */
#ifndef UMBRA_DRIVERS_BLOCK_RAM_DISK_H
#define UMBRA_DRIVERS_BLOCK_RAM_DISK_H

#include "drivers/block/block_device.h"
#include "mm/address.h"

struct ram_disk {
	struct block_device device;
	paddr_t start;
};

/*
 * Makes a disk of bytes (what goes beyond a multiple of the sector's size is left out) from start
 * on, anywhere in memory; the disk alone uses this memory.  Requests are carried out at once.
 */
void ram_disk_init(struct ram_disk *disk, paddr_t start, uint64_t bytes, bool read_only);

#endif
