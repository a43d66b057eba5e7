/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of Umbra's functions by address, put into the image at link time.
 */
#ifndef UMBRA_ARCH_CPU_SYMBOLS_H
#define UMBRA_ARCH_CPU_SYMBOLS_H

#include <stdint.h>

/*
 * The function that address lies in and how far in; NULL when it is none of Umbra's.  Any
 * context.
 */
const char *symbol_find(uint32_t address, uint32_t *offset);

#endif
