// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lib/entropy_pool.c.
 */
#include "lib/entropy_pool.h"
#include "tests/unit/unit.h"

#include <string.h>

static void worth_is_counted_and_bounded(void **state)
{
	struct entropy_pool pool = { .bits = 0 };

	(void)state;
	entropy_pool_add(&pool, "x", 1, 100);
	entropy_pool_add(&pool, "x", 1, 0);
	assert_int_equal(pool.bits, 100);
	assert_false(entropy_pool_is_full(&pool));
	entropy_pool_add(&pool, "x", 1, 155);
	assert_false(entropy_pool_is_full(&pool));
	entropy_pool_add(&pool, "x", 1, UINT32_MAX);
	assert_int_equal(pool.bits, ENTROPY_FULL);
	assert_true(entropy_pool_is_full(&pool));
	entropy_pool_add(&pool, "x", 1, UINT32_MAX);
	assert_int_equal(pool.bits, ENTROPY_FULL);
}

/* What is collected changes no key before the next reseed, which spends it. */
static void keys_change_with_a_reseed_only(void **state)
{
	struct entropy_pool pool = { .bits = 0 };
	struct csprng source;

	(void)state;
	entropy_pool_add(&pool, "first", 5, 40);
	entropy_pool_reseed(&pool);
	assert_int_equal(pool.bits, 0);
	assert_int_equal(pool.best, 40);
	assert_int_equal(pool.generation, 1);
	source = pool.source;
	entropy_pool_add(&pool, "second", 6, ENTROPY_FULL);
	assert_memory_equal(&source, &pool.source, sizeof(source));
	entropy_pool_reseed(&pool);
	assert_memory_not_equal(&source, &pool.source, sizeof(source));
	assert_int_equal(pool.best, ENTROPY_FULL);
	assert_int_equal(pool.generation, 2);
	/* A poor one later takes nothing back. */
	entropy_pool_reseed(&pool);
	assert_int_equal(pool.best, ENTROPY_FULL);
}

/* Equal pools give equal keys; the smallest difference, however long ago, makes others. */
static void keys_depend_on_everything(void **state)
{
	struct entropy_pool pools[3];
	struct csprng keys[3];

	(void)state;
	memset(pools, 0, sizeof(pools));
	memset(keys, 0, sizeof(keys));
	for (unsigned i = 0; i < 3; i++) {
		entropy_pool_add(&pools[i], i == 2 ? "y" : "x", 1, 0);
		entropy_pool_add(&pools[i], "the same", 8, ENTROPY_FULL);
		entropy_pool_reseed(&pools[i]);
		entropy_pool_seed(&pools[i], &keys[i]);
	}
	assert_memory_equal(&keys[0], &keys[1], sizeof(keys[0]));
	assert_memory_not_equal(&keys[0], &keys[2], sizeof(keys[0]));
}

/* Two guests' generators differ, from the pool's state too, and so does a second key. */
static void everybody_has_a_key_of_their_own(void **state)
{
	struct entropy_pool pool = { .bits = 0 };
	struct csprng one = { { 0 } }, two = { { 0 } }, before;

	(void)state;
	entropy_pool_add(&pool, "something", 9, ENTROPY_FULL);
	entropy_pool_reseed(&pool);
	entropy_pool_seed(&pool, &one);
	entropy_pool_seed(&pool, &two);
	assert_memory_not_equal(&one, &two, sizeof(one));
	assert_memory_not_equal(&one, &pool.source, sizeof(one));
	assert_memory_not_equal(&two, &pool.source, sizeof(two));
	before = one;
	entropy_pool_seed(&pool, &one);
	assert_memory_not_equal(&one, &before, sizeof(one));
}

/* --- jitter --------------------------------------------------------------------------- */

