// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single steps.  TF is set for an entry and taken back at the exit, before anything is done with
 * it, so nothing that Umbra shows to the guest has the debugger's TF; and a TF of the guest's own,
 * as its kernel sets for `ptrace`, stays what it was.  Two instructions show it by themselves: what
 * `pushf` pushed is corrected, and what `popf` and `iret` load is the guest's own from then on.
 *
 * A step is complete when #DB says so, and also when Umbra executed the instruction: then the guest
 * is somewhere else after the exit.
 */
#include "arch/cpu/breakpoint_registers.h"
#include "hv/debug/debug_internal.h"
#include "hv/debug/debug_memory.h"

/* Opcodes and the prefixes that may stand in front of them here (SDM vol. 2, chapter 2.1.1). */
#define PUSHF 0x9Cu
#define POPF 0x9Du
#define IRET 0xCFu
#define PREFIXES_MOST 14u

static bool is_prefix(uint8_t byte)
{
	static const uint8_t prefixes[] = {
		0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3,
	};

	for (unsigned i = 0; i < sizeof(prefixes); i++)
		if (byte == prefixes[i])
			return true;
	return false;
}

static enum debug_tf_use tf_use(struct guest *guest, uint32_t eip)
{
	uint8_t bytes[PREFIXES_MOST + 1];
	uint32_t count = debug_read(guest, eip, bytes, sizeof(bytes)), i = 0;

	while (i < count && is_prefix(bytes[i]))
		i++;
	if (i < count && bytes[i] == PUSHF)
		return TF_PUSHED;
	return i < count && (bytes[i] == POPF || bytes[i] == IRET) ? TF_LOADED : TF_UNUSED;
}

void debug_step_arm(struct guest *guest)
{
	struct debug_step *step = &guest->debug->step;
	struct trap_frame *frame = guest_frame_of(guest);

	if (!debug_holds_interrupts(guest))
		return;
	step->is_armed = true;
	step->eip = frame->eip;
	step->own_tf = frame->eflags & EFLAGS_TF;
	step->use = tf_use(guest, frame->eip);
	frame->eflags |= EFLAGS_TF;
}

/* The lower half of what was pushed has TF, with an operand prefix too. */
static void correct_pushed(struct guest *guest)
{
	uint32_t esp = guest_frame_of(guest)->esp;
	uint8_t flags[2];

	if (debug_read(guest, esp, flags, sizeof(flags)) != sizeof(flags))
		return;
	flags[1] &= (uint8_t)~(EFLAGS_TF >> 8);
	(void)debug_write(guest, esp, flags, sizeof(flags));
}

void debug_step_disarm(struct guest *guest)
{
	struct guest_debug *debug = guest->debug;
	struct debug_step *step = &debug->step;
	struct trap_frame *frame = guest_frame_of(guest);
	bool executed = frame->vector == VECTOR_DB && debug->dr6 & DR6_BS;

	if (!step->is_armed)
		return;
	if (executed && step->use == TF_LOADED)
		return;
	frame->eflags = (frame->eflags & ~EFLAGS_TF) | step->own_tf;
	if (executed && step->use == TF_PUSHED && !step->own_tf)
		correct_pushed(guest);
}

bool debug_step_finish(struct guest *guest)
{
	struct debug_step *step = &guest->debug->step;
	bool was_wanted = step->is_wanted;

	if (step->over && debug_has_memory(guest))
		debug_breakpoint_insert(guest, step->over);
	*step = (struct debug_step){ .is_wanted = false };
	return was_wanted;
}

void debug_step_forget(struct guest *guest)
{
	guest->debug->step = (struct debug_step){ .is_wanted = false };
}
