// SPDX-License-Identifier: GPL-2.0-only
/* Reads RDSEED and RDRAND, and ignores an instruction that returns the same number every time. */
#include "arch/cpu/random.h"

#include "arch/cpu/cpu_features.h"
#include "arch/cpu/x86.h"

/* Ten is what the SDM recommends for RDRAND; RDSEED is exhausted sooner. */
#define RDRAND_TRIES 10u
#define RDSEED_TRIES 100u

typedef bool read_t(uint32_t *word);

static bool rdseed(uint32_t *word)
{
	bool good;

	__asm__ volatile("rdseed %0" : "=r"(*word), "=@ccc"(good));
	return good;
}

static bool rdrand(uint32_t *word)
{
	bool good;

	__asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(good));
	return good;
}

static bool read_one(read_t *read, unsigned tries, uint32_t *word)
{
	while (tries-- > 0) {
		if (read(word))
			return true;
		cpu_pause();
	}
	return false;
}

/* Broken CPUs return the same number each time (all ones, after a sleep). */
static unsigned read_all(read_t *read, unsigned tries, uint32_t words[CPU_RANDOM_WORDS])
{
	unsigned count = 0;
	bool alive = false;

	while (count < CPU_RANDOM_WORDS && read_one(read, tries, &words[count])) {
		alive |= count > 0 && words[count] != words[0];
		count++;
	}
	return alive ? count : 0;
}

unsigned cpu_read_rdseed(uint32_t words[CPU_RANDOM_WORDS])
{
	return cpu_features()->rdseed ? read_all(rdseed, RDSEED_TRIES, words) : 0;
}

unsigned cpu_read_rdrand(uint32_t words[CPU_RANDOM_WORDS])
{
	return cpu_features()->rdrand ? read_all(rdrand, RDRAND_TRIES, words) : 0;
}
