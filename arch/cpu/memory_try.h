/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads memory of Umbra's that may not be mapped, for a debugger. */
#ifndef UMBRA_ARCH_CPU_MEMORY_TRY_H
#define UMBRA_ARCH_CPU_MEMORY_TRY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Copies the byte at from; false, with *to left alone, when nothing is mapped there.  Any context
 * in which a page fault can be handled, so not in an NMI.  In arch/cpu/host_traps.asm.
 */
bool memory_try_read(const uint8_t *from, uint8_t *to);

#endif
