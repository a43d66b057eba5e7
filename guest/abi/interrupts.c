// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delivery of interrupts: the virtual flag, the mask, irq_pending, the order of
 * lines, and the places where a guest enables interrupts without telling.
 */
#include "guest/abi/source.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/report.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/trap.h"
#include "guest/runtime/user.h"

#include <stddef.h>

/* Wait without any hypercall until the timer has interrupted more than `before` times. */
static bool tick_arrives(uint32_t before)
{
	uint32_t end = clock_ms() + PATIENCE_MS;

	while (timer_ticks() == before)
		if ((int32_t)(clock_ms() - end) > 0)
			return false;
	return true;
}

TEST(interrupts, delivered)
{
	uint32_t before = timer_ticks();

	timer_arm(NS_PER_MS);
	irq_enable();
	CHECK(tick_arrives(before), "no timer interrupt in %u ms", PATIENCE_MS);
	CHECK(irq_is_enabled(), "the flag is clear afterwards");
	(void)irq_save();
}

TEST(interrupts, held_while_disabled)
{
	uint32_t before = timer_ticks();

	CHECK(timer_make_pending(), "irq_pending is not set");
	CHECK(READ_ONCE(lguest_data.common.irq_pending) == LGUEST_EFLAGS_IF, "irq_pending is 0x%x",
	      READ_ONCE(lguest_data.common.irq_pending));
	clock_spin_us(5000);
	CHECK(timer_ticks() == before, "delivered with the flag clear");
	irq_enable();
	CHECK(timer_ticks() == before + 1, "%u delivered by SEND_INTERRUPTS",
	      timer_ticks() - before);
	CHECK(READ_ONCE(lguest_data.common.irq_pending) == 0, "irq_pending stays set");
	(void)irq_save();
}

/* Nonzero without bit 9 means disabled: the word holds whole EFLAGS images. */
TEST(interrupts, held_with_other_flags)
{
	uint32_t before = timer_ticks();

	CHECK(timer_make_pending(), "irq_pending is not set");
	WRITE_ONCE(lguest_data.common.irq_enabled, 0x46);
	hypercall_send_interrupts();
	clock_spin_us(5000);
	CHECK(timer_ticks() == before, "delivered with irq_enabled 0x46");
	irq_enable();
	CHECK(timer_ticks() == before + 1, "%u delivered", timer_ticks() - before);
	(void)irq_save();
}

/* The sti replacement of generations A and B only writes the word. */
TEST(interrupts, enabled_without_call)
{
	uint32_t before = timer_ticks();

	CHECK(timer_make_pending(), "irq_pending is not set");
	WRITE_ONCE(lguest_data.common.irq_enabled, LGUEST_EFLAGS_IF);
	CHECK(tick_arrives(before), "stranded for %u ms", PATIENCE_MS);
	(void)irq_save();
}

static bool skip_ud2_enabling(struct trap_frame *frame)
{
	frame->eip += 2;
	frame->eflags |= EFLAGS_IF;
	return true;
}

/* The iret replacement tells nobody either. */
TEST(interrupts, enabled_by_iret)
{
	uint32_t before = timer_ticks();

	CHECK(timer_make_pending(), "irq_pending is not set");
	trap_set_handler(TRAP_INVALID_OPCODE, skip_ud2_enabling);
	__asm__ volatile("ud2" : : : "memory");
	trap_set_handler(TRAP_INVALID_OPCODE, NULL);
	CHECK(tick_arrives(before), "stranded for %u ms", PATIENCE_MS);
	(void)irq_save();
}

TEST(interrupts, masked)
{
	uint32_t before = timer_ticks();

	irq_mask(LGUEST_IRQ_TIMER);
	timer_arm(NS_PER_MS);
	irq_enable();
	clock_spin_us(20000);
	hypercall_send_interrupts();
	if (timer_ticks() != before)
		report_fail("delivered while masked");
	if (READ_ONCE(lguest_data.common.irq_pending) != 0)
		report_fail("irq_pending is set for a masked line");
	irq_unmask(LGUEST_IRQ_TIMER);
	CHECK(tick_arrives(before), "stranded after unmasking for %u ms", PATIENCE_MS);
	(void)irq_save();
}

