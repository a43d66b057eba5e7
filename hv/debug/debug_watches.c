// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakpoints and watchpoints in the debug registers, which are loaded while the guest runs (SDM
 * vol. 3, 17.2).  Linear addresses are all that these registers know, so they act in every address
 * space of the guest.  Guests have no debug registers of their own.
 */
#include "hv/debug/debug_points.h"

/* DR7: local enable of register n, exact, and its type and length. */
#define DR7_ENABLE(n) BIT(2 * (n))
#define DR7_EXACT BIT(8)
#define DR7_TYPE_SHIFT(n) (16 + 4 * (n))

/* Behind this address are the pages that the Switcher uses in every address space. */
#define WATCH_END (UINT32_MAX - RESERVED_TOP + 1u)

static uint32_t make_dr7(const struct guest_debug *debug)
{
	uint32_t dr7 = 0;

	for (unsigned i = 0; i < DEBUG_WATCHES; i++) {
		const struct debug_watch *watch = &debug->watches[i];

		if (watch->is_used)
			dr7 |= DR7_EXACT | DR7_ENABLE(i) |
			       ((uint32_t)watch->kind | (watch->length - 1) << 2)
			       << DR7_TYPE_SHIFT(i);
	}
	return dr7;
}

/* The longest piece at address that one register can watch, of no more than size bytes. */
static uint32_t piece_of(uint32_t address, uint32_t size)
{
	for (uint32_t length = 4; length > 1; length /= 2)
		if (size >= length && IS_ALIGNED(address, length))
			return length;
	return 1;
}

static struct debug_watch *find_free(struct guest_debug *debug)
{
	for (unsigned i = 0; i < DEBUG_WATCHES; i++)
		if (!debug->watches[i].is_used)
			return &debug->watches[i];
	return NULL;
}

static bool is_same(const struct debug_watch *watch, enum debug_watch_kind kind, uint32_t address,
		    uint32_t size)
{
	return watch->is_used && watch->kind == kind && watch->first == address &&
	       watch->size == size;
}

static bool is_set(const struct guest_debug *debug, enum debug_watch_kind kind, uint32_t address,
		   uint32_t size)
{
	for (unsigned i = 0; i < DEBUG_WATCHES; i++)
		if (is_same(&debug->watches[i], kind, address, size))
			return true;
	return false;
}

static bool take_registers(struct guest_debug *debug, enum debug_watch_kind kind, uint32_t address,
			   uint32_t size)
{
	for (uint32_t done = 0; done < size;) {
		struct debug_watch *watch = find_free(debug);

		if (!watch)
			return false;
		*watch = (struct debug_watch){
			.is_used = true, .kind = kind, .address = address + done,
			.length = piece_of(address + done, size - done),
			.first = address, .size = size,
		};
		done += watch->length;
	}
	return true;
}

bool debug_watch_clear(struct guest *guest, enum debug_watch_kind kind, uint32_t address,
		       uint32_t size)
{
	struct guest_debug *debug = guest->debug;

	for (unsigned i = 0; i < DEBUG_WATCHES; i++)
		if (is_same(&debug->watches[i], kind, address, size))
			debug->watches[i].is_used = false;
	debug->dr7 = make_dr7(debug);
	return true;
}

bool debug_watch_set(struct guest *guest, enum debug_watch_kind kind, uint32_t address,
		     uint32_t size)
{
	struct guest_debug *debug = guest->debug;
	uint64_t end = (uint64_t)address + size;

	if (size == 0 || (kind == DEBUG_WATCH_EXECUTE && size != 1) ||
	    size > 4 * DEBUG_WATCHES || end > WATCH_END)
		return false;
	if (is_set(debug, kind, address, size))
		return true;
	if (!take_registers(debug, kind, address, size)) {
		(void)debug_watch_clear(guest, kind, address, size);
		return false;
	}
	debug->dr7 = make_dr7(debug);
	return true;
}
