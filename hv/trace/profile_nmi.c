// SPDX-License-Identifier: GPL-2.0-only
/*
 * An NMI may strike while a record is being written, so it writes none: its samples wait in a queue
 * of their own, which the profile's timer empties.  The NMI alone moves `head`, the timer alone
 * `tail`, both on the boot CPU.
 */
#include "hv/trace/profile_nmi.h"

#include "arch/board/watchdog.h"
#include "arch/cpu/trace.h"

#define WAITING 64u		/* a power of two */
#define FRAMES 12u
#define FIRST 2u		/* of them in the sample itself */

static struct nmi_sample {
	uint32_t eip;
	unsigned count;
	uint32_t callers[FRAMES + TRACE_WORDS];	/* zeroes behind the last */
} samples[WAITING];
static uint32_t head, tail;

/* As in a panic: frames are followed on this CPU's stacks only. */
static bool is_on_stack(uint32_t ebp)
{
	const struct cpu_pages *pages = this_cpu()->pages;

	return ebp >= (uint32_t)pages->stack && ebp % sizeof(uint32_t) == 0 &&
	       ebp <= (uint32_t)(pages + 1) - 2 * sizeof(uint32_t);
}

static unsigned follow(uint32_t ebp, uint32_t callers[FRAMES])
{
	unsigned count = 0;

	while (count < FRAMES && is_on_stack(ebp)) {
		const uint32_t *frame = (const uint32_t *)ebp;

		if (frame[1] == 0)
			break;
		callers[count++] = frame[1];
		if (frame[0] <= ebp)
			break;
		ebp = frame[0];
	}
	return count;
}

/* In an NMI.  A sample that has no room is lost. */
static void note(uint32_t eip, uint32_t ebp)
{
	struct nmi_sample *sample = &samples[head % WAITING];

	if (head - READ_ONCE(tail) >= WAITING)
		return;
	*sample = (struct nmi_sample){ .eip = eip };
	sample->count = follow(ebp, sample->callers);
	compiler_barrier();
	WRITE_ONCE(head, head + 1);
}

static void write_down(const struct nmi_sample *sample)
{
	trace_write(TRACE_SAMPLE, (const uint32_t[TRACE_WORDS]){
		sample->eip, 0, TRACE_SAMPLE_CODE << 16 | sample->count, sample->callers[0],
		sample->callers[1] });
	for (unsigned i = FIRST; i < sample->count; i += TRACE_WORDS)
		trace_write(TRACE_STACK, sample->callers + i);
}

void profile_nmi_collect(void)
{
	while (tail != READ_ONCE(head)) {
		compiler_barrier();
		write_down(&samples[tail % WAITING]);
		compiler_barrier();
		WRITE_ONCE(tail, tail + 1);
	}
}

void profile_nmi_run(bool on)
{
	watchdog_set_sampler(on ? note : NULL);
}
