/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many boot modules there can be, for all who keep something for each: room
 * for 32 guests with a kernel, an initial RAM disk and a disk, and some to spare.
 */
#ifndef UMBRA_MM_MODULES_H
#define UMBRA_MM_MODULES_H

#define BOOT_MODULES_MAX 128u

#endif
