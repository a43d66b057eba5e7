// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakpoints in a guest's memory.  A breakpoint is an `int3` at a place of the guest's physical
 * memory, and by that place it is recognised when the guest executes one: a kernel's page is the
 * same in all its address spaces, and an `int3` of the guest's own is none of ours.
 */
#include "hv/debug/debug_internal.h"
#include "hv/debug/debug_memory.h"
#include "hv/debug/debug_points.h"
#include "mm/guest_memory.h"

#define INT3 0xCCu

static struct debug_breakpoint *find(struct guest_debug *debug, gpa_t place)
{
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++)
		if (debug->breakpoints[i].is_used &&
		    gpa_value(debug->breakpoints[i].place) == gpa_value(place))
			return &debug->breakpoints[i];
	return NULL;
}

static struct debug_breakpoint *find_free(struct guest_debug *debug)
{
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++)
		if (!debug->breakpoints[i].is_used)
			return &debug->breakpoints[i];
	return NULL;
}

struct debug_breakpoint *debug_breakpoint_at(struct guest *guest, uint32_t address)
{
	gpa_t place;

	return debug_locate(guest, address, &place) ? find(guest->debug, place) : NULL;
}

void debug_breakpoint_insert(struct guest *guest, struct debug_breakpoint *breakpoint)
{
	uint8_t int3 = INT3;

	/* The place was in the guest's memory, and that never becomes smaller. */
	if (guest_read(&guest->memory, breakpoint->place, &breakpoint->original, 1))
		(void)!guest_write(&guest->memory, breakpoint->place, &int3, 1);
}

/* What the guest has written there meanwhile stays. */
void debug_breakpoint_lift(struct guest *guest, struct debug_breakpoint *breakpoint)
{
	uint8_t byte;

	if (guest_read_u8(&guest->memory, breakpoint->place, &byte) && byte == INT3)
		(void)!guest_write(&guest->memory, breakpoint->place, &breakpoint->original, 1);
}

bool debug_breakpoint_set(struct guest *guest, uint32_t address)
{
	struct guest_debug *debug = guest->debug;
	struct debug_breakpoint *breakpoint = find_free(debug);
	gpa_t place;

	if (!debug_has_memory(guest) || !debug_locate(guest, address, &place))
		return false;
	if (find(debug, place))
		return true;
	if (!breakpoint)
		return false;
	*breakpoint = (struct debug_breakpoint){
		.is_used = true, .address = address, .place = place,
	};
	debug_breakpoint_insert(guest, breakpoint);
	return true;
}

static void remove(struct guest *guest, struct debug_breakpoint *breakpoint)
{
	if (debug_has_memory(guest))
		debug_breakpoint_lift(guest, breakpoint);
	if (guest->debug->step.over == breakpoint)
		guest->debug->step.over = NULL;
	breakpoint->is_used = false;
}

/* By its address: the tables that it was found by may be others now. */
bool debug_breakpoint_clear(struct guest *guest, uint32_t address)
{
	struct guest_debug *debug = guest->debug;

	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++)
		if (debug->breakpoints[i].is_used && debug->breakpoints[i].address == address)
			remove(guest, &debug->breakpoints[i]);
	return true;
}

void debug_breakpoints_remove(struct guest *guest)
{
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++)
		if (guest->debug->breakpoints[i].is_used)
			remove(guest, &guest->debug->breakpoints[i]);
}

void debug_breakpoints_forget(struct guest_debug *debug)
{
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++)
		debug->breakpoints[i].is_used = false;
}