/* Notes events until a batch is complete; what it was worth. */
static unsigned worth(uint32_t (*next)(uint32_t moment))
{
	struct entropy_pool pool = { .bits = 0 };
	struct jitter jitter = { .events = 0 };
	uint32_t moment = 0xFFFF0000;	/* it wraps on the way */
	unsigned count = 1;

	while (!jitter_note(&jitter, moment)) {
		moment = next(moment);
		count++;
	}
	assert_int_equal(count, JITTER_EVENTS);
	jitter_take(&jitter, &pool);
	assert_int_equal(jitter.events, 0);
	assert_int_equal(jitter.irregular, 0);
	for (unsigned i = 0; i < JITTER_WORDS; i++)
		assert_int_equal(jitter.words[i], 0);
	return pool.bits;
}

static uint32_t regular(uint32_t moment)
{
	return moment + 100000;
}

static uint32_t accelerating(uint32_t moment)
{
	static uint32_t distance = 1000;

	distance += 100;
	return moment + distance;
}

static uint32_t hardly_moving(uint32_t moment)
{
	static uint64_t random = 1;

	return moment + (uint32_t)(unit_random(&random) % JITTER_TICKS);
}

static uint32_t to_and_fro(uint32_t moment)
{
	return moment + (moment & 1 ? 100001 : 1001);
}

/* Six steps that come again and again: two clocks in proportion. */
static uint32_t beating(uint32_t moment)
{
	static const uint32_t steps[] = { 712, 704, 640, 1000, 520, 640 };
	static unsigned next;

	return moment + steps[next++ % 6];
}

static uint32_t irregular(uint32_t moment)
{
	static uint64_t random = 1;

	return moment + 1000 + (uint32_t)(unit_random(&random) % 100000);
}

/* The first events of a batch follow on nothing and may look irregular: less than a bit. */
static void what_repeats_itself_is_worth_nothing(void **state)
{
	(void)state;
	assert_int_equal(worth(regular), 0);
	assert_int_equal(worth(accelerating), 0);
	assert_int_equal(worth(to_and_fro), 0);
	assert_int_equal(worth(beating), 0);
}

static void irregular_moments_are_worth_a_little(void **state)
{
	(void)state;
	assert_true(worth(hardly_moving) < JITTER_EVENTS / JITTER_PER_BIT / 4);
	assert_in_range(worth(irregular), JITTER_EVENTS / JITTER_PER_BIT - 2,
			JITTER_EVENTS / JITTER_PER_BIT);
}

/* Nor is the time that passes between two runs of moments, whatever it is. */
static void pauses_are_worth_nothing(void **state)
{
	struct entropy_pool pool = { .bits = 0 };
	struct jitter jitter = { .events = 0 };
	uint32_t moment = 0, pause = 12345;

	(void)state;
	for (unsigned i = 0; i < JITTER_EVENTS; i++) {
		if (i % 32 == 0) {
			pause = pause * 1103515245 + 12345;
			moment += pause >> 8;
			jitter_resume(&jitter);
		}
		moment += 1000;
		jitter_note(&jitter, moment);
	}
	jitter_take(&jitter, &pool);
	assert_int_equal(pool.bits, 0);
}

/* Each moment's lowest bit makes another pool. */
static void every_moment_counts(void **state)
{
	struct entropy_pool pools[JITTER_EVENTS + 1];

	(void)state;
	memset(pools, 0, sizeof(pools));
	for (unsigned odd = 0; odd <= JITTER_EVENTS; odd++) {
		struct jitter jitter = { .events = 0 };

		for (unsigned i = 0; i < JITTER_EVENTS; i++)
			jitter_note(&jitter, 100000 * i + (i == odd));
		jitter_take(&jitter, &pools[odd]);
		for (unsigned other = 0; other < odd; other++)
			assert_memory_not_equal(&pools[odd].collector, &pools[other].collector,
						sizeof(pools[odd].collector));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worth_is_counted_and_bounded),
		cmocka_unit_test(keys_change_with_a_reseed_only),
		cmocka_unit_test(keys_depend_on_everything),
		cmocka_unit_test(everybody_has_a_key_of_their_own),
		cmocka_unit_test(what_repeats_itself_is_worth_nothing),
		cmocka_unit_test(irregular_moments_are_worth_a_little),
		cmocka_unit_test(pauses_are_worth_nothing),
		cmocka_unit_test(every_moment_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
