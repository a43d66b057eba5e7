/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Assertions of Umbra's invariants: checked in debug builds, not even
 * evaluated in others.
 */
#ifndef UMBRA_ARCH_CPU_ASSERT_H
#define UMBRA_ARCH_CPU_ASSERT_H

#include "arch/cpu/panic.h"

#define assert(condition)                                                              \
	do {                                                                           \
		if (UMBRA_DEBUG && !(condition))                                       \
			panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition); \
	} while (0)

#endif
