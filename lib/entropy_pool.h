/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Collects entropy, and makes keys for generators of random numbers.  Two states are kept
 * apart: the collector takes everything in as it comes, and the source, from which keys are
 * made, gets a new key from the collector only when that has gained ENTROPY_FULL bits since the
 * last time.  If the source were given every few bits, an attacker who knows an old state could
 * try all their values and keep up.
 *
 * Pure.  Its owner names the lock.
 */
#ifndef UMBRA_LIB_ENTROPY_POOL_H
#define UMBRA_LIB_ENTROPY_POOL_H

#include "lib/csprng.h"

#include <stdbool.h>

#define ENTROPY_FULL 256u	/* bits: a key of ChaCha20 */

/* All zero is an empty one. */
struct entropy_pool {
	struct csprng collector, source;
	unsigned bits;		/* gained since the source was given a key, at most ENTROPY_FULL */
	unsigned best;		/* the most that a key of the source was ever worth, likewise */
	uint32_t generation;	/* counts the source's keys */
};

/* Takes in size bytes, estimated to be worth bits. */
void entropy_pool_add(struct entropy_pool *pool, const void *bytes, size_t size, unsigned bits);

/* True when the collector is worth a key of the source. */
bool entropy_pool_is_full(const struct entropy_pool *pool);

/*
 * Gives the source a new key, however few bits the collector has: at the start, and when the
 * collector is full.
 */
void entropy_pool_reseed(struct entropy_pool *pool);

/* Mixes a new key into generator, which belongs to the caller. */
void entropy_pool_seed(struct entropy_pool *pool, struct csprng *generator);

/*
 * Jitter: the moments of events, in ticks of the TSC, which are collected at little cost and given
 * to the pool in batches.  An event counts as irregular when its distance from the event before has
 * changed, in steps of JITTER_TICKS, and by none of the last JITTER_LAGS changes: two clocks in a
 * fixed proportion make patterns, which hold no entropy.  JITTER_PER_BIT irregular events count as
 * one bit, however many bits the change has.
 */
#define JITTER_WORDS 12u
#define JITTER_EVENTS 768u	/* make a batch; a multiple of JITTER_WORDS */
#define JITTER_TICKS 16u	/* a power of two, so that dividing costs nothing */
#define JITTER_LAGS 8u
#define JITTER_PER_BIT 16u	/* irregular events for one bit */

struct jitter {
	uint32_t words[JITTER_WORDS];
	unsigned events;	/* in the words */
	unsigned irregular;	/* of them */
	uint32_t last, distance;
	uint32_t changes[JITTER_LAGS];
	unsigned uncounted;	/* so many of the next events do not count, however irregular */
};

/* Adds an event at that moment.  True when a batch is complete: jitter_take is due. */
bool jitter_note(struct jitter *jitter, uint32_t tsc);

/*
 * Something else was done since the last event: the distance of the next one says nothing, nor does
 * the change to the one after it, and neither is counted.
 */
void jitter_resume(struct jitter *jitter);

/* Moves what was collected to the pool. */
void jitter_take(struct jitter *jitter, struct entropy_pool *pool);

#endif
