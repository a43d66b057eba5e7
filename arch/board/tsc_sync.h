/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do two CPUs' TSCs show the same?  Both read in turn, as fast as they can, each
 * what the other has read before: a value below that one is a step back in time
 * that a guest would see which moves from one CPU to the other.
 */
#ifndef UMBRA_ARCH_BOARD_TSC_SYNC_H
#define UMBRA_ARCH_BOARD_TSC_SYNC_H

#include <stdint.h>

/*
 * The largest step back that was seen, in ticks, either way; 0 when the two agree as closely as can
 * be seen; UINT64_MAX when the other CPU never answered.  Boot CPU, while the other CPU calls
 * tsc_sync_answer.
 */
uint64_t tsc_sync_check(void);

/* After a check without an answer, and once the other CPU has been stopped: before the next. */
void tsc_sync_reset(void);

/* The other side, on the CPU that is being checked. */
void tsc_sync_answer(void);

#endif
