/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the volumes of the machine: each disk, and each partition on it.
 */
#ifndef UMBRA_DRIVERS_BLOCK_VOLUME_SCAN_H
#define UMBRA_DRIVERS_BLOCK_VOLUME_SCAN_H

/*
 * Reads the partition tables of the disks that drivers have added, and adds a volume for each
 * disk and each partition; the log tells what is wrong with a table.  Boot CPU, once, when the
 * timers work, before guests are configured.
 */
void volumes_init(void);

#endif
