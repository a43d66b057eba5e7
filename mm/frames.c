// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frame allocator.  Each chunk has a bitmap of its free frames and their count.  Chunks below
 * `low_chunks` are reached by the direct map.  A search begins where the last one succeeded.
 */
#include "mm/frames.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/spinlock.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/frame_ranges.h"

/* The first chunk above 4 GB: memory below is kept for devices with 32-bit addresses. */
#define FAR_CHUNK (1u << (32 - CHUNK_SHIFT))

/* Of what is kept, so much has to be low: a table for every so many frames. */
#define KEPT_LOW_SHARE 8u

struct chunk {
	uint32_t free_map[MAP_WORDS];
	uint32_t free;
};

/* The lock guards everything below. */
static struct spinlock lock = SPINLOCK(LOCK_FRAMES);
static const struct memory_range *memory;	/* as the firmware described it */
static unsigned memory_count;
static struct chunk *chunks;
static uint32_t chunk_count, low_chunks;
void **frame_owners;			/* one a low frame */
uint16_t *frame_users;			/* one a frame */
struct chunk_users *chunk_users;	/* one a chunk */
static uint32_t total, low_free, high_free;
static uint32_t low_reserved;		/* of low_free, reserved for an owner */
static uint32_t promised;		/* of all free frames, low or high */
static uint32_t kept;			/* of those neither reserved nor promised */
static uint32_t low_hint, high_hint;	/* chunks where the next search starts */

static bool is_low(uint32_t chunk)
{
	return chunk < low_chunks;
}

static void count_free(uint32_t chunk, int32_t change)
{
	chunks[chunk].free = (uint32_t)((int32_t)chunks[chunk].free + change);
	if (is_low(chunk))
		low_free = (uint32_t)((int32_t)low_free + change);
	else
		high_free = (uint32_t)((int32_t)high_free + change);
}

static void set_frame(uint32_t chunk, uint32_t bit, bool usable)
{
	uint32_t *word = &chunks[chunk].free_map[bit / 32];

	if (((*word & BIT(bit % 32)) != 0) == usable)
		return;
	*word ^= BIT(bit % 32);
	count_free(chunk, usable ? 1 : -1);
}

static void set_chunk(uint32_t chunk, bool usable)
{
	uint32_t free = usable ? FRAMES_PER_CHUNK : 0;

	memset(chunks[chunk].free_map, usable ? 0xFF : 0, sizeof(chunks[chunk].free_map));
	count_free(chunk, (int32_t)(free - chunks[chunk].free));
}

/* Sets whole chunks in one step: 64 GB are 16 million frames. */
static void set_range(paddr_t start, paddr_t end, bool usable)
{
	paddr_t frame = start;

	while (frame < end) {
		uint32_t chunk;

		/* Ranges of the firmware may lie above all chunks that Umbra uses. */
		if (frame >> CHUNK_SHIFT >= chunk_count)
			return;
		chunk = (uint32_t)(frame >> CHUNK_SHIFT);
		if (IS_ALIGNED(frame, (paddr_t)CHUNK_SIZE) && end - frame >= CHUNK_SIZE) {
			set_chunk(chunk, usable);
			frame += CHUNK_SIZE;
		} else {
			set_frame(chunk, (uint32_t)(frame >> PAGE_SHIFT) % FRAMES_PER_CHUNK,
				  usable);
			frame += PAGE_SIZE;
		}
	}
}

int frames_init(const struct memory_range *usable, unsigned usable_count,
		const struct memory_range *reserved, unsigned reserved_count, paddr_t limit)
{
	paddr_t top = 0, room;
	uint32_t size, users_size, low_frames;

	memory = usable;
	memory_count = usable_count;
	for (unsigned i = 0; i < usable_count; i++)
		top = MAX(top, usable[i].end);
	top = MIN(top, limit);
	chunk_count = (uint32_t)((top + CHUNK_SIZE - 1) >> CHUNK_SHIFT);
	low_chunks = MIN(chunk_count, DIRECT_MAP_SIZE >> CHUNK_SHIFT);
	low_frames = low_chunks * FRAMES_PER_CHUNK;

	size = chunk_count * (uint32_t)(sizeof(*chunks) + sizeof(*chunk_users)) +
	       low_frames * (uint32_t)sizeof(*frame_owners);
	users_size = chunk_count * FRAMES_PER_CHUNK * (uint32_t)sizeof(*frame_users);
	size = ALIGN_UP(size + users_size, PAGE_SIZE);
	room = find_room(size, usable, usable_count, reserved, reserved_count);
	if (!room) {
		/* So little low memory below so much: guests do without clones. */
		size = ALIGN_UP(size - users_size, PAGE_SIZE);
		users_size = 0;
		room = find_room(size, usable, usable_count, reserved, reserved_count);
	}
	if (!room)
		return -E_NOMEM;
	chunks = direct_map(room);
	frame_owners = (void **)(void *)(chunks + chunk_count);
	chunk_users = (struct chunk_users *)(void *)(frame_owners + low_frames);
	frame_users = users_size ? (uint16_t *)(void *)(chunk_users + chunk_count) : NULL;
	memset(chunks, 0, size);
	high_hint = FAR_CHUNK < chunk_count ? FAR_CHUNK : low_chunks;

	for (unsigned i = 0; i < usable_count; i++)
		set_range(page_above(usable[i].start),
			  ALIGN_DOWN(usable[i].end, (paddr_t)PAGE_SIZE), true);
	for (unsigned i = 0; i < reserved_count; i++)
		set_range(ALIGN_DOWN(reserved[i].start, (paddr_t)PAGE_SIZE),
			  page_above(reserved[i].end), false);
	set_range(room, room + size, false);
	total = low_free + high_free;
	return 0;
}

