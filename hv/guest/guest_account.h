/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the time of a guest's turns goes, and what its devices are asked for.  Kept only while
 * somebody wants to know (trace_account in hv/trace/trace_filter.h), since it takes two readings of
 * the TSC for each exit.  Written by the guest's CPU, read by all.
 */
#ifndef UMBRA_HV_GUEST_GUEST_ACCOUNT_H
#define UMBRA_HV_GUEST_GUEST_ACCOUNT_H

#include <stdint.h>

/* What exits are for, as far as figures tell them apart. */
enum exit_class {
	EXIT_HYPERCALL,
	EXIT_FAULT,		/* page faults */
	EXIT_EMULATED,		/* #GP and #UD: instructions that Umbra may carry out */
	EXIT_INTERRUPT,		/* of the machine */
	EXIT_OTHER,		/* a program's system calls by way of Umbra, and its own traps */
	EXIT_CLASSES
};

struct guest_account {
	uint64_t guest_ticks;	/* of the TSC, in the guest */
	uint64_t umbra_ticks;	/* in its turns, outside of it */
	uint64_t cost[EXIT_CLASSES];	/* ticks that handling them took */
	uint32_t exits[EXIT_CLASSES];
	uint32_t frames;	/* requests to its network devices, either way */
	uint32_t requests;	/* to all other devices */
};

/* All of a guest's figures at one moment, for whoever looks again later. */
struct guest_sample {
	uint64_t time;		/* time_ns(); 0: there is none */
	uint64_t stolen;	/* ns that it could run, and had no CPU: others had it, or cap= */
	struct guest_account account;
};

/*
 * Reads 64 bits that another CPU may be writing in two halves: the result may combine an old and a
 * new half, but the upper half did not change during the read.
 */
static inline uint64_t account_read(const uint64_t *value)
{
	const volatile uint32_t *halves = (const volatile uint32_t *)value;
	uint32_t low, high;

	do {
		high = halves[1];
		low = halves[0];
	} while (high != halves[1]);
	return (uint64_t)high << 32 | low;
}

#endif
