/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU's own random numbers (SDM vol. 1, 7.3.17).  Some CPUs lack them, and some return the same
 * number for ever; so they are one of several sources of the entropy pool (hv/devices/entropy.c).
 */
#ifndef UMBRA_ARCH_CPU_RANDOM_H
#define UMBRA_ARCH_CPU_RANDOM_H

#include <stdint.h>

#define CPU_RANDOM_WORDS 16u

/*
 * Fill words from RDSEED (what the noise source gives) or RDRAND (a generator seeded from it) and
 * return how many there are: 0 without the instruction or when it fails each time, fewer than all
 * when it is exhausted.  Any CPU; take some microseconds at most.
 */
unsigned cpu_read_rdseed(uint32_t words[CPU_RANDOM_WORDS]);
unsigned cpu_read_rdrand(uint32_t words[CPU_RANDOM_WORDS]);

#endif
