// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the stretches with interrupts off, and keeps the longest one of each CPU.  Each CPU
 * writes its own record.
 */
#include "arch/cpu/irqs_off.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/x86.h"

struct stretch {
	bool counts;
	uint64_t began, marked;		/* TSC; began is 0 between two stretches */
	uint64_t paused;		/* TSC when the pause began */
	struct irqs_off_record now;	/* what and detail: of its longest part; ticks: not yet */
	const char *what;		/* of the current part */
	uint32_t detail;
	struct irqs_off_record longest;
};

static struct stretch stretches[MAX_CPUS];

static struct stretch *here(void)
{
	return &stretches[this_cpu()->id];
}

void irqs_off_begin_debug(void)
{
	struct stretch *stretch = here();

	stretch->counts = true;
	stretch->began = stretch->marked = read_tsc();
	stretch->now = (struct irqs_off_record){ 0 };
	stretch->what = "run loop";
	stretch->detail = 0;
}

static void end_part(struct stretch *stretch, uint64_t now)
{
	if (now - stretch->marked <= stretch->now.part_ticks)
		return;
	stretch->now.part_ticks = now - stretch->marked;
	stretch->now.what = stretch->what;
	stretch->now.detail = stretch->detail;
}

void irqs_off_mark_debug(const char *what, uint32_t detail)
{
	struct stretch *stretch = here();
	uint64_t now = read_tsc();

	end_part(stretch, now);
	stretch->marked = now;
	stretch->what = what;
	stretch->detail = detail;
}

void irqs_off_end_debug(void)
{
	struct stretch *stretch = here();
	uint64_t now = read_tsc();

	if (stretch->began == 0)
		return;
	end_part(stretch, now);
	stretch->now.ticks = now - stretch->began;
	stretch->began = 0;
	if (stretch->now.ticks > stretch->longest.ticks)
		stretch->longest = stretch->now;
}

void irqs_off_pause(void)
{
	here()->paused = read_tsc();
}

void irqs_off_resume(void)
{
	struct stretch *stretch = here();
	uint64_t lasted = read_tsc() - stretch->paused;

	stretch->began += lasted;
	stretch->marked += lasted;
}

bool irqs_off_counts(void)
{
	return here()->counts;
}

struct irqs_off_record irqs_off_longest(unsigned cpu)
{
	return stretches[cpu].longest;
}
