/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers in the words of a command line.  Strict: the whole text has to be a
 * number that fits, or the answer is false and the result is left alone.  No
 * state; callable from any context.
 */
#ifndef UMBRA_LIB_PARSE_H
#define UMBRA_LIB_PARSE_H

#include "lib/compiler.h"

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits, or 0x and hexadecimal digits.  No sign, no blanks. */
bool __must_check parse_u32(const char *text, uint32_t *value);

/* An address as people write it: hexadecimal digits, with 0x in front or without. */
bool __must_check parse_address(const char *text, uint32_t *value);

/*
 * Digits as for parse_u32, followed by nothing (bytes) or by one of K, M, G in either case (powers
 * of 1024).
 */
bool __must_check parse_size(const char *text, uint64_t *bytes);

#endif
