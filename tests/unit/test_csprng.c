// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lib/csprng.c.
 */
#include "lib/csprng.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#define MOST 1000

static struct csprng seeded(const char *seed)
{
	struct csprng generator = { { 0 } };

	csprng_mix(&generator, seed, strlen(seed));
	return generator;
}

/* Block 0 of the all-zero key (RFC 8439) is an all-zero generator's next key and output. */
static void output_follows_the_key(void **state)
{
	static const uint8_t nonce[CHACHA20_NONCE_SIZE];
	struct csprng generator = { { 0 } };
	uint8_t zero[CHACHA20_KEY_SIZE] = { 0 };
	uint8_t blocks[3][CHACHA20_BLOCK_SIZE];
	uint8_t bytes[32 + 64 + 5];

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		chacha20_block(zero, i, nonce, blocks[i]);
	csprng_fill(&generator, bytes, sizeof(bytes));
	assert_memory_equal(generator.key, blocks[0], CHACHA20_KEY_SIZE);
	assert_memory_equal(bytes, (uint8_t *)blocks + CHACHA20_KEY_SIZE, sizeof(bytes));
}

static bool contains(const uint8_t *text, size_t size, const uint8_t *wanted, size_t length)
{
	for (size_t i = 0; i + length <= size; i++)
		if (memcmp(text + i, wanted, length) == 0)
			return true;
	return false;
}

/* Neither what was given out nor the key it came from can be read in the state afterwards. */
static void the_past_is_gone(void **state)
{
	(void)state;
	for (size_t size = 0; size < MOST; size += 37) {
		struct csprng generator = seeded("seed");
		struct csprng before = generator;
		uint8_t bytes[MOST];

		csprng_fill(&generator, bytes, size);
		assert_memory_not_equal(generator.key, before.key, sizeof(before.key));
		for (size_t i = 0; i + 8 <= sizeof(generator.key); i++)
			assert_false(contains(bytes, size, generator.key + i, 8));
	}
}

/* Writes as much as it was asked for and not a byte more. */
static void fills_exactly(void **state)
{
	(void)state;
	for (size_t size = 0; size < 300; size++) {
		struct csprng generator = seeded("seed");
		uint8_t bytes[310], again[310];

		memset(bytes, 0xAA, sizeof(bytes));
		memset(again, 0x55, sizeof(again));
		csprng_fill(&generator, bytes, size);
		generator = seeded("seed");
		csprng_fill(&generator, again, size);
		for (size_t i = 0; i < sizeof(bytes); i++)
			assert_true(i < size ? bytes[i] == again[i]
					     : bytes[i] == 0xAA && again[i] == 0x55);
	}
}

static void calls_do_not_repeat(void **state)
{
	struct csprng generator = seeded("seed");
	uint8_t bytes[64][16];

	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		csprng_fill(&generator, bytes[i], sizeof(bytes[i]));
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(bytes[i], bytes[j], sizeof(bytes[i]));
	}
}

/* Every byte, the length, and what was there before count. */
static void seeds_count(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} seeds[] = {
		{ "", 0 }, { "\0", 1 }, { "\0\0", 2 }, { "a", 1 }, { "a\0", 2 }, { "b", 1 },
		{ "\0\0\0\0\0\0\0\0\0\0\0", 11 }, { "\0\0\0\0\0\0\0\0\0\0\0\0", 12 },
		{ "\0\0\0\0\0\0\0\0\0\0\0\0\0", 13 }, { "twelve bytes and more", 21 },
		{ "twelve bytes and morf", 21 }, { "twelve byteT and more", 21 },
	};
	struct csprng results[12];

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		results[i] = seeded("before");
		csprng_mix(&results[i], seeds[i].bytes, seeds[i].size);
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(&results[i], &results[j], sizeof(results[i]));
	}
}

/* What somebody else chose to mix in does not undo what was there. */
static void a_known_seed_does_no_harm(void **state)
{
	struct csprng one = seeded("one"), two = seeded("two");
	uint8_t evil[64];

	(void)state;
	memset(evil, 0, sizeof(evil));
	csprng_mix(&one, evil, sizeof(evil));
	csprng_mix(&two, evil, sizeof(evil));
	assert_memory_not_equal(&one, &two, sizeof(one));
}

static void wiped_is_zero(void **state)
{
	struct csprng generator = seeded("seed"), zero = { { 0 } };

	(void)state;
	csprng_wipe(&generator);
	assert_memory_equal(&generator, &zero, sizeof(zero));
}

/* Of a megabyte: ones, runs, and how often each byte comes; 5 standard deviations. */
static void looks_random(void **state)
{
	struct csprng generator = seeded("seed");
	static uint8_t bytes[1 << 20];
	unsigned long counts[256] = { 0 };
	double ones = 0, runs = 1, chi = 0, bits = 8.0 * sizeof(bytes);
	unsigned last = 2;

	(void)state;
	csprng_fill(&generator, bytes, sizeof(bytes));
	for (size_t i = 0; i < 8 * sizeof(bytes); i++) {
		unsigned bit = bytes[i / 8] >> i % 8 & 1;

		ones += bit;
		runs += last != 2 && bit != last;
		last = bit;
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		counts[bytes[i]]++;
	for (unsigned i = 0; i < 256; i++) {
		double expected = sizeof(bytes) / 256.0, off = (double)counts[i] - expected;

		chi += off * off / expected;
	}
	/* The square root of bits is 2896. */
	assert_true(ones > bits / 2 - 2.5 * 2896 && ones < bits / 2 + 2.5 * 2896);
	assert_true(runs > bits / 2 - 2.5 * 2896 && runs < bits / 2 + 2.5 * 2896);
	/* 255 degrees of freedom: mean 255, deviation 22.6. */
	assert_true(chi > 255 - 5 * 22.6 && chi < 255 + 5 * 22.6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_follows_the_key),
		cmocka_unit_test(the_past_is_gone),
		cmocka_unit_test(fills_exactly),
		cmocka_unit_test(calls_do_not_repeat),
		cmocka_unit_test(seeds_count),
		cmocka_unit_test(a_known_seed_does_no_harm),
		cmocka_unit_test(wiped_is_zero),
		cmocka_unit_test(looks_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
