/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many entries of guests' window tables name a frame, where several guests share it.  A frame
 * is named by small entries, of tables, and by large ones, each of which names a whole chunk.
 *
 * Two counts: of each chunk, how many large entries name it; and of each frame, how many small
 * ones do, less one where no large entry names its chunk, since that one is its owner.  So both
 * are 0 for frames that were never shared, and nobody has to count those.  A table is counted as
 * any frame.
 *
 * All functions but the first two are called with LOCK_USERS (mm/guest_share.c).
 */
#ifndef UMBRA_MM_FRAME_USERS_H
#define UMBRA_MM_FRAME_USERS_H

#include "arch/cpu/assert.h"
#include "mm/frames.h"

static inline uint16_t *users_of_frame(paddr_t frame)
{
	return &frame_users[frame >> PAGE_SHIFT];
}

static inline struct chunk_users *users_of_chunk(paddr_t frame)
{
	return &chunk_users[frame >> CHUNK_SHIFT];
}

/*
 * A chunk that was just allocated is named by one large entry; and no more, before it is freed.  By
 * its only owner, without the lock.
 */
static inline void chunk_users_begin(paddr_t chunk)
{
	users_of_chunk(chunk)->large = 1;
}

static inline void chunk_users_end(paddr_t chunk)
{
	assert(users_of_chunk(chunk)->large == 1 && users_of_chunk(chunk)->small == 0);
	users_of_chunk(chunk)->large = 0;
}

/* Does but one entry name the frame, or anything in the chunk? */
static inline bool frame_is_exclusive(paddr_t frame)
{
	return *users_of_frame(frame) == 0 && users_of_chunk(frame)->large == 0;
}

static inline bool chunk_is_exclusive(paddr_t chunk)
{
	const struct chunk_users *users = users_of_chunk(chunk);

	return users->large == 1 && users->small == 0;
}

/* One more entry names it; the caller has one that does. */
static inline void frame_share(paddr_t frame)
{
	uint16_t *users = users_of_frame(frame);

	/* A guest has one entry for a page: so there are fewer than guests, and one each split. */
	assert(*users < UINT16_MAX);
	++*users;
	users_of_chunk(frame)->small++;
}

static inline void chunk_share(paddr_t chunk)
{
	users_of_chunk(chunk)->large++;
}

/* A small entry that named the frame is gone; true: it was the last one, and the frame is free. */
static inline bool frame_unshare(paddr_t frame)
{
	uint16_t *users = users_of_frame(frame);

	if (*users == 0) {
		assert(users_of_chunk(frame)->large == 0);
		return true;
	}
	--*users;
	users_of_chunk(frame)->small--;
	return false;
}

/*
 * Instead of a large entry, a small one for each of its frames names the chunk.  512 steps at most.
 */
static inline void chunk_split(paddr_t chunk)
{
	/* With the last large entry goes the one by which small ones are counted less. */
	if (--users_of_chunk(chunk)->large == 0)
		return;
	for (uint32_t i = 0; i < FRAMES_PER_CHUNK; i++)
		frame_share(chunk + i * PAGE_SIZE);
}

/*
 * A large entry that named the chunk is gone; true: it was the last one, and frame_unshare says of
 * each of its frames whether it is free.
 */
static inline bool chunk_unshare(paddr_t chunk)
{
	return --users_of_chunk(chunk)->large == 0;
}

#endif
