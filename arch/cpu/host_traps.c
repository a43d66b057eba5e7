// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles traps in Umbra itself, and every NMI first.  An exception here is a bug, but for the #GP
 * by which msr_try_write finds out that a register does not exist, the #PF by which memory_try_read
 * finds that nothing is mapped, the #DB of a guest's breakpoints, and page faults of writes to what
 * guests share (mm/window_fault.c).
 */
#include "arch/cpu/host_traps.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/breakpoint_registers.h"
#include "arch/cpu/exception_names.h"
#include "arch/cpu/heartbeat.h"
#include "arch/cpu/irqs_off.h"
#include "arch/cpu/machine_check.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/port.h"
#include "arch/cpu/switcher.h"
#include "arch/cpu/trace.h"
#include "lib/string.h"

/* Port B of the board; bit 7: a memory or PCI error, bit 6: one of an ISA card. */
#define BOARD_PORT 0x61
#define BOARD_NMI_SHIFT 6

extern const uint8_t msr_try_write_instruction[], msr_try_write_failed[];
extern const uint8_t memory_try_read_instruction[], memory_try_read_failed[];

static void (*serve_interrupt)(unsigned vector);
static bool (*is_expected_nmi)(uint32_t eip, uint32_t ebp);
static bool (*serve_write_fault)(uint32_t address);

void host_traps_set_interrupt(void (*serve)(unsigned vector))
{
	serve_interrupt = serve;
}

void host_traps_set_nmi(bool (*is_expected)(uint32_t eip, uint32_t ebp))
{
	is_expected_nmi = is_expected;
}

void host_traps_set_write_fault(bool (*serve)(uint32_t address))
{
	serve_write_fault = serve;
}

static bool is_served_page_fault(const struct trap_frame *frame)
{
	return frame->error == (FAULT_PRESENT | FAULT_WRITE) && serve_write_fault &&
	       serve_write_fault(read_cr2());
}

void host_trap(struct trap_frame *frame)
{
	uint64_t began;

	if (frame->vector >= VECTOR_EXCEPTIONS) {
		/* The interrupt may have ended a sleep: the CPU runs Umbra's code again. */
		heartbeat_alive(this_cpu());
		irqs_off_begin();
		irqs_off_mark("handler", frame->vector);
		began = trace_begin(TRACE_IRQ);
		serve_interrupt(frame->vector);
		if (unlikely(began))
			trace_interrupt(frame->vector, began);
		irqs_off_end();
		return;
	}
	if (frame->vector == VECTOR_GP && frame->eip == (uint32_t)msr_try_write_instruction) {
		frame->eip = (uint32_t)msr_try_write_failed;
		return;
	}
	if (frame->vector == VECTOR_PF && frame->eip == (uint32_t)memory_try_read_instruction) {
		frame->eip = (uint32_t)memory_try_read_failed;
		return;
	}
	if (frame->vector == VECTOR_DB && breakpoint_registers_match_umbra(frame))
		return;
	if (frame->vector == VECTOR_PF && is_served_page_fault(frame))
		return;
	if (frame->vector == VECTOR_PF)
		panic_with_frame(frame, "page fault in Umbra at address %08x", read_cr2());
	if (frame->vector == VECTOR_MC)
		machine_check_panic(frame);
	panic_with_frame(frame, "trap %u (%s) in Umbra", frame->vector,
			 exception_name(frame->vector));
}

void host_double_fault(void)
{
	const struct tss *tss = &((const struct state_page *)SWITCHER_STATE)->tss;
	const struct trap_frame frame = {
		.edi = tss->edi, .esi = tss->esi, .ebp = tss->ebp, .ebx = tss->ebx,
		.edx = tss->edx, .ecx = tss->ecx, .eax = tss->eax,
		.vector = VECTOR_DF, .eip = tss->eip, .cs = tss->cs, .eflags = tss->eflags,
		.esp = tss->esp,
	};

	panic_with_frame(&frame, "double fault (esp %08x)", tss->esp);
}

/* A board without the port answers with all bits set. */
static uint8_t nmi_source(void)
{
	uint8_t status = port_in8(BOARD_PORT);

	return status == UINT8_MAX ? NMI_UNKNOWN : status >> BOARD_NMI_SHIFT;
}

/*
 * Umbra's own code runs at ring 0, a guest in ring 1 or 3.  In virtual-8086 mode, which an emulator
 * may let a guest enter, a selector says nothing about the ring.
 */
static bool struck_guest(const struct nmi_frame *frame)
{
	return (frame->eflags & EFLAGS_VM) || (frame->cs & SELECTOR_RPL) != 0;
}

static void count_nmi(const struct nmi_frame *frame, uint8_t source)
{
	struct cpu *cpu = this_cpu();

	cpu->nmi_source = source;
	string_copy(cpu->nmi_running, cpu->running ? cpu->running : "", sizeof(cpu->nmi_running));
	cpu->nmi_eip = frame->eip;
	cpu->nmi_cs = frame->cs;
	cpu->nmi_count++;
}

bool host_nmi(const struct nmi_frame *frame)
{
	uint8_t source;

	breakpoint_registers_suspend();
	if (panic_has_begun()) {
		panic_stop(frame->eip, frame->cs, frame->ebp);
		return false;
	}
	source = nmi_source();
	/* An NMI that the board accounts for is not the watchdog's. */
	if (source != NMI_UNKNOWN || !is_expected_nmi || !is_expected_nmi(frame->eip, frame->ebp))
		count_nmi(frame, source);
	breakpoint_registers_restore();
	return struck_guest(frame) && !guest_state_is_possible(frame->cs, frame->eflags);
}

void host_switcher_bug(const uint32_t *frame)
{
	const struct trap_frame check = { .vector = frame[0], .eip = frame[2], .eflags = frame[4] };

	if (frame[0] == VECTOR_MC)
		machine_check_panic(&check);
	panic("trap %u (%s) in the Switcher, error %08x, eip %08x, eflags %08x, cr2 %08x", frame[0],
	      exception_name(frame[0]), frame[1], frame[2], frame[4], read_cr2());
}
