/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/guest_window.h for native programs: a window at address 0 does not exist,
 * so a guest whose base is 0 is looked for in native_window.
 */
#ifndef UMBRA_TESTS_UNIT_NATIVE_MM_GUEST_WINDOW_H
#define UMBRA_TESTS_UNIT_NATIVE_MM_GUEST_WINDOW_H

#include_next "mm/guest_window.h"

extern uint8_t *native_window;

static inline void *native_guest_page(const struct guest_memory *memory, uint32_t page)
{
	return (memory->base ? memory->base : native_window) + ((size_t)page << PAGE_SHIFT);
}
#define guest_page native_guest_page

#endif
