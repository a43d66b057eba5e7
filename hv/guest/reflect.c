// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reflection.  The guest chooses where its stack is and what its gates say: at
 * worst the frame lands somewhere in its own memory, or nowhere, which ends it.
 */
#include "hv/guest/reflect.h"

#include "arch/cpu/exception_names.h"
#include "arch/cpu/time.h"
#include "hv/devices/guest_devices.h"
#include "hv/run/run.h"
#include "lib/div64.h"

#define NS_PER_SECOND 1000000000u

/*
 * The guest turns interrupts on in three ways that it does not tell of
 * (docs/protocol.md): so when something waits, look again this soon.
 */
#define RECHECK_MASKED_NS 1000000ull
/* In the few instructions between storing the flags and `iret`. */
#define RECHECK_WINDOW_NS 50000ull

#define FRAME_WORDS_MAX 6

static void no_stack(struct guest *guest, enum shadow_result result, uint32_t address)
{
	if (result == SHADOW_BAD || result == SHADOW_OUTSIDE)
		guest_kill(guest, "%s (%08llx)", guest->shadow.bad, guest->shadow.bad_entry);
	else
		guest_kill(guest, "kernel stack at %08x is not mapped writable", address);
}

/* Writes count words to [esp, ...): each page of it is looked up by itself. */
static bool push_words(struct guest *guest, uint32_t esp, const uint32_t *words, unsigned count)
{
	gpa_t gpa = gpa_make(0);

	for (unsigned i = 0; i < count; i++) {
		uint32_t address = esp + 4 * i;
		enum shadow_result result = SHADOW_DONE;

		/* A misaligned stack can split a word between pages; no kernel has one. */
		if (i == 0 || (address & ~PAGE_MASK) < 4)
			result = shadow_translate(&guest->shadow, gva_make(address), true, &gpa);
		else
			gpa = gpa_make(gpa_value(gpa) + 4);
		if (result != SHADOW_DONE || !guest_write_u32(&guest->memory, gpa, words[i])) {
			no_stack(guest, result, address);
			return false;
		}
	}
	return true;
}

static bool virtual_if(const struct guest *guest)
{
	return (READ_ONCE(guest->data->irq_enabled) & LGUEST_EFLAGS_IF) != 0;
}

/* Does what the CPU does for a gate, in the guest's frame and on the guest's stack. */
static void enter_handler(struct guest *guest, uint64_t gate, bool has_error, uint32_t error)
{
	struct trap_frame *frame = guest_frame_of(guest);
	uint32_t words[FRAME_WORDS_MAX], esp = frame->esp;
	bool from_kernel = (frame->ss & SELECTOR_RPL) == LGUEST_GUEST_RING;
	unsigned count = 0;

	if (has_error)
		words[count++] = error;
	words[count++] = frame->eip;
	words[count++] = frame->cs & 0xFFFF;
	words[count++] = virtual_if(guest) ? frame->eflags : frame->eflags & ~EFLAGS_IF;
	if (!from_kernel) {
		words[count++] = frame->esp;
		words[count++] = frame->ss & 0xFFFF;
		esp = guest->kernel_stack;
	}
	esp -= 4 * count;
	if (!push_words(guest, esp, words, count))
		return;

	frame->esp = esp;
	if (!from_kernel)
		frame->ss = guest->kernel_stack_selector;
	frame->cs = LGUEST_SELECTOR_KERNEL_CODE;
	frame->eip = (uint32_t)(gate >> 32 & 0xFFFF0000u) | (uint32_t)(gate & 0xFFFF);
	frame->eflags &= ~(EFLAGS_TF | EFLAGS_VM | EFLAGS_RF | EFLAGS_NT);
	if ((gate >> 40 & 0xF) == GATE_INTERRUPT)
		WRITE_ONCE(guest->data->irq_enabled, 0);
}

/* A trap before the guest said anything is how a kernel without lguest support shows itself. */
static void kill_without_handler(struct guest *guest, unsigned vector, uint32_t error)
{
	uint32_t eip = guest_frame_of(guest)->eip;

	if (!guest->data && (vector == VECTOR_UD || vector == VECTOR_GP))
		guest_kill(guest, "not an lguest guest: trap %u (%s) at %08x before any hypercall; the kernel needs CONFIG_LGUEST_GUEST=y",
			   vector, exception_name(vector), eip);
	else if (!guest->data && vector == VECTOR_PF)
		guest_kill(guest, "page fault at address %08x before any hypercall", guest->fault_address);
	else if (vector == VECTOR_PF)
		guest_kill(guest, "page fault at address %08x (error %x) without a handler",
			   guest->fault_address, error);
	else
		guest_kill(guest, "trap %u (%s, error %x) without a handler", vector,
			   exception_name(vector), error);
}

void guest_reflect_trap(struct guest *guest, unsigned vector, uint32_t error)
{
	uint64_t gate = guest->gates[vector];

	if (!guest->data || !gate) {
		kill_without_handler(guest, vector, error);
		return;
	}
	guest->counters.reflected++;
	enter_handler(guest, gate, exception_has_error_code(vector), error);
}

/* --- interrupts ---------------------------------------------------------------------- */

/* Lines that are not masked, and have a handler: others stay pending until both is so. */
static uint32_t open_irqs(const struct guest *guest)
{
	return guest->gated_irqs & ~READ_ONCE(guest->data->blocked_interrupts);
}

static uint32_t deliverable_irqs(const struct guest *guest)
{
	return guest->pending_irqs & open_irqs(guest);
}

bool guest_has_interrupt(const struct guest *guest)
{
	return guest->data && deliverable_irqs(guest) != 0;
}

bool guest_can_wake(const struct guest *guest)
{
	uint32_t open = open_irqs(guest);

	if (open & BIT(LGUEST_IRQ_TIMER) && timer_is_waiting(&guest->clock))
		return true;
	return (open & (guest->pending_irqs | guest_devices_lines(guest))) != 0;
}

void guest_raise_irq(struct guest *guest, unsigned irq)
{
	guest->pending_irqs |= BIT(irq);
	if (guest->state == GUEST_HALTED)
		run_wake(guest);
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

static void deliver(struct guest *guest, unsigned irq)
{
	guest_update_time(guest);
	guest->pending_irqs &= ~BIT(irq);
	guest->counters.interrupts++;
	enter_handler(guest, guest->gates[LGUEST_IRQ_BASE + irq], false, 0);
}

void guest_deliver_interrupts(struct guest *guest)
{
	uint32_t deliverable;

	if (!guest->pending_irqs || !guest->data)
		return;
	deliverable = deliverable_irqs(guest);
	if (!deliverable) {
		/* It may be unmasked without a word. */
		WRITE_ONCE(guest->data->irq_pending, 0);
		recheck_in(guest, RECHECK_MASKED_NS);
		return;
	}
	if (in_noirq_window(guest)) {
		recheck_in(guest, RECHECK_WINDOW_NS);
		return;
	}
	if (!virtual_if(guest)) {
		WRITE_ONCE(guest->data->irq_pending, LGUEST_EFLAGS_IF);
		recheck_in(guest, RECHECK_MASKED_NS);
		return;
	}
	deliver(guest, (unsigned)__builtin_ctz(deliverable));
	if (guest->state == GUEST_ENDED)
		return;
	WRITE_ONCE(guest->data->irq_pending, deliverable_irqs(guest) ? LGUEST_EFLAGS_IF : 0);
}
