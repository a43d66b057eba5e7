// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was done about a fault shows in the guest's counters, before and after: so the code that
 * handles it need not tell.
 */
#include "hv/trace/trace_exit.h"

#include "arch/cpu/trace.h"

/* An exit that is being handled, or was the last. */
static struct exit_cpu {
	uint64_t left;		/* the TSC at the exit */
	bool hidden;		/* neither it nor the entry that follows leaves a record */
	uint32_t vector, address, error, eip;
	uint32_t filled, guest_faults, switches, created;	/* counters at the exit */
} exits[MAX_CPUS];

static struct exit_cpu *exit_here(void)
{
	return &exits[this_cpu()->id];
}

void trace_entry(const struct guest *guest)
{
	const struct trap_frame *frame = &guest->registers->frame;

	if (!exit_here()->hidden)
		trace(TRACE_ENTRY, frame->eip, frame->cs & 0xFFFF, frame->esp,
		      trace_ticks(exit_here()->left));
}

void trace_turn(void)
{
	exit_here()->hidden = false;
}

void trace_exit(const struct guest *guest, uint32_t fault_address)
{
	const struct trap_frame *frame = &guest->registers->frame;
	const struct shadow_counters *counters = &guest->shadow.counters;
	struct exit_cpu *exit = exit_here();
	uint32_t detail = frame->vector == LGUEST_HYPERCALL_VECTOR ? frame->eax : frame->error;

	*exit = (struct exit_cpu){
		.hidden = trace_is_hidden(frame->vector), .vector = frame->vector,
		.address = fault_address, .error = frame->error, .eip = frame->eip,
		.filled = counters->filled, .guest_faults = counters->guest_faults,
		.switches = counters->switches, .created = counters->created,
	};
	if (trace_is_on(TRACE_EXIT) && !exit->hidden)
		exit->left = trace_write_open(TRACE_EXIT, (const uint32_t[TRACE_WORDS]){
			frame->vector, frame->eip, detail, 0, frame->cs & 0xFFFF });
	else
		exit->left = read_tsc();
}

static enum trace_fault what_was_done(const struct guest *guest, const struct exit_cpu *exit)
{
	const struct shadow_counters *counters = &guest->shadow.counters;

	if (guest->state == GUEST_ENDED)
		return TRACE_FAULT_END;
	if (counters->guest_faults != exit->guest_faults)
		return TRACE_FAULT_GUESTS;
	if (counters->filled != exit->filled)
		return TRACE_FAULT_FILLED;
	return guest->registers->frame.eip != exit->eip ? TRACE_FAULT_DEVICE : TRACE_FAULT_REPEATED;
}

void trace_handled(const struct guest *guest)
{
	const struct exit_cpu *exit = exit_here();
	uint32_t ticks = trace_ticks(exit->left);

	if (trace_is_on(TRACE_EXIT) && !exit->hidden)
		trace_write_rest(3, ticks);
	if (exit->vector == VECTOR_PF)
		trace(TRACE_FAULT, exit->address, exit->error, exit->eip,
		      what_was_done(guest, exit), ticks);
	/* Of several switches in one exit, from the ring of hypercalls, the last one. */
	if (guest->shadow.counters.switches != exit->switches && guest->state != GUEST_ENDED)
		trace(TRACE_SPACE, guest->shadow.current->root, guest->shadow.used,
		      guest->shadow.counters.created - exit->created);
}
