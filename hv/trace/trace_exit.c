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
	uint64_t since;		/* the TSC up to which the guest's account is kept */
	bool hidden;		/* neither it nor the entry that follows leaves a record */
	uint64_t entered;	/* the TSC at the last entry; while samples are taken */
	uint32_t vector, address, error, eip, call;
	uint32_t vector_before, call_before;	/* of the exit before that entry */
	uint32_t filled, guest_faults, switches, created;	/* counters at the exit */
} exits[MAX_CPUS];

/* The guest that has a traced turn on each CPU. */
static struct guest *traced[MAX_CPUS];

static struct exit_cpu *exit_here(void)
{
	return &exits[this_cpu()->id];
}

/* --- the account --------------------------------------------------------------------------- */

/* What was since the last call is added to *ticks. */
static void account_time(uint64_t *ticks)
{
	struct exit_cpu *exit = exit_here();
	uint64_t now = read_tsc();

	*ticks += now - exit->since;
	exit->since = now;
}

static enum exit_class class_of(const struct guest *guest, uint32_t vector)
{
	switch (vector) {
	case LGUEST_HYPERCALL_VECTOR:
		return EXIT_HYPERCALL;
	case VECTOR_PF:
		return EXIT_FAULT;
	case VECTOR_GP:
	case VECTOR_UD:
		return EXIT_EMULATED;
	default:
		return vector >= VECTOR_EXCEPTIONS && vector != guest->protocol.syscall_vector ?
			       EXIT_INTERRUPT : EXIT_OTHER;
	}
}

static void account_exit(struct guest *guest, uint32_t vector, uint32_t ticks)
{
	enum exit_class class = class_of(guest, vector);

	guest->account.exits[class]++;
	guest->account.cost[class] += ticks;
}

void trace_exit_begin(struct guest *guest)
{
	traced[this_cpu()->id] = guest;
	exit_here()->hidden = false;
	exit_here()->since = read_tsc();
}

struct guest *trace_guest_here(void)
{
	return traced[this_cpu()->id];
}

void trace_exit_end(struct guest *guest)
{
	traced[this_cpu()->id] = NULL;
	if (trace_keeps_account())
		account_time(&guest->account.umbra_ticks);
}

bool trace_was_in_guest(uint64_t tsc, uint32_t *vector, uint32_t *call)
{
	const struct exit_cpu *exit = exit_here();

	*vector = exit->vector_before;
	*call = exit->call_before;
	return exit->entered <= tsc;
}

/* --- records -------------------------------------------------------------------------------- */

void trace_entry(struct guest *guest)
{
	const struct trap_frame *frame = &guest->registers->frame;

	if (trace_keeps_account())
		account_time(&guest->account.umbra_ticks);
	if (trace_is_on(TRACE_SAMPLE))
		exit_here()->entered = read_tsc();
	if (!exit_here()->hidden)
		trace(TRACE_ENTRY, frame->eip, frame->cs & 0xFFFF, frame->esp,
		      trace_ticks(exit_here()->left));
}

void trace_exit(struct guest *guest, uint32_t fault_address)
{
	const struct trap_frame *frame = &guest->registers->frame;
	const struct shadow_counters *counters = &guest->shadow.counters;
	struct exit_cpu *exit = exit_here();
	uint32_t detail = frame->vector == LGUEST_HYPERCALL_VECTOR ? frame->eax : frame->error;

	if (trace_keeps_account())
		account_time(&guest->account.guest_ticks);
	*exit = (struct exit_cpu){
		.since = exit->since, .entered = exit->entered, .call = frame->eax,
		.vector_before = exit->vector, .call_before = exit->call,
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

void trace_handled(struct guest *guest)
{
	const struct exit_cpu *exit = exit_here();
	uint32_t ticks = trace_ticks(exit->left);

	if (trace_keeps_account())
		account_exit(guest, exit->vector, ticks);
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
