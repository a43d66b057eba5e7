// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reflection.  The guest chooses where its stack is and what its gates say: at
 * worst the frame lands somewhere in its own memory, or nowhere, which ends it.
 */
#include "hv/guest/reflect.h"

#include "arch/cpu/exception_names.h"

#define FRAME_WORDS_MAX 6

static void no_stack(struct guest *guest, enum shadow_result result, uint32_t address)
{
	if (result == SHADOW_BAD || result == SHADOW_OUTSIDE)
		guest_kill_bad_tables(guest);
	else
		guest_kill(guest, "kernel stack at %08x is not mapped writable", address);
}

/*
 * Where a write of the kernel at address goes, by its page tables.  The top of the kernel stack,
 * where traps from programs push, is looked up once and remembered while it is pinned.
 */
static enum shadow_result locate_stack(struct guest *guest, uint32_t address, gpa_t *gpa)
{
	uint32_t last = guest->kernel_stack - 1;
	enum shadow_result result;

	if ((address ^ last) & PAGE_MASK || !guest->shadow.pinned || !guest->kernel_stack_pages)
		return shadow_translate(&guest->shadow, gva_make(address), true, gpa);
	if (!guest->stack_is_known) {
		result = shadow_translate(&guest->shadow, gva_make(last), true, &guest->stack_last);
		if (result != SHADOW_DONE)
			return result;
		guest->stack_is_known = true;
	}
	*gpa = gpa_make(gpa_value(guest->stack_last) - (last - address));
	return SHADOW_DONE;
}

/* Writes count words to esp and up: each page of them is looked up by itself. */
static bool push_words(struct guest *guest, uint32_t esp, const uint32_t *words, unsigned count)
{
	const uint8_t *from = (const uint8_t *)words;
	uint32_t left = 4 * count;

	while (left > 0) {
		uint32_t here = MIN(left, PAGE_SIZE - (esp & ~PAGE_MASK));
		gpa_t gpa = gpa_make(0);
		enum shadow_result result = locate_stack(guest, esp, &gpa);

		if (result != SHADOW_DONE || !guest_write(&guest->memory, gpa, from, here)) {
			no_stack(guest, result, esp);
			return false;
		}
		from += here;
		esp += here;
		left -= here;
	}
	return true;
}

void guest_enter_handler(struct guest *guest, uint64_t gate, bool has_error, uint32_t error)
{
	struct trap_frame *frame = guest_frame_of(guest);
	uint32_t words[FRAME_WORDS_MAX], esp = frame->esp;
	bool from_kernel = (frame->ss & SELECTOR_RPL) == LGUEST_GUEST_RING;
	unsigned count = 0;

	if (has_error)
		words[count++] = error;
	words[count++] = frame->eip;
	words[count++] = frame->cs & 0xFFFF;
	words[count++] = guest_irqs_enabled(guest) ? frame->eflags : frame->eflags & ~EFLAGS_IF;
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

/* A trap before the first hypercall means that the kernel probably has no lguest support. */
static void kill_without_handler(struct guest *guest, unsigned vector, uint32_t error)
{
	uint32_t eip = guest_frame_of(guest)->eip;

	if (!guest->data && (vector == VECTOR_UD || vector == VECTOR_GP))
		guest_kill(guest, "not an lguest guest: trap %u (%s) at %08x before any hypercall; "
			   "the kernel needs CONFIG_LGUEST_GUEST=y",
			   vector, exception_name(vector), eip);
	else if (!guest->data && vector == VECTOR_PF)
		guest_kill(guest, "page fault at address %08x before any hypercall",
			   guest->fault_address);
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
	guest_enter_handler(guest, gate, exception_has_error_code(vector), error);
}
