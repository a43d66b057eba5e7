// SPDX-License-Identifier: GPL-2.0-only
/* Clocks: through system calls and through the vDSO, which never go back and agree. */
#include "guest/linux/usertest/test.h"

#include <elf.h>
#include <link.h>
#include <sched.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define READS 20000u

typedef long (*clock_function)(clockid_t, struct timespec *);

static uint64_t ns_of(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

static uint64_t by_call(clockid_t clock)
{
	struct timespec time = { 0 };

	syscall(SYS_clock_gettime, clock, &time);
	return ns_of(&time);
}

/* A function of the vDSO by its name, found as the dynamic linker does (vdso(7)). */
static void *vdso_function(const char *name)
{
	uintptr_t base = getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *header = (const void *)base;
	const ElfW(Phdr) * segments;
	const ElfW(Dyn) *dynamic = NULL;
	const ElfW(Sym) *symbols = NULL;
	const char *names = NULL;
	const uint32_t *hash = NULL;

	if (!base)
		return NULL;
	segments = (const void *)(base + header->e_phoff);
	for (unsigned i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_DYNAMIC)
			dynamic = (const void *)(base + segments[i].p_offset);
	for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
		if (dynamic->d_tag == DT_SYMTAB)
			symbols = (const void *)(base + dynamic->d_un.d_ptr);
		else if (dynamic->d_tag == DT_STRTAB)
			names = (const void *)(base + dynamic->d_un.d_ptr);
		else if (dynamic->d_tag == DT_HASH)
			hash = (const void *)(base + dynamic->d_un.d_ptr);
	}
	for (uint32_t i = 0; symbols && names && hash && i < hash[1]; i++)
		if (symbols[i].st_shndx && strcmp(names + symbols[i].st_name, name) == 0)
			return (void *)(base + symbols[i].st_value);
	return NULL;
}

TEST(clocks, monotonic)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME,
					    CLOCK_REALTIME };

	for (unsigned i = 0; i < 4; i++) {
		uint64_t last = by_call(clocks[i]);

		for (unsigned n = 0; n < READS * test_storm; n++) {
			uint64_t now = by_call(clocks[i]);

			CHECK(now >= last, "clock %d went back by %llu ns", clocks[i],
			      (unsigned long long)(last - now));
			last = now;
		}
	}
}

TEST(clocks, vdso)
{
	void *found = vdso_function("__vdso_clock_gettime");
	clock_function read_clock;
	struct timespec time;

	CHECK(found, "the vDSO has no __vdso_clock_gettime");
	memcpy(&read_clock, &found, sizeof(read_clock));
	for (unsigned n = 0; n < READS * test_storm; n++) {
		uint64_t before = by_call(CLOCK_MONOTONIC), between, after;

		CHECK(read_clock(CLOCK_MONOTONIC, &time) == 0, "it failed");
		between = ns_of(&time);
		after = by_call(CLOCK_MONOTONIC);
		CHECK(before <= between && between <= after, "%llu, by the vDSO %llu, %llu",
		      (unsigned long long)before, (unsigned long long)between,
		      (unsigned long long)after);
	}
}

TEST(clocks, vdso_others)
{
	void *found = vdso_function("__vdso_gettimeofday");
	int (*read_time)(struct timeval *, void *);
	struct timeval time;
	uint64_t before, after;

	CHECK(found && vdso_function("__vdso_time") && vdso_function("__kernel_sigreturn") &&
		      vdso_function("__kernel_rt_sigreturn") && vdso_function("__kernel_vsyscall"),
	      "the vDSO lacks functions");
	memcpy(&read_time, &found, sizeof(read_time));
	before = by_call(CLOCK_REALTIME) / 1000;
	CHECK(read_time(&time, NULL) == 0, "it failed");
	after = by_call(CLOCK_REALTIME) / 1000;
	CHECK(before <= (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec &&
		      (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec <= after,
	      "another time");
}

/* Several processes read by turns, and each hands on what it has read. */
static volatile uint64_t *last_read;

static void read_by_turns(void *data)
{
	uint32_t self = *(const uint32_t *)data;

	for (unsigned n = 0; n < 300 * test_storm; n++) {
		uint64_t now;

		while (last_read[1] % 3 != self)
			sched_yield();
		now = by_call(CLOCK_MONOTONIC);
		CHECK(now >= last_read[0], "back by %llu ns",
		      (unsigned long long)(last_read[0] - now));
		last_read[0] = now;
		last_read[1]++;
	}
}

TEST(clocks, between_processes)
{
	pid_t pids[3];

	last_read = shared_memory(4096);
	for (uint32_t i = 0; i < 3; i++)
		pids[i] = child_start(read_by_turns, &i);
	(void)child_join(pids, 3);
}

/* Two clocks over half a second of work and of sleep: both have gone as far, within 1 %. */
TEST(clocks, same_rate)
{
	uint64_t a = by_call(CLOCK_MONOTONIC_RAW), b = by_call(CLOCK_REALTIME), ran, told;
	struct timespec rest = { .tv_nsec = 250000000 };

	while (by_call(CLOCK_MONOTONIC_RAW) - a < 250000000)
		continue;
	nanosleep(&rest, NULL);
	ran = by_call(CLOCK_MONOTONIC_RAW) - a;
	told = by_call(CLOCK_REALTIME) - b;
	CHECK(told > ran - ran / 100 && told < ran + ran / 100, "%llu and %llu ns",
	      (unsigned long long)ran, (unsigned long long)told);
}

/* A process's own time does not go on while it sleeps. */
TEST(clocks, processor_time)
{
	struct timespec rest = { .tv_nsec = 300000000 };
	uint64_t before = by_call(CLOCK_PROCESS_CPUTIME_ID);

	nanosleep(&rest, NULL);
	CHECK(by_call(CLOCK_PROCESS_CPUTIME_ID) - before < 200000000, "it used %llu ns asleep",
	      (unsigned long long)(by_call(CLOCK_PROCESS_CPUTIME_ID) - before));
}
