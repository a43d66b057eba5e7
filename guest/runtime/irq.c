// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual interrupts of a guest. Owns the handlers and the counters; shares the
 * flag and the mask with Umbra through lguest_data.
 */
#include "guest/runtime/irq.h"

#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/trap.h"

#include <stddef.h>

static void (*handlers[LGUEST_IRQ_COUNT])(struct trap_frame *frame);
static volatile uint32_t counts[LGUEST_IRQ_COUNT];

uint32_t irq_save(void)
{
	uint32_t word = READ_ONCE(lguest_data.common.irq_enabled);

	WRITE_ONCE(lguest_data.common.irq_enabled, 0);
	compiler_barrier();
	return word;
}

void irq_restore(uint32_t word)
{
	compiler_barrier();
	WRITE_ONCE(lguest_data.common.irq_enabled, word);
	compiler_barrier();
	if ((word & LGUEST_EFLAGS_IF) && READ_ONCE(lguest_data.common.irq_pending))
		hypercall_send_interrupts();
}

void irq_enable(void)
{
	irq_restore(LGUEST_EFLAGS_IF);
}

bool irq_is_enabled(void)
{
	return (READ_ONCE(lguest_data.common.irq_enabled) & LGUEST_EFLAGS_IF) != 0;
}

void irq_wait(void)
{
	hypercall(LGUEST_HALT, 0, 0, 0, 0);
}

void irq_attach(unsigned int line, void (*handler)(struct trap_frame *frame))
{
	handlers[line] = handler;
	irq_unmask(line);
}

/* One instruction each, because Umbra may look at the word between any two. */
void irq_mask(unsigned int line)
{
	__asm__ volatile("btsl %1, %0"
			 : "+m"(lguest_data.common.blocked_interrupts)
			 : "Ir"(line)
			 : "cc", "memory");
}

void irq_unmask(unsigned int line)
{
	__asm__ volatile("btrl %1, %0"
			 : "+m"(lguest_data.common.blocked_interrupts)
			 : "Ir"(line)
			 : "cc", "memory");
}

uint32_t irq_count(unsigned int line)
{
	return counts[line];
}

void irq_dispatch(struct trap_frame *frame)
{
	unsigned int line = frame->vector - LGUEST_IRQ_BASE;

	counts[line]++;
	if (handlers[line] != NULL)
		handlers[line](frame);
}
