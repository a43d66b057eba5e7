// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timer that wakes a process up, and the thread that computes while it sleeps.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define STACK 16384
#define SLEEP_NS 100000
/* Of the loop in soak(). */
#define SOAK_INSTRUCTIONS 2

static volatile uint32_t soaked;

static int soak(void *unused)
{
	struct sched_param none = { 0 };

	(void)unused;
	must(sched_setscheduler(0, SCHED_IDLE, &none) == 0, "the lowest priority");
	__asm__ volatile("1: incl %0; jmp 1b" : "+m" (soaked));
	return 0;
}

void soak_start(void)
{
	char *stack = malloc(STACK);

	must(stack && clone(soak, stack + STACK, CLONE_VM | CLONE_FS | CLONE_FILES, NULL) > 0,
	     "a thread");
}

uint32_t soak_count(void)
{
	return soaked;
}

uint64_t soak_ticks(uint32_t since)
{
	return (uint64_t)(soaked - since) * SOAK_INSTRUCTIONS;
}

/* From going to sleep to being awake again. */
uint64_t bench_timer(unsigned rounds)
{
	struct timespec time = { .tv_nsec = SLEEP_NS };
	uint32_t soaked_before;
	uint64_t start;

	must(prctl(PR_SET_TIMERSLACK, 1) == 0, "timers that are on time");
	soaked_before = soak_count();
	start = ticks();
	for (unsigned i = 0; i < rounds; i++)
		must(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL) == 0, "a sleep");
	return ticks() - start - soak_ticks(soaked_before);
}
