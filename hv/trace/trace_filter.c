// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot CPU changes what is wanted, and then calls every CPU, which sets its own mask by it.  A
 * CPU that reads while it is being changed sets a wrong mask for a moment: its call comes after.
 */
#include "hv/trace/trace_filter.h"

#include "arch/cpu/cpu_call.h"
#include "arch/cpu/trace.h"
#include "drivers/virtio/virtqueue.h"
#include "hv/sched/wake.h"
#include "hv/trace/profile.h"
#include "hv/trace/trace_exit.h"
#include "lib/string.h"
#include "mm/heap.h"

static struct {
	uint32_t kinds;
	char guest[CONFIG_NAME_SIZE];	/* empty: all */
	bool account;
	uint32_t hz;			/* of the profile; 0: none */
	char profiled[CONFIG_NAME_SIZE];	/* empty: all */
} wanted;

static struct filter_cpu {
	struct cpu_call apply, clear, nudge;
} cpus[MAX_CPUS];

/* --- each CPU for itself ------------------------------------------------------------------ */

/* Is the guest, or a CPU without one, among those that the name stands for? */
static bool is_meant(const struct guest *guest, const char *name)
{
	return !name[0] || (guest && string_equal(guest->name, name));
}

static uint32_t kinds_for(const struct guest *guest)
{
	uint32_t kinds = guest && READ_ONCE(wanted.account) ? TRACE_ACCOUNT : 0;

	if (READ_ONCE(wanted.hz) && is_meant(guest, wanted.profiled))
		kinds |= BIT(TRACE_SAMPLE) | BIT(TRACE_TURN);
	if (is_meant(guest, wanted.guest))
		kinds |= READ_ONCE(wanted.kinds);
	return kinds;
}

/* A guest that runs gets a new turn, whose beginning asks again. */
static void apply(struct cpu_call *call)
{
	struct cpu *cpu = this_cpu();

	(void)call;
	profile_run(wanted.hz);
	if (cpu->running)
		sched_end_turn();
	else
		cpu->trace_kinds = kinds_for(NULL);
}

/* That the CPU was interrupted is all that is wanted. */
static void nudge(struct cpu_call *call)
{
	(void)call;
}

static void clear(struct cpu_call *call)
{
	(void)call;
	trace_ring_clear(trace_ring_of(this_cpu()->id));
}

void trace_turn_begin(struct guest *guest)
{
	struct cpu *cpu = this_cpu();
	uint32_t words[TRACE_WORDS];

	cpu->trace_kinds = kinds_for(guest);
	cpu->trace_guest = (uint16_t)guest->number;
	guest->is_traced = cpu->trace_kinds != 0;
	if (likely(!guest->is_traced))
		return;
	trace_exit_begin(guest);
	if (!trace_is_on(TRACE_TURN))
		return;
	memcpy(words, guest->name, sizeof(guest->name));
	words[TRACE_WORDS - 1] = guest->state;
	trace_write(TRACE_TURN, words);
}
_Static_assert(sizeof(((struct guest *)NULL)->name) == (TRACE_WORDS - 1) * sizeof(uint32_t),
	       "a name fits into a record");

void trace_turn_end(struct guest *guest)
{
	struct cpu *cpu = this_cpu();

	trace(TRACE_TURN_END, guest->state, guest->state == GUEST_RUNNING);
	trace_exit_end(guest);
	cpu->trace_guest = 0;
	cpu->trace_kinds = kinds_for(NULL);
}

static void account_request(const struct virtqueue *queue)
{
	struct guest *guest = trace_guest_here();

	if (guest && string_equal(queue->device, "net"))
		guest->account.frames++;
	else if (guest)
		guest->account.requests++;
}

/* A device takes a request of the guest that has this CPU. */
static void note_request(const struct virtqueue *queue, const struct virtqueue_chain *chain)
{
	uint32_t words[TRACE_WORDS] = {
		[2] = queue->index << 16 | chain->head, chain->readable, chain->writable,
	};

	if (trace_keeps_account())
		account_request(queue);
	if (!trace_is_on(TRACE_REQUEST))
		return;
	memcpy(words, queue->device, strnlen(queue->device, 2 * sizeof(words[0])));
	trace_write(TRACE_REQUEST, words);
}

/* --- all of them --------------------------------------------------------------------------- */

static void prepare_calls(void)
{
	for (unsigned id = 0; id < cpu_count(); id++) {
		if (cpus[id].apply.run)
			continue;
		cpu_call_init(&cpus[id].apply, id, apply);
		cpu_call_init(&cpus[id].clear, id, clear);
		cpu_call_init(&cpus[id].nudge, id, nudge);
	}
}

/* Has every CPU follow what is wanted now. */
static void apply_everywhere(void)
{
	prepare_calls();
	virtqueue_set_taken(wanted.account || wanted.kinds & BIT(TRACE_REQUEST) ?
				    note_request : NULL);
	for (unsigned id = 0; id < cpu_count(); id++)
		cpu_call_post(&cpus[id].apply);
}

static uint32_t power_of_two_up_to(uint32_t number)
{
	return BIT(31 - (unsigned)__builtin_clz(number));
}

bool trace_prepare(uint32_t records)
{
	uint32_t count = power_of_two_up_to(records);

	/* The boot CPU's last: where that one is, all are. */
	for (unsigned id = cpu_count(); id-- > 0;) {
		struct trace_record *memory;

		if (trace_ring_of(id))
			continue;
		memory = heap_alloc(count * sizeof(*memory));
		if (!memory)
			return false;
		trace_ring_give(id, memory, count);
	}
	return true;
}

void trace_filter_set(uint32_t kinds, const char *guest)
{
	/* Nothing of another guest is written in between. */
	WRITE_ONCE(wanted.kinds, 0);
	compiler_barrier();
	string_copy(wanted.guest, guest, sizeof(wanted.guest));
	compiler_barrier();
	WRITE_ONCE(wanted.kinds, kinds);
	apply_everywhere();
}

void trace_profile(uint32_t hz, const char *guest)
{
	WRITE_ONCE(wanted.hz, 0);
	compiler_barrier();
	string_copy(wanted.profiled, guest, sizeof(wanted.profiled));
	compiler_barrier();
	WRITE_ONCE(wanted.hz, hz);
	apply_everywhere();
}

void trace_account(bool on)
{
	WRITE_ONCE(wanted.account, on);
	apply_everywhere();
}

void trace_account_nudge(void)
{
	prepare_calls();
	for (unsigned id = 0; id < cpu_count(); id++)
		cpu_call_post(&cpus[id].nudge);
}

uint32_t trace_filter_kinds(void)
{
	return wanted.kinds;
}

const char *trace_filter_guest(void)
{
	return wanted.guest;
}

void trace_clear(void)
{
	prepare_calls();
	for (unsigned id = 0; id < cpu_count(); id++)
		cpu_call_post(&cpus[id].clear);
}
