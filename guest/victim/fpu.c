// SPDX-License-Identifier: GPL-2.0-only
/*
 * FPU and SSE registers as a store for a pattern. Nothing else in a guest uses
 * them (the compiler is told not to), so whatever changes them came from outside.
 */
#include "guest/victim/fpu.h"

#include "guest/runtime/string.h"

#include <stdbool.h>
#include <stddef.h>

#define CPUID_FXSR 0x01000000u
#define CPUID_SSE 0x02000000u

/* The image of fxsave (Intel SDM volume 1, table 10-2). */
struct fxsave_image {
	uint8_t control[32];
	uint8_t st[8][16];
	uint8_t xmm[8][16];
	uint8_t rest[224];
} __attribute__((packed, aligned(16)));

_Static_assert(sizeof(struct fxsave_image) == 512, "the CPU's own layout");

static struct fxsave_image expected;
static struct fxsave_image found;

static uint32_t features(void)
{
	uint32_t eax = 1, ebx, ecx, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
	return edx;
}

/* Small integers are exact in every format of the x87. */
static void fill_x87(uint32_t seed)
{
	__asm__ volatile("fninit");
	for (uint32_t i = 0; i < 8; i++) {
		int32_t value = (int32_t)((seed & 0xFFFF) * 8 + i);

		__asm__ volatile("fildl %0" : : "m"(value));
	}
}

static void fill_sse(uint32_t seed)
{
	uint32_t values[8][4];

	for (uint32_t i = 0; i < 32; i++)
		values[i / 4][i % 4] = seed * 0x9E3779B1u + i;
	__asm__ volatile("movups (%0), %%xmm0\n\tmovups 16(%0), %%xmm1\n\t"
			 "movups 32(%0), %%xmm2\n\tmovups 48(%0), %%xmm3\n\t"
			 "movups 64(%0), %%xmm4\n\tmovups 80(%0), %%xmm5\n\t"
			 "movups 96(%0), %%xmm6\n\tmovups 112(%0), %%xmm7"
			 :
			 : "r"(values)
			 : "memory");
}

static void save(struct fxsave_image *image)
{
	__asm__ volatile("fxsave %0" : "=m"(*image));
}

void fpu_fill(uint32_t seed)
{
	if (!(features() & CPUID_FXSR))
		return;
	fill_x87(seed);
	if (features() & CPUID_SSE)
		fill_sse(seed);
	save(&expected);
}

/* An x87 register has 10 bytes; the 6 behind them are reserved. */
static bool st_same(void)
{
	for (uint32_t i = 0; i < 8; i++)
		if (memcmp(expected.st[i], found.st[i], 10) != 0)
			return false;
	return true;
}

const char *fpu_check(void)
{
	if (!(features() & CPUID_FXSR))
		return NULL;
	save(&found);
	if (!st_same())
		return "x87 registers";
	if ((features() & CPUID_SSE) && memcmp(expected.xmm, found.xmm, sizeof(found.xmm)) != 0)
		return "SSE registers";
	return NULL;
}
