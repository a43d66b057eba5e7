// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the longest time that Umbra spends on one thing with interrupts
 * off: tables, address spaces and entries in such numbers and places that one
 * fault or hypercall has as much to do as a guest can bring about.
 *
 * Each access and each call is timed by the TSC. The word most=N says how many
 * ticks one may take; that makes sense where ticks are instructions, as under
 * QEMU's -icount shift=0. Without it nothing is judged.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/ring.h"
#include "guest/runtime/string.h"

#include <stddef.h>

#define SPACE paging_kernel_space()
#define SLOT_SIZE 0x200000u             /* what one table of Umbra's maps */
#define WIDE_FIRST 0x10000000u          /* above the code and stack of ring 3 */
#define WIDE_SLOTS ((GUEST_KERNEL_BASE - WIDE_FIRST) / SLOT_SIZE)
#define KERNEL_FIRST 0xF1000000u        /* above the windows, below what is Umbra's */
#define KERNEL_END 0xFFC00000u
#define READ_ONLY (PTE_PRESENT | PTE_USER | PTE_ACCESSED)

static uint32_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return low;
}

/* What took longest of each kind, in the order in which they came. */
#define KINDS 24u

static struct {
	const char *what;
	uint32_t number, ticks;
} kinds[KINDS];

static void note(const char *what, uint32_t number, uint32_t took)
{
	uint32_t i = 0;

	while (i < KINDS - 1 && kinds[i].what != NULL && strcmp(kinds[i].what, what) != 0)
		i++;
	kinds[i].what = what;
	if (took > kinds[i].ticks) {
		kinds[i].ticks = took;
		kinds[i].number = number;
	}
}

static void judge(void)
{
	uint32_t most = machine_number("most", 0);

	for (uint32_t i = 0; i < KINDS && kinds[i].what != NULL; i++) {
		print("longest: %s %u took %u ticks\n", kinds[i].what, kinds[i].number,
		      kinds[i].ticks);
		if (most != 0 && kinds[i].ticks > most)
			attack_fail("%s %u took %u ticks", kinds[i].what, kinds[i].number,
				    kinds[i].ticks);
	}
}

#define TIMED(what, number, statement)                          \
	do {                                                    \
		uint32_t begin_ = ticks();                      \
		statement;                                      \
		note(what, number, ticks() - begin_);           \
	} while (0)

static void touch(uint32_t address)
{
	(void)*(volatile uint32_t *)address;
}

/* --- Many tables ------------------------------------------------------------------------ */

/*
 * Frames for tables, as they come, or first those whose numbers' two lowest
 * groups of seven bits are equal: a hash that folds them together puts all into
 * one chain.
 */
static uint32_t next_frame, last_frame, next_folded;

static void take_frames(void)
{
	next_frame = next_folded = (pages_untouched() >> 12) + 256;
	last_frame = machine_memory() >> 12;
	if (last_frame > LINEAR_MAX >> 12)
		last_frame = LINEAR_MAX >> 12;
	last_frame -= 16;
}

static bool is_folded(uint32_t frame)
{
	return ((frame ^ frame >> 7) & 0x7F) == 0;
}

static uint32_t take_frame(bool folded)
{
	uint32_t *next = folded ? &next_folded : &next_frame;

	while (*next < last_frame && is_folded(*next) != folded)
		++*next;
	if (*next >= last_frame)
		return 0;
	memset(virt_of(*next << 12), 0, PAGE_SIZE);
	return (*next)++ << 12;
}

/* A table for each slot of the user's part of space, as far as count and memory go. */
static uint32_t widen(uint32_t space, uint32_t count, bool folded)
{
	uint32_t step = paging_is_pae() ? SLOT_SIZE : 2 * SLOT_SIZE;
	uint32_t slots = 0;

	for (uint32_t address = WIDE_FIRST; slots < count; address += step) {
		uint32_t table = take_frame(folded);

		if (table == 0)
			break;
		paging_put(space, address, PAGING_DIRECTORY, table | PTE_TABLE);
		slots += step / SLOT_SIZE;
	}
	return slots;
}

static void map_in_slots(uint32_t space, uint32_t slots, uint32_t frame)
{
	for (uint32_t i = 0; i < slots; i++)
		paging_map(space, WIDE_FIRST + i * SLOT_SIZE, frame, PTE_USER_DATA);
}

static void touch_slots(const char *what, uint32_t slots)
{
	for (uint32_t i = 0; i < slots; i++)
		TIMED(what, i, touch(WIDE_FIRST + i * SLOT_SIZE));
}

