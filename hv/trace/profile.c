// SPDX-License-Identifier: GPL-2.0-only
/*
 * A timer of each CPU.  Its interrupt is late: by what the hardware takes, and by all the time that
 * Umbra has been running.  So who had the CPU is asked for the moment of the deadline: the guest,
 * if it had been entered by then, else Umbra.
 *
 * A guest's stack is read through its own tables, which changes nothing, and believed in nothing:
 * frames lie in rising order, and no more than FRAMES of them are followed.
 */
#include "hv/trace/profile.h"

#include "arch/board/timer.h"
#include "arch/cpu/time.h"
#include "arch/cpu/trace.h"
#include "hv/trace/profile_nmi.h"
#include "hv/trace/trace_exit.h"
#include "lib/div64.h"
#include "mm/guest_memory.h"
#include "mm/shadow_view.h"

#define FRAMES 12u
#define FIRST 2u		/* of them in the sample itself */
#define NS_PER_SECOND 1000000000u

static struct profile_cpu {
	struct timer timer;
	bool timer_is_made;
	uint32_t period_ns;	/* 0: off */
} cpus[MAX_CPUS];

/* --- a guest's stack ---------------------------------------------------------------------- */

/* The two words of a frame: its caller's frame and the return address. */
static bool read_frame(struct guest *guest, uint32_t address, uint32_t frame[2])
{
	struct page_view view;
	uint32_t offset = address & ~PAGE_MASK;

	if (address % sizeof(uint32_t) || offset > PAGE_SIZE - 2 * sizeof(uint32_t))
		return false;
	shadow_view_page(&guest->shadow, gva_make(address), &view);
	if (view.is_umbras || view.is_bad || !view.has_frame)
		return false;
	return guest_read(&guest->memory, gpa_make((uint32_t)(view.entry & PTE_FRAME) | offset),
			  frame, 2 * sizeof(uint32_t));
}

static unsigned read_callers(struct guest *guest, uint32_t callers[FRAMES])
{
	uint32_t ebp = guest->registers->frame.ebp, frame[2];
	unsigned count = 0;

	while (count < FRAMES && read_frame(guest, ebp, frame) && frame[1] != 0) {
		callers[count++] = frame[1];
		if (frame[0] <= ebp)
			break;
		ebp = frame[0];
	}
	return count;
}

static void sample_guest(struct guest *guest)
{
	const struct trap_frame *frame = &guest->registers->frame;
	uint32_t callers[FRAMES + TRACE_WORDS] = { 0 };
	unsigned count = read_callers(guest, callers);

	trace_write(TRACE_SAMPLE, (const uint32_t[TRACE_WORDS]){
		frame->eip, frame->cs & 0xFFFF, TRACE_SAMPLE_GUEST << 16 | count, callers[0],
		callers[1] });
	for (unsigned i = FIRST; i < count; i += TRACE_WORDS)
		trace_write(TRACE_STACK, callers + i);
}

/* --- samples -------------------------------------------------------------------------------- */

static void sample_umbra(enum trace_sample where, uint32_t vector, uint32_t call)
{
	trace_write(TRACE_SAMPLE, (const uint32_t[TRACE_WORDS]){
		0, 0, (uint32_t)where << 16, vector, call });
}

static uint64_t tsc_at(uint64_t deadline)
{
	uint64_t late = time_ns() - deadline;

	return read_tsc() - div_u64_u32(MIN(late, (uint64_t)NS_PER_SECOND) * time_tsc_khz(),
					1000000, NULL);
}

static void sample(uint64_t deadline)
{
	struct guest *guest = trace_guest_here();
	uint32_t vector, call;

	if (!trace_is_on(TRACE_SAMPLE))
		return;
	if (!guest)
		sample_umbra(this_cpu()->sleeps ? TRACE_SAMPLE_IDLE : TRACE_SAMPLE_LOOP, 0, 0);
	else if (trace_was_in_guest(tsc_at(deadline), &vector, &call))
		sample_guest(guest);
	else
		sample_umbra(TRACE_SAMPLE_EXIT, vector, call);
}

static void expired(struct timer *timer)
{
	struct profile_cpu *cpu = container_of(timer, struct profile_cpu, timer);
	uint64_t next = timer->deadline + cpu->period_ns, now = time_ns();

	sample(timer->deadline);
	if (this_cpu()->id == 0)
		profile_nmi_collect();
	/* What was missed is not made up for. */
	timer_start(timer, next > now ? next : now + cpu->period_ns);
}

void profile_run(uint32_t hz)
{
	struct profile_cpu *cpu = &cpus[this_cpu()->id];

	if (!cpu->timer_is_made)
		timer_init(&cpu->timer, expired);
	cpu->timer_is_made = true;
	cpu->period_ns = hz ? NS_PER_SECOND / hz : 0;
	if (hz)
		timer_start(&cpu->timer, time_ns() + cpu->period_ns);
	else
		timer_stop(&cpu->timer);
	if (this_cpu()->id == 0)
		profile_nmi_run(hz != 0);
}