/*
 * A chunk in [first, end) with at least `least` free frames, from *hint on.  A
 * search for single frames prefers chunks that are split already.
 */
static bool find_chunk(uint32_t first, uint32_t end, uint32_t *hint, uint32_t least,
		       uint32_t *found)
{
	uint32_t whole = end;

	for (uint32_t i = 0; i < end - first; i++) {
		uint32_t chunk = *hint + i < end ? *hint + i : *hint + i - (end - first);

		if (chunks[chunk].free < least)
			continue;
		if (least > 1 || chunks[chunk].free < FRAMES_PER_CHUNK) {
			*found = *hint = chunk;
			return true;
		}
		if (whole == end)
			whole = chunk;
	}
	if (whole == end)
		return false;
	*found = *hint = whole;
	return true;
}

static paddr_t take_frame(uint32_t chunk)
{
	uint32_t *map = chunks[chunk].free_map, word = 0, bit;

	while (map[word] == 0)
		word++;
	bit = (uint32_t)__builtin_ctz(map[word]);
	map[word] &= ~BIT(bit);
	count_free(chunk, -1);
	return ((paddr_t)chunk << CHUNK_SHIFT) + (paddr_t)(word * 32 + bit) * PAGE_SIZE;
}

static bool take_low_frame(paddr_t *frame)
{
	uint32_t chunk;

	if (!find_chunk(0, low_chunks, &low_hint, 1, &chunk))
		return false;
	*frame = take_frame(chunk);
	return true;
}

/* How many free frames are neither set aside nor promised. */
static uint32_t uncommitted(void)
{
	return low_free - low_reserved + high_free - promised;
}

/* How many of them are for anybody. */
static uint32_t spare(void)
{
	return uncommitted() - MIN(uncommitted(), kept);
}

static bool take_any(enum frame_zone zone, paddr_t *frame)
{
	uint32_t chunk;

	if (zone == FRAME_ANY && high_free > 0 &&
	    find_chunk(low_chunks, chunk_count, &high_hint, 1, &chunk)) {
		*frame = take_frame(chunk);
		return true;
	}
	return low_free > low_reserved && take_low_frame(frame);
}

bool frame_alloc(enum frame_zone zone, paddr_t *frame)
{
	bool done;

	spin_lock(&lock);
	done = spare() > 0 && take_any(zone, frame);
	spin_unlock(&lock);
	return done;
}

bool frame_alloc_kept(enum frame_zone zone, paddr_t *frame)
{
	bool done;

	spin_lock(&lock);
	done = uncommitted() > 0 && take_any(zone, frame);
	spin_unlock(&lock);
	return done;
}

int frames_keep(uint32_t count)
{
	int result = -E_NOMEM;

	spin_lock(&lock);
	if (count <= MAX(uncommitted(), kept)) {
		kept = count;
		result = 0;
	}
	spin_unlock(&lock);
	return result;
}

bool frames_are_short(void)
{
	bool are_short;

	spin_lock(&lock);
	are_short = uncommitted() < kept || low_free - low_reserved < kept / KEPT_LOW_SHARE;
	spin_unlock(&lock);
	return are_short;
}

void frame_alloc_promised(paddr_t *frame)
{
	spin_lock(&lock);
	if (promised == 0 || !take_any(FRAME_ANY, frame))
		panic("a frame that was promised is gone");
	promised--;
	spin_unlock(&lock);
}

static void give_frame(paddr_t frame)
{
	uint32_t chunk = (uint32_t)(frame >> CHUNK_SHIFT);
	uint32_t bit = (uint32_t)(frame >> PAGE_SHIFT) % FRAMES_PER_CHUNK;

	assert((chunks[chunk].free_map[bit / 32] & BIT(bit % 32)) == 0);
	chunks[chunk].free_map[bit / 32] |= BIT(bit % 32);
	count_free(chunk, 1);
}

void frame_free(paddr_t frame)
{
	spin_lock(&lock);
	give_frame(frame);
	spin_unlock(&lock);
}

static paddr_t take_chunk(uint32_t chunk)
{
	memset(chunks[chunk].free_map, 0, sizeof(chunks[chunk].free_map));
	count_free(chunk, -(int32_t)FRAMES_PER_CHUNK);
	return (paddr_t)chunk << CHUNK_SHIFT;
}

