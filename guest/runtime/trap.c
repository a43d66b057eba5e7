// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where every trap of a guest arrives in C. Owns the handlers, the last fault
 * that was caught as a value, and the stack on which ring 3 enters.
 */
#include "guest/runtime/trap.h"

#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/user.h"

#include <stddef.h>

/* Of trap.asm. */
extern const uint32_t trap_stubs[TRAP_STUBS];
extern const char trap_system_call[];
extern const char probe_recover[];
uint32_t probe_enter(uint32_t (*function)(uint32_t), uint32_t argument);

/* Of guest.ld. */
struct extable_entry {
	uint32_t from;
	uint32_t to;
};
extern const struct extable_entry extable_start[], extable_end[];

static trap_handler_t handlers[TRAP_VECTORS];
static volatile struct fault caught;
static volatile bool probing;

static void load_descriptor(uint32_t index, uint32_t high)
{
	hypercall(LGUEST_LOAD_GDT_ENTRY, index, LGUEST_DESCRIPTOR_FLAT_LOW, high, 0);
}

void trap_load_gate_raw(unsigned int vector, uint32_t low, uint32_t high)
{
	hypercall(LGUEST_LOAD_IDT_ENTRY, vector, low, high, 0);
}

uint32_t trap_stub(unsigned int vector)
{
	return vector < TRAP_STUBS ? trap_stubs[vector] : (uint32_t)(uintptr_t)trap_system_call;
}

void trap_load_gate(unsigned int vector, uint32_t type_dpl)
{
	uint32_t stub = trap_stub(vector);

	trap_load_gate_raw(vector, ((LGUEST_SELECTOR_KERNEL_CODE & 0xFFFCu) << 16) |
				   (stub & 0xFFFF),
			   (stub & 0xFFFF0000u) | (type_dpl << 8));
}

void trap_init(void)
{
	load_descriptor(LGUEST_GDT_USER_CODE, LGUEST_DESCRIPTOR_USER_CODE_HIGH);
	load_descriptor(LGUEST_GDT_USER_DATA, LGUEST_DESCRIPTOR_USER_DATA_HIGH);
	for (unsigned int vector = 0; vector < TRAP_STUBS; vector++)
		trap_load_gate(vector, 0x8E);
	trap_load_gate(TRAP_BREAKPOINT, 0xEE);
	trap_load_gate(TRAP_OVERFLOW, 0xEE);
	trap_load_gate(TRAP_SYSTEM_CALL, 0xEF);
	user_init();
}

void trap_set_handler(unsigned int vector, trap_handler_t handler)
{
	handlers[vector] = handler;
}

void fault_clear(void)
{
	caught.vector = FAULT_NONE;
	caught.error = 0;
	caught.cr2 = 0;
	caught.eip = 0;
}

struct fault fault_last(void)
{
	return caught;
}

static void fault_record(const struct trap_frame *frame)
{
	caught.vector = frame->vector;
	caught.error = frame->error;
	caught.cr2 = READ_ONCE(lguest_data.common.cr2);
	caught.eip = frame->eip;
}

struct fault fault_in(uint32_t (*function)(uint32_t), uint32_t argument, uint32_t *result)
{
	uint32_t value;

	fault_clear();
	probing = true;
	value = probe_enter(function, argument);
	probing = false;
	if (result != NULL && caught.vector == FAULT_NONE)
		*result = value;
	return caught;
}

static bool extable_catch(struct trap_frame *frame)
{
	for (const struct extable_entry *entry = extable_start; entry < extable_end; entry++) {
		if (entry->from != frame->eip)
			continue;
		fault_record(frame);
		frame->eip = entry->to;
		return true;
	}
	return false;
}

/*
 * Go on where fault_in was called; that code restores the stack by itself. Only once: if the code
 * that was probed has overwritten that stack, the way back faults too, and again without end.
 */
static bool probe_catch(struct trap_frame *frame)
{
	if (!probing)
		return false;
	probing = false;
	fault_record(frame);
	frame->eip = (uint32_t)(uintptr_t)probe_recover;
	frame->cs = LGUEST_SELECTOR_KERNEL_CODE;
	frame->eflags &= ~(EFLAGS_TF | EFLAGS_NT | EFLAGS_DF | EFLAGS_AC);
	frame->ds = LGUEST_SELECTOR_KERNEL_DATA;
	frame->es = LGUEST_SELECTOR_KERNEL_DATA;
	return true;
}

static void trap_die(const struct trap_frame *frame)
{
	machine_panic("trap %u error 0x%x cr2 0x%x eip 0x%x cs 0x%x eflags 0x%x eax 0x%x",
		      frame->vector, frame->error, READ_ONCE(lguest_data.common.cr2), frame->eip,
		      frame->cs, frame->eflags, frame->eax);
}

void trap_dispatch(struct trap_frame *frame)
{
	trap_handler_t handler = handlers[frame->vector];

	if (handler != NULL && handler(frame))
		return;
	if (frame->vector >= LGUEST_IRQ_BASE && frame->vector < TRAP_STUBS) {
		irq_dispatch(frame);
		return;
	}
	if (user_catch(frame) || extable_catch(frame) || probe_catch(frame))
		return;
	trap_die(frame);
}
