// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes between CPUs.  One lock for all boxes, so that a note is in one of them
 * or in none, even while it gets another home.
 */
#include "arch/cpu/cpu_call.h"

#include "arch/board/irq.h"
#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/lapic.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/spinlock.h"
#include "arch/cpu/vectors.h"

static struct spinlock lock = SPINLOCK(LOCK_CPU_CALLS);
static struct list boxes[MAX_CPUS];	/* under the lock */

/* Whoever posts a note while this reads another one finds the box empty, and sends an interrupt. */
static void read_notes(void *context)
{
	struct list *box = &boxes[this_cpu()->id];
	struct list_node *node;

	(void)context;
	for (;;) {
		struct cpu_call *note;

		spin_lock(&lock);
		node = list_take_first(box);
		spin_unlock(&lock);
		if (!node)
			return;
		note = container_of(node, struct cpu_call, node);
		note->read(note);
	}
}

void cpu_calls_init(void)
{
	for (unsigned i = 0; i < MAX_CPUS; i++)
		list_init(&boxes[i]);
	irq_vector_set(VECTOR_CPU_CALLS, read_notes, NULL);
}

void cpu_call_init(struct cpu_call *note, unsigned home, void (*read)(struct cpu_call *note))
{
	*note = (struct cpu_call){ .home = home, .read = read };
}

/* With the lock.  True when the CPU whose box it is has to be told. */
static bool put(struct cpu_call *note)
{
	struct list *box = &boxes[note->home];
	bool was_empty = list_is_empty(box);

	if (list_is_linked(&note->node))
		return false;
	list_add_last(box, &note->node);
	return was_empty;
}

static void tell(unsigned cpu)
{
	if (lapic_send_vector(cpu_by_id(cpu)->apic_id, VECTOR_CPU_CALLS) != 0)
		panic("the local APIC sends no interrupt to cpu%u", cpu);
}

void cpu_call_post(struct cpu_call *note)
{
	unsigned home;
	bool news;

	spin_lock(&lock);
	news = put(note);
	home = note->home;
	spin_unlock(&lock);
	if (news)
		tell(home);
}

void cpu_call_move(struct cpu_call *note, unsigned home)
{
	bool news;

	assert(note->home == this_cpu()->id);
	spin_lock(&lock);
	if (list_is_linked(&note->node))
		list_remove(&note->node);
	WRITE_ONCE(note->home, home);
	news = put(note);
	spin_unlock(&lock);
	if (news)
		tell(home);
}

void cpu_call_withdraw(struct cpu_call *note)
{
	assert(note->home == this_cpu()->id);
	spin_lock(&lock);
	if (list_is_linked(&note->node))
		list_remove(&note->node);
	spin_unlock(&lock);
}
