// SPDX-License-Identifier: GPL-2.0-only
/*
 * What no good source fails: bits and bytes come evenly, and nothing repeats.
 * The bounds are five standard deviations and more, so that chance fails them
 * once in some hundred thousand runs.
 */
#include "guest/runtime/entropy.h"
#include "guest/runtime/report.h"
#include "guest/runtime/string.h"

#include <stdbool.h>

#define SIZE 65536u
#define BITS (8u * SIZE)
#define DEVIATION 362u                  /* of a count of bits: half the square root of BITS */
#define MEAN (SIZE / 256u)              /* of how often each byte comes */
#define CHI_LEAST 142u                  /* 255 degrees of freedom: mean 255, deviation 22.6 */
#define CHI_MOST 391u

static uint8_t bytes[SIZE];

/* The same for all tests. */
static void collect(void)
{
	static bool done;

	if (!done)
		entropy_read(bytes, sizeof(bytes));
	done = true;
}

static uint32_t bit(uint32_t index)
{
	return bytes[index / 8] >> index % 8 & 1;
}

static bool near_half(uint32_t count)
{
	return count > BITS / 2 - 5 * DEVIATION && count < BITS / 2 + 5 * DEVIATION;
}

TEST(statistics, monobit)
{
	uint32_t ones = 0;

	collect();
	for (uint32_t i = 0; i < BITS; i++)
		ones += bit(i);
	CHECK(near_half(ones), "%u of %u bits are set", ones, BITS);
}

TEST(statistics, runs)
{
	uint32_t runs = 1;

	collect();
	for (uint32_t i = 1; i < BITS; i++)
		runs += bit(i) != bit(i - 1);
	CHECK(near_half(runs), "%u runs in %u bits", runs, BITS);
}

TEST(statistics, chi_square)
{
	uint32_t counts[256] = {0};
	uint32_t sum = 0;

	collect();
	for (uint32_t i = 0; i < SIZE; i++)
		counts[bytes[i]]++;
	for (uint32_t i = 0; i < 256; i++)
		sum += (counts[i] - MEAN) * (counts[i] - MEAN);
	CHECK(sum / MEAN >= CHI_LEAST && sum / MEAN <= CHI_MOST, "chi-square is %u", sum / MEAN);
}

/* 4096 pieces of 16 bytes: two alike come once in 10^31 runs. */
TEST(statistics, no_repetition)
{
	collect();
	for (uint32_t i = 0; i < SIZE; i += 16)
		for (uint32_t j = i + 16; j < SIZE; j += 16)
			CHECK(memcmp(bytes + i, bytes + j, 16) != 0, "bytes %u and %u repeat", i,
			      j);
}
