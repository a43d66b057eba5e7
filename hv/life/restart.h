/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a guest that reboots itself over and over has to wait.  A guest that
 * cannot start must not fill the log and wear the machine down for ever; one
 * that reboots now and then must not notice.  Pure.
 */
#ifndef UMBRA_HV_LIFE_RESTART_H
#define UMBRA_HV_LIFE_RESTART_H

#include <stdint.h>

/* A guest that lived for so long reboots at once, and starts with a clean slate. */
#define RESTART_LIFE_NS 10000000000ull
/* So many shorter lives in a row cost nothing; then the delay doubles from one to the next. */
#define RESTART_FREE 16u
#define RESTART_FIRST_NS 10000000ull
#define RESTART_MOST_NS 10000000000ull

/*
 * A guest has asked to be started again after a life of lived nanoseconds:
 * returns for how many it is to wait.  *short_lives is its count of short lives
 * in a row, 0 at first.
 */
uint64_t restart_delay(uint32_t *short_lives, uint64_t lived);

#endif
