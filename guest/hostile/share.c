// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the cap of a guest: each tries for seconds=N to get more of the CPU
 * than the cap=P of its module line permits. It is told P by the word share=P
 * (default 100) and finds out for itself how much it got: time in which the
 * counter never made a leap.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

/* Whoever looks at the clock all the time and misses so much was not running. */
#define LEAP_NS 30000u
/* What may be saved up before, and by how much interrupts are late on a busy host. */
#define SAVED_MS 110u
/* The shortest wait that works: a timer that has expired already ends HALT at once. */
#define NAP_NS 20000u
/* A measurement's error, per cent of the share. */
#define SLACK 5u

static uint64_t last, began, had;

/* Adds what passed since the last call, unless the CPU was elsewhere. */
static void count_time(void)
{
	uint64_t now = clock_ns();

	if (now - last < LEAP_NS)
		had += now - last;
	last = now;
}

static void compute_for(uint32_t ns)
{
	uint64_t end = had + ns;

	while (had < end && !attack_over())
		count_time();
}

static void begin(void)
{
	had = 0;
	began = last = clock_ns();
}

static void judge(void)
{
	uint32_t share = machine_number("share", 100);
	uint32_t took = (uint32_t)divide_u64(clock_ns() - began, NS_PER_MS, NULL);
	uint32_t got = (uint32_t)divide_u64(had, NS_PER_MS, NULL);

	if (got * 100 * 100 > (took + SAVED_MS) * share * (100 + SLACK))
		attack_fail("had the CPU for %u of %u ms", got, took);
}

static void nap(uint32_t ns)
{
	(void)irq_save();
	timer_arm(ns);
	irq_wait();
	(void)irq_save();
	last = clock_ns();
}

/* Naps just before somebody might look, whenever that is: after turns of all lengths. */
ATTACK(share_naps, "share-naps", SURVIVES)
{
	begin();
	for (uint32_t burst = 20000; !attack_over();
	     burst = burst > 20 * NS_PER_MS ? 20000 : burst / 8 * 9) {
		compute_for(burst);
		nap(NAP_NS);
	}
	judge();
}

/* Naps when nearly as much has passed as the last turn had that was ended by force. */
ATTACK(share_edge, "share-edge", SURVIVES)
{
	begin();
	while (!attack_over()) {
		uint64_t start = had, turn;

		while (clock_ns() - last < LEAP_NS && !attack_over())
			count_time();
		turn = had - start;
		last = clock_ns();
		for (uint32_t i = 0; i < 20 && !attack_over(); i++) {
			compute_for((uint32_t)(turn - turn / 16));
			nap(NAP_NS + i * 1000);
		}
	}
	judge();
}

/* Leaves the CPU for Umbra all the time, where its time might be anybody's. */
ATTACK(share_calls, "share-calls", SURVIVES)
{
	begin();
	irq_enable();
	while (!attack_over()) {
		hypercall_flush_async();
		timer_arm(1);
		hypercall_send_interrupts();
		count_time();
	}
	(void)irq_save();
	timer_arm(0);
	judge();
}