TEST(interrupts, no_gate_stays_pending)
{
	uint32_t before = timer_ticks();

	trap_load_gate_raw(LGUEST_IRQ_BASE, 0, 0);
	timer_arm(NS_PER_MS);
	irq_enable();
	clock_spin_us(20000);
	trap_load_gate(LGUEST_IRQ_BASE, 0x8E);
	CHECK(tick_arrives(before), "lost");
	(void)irq_save();
}

/* --- What the handler finds ---------------------------------------------------- */

static struct trap_frame seen;
static bool seen_flag;

static void note_frame(struct trap_frame *frame)
{
	seen = *frame;
	seen_flag = irq_is_enabled();
}

TEST(interrupts, frame)
{
	uint32_t before = timer_ticks();

	irq_attach(LGUEST_IRQ_TIMER, note_frame);
	timer_arm(NS_PER_MS);
	irq_enable();
	if (!tick_arrives(before))
		report_fail("no interrupt");
	(void)irq_save();
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	CHECK(seen.cs == LGUEST_SELECTOR_KERNEL_CODE, "cs 0x%x", seen.cs);
	CHECK(seen.eflags & EFLAGS_IF, "IF clear in the pushed eflags 0x%x", seen.eflags);
	CHECK(!seen_flag, "the flag is set in the handler");
}

TEST(interrupts, trap_gate_keeps_flag)
{
	uint32_t before = timer_ticks();

	trap_load_gate(LGUEST_IRQ_BASE, 0x8F);
	irq_attach(LGUEST_IRQ_TIMER, note_frame);
	timer_arm(NS_PER_MS);
	irq_enable();
	if (!tick_arrives(before))
		report_fail("no interrupt");
	(void)irq_save();
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	trap_load_gate(LGUEST_IRQ_BASE, 0x8E);
	CHECK(seen_flag, "the flag is clear in the handler");
}

/* Ring 3 spins; the interrupt comes on the SET_STACK stack and ring 3 goes on unchanged. */
TEST(interrupts, from_ring3)
{
	uint32_t before = timer_ticks();
	struct trap_frame frame;
	struct fault fault;

	irq_attach(LGUEST_IRQ_TIMER, note_frame);
	user_prepare(&frame, user_spin);
	frame.ecx = 20000000;
	frame.ebx = 0xB0B1B2B3;
	frame.edx = 0xD0D1D2D3;
	frame.esi = 0xE0E1E2E3;
	frame.edi = 0xF0F1F2F3;
	frame.ebp = 0xA0A1A2A3;
	frame.gs = LGUEST_SELECTOR_USER_DATA;
	timer_arm(NS_PER_MS);
	fault = user_run(&frame);
	(void)irq_save();
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	CHECK(fault.vector == FAULT_NONE, "ring 3 ended with vector %u", fault.vector);
	CHECK(timer_ticks() != before, "no interrupt");
	CHECK(seen.cs == LGUEST_SELECTOR_USER_CODE && seen.ss == LGUEST_SELECTOR_USER_DATA &&
	      seen.esp == USER_STACK_TOP && seen.gs == LGUEST_SELECTOR_USER_DATA,
	      "frame: cs 0x%x ss 0x%x esp 0x%x gs 0x%x", seen.cs, seen.ss, seen.esp, seen.gs);
	CHECK(frame.ecx == 0 && frame.ebx == 0xB0B1B2B3 && frame.edx == 0xD0D1D2D3 &&
	      frame.esi == 0xE0E1E2E3 && frame.edi == 0xF0F1F2F3 && frame.ebp == 0xA0A1A2A3 &&
	      frame.gs == LGUEST_SELECTOR_USER_DATA, "registers changed");
}

static void rearm(struct trap_frame *frame)
{
	(void)frame;
	timer_arm(NS_PER_MS / 2);
}

