// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reflection.  The guest chooses where its stack is and what its gates say: at
 * worst the frame lands somewhere in its own memory, or nowhere, which ends it.
 */
#include "hv/guest/reflect.h"

#include "arch/cpu/exception_names.h"

/* What the CPU pushes for a trap, lowest address first (SDM vol. 3, 6.12.1). */
struct pushed {
	uint32_t error;			/* for some exceptions alone */
	uint32_t eip, cs, eflags;
	uint32_t esp, ss;		/* where the ring changes */
} __packed;

static void no_stack(struct guest *guest, enum shadow_result result, uint32_t address)
{
	if (result == SHADOW_BAD || result == SHADOW_OUTSIDE)
		guest_kill_bad_tables(guest);
	else
		guest_kill(guest, "kernel stack at %08x is not mapped writable", address);
}

/*
 * The top of the kernel stack, where traps from programs push, is looked up once and remembered
 * while it is pinned.
 */
static inline bool is_known_stack(const struct guest *guest, uint32_t address)
{
	return guest->stack_is_known && guest->shadow.pinned &&
	       !((address ^ (guest->kernel_stack - 1)) & PAGE_MASK);
}

static inline gpa_t known_stack(const struct guest *guest, uint32_t address)
{
	return gpa_make(gpa_value(guest->stack_last) - (guest->kernel_stack - 1 - address));
}

/* Where a write of the kernel at address goes, by its page tables. */
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
	*gpa = known_stack(guest, address);
	return SHADOW_DONE;
}

/* Writes size bytes to esp and up: each page of them is looked up by itself. */
static bool push(struct guest *guest, uint32_t esp, const uint8_t *from, uint32_t size)
{
	while (size > 0) {
		uint32_t here = MIN(size, PAGE_SIZE - (esp & ~PAGE_MASK));
		gpa_t gpa = gpa_make(0);
		enum shadow_result result = locate_stack(guest, esp, &gpa);

		if (result != SHADOW_DONE || !guest_write(&guest->memory, gpa, from, here)) {
			no_stack(guest, result, esp);
			return false;
		}
		from += here;
		esp += here;
		size -= here;
	}
	return true;
}

/*
 * Where size bytes from esp on are in the guest window; NULL when they lie in two pages, or cannot
 * be written.
 */
static inline uint8_t *stack_in_window(struct guest *guest, uint32_t esp, uint32_t size)
{
	gpa_t gpa;

	if ((esp ^ (esp + size - 1)) & PAGE_MASK)
		return NULL;
	if (likely(is_known_stack(guest, esp)))
		gpa = known_stack(guest, esp);
	else if (locate_stack(guest, esp, &gpa) != SHADOW_DONE)
		return NULL;
	return (uint8_t *)guest_page(&guest->memory, gpa_value(gpa) >> PAGE_SHIFT) +
	       (gpa_value(gpa) & ~PAGE_MASK);
}

static inline __force_inline void enter_handler(struct guest *guest, uint64_t gate, bool has_error,
						uint32_t error)
{
	struct trap_frame *frame = guest_frame_of(guest);
	bool from_kernel = (frame->ss & SELECTOR_RPL) == LGUEST_GUEST_RING;
	uint32_t first = has_error ? 0 : offsetof(struct pushed, eip);
	uint32_t end = from_kernel ? offsetof(struct pushed, esp) : sizeof(struct pushed);
	uint32_t size = end - first;
	uint32_t esp = (from_kernel ? frame->esp : guest->kernel_stack) - size;
	uint8_t *place = stack_in_window(guest, esp, size);
	struct pushed aside, *pushed = place ? (struct pushed *)(place - first) : &aside;

	if (has_error)
		pushed->error = error;
	pushed->eip = frame->eip;
	pushed->cs = frame->cs & 0xFFFF;
	pushed->eflags = guest_irqs_enabled(guest) ? frame->eflags : frame->eflags & ~EFLAGS_IF;
	if (!from_kernel) {
		pushed->esp = frame->esp;
		pushed->ss = frame->ss & 0xFFFF;
	}
	if (unlikely(!place) && !push(guest, esp, (const uint8_t *)&aside + first, size))
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

void guest_enter_handler(struct guest *guest, uint64_t gate, bool has_error, uint32_t error)
{
	enter_handler(guest, gate, has_error, error);
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
	enter_handler(guest, gate, exception_has_error_code(vector), error);
}

void guest_reflect_page_fault(struct guest *guest, uint32_t address, uint32_t error)
{
	uint64_t gate = guest->gates[VECTOR_PF];

	if (unlikely(!guest->data || !gate)) {
		kill_without_handler(guest, VECTOR_PF, error);
		return;
	}
	WRITE_ONCE(guest->data->cr2, address);
	guest->counters.reflected++;
	enter_handler(guest, gate, true, error);
}
