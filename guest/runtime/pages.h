/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames of the guest's memory: everything between the image and the end of the
 * linear map. Not for interrupt handlers.
 */
#ifndef UMBRA_GUEST_RUNTIME_PAGES_H
#define UMBRA_GUEST_RUNTIME_PAGES_H

#include <stdint.h>

/* Called once, before page_alloc: memory is the machine's size in bytes. */
void pages_init(uint32_t memory);

/* Physical address of a zeroed frame. A guest without memory for it panics. */
uint32_t page_alloc(void);

/* Give a frame back. */
void page_free(uint32_t physical);

/* How many frames page_alloc can still hand out. */
uint32_t pages_available(void);

/* First frame that was never handed out; from there to the end memory is as Umbra left it. */
uint32_t pages_untouched(void);

#endif
