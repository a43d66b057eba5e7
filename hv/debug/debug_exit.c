// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries and exits of a guest that a debugger has attached to (hv/run/run_guest.c calls this), and
 * which #BP and #DB are the debugger's: the `int3` at a place where it has a breakpoint, a debug
 * register of its own that matched, the step that it wanted.  All others are the guest's.
 */
#include "arch/cpu/breakpoint_registers.h"
#include "hv/debug/debug_internal.h"
#include "hv/debug/debug_memory.h"
#include "hv/guest/guest_cpu.h"
#include "hv/guest/reflect.h"

#define INT3 0xCCu

/* Error code of a #GP by `int n`: the gate's index, and that it is one of the IDT. */
#define GATE_ERROR(vector) ((vector) << 3 | 2u)
#define GATE_DPL(gate) ((unsigned)((gate) >> (32 + DESCRIPTOR_DPL_SHIFT)) & 3)

void debug_enter(struct guest *guest)
{
	const struct guest_debug *debug = guest->debug;
	uint32_t addresses[DEBUG_WATCHES];

	if (!debug)
		return;
	/* Behind a system call TF would not act before the call returned. */
	guest_change_call_gate(guest);
	debug_step_arm(guest);
	for (unsigned i = 0; i < DEBUG_WATCHES; i++)
		addresses[i] = debug->watches[i].address;
	breakpoint_registers_load(addresses, debug->dr7);
}

void debug_leave(struct guest *guest)
{
	uint32_t dr6 = breakpoint_registers_unload();

	if (!guest->debug)
		return;
	guest->debug->dr6 = guest_frame_of(guest)->vector == VECTOR_DB ? dr6 : 0;
	debug_step_disarm(guest);
}

/* --- #BP ----------------------------------------------------------------------------------- */

/*
 * The guest's own.  Its gate was made accessible to all rings for the debugger's, so what the CPU
 * would have done with the guest's gate is done here.
 */
static bool guests_breakpoint(struct guest *guest)
{
	struct trap_frame *frame = guest_frame_of(guest);
	uint8_t byte = INT3;

	if ((frame->cs & SELECTOR_RPL) <= GATE_DPL(guest->gates[VECTOR_BP]))
		return false;
	/* `int3` has one byte, `int 3` two. */
	if (debug_read(guest, frame->eip - 1, &byte, 1) == 1 && byte != INT3)
		frame->eip--;
	frame->eip--;
	guest_reflect_trap(guest, VECTOR_GP, GATE_ERROR(VECTOR_BP));
	return true;
}

static bool breakpoint(struct guest *guest)
{
	struct trap_frame *frame = guest_frame_of(guest);

	if (!debug_breakpoint_at(guest, frame->eip - 1))
		return guests_breakpoint(guest);
	frame->eip--;
	(void)debug_step_finish(guest);
	debug_stop(guest, DEBUG_STOP_BREAKPOINT, frame->eip);
	return true;
}

/* --- #DB ----------------------------------------------------------------------------------- */

static const struct debug_watch *matched(const struct guest_debug *debug)
{
	for (unsigned i = 0; i < DEBUG_WATCHES; i++)
		if (debug->watches[i].is_used && debug->dr6 & BIT(i))
			return &debug->watches[i];
	return NULL;
}

static void stop_at_watch(struct guest *guest, const struct debug_watch *watch)
{
	static const enum debug_stop_kind kinds[] = {
		[DEBUG_WATCH_EXECUTE] = DEBUG_STOP_EXECUTE, [DEBUG_WATCH_WRITE] = DEBUG_STOP_WRITE,
		[DEBUG_WATCH_ACCESS] = DEBUG_STOP_ACCESS,
	};

	(void)debug_step_finish(guest);
	debug_stop(guest, kinds[watch->kind], watch->address);
}

/* True: it was the debugger's, and not the guest's own step as well. */
static bool stepped(struct guest *guest)
{
	struct debug_step *step = &guest->debug->step;
	bool is_guests_too = step->own_tf != 0;

	if (!step->is_armed || !(guest->debug->dr6 & DR6_BS))
		return false;
	/* Then the guest's handler is where the step led to. */
	if (is_guests_too) {
		guest->debug_status |= DR6_BS;
		guest_reflect_trap(guest, VECTOR_DB, 0);
	}
	if (debug_step_finish(guest))
		debug_stop(guest, DEBUG_STOP_STEP, 0);
	return true;
}

static bool debug_trap(struct guest *guest)
{
	const struct debug_watch *watch = matched(guest->debug);

	if (watch) {
		stop_at_watch(guest, watch);
		return true;
	}
	return stepped(guest);
}

bool debug_takes_exit(struct guest *guest)
{
	uint32_t vector = guest_frame_of(guest)->vector;
	bool taken = false;

	if (!guest->debug)
		return false;
	if (vector == VECTOR_BP)
		taken = breakpoint(guest);
	else if (vector == VECTOR_DB)
		taken = debug_trap(guest);
	if (taken)
		guest->counters.exits[vector]++;
	return taken;
}

/*
 * An instruction that Umbra executed, or that was the guest's fault, has left the guest elsewhere;
 * one that is to be made again, as after a page fault that Umbra served, has not.
 */
void debug_after_exit(struct guest *guest)
{
	struct guest_debug *debug = guest->debug;

	if (!debug || !debug->step.is_armed)
		return;
	debug->step.is_armed = false;
	if (guest->state == GUEST_RUNNING && guest_frame_of(guest)->eip == debug->step.eip)
		return;
	if (debug_step_finish(guest))
		debug_stop(guest, DEBUG_STOP_STEP, 0);
}