static bool take_any_chunk(paddr_t *address)
{
	uint32_t chunk;

	if ((high_free < FRAMES_PER_CHUNK ||
	     !find_chunk(low_chunks, chunk_count, &high_hint, FRAMES_PER_CHUNK, &chunk)) &&
	    (low_free < low_reserved + FRAMES_PER_CHUNK ||
	     !find_chunk(0, low_chunks, &low_hint, FRAMES_PER_CHUNK, &chunk)))
		return false;
	*address = take_chunk(chunk);
	return true;
}

bool chunk_alloc_promised(paddr_t *address)
{
	bool done;

	spin_lock(&lock);
	assert(promised >= FRAMES_PER_CHUNK);
	done = take_any_chunk(address);
	if (done)
		promised -= FRAMES_PER_CHUNK;
	spin_unlock(&lock);
	return done;
}

void chunk_free(paddr_t address)
{
	uint32_t chunk = (uint32_t)(address >> CHUNK_SHIFT);

	spin_lock(&lock);
	assert(chunks[chunk].free == 0);
	memset(chunks[chunk].free_map, 0xFF, sizeof(chunks[chunk].free_map));
	count_free(chunk, (int32_t)FRAMES_PER_CHUNK);
	spin_unlock(&lock);
}

void *page_alloc(void)
{
	paddr_t frame;

	if (!frame_alloc(FRAME_LOW, &frame))
		return NULL;
	return memset(direct_map(frame), 0, PAGE_SIZE);
}

void page_free(void *page)
{
	frame_free(direct_physical(page));
}

static bool take_run(uint32_t count, paddr_t *first)
{
	if (low_free < low_reserved + count || spare() < count)
		return false;
	for (uint32_t chunk = 0; chunk < low_chunks; chunk++) {
		uint32_t bit = FRAMES_PER_CHUNK;

		if (chunks[chunk].free >= count)
			bit = find_run(chunks[chunk].free_map, count);
		if (bit < FRAMES_PER_CHUNK) {
			*first = ((paddr_t)chunk << CHUNK_SHIFT) + (paddr_t)bit * PAGE_SIZE;
			set_range(*first, *first + (paddr_t)count * PAGE_SIZE, false);
			return true;
		}
	}
	return false;
}

void *pages_alloc_unclear(uint32_t count)
{
	paddr_t first;
	bool done;

	assert(count > 0 && count <= FRAMES_PER_CHUNK);
	spin_lock(&lock);
	done = take_run(count, &first);
	spin_unlock(&lock);
	return done ? direct_map(first) : NULL;
}

void *pages_alloc(uint32_t count)
{
	void *pages = pages_alloc_unclear(count);

	return pages ? memset(pages, 0, count * PAGE_SIZE) : NULL;
}

void pages_free(void *pages, uint32_t count)
{
	paddr_t first = direct_physical(pages);

	spin_lock(&lock);
	set_range(first, first + (paddr_t)count * PAGE_SIZE, true);
	spin_unlock(&lock);
}

int frames_reserve(uint32_t count)
{
	int result = -E_NOMEM;

	spin_lock(&lock);
	if (count <= low_free - low_reserved && count <= spare()) {
		low_reserved += count;
		result = 0;
	}
	spin_unlock(&lock);
	return result;
}

void frames_unreserve(uint32_t count)
{
	spin_lock(&lock);
	assert(count <= low_reserved);
	low_reserved -= count;
	spin_unlock(&lock);
}

int frames_promise(uint32_t count)
{
	int result = -E_NOMEM;

	spin_lock(&lock);
	if (count <= spare()) {
		promised += count;
		result = 0;
	}
	spin_unlock(&lock);
	return result;
}

void frames_withdraw(uint32_t count)
{
	spin_lock(&lock);
	assert(count <= promised);
	promised -= count;
	spin_unlock(&lock);
}

void *page_alloc_reserved(void)
{
	paddr_t frame;

	spin_lock(&lock);
	if (!take_low_frame(&frame))
		panic("a frame that was set aside is gone");
	low_reserved--;
	spin_unlock(&lock);
	return memset(direct_map(frame), 0, PAGE_SIZE);
}

void page_free_reserved(void *page)
{
	/* One lock for both steps: else another CPU could take the frame in between. */
	spin_lock(&lock);
	give_frame(direct_physical(page));
	low_reserved++;
	spin_unlock(&lock);
}

bool frames_are_memory(paddr_t address, uint64_t length)
{
	paddr_t end = length > UINT64_MAX - address ? UINT64_MAX : address + length;

	for (unsigned i = 0; i < memory_count; i++)
		if (overlaps(&memory[i], address, end))
			return true;
	return false;
}

uint32_t frames_total(void)
{
	return total;
}

uint32_t frames_free(void)
{
	return low_free + high_free - promised;
}

/* Promised frames come from high memory as long as there is any. */
uint32_t frames_low_free(void)
{
	return low_free - (promised > high_free ? promised - high_free : 0);
}
