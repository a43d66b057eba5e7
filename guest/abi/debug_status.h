/* SPDX-License-Identifier: GPL-2.0-only */
/* The debug registers as a guest reads them: values without a breakpoint, DR6's causes. */
#ifndef UMBRA_GUEST_ABI_DEBUG_STATUS_H
#define UMBRA_GUEST_ABI_DEBUG_STATUS_H

#include <stdint.h>

/* SDM vol. 3, 17.2.3 and 17.2.4. */
#define DR6_RESET 0xFFFF0FF0u
#define DR6_STEP 0x00004000u
#define DR6_CAUSES 0x0000E00Fu
#define DR7_RESET 0x00000400u

static inline uint32_t read_dr6(void)
{
	uint32_t value;

	__asm__ volatile("movl %%dr6, %0" : "=r"(value));
	return value;
}

static inline void write_dr6(uint32_t value)
{
	__asm__ volatile("movl %0, %%dr6" : : "r"(value));
}

#endif
