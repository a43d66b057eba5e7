/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notes between CPUs.  What belongs to one CPU is touched by that CPU alone; who
 * wants something done to it leaves a note, which its CPU reads at once if it
 * runs a guest or sleeps, and else as soon as it is through with what it does.
 *
 * A note is part of what it is about, and waits once at most: what exactly is
 * wanted stands elsewhere, and is there before the note is posted.
 */
#ifndef UMBRA_ARCH_CPU_CPU_CALL_H
#define UMBRA_ARCH_CPU_CPU_CALL_H

#include "lib/list.h"

struct cpu_call {
	struct list_node node;		/* in the box of its home while it waits */
	unsigned home;			/* id of the CPU that it is read on */
	void (*read)(struct cpu_call *note);	/* there, interrupts off, no lock held */
};

/* The boxes of all CPUs.  Boot CPU, before any note is posted and any other CPU runs. */
void cpu_calls_init(void);

/* home is a CPU's id.  Before anybody else knows of the note. */
void cpu_call_init(struct cpu_call *note, unsigned home, void (*read)(struct cpu_call *note));

/* Has note->read called on its home; nothing when it waits already.  Any CPU, any lock but LOCK_CPU_CALLS. */
void cpu_call_post(struct cpu_call *note);

/*
 * Gives the note another home and posts it there.  On its home, which has
 * finished with what the note is part of: another CPU may read it before this returns.
 */
void cpu_call_move(struct cpu_call *note, unsigned home);

/* Takes a note back that may wait.  On its home; nobody posts it any more. */
void cpu_call_withdraw(struct cpu_call *note);

#endif
