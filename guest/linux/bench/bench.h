/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this program offer each other: benchmarks of kernel paths, and what they are
 * measured with. The program is meant for a machine on which the time-stamp counter counts executed
 * instructions (QEMU, -icount shift=0,sleep=off), so all figures are instructions.
 */
#ifndef LINUX_BENCH_H
#define LINUX_BENCH_H

#include <stdint.h>

/* Does so many operations; returns the instructions that they took, without what prepared them. */
typedef uint64_t bench_run(unsigned rounds);

struct bench {
	const char *name;	/* in tests/bench/linux_figures.txt */
	unsigned rounds;
	bench_run *run;
};

static inline uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* Ends the program with a line that names what failed and errno, unless `is_good`. */
void must(int is_good, const char *what);

/*
 * Work for the processor while everything else waits: a thread of the lowest priority, which counts
 * what it executes. With it no time passes in which nothing is executed, and what it executed is no
 * cost of what is measured. soak_ticks() is what it executed since soak_count() said `since`, right
 * up to 8 billions.
 */
void soak_start(void);
uint32_t soak_count(void);
uint64_t soak_ticks(uint32_t since);

/* processes.c */
bench_run bench_syscall, bench_signal, bench_pipe, bench_ring_8, bench_ring_32, bench_fork,
	bench_exec;
/* memory.c */
bench_run bench_mmap, bench_mmap_touch, bench_anonymous_fault, bench_cow_fault;
/* files.c */
bench_run bench_file, bench_block_4k, bench_block_1m;
/* net.c; the last two need another guest, in which net_serve runs */
bench_run bench_tcp_echo, bench_tcp_stream, bench_guests_echo, bench_guests_stream;
/* timers.c */
bench_run bench_timer;

/* net.c: brings up the loopback interface, and eth0 where there is an address for it. */
void net_start(const char *address);

/* net.c: answers the other guest's connections, one after the other, and does not return. */
void net_serve(void);

#define ADDRESS_SERVER "10.0.0.1"
#define ADDRESS_CLIENT "10.0.0.2"

#endif
