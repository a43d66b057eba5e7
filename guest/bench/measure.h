/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measuring with the time stamp counter. Under QEMU's -icount shift=0 a tick is
 * an executed instruction, so a figure is the same on every machine.
 */
#ifndef UMBRA_GUEST_BENCH_MEASURE_H
#define UMBRA_GUEST_BENCH_MEASURE_H

#include <stdint.h>

/*
 * Call function(0), ..., function(rounds - 1), several times over, and print
 * `BENCH name value`: ticks for each call in the best pass, without the loop.
 */
void measure(const char *name, void (*function)(uint32_t), uint32_t rounds);

/* Ticks of the best pass, for a caller that prints later. */
uint64_t measure_best(void (*function)(uint32_t), uint32_t rounds);

/* Print a figure from ticks that the caller has counted: ticks / operations, rounded. */
void measure_print(const char *name, uint64_t ticks, uint32_t operations);

/* Ticks of function(0) ... function(rounds - 1), once, without the loop. */
uint64_t measure_once(void (*function)(uint32_t), uint32_t rounds);

/* The measured function waited for so many ticks, which is no cost: they are taken off. */
void measure_waited(uint32_t ticks);

/* The groups of figures, in the order in which main.c runs them. */
void bench_calls(void);
void bench_traps(void);
void bench_memory(void);
void bench_spaces(void);
void bench_forks(void);
void bench_devices(void);
void bench_interrupts(void);
void bench_disk(void);

/* From a key on the serial line to the handler; the line `KEY` asks for each. */
void bench_key_interrupt(void);

/*
 * The median of ticks from an interrupt on a line to its handler. prepare is called before
 * each, with interrupts off, to have one come; those that have come by the time that it
 * returns do not count. 0 when none counts.
 */
uint32_t interrupt_median(unsigned int line, void (*prepare)(void));

#endif
