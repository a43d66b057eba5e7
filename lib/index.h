/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounds for indices that a guest chose, which speculation obeys too.  After a comparison alone the
 * CPU may go on for a while with an index that the comparison is about to refuse, and what it
 * fetches with that index shows in the caches (Spectre v1, CVE-2017-5753).
 */
#ifndef UMBRA_LIB_INDEX_H
#define UMBRA_LIB_INDEX_H

#include <stdint.h>

/* index where it is below limit, else 0.  By arithmetic, whose results no CPU predicts. */
static inline uint32_t index_within(uint32_t index, uint32_t limit)
{
	uint32_t mask;

	__asm__("cmp %2, %1\n\t"
		"sbb %0, %0"
		: "=r"(mask)
		: "r"(index), "g"(limit)
		: "cc");
	return index & mask;
}

#endif
