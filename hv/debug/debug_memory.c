// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes a guest's memory for a debugger.  Each page is looked up once, so a call takes
 * no longer than its bytes and a walk of two or three levels for each page of them.
 */
#include "hv/debug/debug_memory.h"

#include "mm/guest_memory.h"
#include "mm/shadow_view.h"

bool debug_locate(const struct guest *guest, uint32_t address, gpa_t *gpa)
{
	struct page_view view;

	shadow_view_page(&guest->shadow, gva_make(address), &view);
	if (view.is_umbras || !view.has_frame)
		return false;
	*gpa = gpa_make((uint32_t)(view.entry & PTE_FRAME) | (address & ~PAGE_MASK));
	return true;
}

/* The breakpoints between gpa and gpa + count: their bytes are exchanged for what belongs there. */
static void hide_breakpoints(const struct guest_debug *debug, gpa_t gpa, uint8_t *bytes,
			     uint32_t count)
{
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++) {
		const struct debug_breakpoint *breakpoint = &debug->breakpoints[i];
		uint32_t offset = gpa_value(breakpoint->place) - gpa_value(gpa);

		if (breakpoint->is_used && offset < count)
			bytes[offset] = breakpoint->original;
	}
}

/* What is written where a breakpoint is belongs there from now on; the `int3` stays. */
static void write_around(struct guest *guest, gpa_t gpa, const uint8_t *bytes, uint32_t count)
{
	static const uint8_t int3 = 0xCC;
	struct guest_debug *debug = guest->debug;

	for (unsigned i = 0; debug && i < DEBUG_BREAKPOINTS; i++) {
		struct debug_breakpoint *breakpoint = &debug->breakpoints[i];
		uint32_t offset = gpa_value(breakpoint->place) - gpa_value(gpa);

		if (!breakpoint->is_used || offset >= count)
			continue;
		breakpoint->original = bytes[offset];
		if (breakpoint != debug->step.over)
			(void)!guest_write(&guest->memory, breakpoint->place, &int3, sizeof(int3));
	}
}

uint32_t debug_read(struct guest *guest, uint32_t address, uint8_t *to, uint32_t count)
{
	uint32_t done = 0;

	while (done < count && debug_has_memory(guest)) {
		uint32_t at = address + done;
		uint32_t here = MIN(count - done, PAGE_SIZE - (at & ~PAGE_MASK));
		gpa_t gpa;

		if (!debug_locate(guest, at, &gpa) ||
		    !guest_read(&guest->memory, gpa, to + done, here))
			break;
		if (guest->debug)
			hide_breakpoints(guest->debug, gpa, to + done, here);
		done += here;
	}
	return done;
}

/*
 * What was written may be a page that the guest shares, and has another frame now: that is followed
 * at the beginning of a turn (hv/run/run.c).
 */
static void end_turn(const struct guest *guest)
{
	if (this_cpu()->running == guest->name)
		sched_end_turn();
}

uint32_t debug_write(struct guest *guest, uint32_t address, const uint8_t *from, uint32_t count)
{
	uint32_t done = 0;

	while (done < count && debug_has_memory(guest)) {
		uint32_t at = address + done;
		uint32_t here = MIN(count - done, PAGE_SIZE - (at & ~PAGE_MASK));
		gpa_t gpa;

		if (!debug_locate(guest, at, &gpa) ||
		    !guest_write(&guest->memory, gpa, from + done, here))
			break;
		write_around(guest, gpa, from + done, here);
		done += here;
	}
	end_turn(guest);
	return done;
}
