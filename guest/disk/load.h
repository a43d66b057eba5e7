/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Load on a disk, and guests that leave it behind.
 */
#ifndef UMBRA_GUEST_DISK_LOAD_H
#define UMBRA_GUEST_DISK_LOAD_H

#include <stdint.h>

/*
 * Reads as fast as the disk gives, several requests at once, between these times of the
 * machine's clock; prints `NAME: requests=N`.  To odd addresses, which no ATA disk reaches
 * by itself.
 */
void load_hammer(const char *name, uint64_t from_ns, uint64_t to_ns);

/* Restarts with reads under way, until that time of the machine's clock. */
void load_leave(uint64_t until_ns);

#endif
