/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks whether the TSCs of two CPUs agree.  They read their TSCs in turn, as fast as they can: a
 * value below the other's last one is a step back in time, which a guest would see that moves
 * between them.
 */
#ifndef UMBRA_ARCH_BOARD_TSC_SYNC_H
#define UMBRA_ARCH_BOARD_TSC_SYNC_H

#include <stdint.h>

/*
 * The largest step back that was seen, in ticks, either way; 0 when the two agree as closely as can
 * be seen; UINT64_MAX when the other CPU never answered.  2 ms where they agree, 50 where they do
 * not, besides what the other CPU takes to come.  Boot CPU, while the other CPU calls
 * tsc_sync_answer.
 */
uint64_t tsc_sync_check(void);

/* Prepares for the next check after one without an answer, once the other CPU was stopped. */
void tsc_sync_reset(void);

/* The other side, on the CPU that is being checked. */
void tsc_sync_answer(void);

#endif
