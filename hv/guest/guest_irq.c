// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual interrupts.  Pending ones are bits of guest->pending_irqs; the guest masks lines and
 * disables interrupts in its shared structure, without a hypercall.
 */
#include "hv/guest/guest_irq.h"

#include "arch/cpu/time.h"
#include "arch/cpu/trace.h"
#include "hv/guest/reflect.h"
#include "lib/div64.h"

#define NS_PER_SECOND 1000000000u

/*
 * The guest can enable interrupts in three ways without a hypercall (docs/protocol.md): so a
 * pending interrupt is checked again after this time.
 */
#define RECHECK_MASKED_NS 1000000ull
/* The same, when the guest is in the few instructions between storing the flags and `iret`. */
#define RECHECK_WINDOW_NS 50000ull

uint32_t guest_open_irqs(const struct guest *guest)
{
	return guest->gated_irqs & ~READ_ONCE(guest->data->blocked_interrupts);
}

static uint32_t deliverable_irqs(const struct guest *guest)
{
	return guest->pending_irqs & guest_open_irqs(guest);
}

bool guest_has_interrupt(const struct guest *guest)
{
	return guest->data && deliverable_irqs(guest) != 0;
}

void guest_raise_irq(struct guest *guest, unsigned irq)
{
	guest->pending_irqs |= BIT(irq);
	if (guest->state == GUEST_HALTED)
		guest_wake(guest);
}

void guest_update_time(struct guest *guest)
{
	uint64_t now = time_wall_ns();

	if (now - guest->wall_second >= NS_PER_SECOND)
		guest->wall_second = now - now % NS_PER_SECOND;
	WRITE_ONCE(guest->data->time.seconds,
		   (uint32_t)div_u64_u32(guest->wall_second, NS_PER_SECOND, NULL));
	WRITE_ONCE(guest->data->time.nanoseconds, (uint32_t)(now - guest->wall_second));
}

static void recheck_in(struct guest *guest, uint64_t ns)
{
	if (!timer_is_waiting(&guest->recheck))
		timer_start(&guest->recheck, time_ns() + ns);
}

static bool in_noirq_window(const struct guest *guest)
{
	uint32_t eip = guest->registers->frame.eip;

	return guest_in_kernel(guest) && eip >= guest->protocol.noirq_start &&
	       eip < guest->protocol.noirq_end;
}

static void __noinline trace_delivery(const struct guest *guest, unsigned irq)
{
	trace(TRACE_DELIVERY, irq, guest->registers->frame.eip);
}

static void deliver(struct guest *guest, unsigned irq)
{
	guest_update_time(guest);
	guest->pending_irqs &= ~BIT(irq);
	guest->counters.interrupts++;
	if (trace_is_on(TRACE_DELIVERY))
		trace_delivery(guest, irq);
	guest_enter_handler(guest, guest->gates[LGUEST_IRQ_BASE + irq], false, 0);
}

void guest_deliver_pending(struct guest *guest)
{
	uint32_t deliverable;

	if (!guest->data)
		return;
	deliverable = deliverable_irqs(guest);
	if (!deliverable) {
		/* The guest may unmask the line without a hypercall. */
		WRITE_ONCE(guest->data->irq_pending, 0);
		recheck_in(guest, RECHECK_MASKED_NS);
		return;
	}
	if (in_noirq_window(guest)) {
		recheck_in(guest, RECHECK_WINDOW_NS);
		return;
	}
	if (!guest_irqs_enabled(guest)) {
		WRITE_ONCE(guest->data->irq_pending, LGUEST_EFLAGS_IF);
		recheck_in(guest, RECHECK_MASKED_NS);
		return;
	}
	deliver(guest, (unsigned)__builtin_ctz(deliverable));
	if (guest->state == GUEST_ENDED)
		return;
	WRITE_ONCE(guest->data->irq_pending, deliverable_irqs(guest) ? LGUEST_EFLAGS_IF : 0);
}
