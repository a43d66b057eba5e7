// SPDX-License-Identifier: GPL-2.0-only
/* What tests ask of the machine: memory, patterns in it, the kernel's kind, time. */
#include "guest/linux/usertest/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>

static void *map(size_t size, int kind)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("usertest: no memory");
		exit(1);
	}
	return memory;
}

void *shared_memory(size_t size)
{
	return map(size, MAP_SHARED);
}

void *private_memory(size_t size)
{
	return map(size, MAP_PRIVATE);
}

/* A multiplier of a linear congruential generator (Knuth, TAOCP volume 2, section 3.3.4). */
static uint8_t pattern_at(size_t offset, uint32_t seed)
{
	return (uint8_t)(((uint32_t)offset * 1664525u + seed * 1013904223u) >> 16 ^ offset);
}

void pattern_fill(void *memory, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)memory)[i] = pattern_at(i, seed);
}

ssize_t pattern_check(const void *memory, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++)
		if (((const uint8_t *)memory)[i] != pattern_at(i, seed))
			return (ssize_t)i;
	return -1;
}

bool kernel_is_64(void)
{
	struct utsname name;

	return uname(&name) == 0 && strcmp(name.machine, "x86_64") == 0;
}

bool kernel_is_umbra(void)
{
	struct utsname name;

	return uname(&name) == 0 && strstr(name.release, "umbra");
}

bool cpuinfo_has(const char *line_name, const char *text)
{
	char line[4096];
	bool found = false;
	FILE *file = fopen("/proc/cpuinfo", "r");

	while (file && fgets(line, sizeof(line), file))
		found = found ||
			(strncmp(line, line_name, strlen(line_name)) == 0 && strstr(line, text));
	if (file)
		fclose(file);
	return found;
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
