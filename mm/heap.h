/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap: zeroed memory, 2 MB at most in a piece, for Umbra's own structures, in the direct map.
 * The caller of heap_alloc frees it.
 */
#ifndef UMBRA_MM_HEAP_H
#define UMBRA_MM_HEAP_H

#include <stddef.h>

/*
 * size bytes, zeroed, aligned to 16; NULL when memory is out.  Any CPU, not from an interrupt
 * handler.
 */
void *heap_alloc(size_t size);

/* The same, aligned to align (a power of two, at most 4096). */
void *heap_alloc_aligned(size_t size, size_t align);

/*
 * More than half a page, with whatever was there before, perhaps another guest's: for what is only
 * read where it was written.
 */
void *heap_alloc_unclear(size_t size);

/* Gives back what one of them returned; NULL does nothing. */
void heap_free(void *pointer);

#endif
