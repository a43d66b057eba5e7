/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CRC-32 of Ethernet, zip files and partition tables (polynomial 0x04C11DB7,
 * reflected; ITU-T V.42, 8.1.1.6.2).  No state; callable from any context.
 */
#ifndef UMBRA_LIB_CRC32_H
#define UMBRA_LIB_CRC32_H

#include <stddef.h>
#include <stdint.h>

/*
 * The CRC of length bytes.  To go on where another piece ended, crc is what the
 * last call returned; it is 0 for the first.
 */
uint32_t crc32(uint32_t crc, const void *bytes, size_t length);

#endif
