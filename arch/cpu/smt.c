// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads of a core: by leaf 0xB, and where there is none by the older count of
 * logical processors and of cores in a package.
 */
#include "arch/cpu/smt.h"

#include "lib/compiler.h"

#define LEAF1_HTT BIT(28)	/* the count in EBX 23:16 is valid */
#define LEVEL_SMT 1		/* leaf 0xB, ECX 15:8 */

static unsigned bits_for(unsigned count)
{
	unsigned bits = 0;

	while (1u << bits < count)
		bits++;
	return bits;
}

struct smt smt_read(const struct smt_leaves *leaves)
{
	unsigned logical = leaves->leaf1_edx & LEAF1_HTT ? leaves->leaf1_ebx >> 16 & 0xFF : 1;
	unsigned cores = 1 + (leaves->leaf4_eax >> 26 & 0x3F);
	unsigned threads;

	if ((leaves->leafb_ecx >> 8 & 0xFF) == LEVEL_SMT && (leaves->leafb_ebx & 0xFFFF) != 0)
		return (struct smt){ leaves->leafb_ebx & 0xFFFF, leaves->leafb_eax & 0x1F };
	/* Both count reserved ids, not all of which need to be in use. */
	threads = logical > cores ? logical / cores : 1;
	return (struct smt){ threads, bits_for(threads) };
}
