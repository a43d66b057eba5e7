/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every unit test includes: cmocka and what cmocka wants included before
 * it.  A test file tests one source file and ends in a main() with its table.
 */
#ifndef UMBRA_TESTS_UNIT_UNIT_H
#define UMBRA_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A small generator, so that random tests are the same everywhere. */
static inline uint64_t unit_random(uint64_t *state)
{
	/* Marsaglia's xorshift64; the state must not be 0. */
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
