/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices of the guest that ends in the middle of its requests: that they are as after a reset,
 * that they work, and requests under way at all of them at once.
 */
#ifndef UMBRA_GUEST_MIDWAY_REQUESTS_H
#define UMBRA_GUEST_MIDWAY_REQUESTS_H

#include <stdint.h>

/* Free memory in which all buffers and headers lie, at the same places in each life. */
#define ARENA 0x400000u
#define ARENA_SIZE 0x100000u

/* What the disks hold before the first life, and what is written to them. */
#define DISK_BYTE 0xA5u

/* Panic unless no device remembers anything of an earlier life. Called before any is used. */
void requests_check_reset(void);

/* Panic unless each device carries out one request of each kind, on clean disks. */
void requests_check_work(void);

/* Start every device with as much to do as it takes, and wait for nothing. */
void requests_start(void);

#endif
