// SPDX-License-Identifier: GPL-2.0-only
/* mm/heap.h over the C library's heap, whose leaks and overruns the sanitizer finds. */
#include "mm/heap.h"

#include <stdlib.h>
#include <string.h>

void *heap_alloc(size_t size)
{
	return calloc(1, size);
}

void *heap_alloc_aligned(size_t size, size_t align)
{
	void *pointer;

	if (posix_memalign(&pointer, align, size) != 0)
		return NULL;
	return memset(pointer, 0, size);
}

void *heap_alloc_unclear(size_t size)
{
	void *pointer = malloc(size);

	return pointer ? memset(pointer, 0xA5, size) : NULL;
}

void heap_free(void *pointer)
{
	free(pointer);
}
