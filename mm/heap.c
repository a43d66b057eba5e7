// SPDX-License-Identifier: GPL-2.0-only
/*
 * The heap.  Sizes up to half a page come from slabs, one page each, that hold objects of one
 * power-of-two size; anything larger is a run of whole pages, whose length is stored as the
 * owner of its first frame.  Umbra allocates when guests come and go, never on a hot path, so
 * the code is simple rather than fast.
 */
#include "mm/heap.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/spinlock.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/frames.h"

#define SMALLEST_SHIFT 5	/* 32 bytes */
#define LARGEST_SHIFT 11	/* 2048 bytes: one in a page, behind the header */
#define SIZE_CLASSES (LARGEST_SHIFT - SMALLEST_SHIFT + 1)

/* Stands at the start of every slab page; its objects begin at the next multiple of their size. */
struct slab {
	struct list_node node;	/* in the list of slabs with a free object */
	uint32_t shift;
	uint32_t used;
	void *free;		/* chain through the first word of each free object */
};
_Static_assert(sizeof(struct slab) <= 1u << SMALLEST_SHIFT, "fits the smallest object's place");

/* The lock guards the lists and every slab. */
static struct spinlock lock = SPINLOCK(LOCK_HEAP);
static struct list partial[SIZE_CLASSES];
static bool ready;

static void prepare(void)
{
	for (unsigned i = 0; i < SIZE_CLASSES; i++)
		list_init(&partial[i]);
	ready = true;
}

static struct slab *new_slab(unsigned shift)
{
	uint8_t *page = page_alloc();
	struct slab *slab = (struct slab *)(void *)page;
	uint32_t size = 1u << shift;

	if (!page)
		return NULL;
	slab->shift = shift;
	for (uint32_t offset = PAGE_SIZE - size; offset >= size; offset -= size) {
		*(void **)(void *)(page + offset) = slab->free;
		slab->free = page + offset;
	}
	list_add_first(&partial[shift - SMALLEST_SHIFT], &slab->node);
	return slab;
}

static void *alloc_small(unsigned shift)
{
	struct list *list = &partial[shift - SMALLEST_SHIFT];
	struct slab *slab;
	void *object;

	slab = list_is_empty(list) ? new_slab(shift)
				   : container_of(list_first(list), struct slab, node);
	if (!slab)
		return NULL;
	object = slab->free;
	slab->free = *(void **)object;
	slab->used++;
	if (!slab->free)
		list_remove(&slab->node);
	return memset(object, 0, 1u << shift);
}

static void free_small(void *object)
{
	struct slab *slab = (struct slab *)ALIGN_DOWN((uintptr_t)object, (uintptr_t)PAGE_SIZE);

	if (!slab->free)
		list_add_first(&partial[slab->shift - SMALLEST_SHIFT], &slab->node);
	*(void **)object = slab->free;
	slab->free = object;
	if (--slab->used == 0) {
		list_remove(&slab->node);
		page_free(slab);
	}
}

void *heap_alloc_unclear(size_t size)
{
	uint32_t count;
	void *pages;

	if (size > CHUNK_SIZE)
		return NULL;
	count = (uint32_t)(ALIGN_UP(size, (size_t)PAGE_SIZE) / PAGE_SIZE);
	pages = pages_alloc_unclear(count);
	if (pages)
		frame_set_owner(direct_physical(pages), (void *)(uintptr_t)count);
	return pages;
}

static void *alloc_pages(size_t size)
{
	void *pages = heap_alloc_unclear(size);

	return pages ? memset(pages, 0, size) : NULL;
}

static void free_pages(void *pages)
{
	paddr_t frame = direct_physical(pages);
	uint32_t count = (uint32_t)(uintptr_t)frame_owner(frame);

	frame_set_owner(frame, NULL);
	pages_free(pages, count);
}

/*
 * Objects have a power-of-two size and stand at multiples of it, so every alignment up to the
 * size is met.
 */
static unsigned shift_for(size_t size, size_t align)
{
	unsigned shift = SMALLEST_SHIFT;

	while ((size_t)1 << shift < MAX(size, align))
		shift++;
	return shift;
}

void *heap_alloc_aligned(size_t size, size_t align)
{
	unsigned shift;
	void *object;

	assert(align <= PAGE_SIZE);
	if (MAX(size, align) > 1u << LARGEST_SHIFT)
		return alloc_pages(size);
	shift = shift_for(size, align);
	spin_lock(&lock);
	if (!ready)
		prepare();
	object = alloc_small(shift);
	spin_unlock(&lock);
	return object;
}

void *heap_alloc(size_t size)
{
	return heap_alloc_aligned(size, 16);
}

void heap_free(void *pointer)
{
	if (!pointer)
		return;
	/* A slab's page begins with its header, so a page-aligned object is a run of pages. */
	if (IS_ALIGNED((uintptr_t)pointer, (uintptr_t)PAGE_SIZE)) {
		free_pages(pointer);
		return;
	}
	spin_lock(&lock);
	free_small(pointer);
	spin_unlock(&lock);
}