/* Address spaces with so many tables that each drives out the others. */
ATTACK(long_eviction, "long-eviction", SURVIVES)
{
	uint32_t frame = page_alloc(), spaces[4], slots[4];

	for (uint32_t i = 0; i < 4; i++)
		spaces[i] = paging_create();
	take_frames();
	for (uint32_t i = 0; i < 4; i++) {
		slots[i] = widen(spaces[i], i < 2 ? 740 : WIDE_SLOTS, i < 2);
		map_in_slots(spaces[i], slots[i], frame);
		print("long-eviction: %u slots\n", slots[i]);
	}
	for (uint32_t round = 0; round < 8; round++) {
		uint32_t i = round < 4 ? round & 1 : round & 3;
		uint32_t begin = ticks();

		TIMED("switch to", i, paging_switch(spaces[i]));
		touch_slots("fault", slots[i]);
		print("long-eviction: round %u took %u ticks\n", round, ticks() - begin);
	}
	paging_switch(SPACE);
	judge();
}

/* --- Many entries ----------------------------------------------------------------------- */

#define ENTRIES 32u     /* in a table: Umbra reads tables with more only when they are touched */

/* Frames far from each other, so that nothing known of one says anything of the next. */
static void scatter(uint32_t space, uint32_t slots, uint32_t flags)
{
	uint32_t frames = machine_memory() / PAGE_SIZE;

	for (uint32_t i = 0; i < slots; i++)
		for (uint32_t k = 0; k < ENTRIES; k++)
			paging_map(space, WIDE_FIRST + i * SLOT_SIZE + k * PAGE_SIZE,
				   (i * 37 + k * 517) % frames * PAGE_SIZE, flags);
}

static void touch_entries(uint32_t slots)
{
	for (uint32_t i = 0; i < slots; i++)
		for (uint32_t k = 0; k < ENTRIES; k += 16)
			TIMED("touch", i, touch(WIDE_FIRST + i * SLOT_SIZE + k * PAGE_SIZE));
}

static void tell_tops(uint32_t space)
{
	uint32_t count = paging_is_pae() ? 4 : 1024;

	for (uint32_t i = 0; i < count; i++)
		TIMED("SET_PGD", i, hypercall(LGUEST_SET_PGD, space, i, 0, 0));
}

ATTACK(long_flush, "long-flush", SURVIVES)
{
	uint32_t space = paging_create(), other = paging_create(), slots;

	take_frames();
	slots = widen(space, WIDE_SLOTS, false);
	print("long-flush: %u slots of %u entries\n", slots, ENTRIES);
	paging_switch(space);
	for (uint32_t round = 0; round < 2; round++) {
		scatter(space, slots, round == 0 ? READ_ONLY : READ_ONLY | PTE_GLOBAL);
		touch_entries(slots);
		TIMED("flush of the user's part", round, paging_flush_user());
		touch_entries(slots);
		scatter(space, slots, round == 0 ? 0 : READ_ONLY);
		TIMED("flush of everything", round, paging_flush_all());
		touch(USER_CODE);
		scatter(space, slots, READ_ONLY);
		touch_entries(slots);
		paging_switch(other);
		paging_flush_all();
		TIMED("switch behind a flush", round, paging_switch(space));
		touch_entries(slots);
		tell_tops(space);
		touch_entries(slots);
	}
	paging_switch(SPACE);
	judge();
}

/* --- Many calls ------------------------------------------------------------------------- */

static volatile uint32_t interrupted;

static void note_interrupt(struct trap_frame *frame)
{
	(void)frame;
	if (interrupted == 0)
		interrupted = ticks();
}

/* A ring full of calls that look at every space; the first asks for an interrupt, which waits. */
static void fill_ring(uint32_t frame)
{
	uint32_t begin;

	irq_attach(LGUEST_IRQ_TIMER, note_interrupt);
	irq_enable();
	(void)ring_queue(LGUEST_SET_CLOCKEVENT, 1, 0, 0, 0);
	while (ring_queue(LGUEST_SET_PTE, SPACE, KERNEL_FIRST, frame | PTE_KERNEL, 0))
		;
	begin = ticks();
	hypercall_flush_async();
	while (interrupted == 0)
		;
	note("interrupt among calls", 0, interrupted - begin);
	(void)irq_save();
	irq_attach(LGUEST_IRQ_TIMER, NULL);
}

/* --- Many address spaces ---------------------------------------------------------------- */

#define MOST_SPACES 1100u

