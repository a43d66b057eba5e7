/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's disks: their drivers, their partitions, and the timer that looks
 * after them.
 */
#ifndef UMBRA_HV_HOST_DISKS_H
#define UMBRA_HV_HOST_DISKS_H

/*
 * Finds the PCI devices of the machine, attaches the disks among them, and reads
 * their partition tables.  Boot CPU, once, with timers and interrupt lines in
 * order, before guests are planned.
 */
void host_disks_init(void);

#endif
