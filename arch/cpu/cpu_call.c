// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queues of pending calls, one for each CPU.  One lock guards all of them, so that a call is in
 * at most one queue, even while it moves to another CPU.
 */
#include "arch/cpu/cpu_call.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/lapic.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/spinlock.h"
#include "arch/cpu/vectors.h"

static struct spinlock lock = SPINLOCK(LOCK_CPU_CALLS);
static struct list queues[MAX_CPUS];	/* under the lock */

/*
 * A call that is posted while this runs another one finds the queue empty, and sends an
 * interrupt.
 */
void cpu_calls_run(void *context)
{
	struct list *queue = &queues[this_cpu()->id];
	struct list_node *node;

	(void)context;
	for (;;) {
		struct cpu_call *call;

		spin_lock(&lock);
		node = list_take_first(queue);
		spin_unlock(&lock);
		if (!node)
			return;
		call = container_of(node, struct cpu_call, node);
		call->run(call);
	}
}

void cpu_calls_init(void)
{
	for (unsigned i = 0; i < MAX_CPUS; i++)
		list_init(&queues[i]);
}

void cpu_call_init(struct cpu_call *call, unsigned home, void (*run)(struct cpu_call *call))
{
	*call = (struct cpu_call){ .home = home, .run = run };
}

/* Called with the lock held.  True when the queue was empty: then the home needs an interrupt. */
static bool enqueue(struct cpu_call *call)
{
	struct list *queue = &queues[call->home];
	bool was_empty = list_is_empty(queue);

	if (list_is_linked(&call->node))
		return false;
	list_add_last(queue, &call->node);
	return was_empty;
}

static void interrupt(unsigned cpu)
{
	if (lapic_send_vector(cpu_by_id(cpu)->apic_id, VECTOR_CPU_CALLS) != 0)
		panic("the local APIC sends no interrupt to cpu%u", cpu);
}

void cpu_call_post(struct cpu_call *call)
{
	bool needs_interrupt;
	unsigned home;

	spin_lock(&lock);
	needs_interrupt = enqueue(call);
	home = call->home;
	spin_unlock(&lock);
	if (needs_interrupt)
		interrupt(home);
}

void cpu_call_move(struct cpu_call *call, unsigned home)
{
	bool needs_interrupt;

	assert(call->home == this_cpu()->id);
	spin_lock(&lock);
	if (list_is_linked(&call->node))
		list_remove(&call->node);
	WRITE_ONCE(call->home, home);
	needs_interrupt = enqueue(call);
	spin_unlock(&lock);
	if (needs_interrupt)
		interrupt(home);
}

void cpu_call_withdraw(struct cpu_call *call)
{
	assert(call->home == this_cpu()->id);
	spin_lock(&lock);
	if (list_is_linked(&call->node))
		list_remove(&call->node);
	spin_unlock(&lock);
}