/* A page in every slot of the kernel's part that has nothing yet. */
static void fill_kernel(uint32_t frame)
{
	for (uint32_t address = KERNEL_FIRST; address < KERNEL_END; address += SLOT_SIZE) {
		paging_map(SPACE, address, frame, PTE_KERNEL);
		touch(address);
	}
}

/* A copy of a top level, which with PAE takes 32 bytes. */
static uint32_t copy_top(uint32_t space, uint32_t *room)
{
	uint32_t size = paging_is_pae() ? 32 : PAGE_SIZE, top = *room;

	if (top == 0 || top % PAGE_SIZE == 0)
		top = take_frame(false);
	if (top != 0)
		memcpy(virt_of(top), virt_of(space), size);
	*room = top + size;
	return top;
}

ATTACK(long_spaces, "long-spaces", SURVIVES)
{
	static uint32_t spaces[MOST_SPACES];
	uint32_t frame = page_alloc(), odd, wide = paging_create(), count = 0, room = 0, slots;

	fill_kernel(frame);
	odd = paging_create();
	if (paging_is_pae()) {
		uint32_t middle = page_alloc();

		memcpy(virt_of(middle),
		       virt_of(paging_table(SPACE, KERNEL_FIRST, PAGING_DIRECTORY, false)),
		       PAGE_SIZE);
		paging_put(odd, KERNEL_FIRST, PAGING_TOP, middle | PTE_PRESENT);
	}
	paging_put(odd, KERNEL_FIRST, PAGING_DIRECTORY, page_alloc() | PTE_TABLE);
	paging_map(odd, KERNEL_FIRST, frame, PTE_KERNEL);
	take_frames();
	/* These first: what is left of a small guest's memory is for the wide one. */
	while (count < MOST_SPACES && (spaces[count] = copy_top(SPACE, &room)) != 0)
		count++;
	if (count == 0) {
		attack_fail("there is no memory for address spaces");
		return;
	}
	slots = widen(wide, WIDE_SLOTS, false);
	map_in_slots(wide, slots, frame);
	print("long-spaces: %u spaces, one with %u slots\n", count, slots);
	for (uint32_t i = 0; i < count; i++)
		TIMED("new space", i, paging_switch(spaces[i]));
	/* One of them has another table there, so the first one's is not the only one. */
	paging_switch(odd);
	touch(KERNEL_FIRST);
	paging_switch(spaces[count - 1]);
	for (uint32_t i = 0; i < 4; i++)
		TIMED("SET_PTE of the kernel's", i,
		      paging_set(SPACE, KERNEL_FIRST, frame | PTE_KERNEL));
	fill_ring(frame);
	TIMED("directory entry of the kernel's", 0, paging_tell_directory(SPACE, KERNEL_FIRST));
	TIMED("flush of everything", 0, paging_flush_all());
	TIMED("SET_PTE behind a flush", 0, paging_set(SPACE, KERNEL_FIRST, frame | PTE_KERNEL));
	TIMED("directory entry behind a flush", 0, paging_tell_directory(SPACE, KERNEL_FIRST));
	TIMED("switch behind a flush", 0, paging_switch(spaces[count / 2]));
	TIMED("switch to the wide one", 0, paging_switch(wide));
	touch_slots("fault among many spaces", slots);
	for (uint32_t i = 0; i < count; i++)
		TIMED("space again", i, paging_switch(spaces[i]));
	paging_switch(SPACE);
	judge();
}

/* Top levels that Umbra's hash (mm/shadow_space.c) puts into one chain. */
static bool is_in_chain(uint32_t top)
{
	return (top >> 5) * 0x9E3779B1u >> 24 == 0;
}

ATTACK(long_chain, "long-chain", SURVIVES)
{
	uint32_t step = paging_is_pae() ? 32 : PAGE_SIZE, count = 0, first = 0, last = 0;

	take_frames();
	for (uint32_t top = next_frame << 12; top < last_frame << 12 && count < MOST_SPACES;
	     top += step) {
		if (!is_in_chain(top))
			continue;
		memcpy(virt_of(top), virt_of(SPACE), step);
		TIMED("space in the chain", count, paging_switch(top));
		first = first == 0 ? top : first;
		last = top;
		count++;
	}
	print("long-chain: %u spaces\n", count);
	for (uint32_t round = 0; round < 16; round++) {
		TIMED("first of the chain", round, paging_switch(first));
		TIMED("last of the chain", round, paging_switch(last));
	}
	paging_switch(SPACE);
	judge();
}
