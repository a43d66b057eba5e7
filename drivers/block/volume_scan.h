/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's disks: their partitions, and the timer that looks after them.
 */
#ifndef UMBRA_HV_HOST_DISKS_H
#define UMBRA_HV_HOST_DISKS_H

/*
 * Reads the partition tables of the disks that drivers have added.  Boot CPU, once, with
 * timers in order, before guests are planned.
 */
void host_disks_init(void);

#endif
