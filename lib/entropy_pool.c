// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool of entropy, and the estimate of how much entropy the moments of interrupts hold.
 */
#include "lib/entropy_pool.h"

#include "lib/compiler.h"
#include "lib/string.h"

void entropy_pool_add(struct entropy_pool *pool, const void *bytes, size_t size, unsigned bits)
{
	csprng_mix(&pool->collector, bytes, size);
	pool->bits = MIN(pool->bits + MIN(bits, ENTROPY_FULL), ENTROPY_FULL);
}

bool entropy_pool_is_full(const struct entropy_pool *pool)
{
	return pool->bits >= ENTROPY_FULL;
}

void entropy_pool_seed(struct entropy_pool *pool, struct csprng *generator)
{
	uint8_t key[CHACHA20_KEY_SIZE];

	csprng_fill(&pool->source, key, sizeof(key));
	csprng_mix(generator, key, sizeof(key));
	memory_wipe(key, sizeof(key));
}

void entropy_pool_reseed(struct entropy_pool *pool)
{
	uint8_t key[CHACHA20_KEY_SIZE];

	csprng_fill(&pool->collector, key, sizeof(key));
	csprng_mix(&pool->source, key, sizeof(key));
	memory_wipe(key, sizeof(key));
	pool->best = MAX(pool->best, pool->bits);
	pool->bits = 0;
	pool->generation++;
}

/* No change, or one of the last changes: the event is part of a pattern. */
static bool is_expected(const struct jitter *jitter, uint32_t change)
{
	bool expected = change == 0;

	for (unsigned i = 0; i < JITTER_LAGS; i++)
		expected |= jitter->changes[i] == change;
	return expected;
}

/*
 * Spreads the low bits, which are the ones that vary, over the word without losing any: an odd
 * factor, Knuth's 2^32 by the golden ratio, and a rotation.
 */
static uint32_t fold(uint32_t word)
{
	word *= 0x9E3779B1u;
	return word << 13 | word >> 19;
}

bool jitter_note(struct jitter *jitter, uint32_t tsc)
{
	uint32_t *word = &jitter->words[jitter->events % JITTER_WORDS];
	uint32_t distance = tsc - jitter->last;
	bool counts = jitter->uncounted == 0, irregular;
	/* Rounded to the nearest step, so that a small change either way counts as none. */
	uint32_t change = (distance - jitter->distance + JITTER_TICKS / 2) / JITTER_TICKS;

	*word = fold(*word ^ tsc);
	/* The same instructions whether it counts or not, or they would be a change themselves. */
	irregular = !is_expected(jitter, change);
	jitter->irregular += irregular & counts;
	jitter->uncounted -= !counts;
	jitter->changes[jitter->events % JITTER_LAGS] = change;
	jitter->last = tsc;
	jitter->distance = distance;
	jitter->events++;
	return jitter->events >= JITTER_EVENTS;
}

void jitter_resume(struct jitter *jitter)
{
	jitter->uncounted = 2;
}

void jitter_take(struct jitter *jitter, struct entropy_pool *pool)
{
	entropy_pool_add(pool, jitter->words, sizeof(jitter->words),
			 jitter->irregular / JITTER_PER_BIT);
	memory_wipe(jitter->words, sizeof(jitter->words));
	jitter->events = jitter->irregular = 0;
}