TEST(interrupts, ring1_registers_kept)
{
	uint32_t eax = 1, ebx = 2, ecx = 20000000, edx = 3, esi = 4, edi = 5;
	uint32_t before = timer_ticks();

	irq_attach(LGUEST_IRQ_TIMER, rearm);
	timer_arm(NS_PER_MS / 2);
	irq_enable();
	__asm__ volatile("1: decl %%ecx\n\tjnz 1b"
			 : "+a"(eax), "+b"(ebx), "+c"(ecx), "+d"(edx), "+S"(esi), "+D"(edi)
			 :
			 : "cc");
	(void)irq_save();
	timer_arm(0);
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	CHECK(timer_ticks() - before > 1, "%u interrupts", timer_ticks() - before);
	CHECK(eax == 1 && ebx == 2 && edx == 3 && esi == 4 && edi == 5, "registers changed");
}

/* --- The window of the iret replacement ------------------------------------------ */

/*
 * The timer fires at ever later moments of a trap and its return, so that under
 * an emulator that counts instructions every one of them is hit, those of the
 * window too. Nothing may be lost, and nobody's registers may change.
 */
#define SWEEP_FIRST_NS 1000u
#define SWEEP_LAST_NS 3000u

static uint32_t trap_and_return(uint32_t value)
{
	uint32_t copy = value;

	__asm__ volatile("ud2" : "+a"(value) : : "memory");
	return value ^ copy;
}

TEST(interrupts, window_sweep)
{
	uint32_t before = timer_ticks();
	uint32_t changed = 0, lost = 0;

	trap_set_handler(TRAP_INVALID_OPCODE, skip_ud2_enabling);
	for (uint32_t ns = SWEEP_FIRST_NS; ns < SWEEP_LAST_NS; ns++) {
		timer_arm(ns);
		for (uint32_t i = 0; i < 8; i++) {
			changed |= trap_and_return(0xA5A50000 | i);
			(void)irq_save();
		}
		irq_enable();
		lost += !tick_arrives(before);
		(void)irq_save();
		before = timer_ticks();
		if (lost > 0)
			break;
	}
	trap_set_handler(TRAP_INVALID_OPCODE, NULL);
	CHECK(lost == 0, "an interrupt was lost");
	CHECK(changed == 0, "eax changed by 0x%x", changed);
}

/* Traps inside the window are reflected as usual: the iret itself may fault. */
TEST(interrupts, fault_in_window)
{
	struct trap_frame frame;
	struct fault fault;

	user_prepare(&frame, user_nothing);
	frame.cs = 0x9B;
	fault = user_run(&frame);
	CHECK(fault_is(fault, TRAP_PROTECTION, 0x98), "vector %u error 0x%x", fault.vector,
	      fault.error);
}

/* --- Two lines -------------------------------------------------------------------- */

static unsigned int order[4];
static unsigned int order_length;

static void note_order(struct trap_frame *frame)
{
	if (order_length < 4)
		order[order_length++] = frame->vector - LGUEST_IRQ_BASE;
}

TEST(interrupts, lowest_line_first)
{
	unsigned int line;

	if (!source_start(&line)) {
		report_skip("no console");
		return;
	}
	order_length = 0;
	irq_attach(line, note_order);
	irq_attach(LGUEST_IRQ_TIMER, note_order);
	CHECK(source_raise("."), "the console does not use its buffer");
	/* The other line waits behind its mask meanwhile, or it would count as what is pending. */
	irq_mask(line);
	hypercall_send_interrupts();
	CHECK(timer_make_pending(), "irq_pending is not set");
	irq_unmask(line);
	irq_enable();
	hypercall_send_interrupts();
	(void)irq_save();
	irq_attach(LGUEST_IRQ_TIMER, NULL);
	CHECK(order_length == 2 && order[0] == LGUEST_IRQ_TIMER && order[1] == line,
	      "%u interrupts, first line %u", order_length, order[0]);
}

TEST(interrupts, raised_twice_comes_once)
{
	unsigned int line;
	uint32_t before;

	if (!source_start(&line)) {
		report_skip("no console");
		return;
	}
	irq_attach(line, NULL);
	before = irq_count(line);
	CHECK(source_raise(".") && source_raise(".") && source_raise("\r\n"),
	      "the console does not use its buffers");
	irq_enable();
	hypercall_send_interrupts();
	(void)irq_save();
	CHECK(irq_count(line) == before + 1, "%u interrupts", irq_count(line) - before);
}
