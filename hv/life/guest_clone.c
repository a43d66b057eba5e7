// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a clone of a guest between two of the parent's entries.  All that can fail comes before
 * anything of the parent is touched but for sharing its memory, which it does not notice.
 */
#include "hv/life/guest_clone.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "hv/devices/guest_block.h"
#include "hv/devices/guest_console.h"
#include "hv/devices/guest_devices.h"
#include "hv/guest/guest_fpu.h"
#include "hv/life/guest_create.h"
#include "hv/life/guest_end.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/guest_share.h"
#include "mm/heap.h"

/*
 * Frames for a clone's shadow tables, unless shadow= says otherwise: what a few processes need that
 * do little, since there may be a thousand clones.
 */
#define CLONE_SHADOW_PAGES 128u
_Static_assert(CLONE_SHADOW_PAGES >= SHADOW_MIN_BUDGET, "enough for one address space");

static enum clone_result fail(char cause[CLONE_CAUSE_SIZE], const char *text)
{
	string_copy(cause, text, CLONE_CAUSE_SIZE);
	return CLONE_FAILED;
}

/* --- the parent stands still ---------------------------------------------------------- */

static const char *why_not(const struct guest *parent)
{
	/* The clone's memory would have breakpoints of which nobody knows. */
	if (parent->debug)
		return "a debugger has attached to it";
	switch (parent->state) {
	case GUEST_RUNNING:
	case GUEST_HALTED:
		return NULL;
	case GUEST_PARKED:
		return "it is parked: nothing would wake the clone either";
	case GUEST_DELAYED:
	case GUEST_STARTING:
		return "it has not started yet";
	case GUEST_ENDED:
	case GUEST_ENDING:
		break;
	}
	return "it has ended";
}

static void hold(struct guest *parent)
{
	parent->is_held = true;
	if (this_cpu()->running == parent->name)
		sched_end_turn();
}

static void let_go(struct guest *parent)
{
	if (!parent->is_held)
		return;
	parent->is_held = false;
	if (parent->state == GUEST_RUNNING || parent->state == GUEST_HALTED)
		guest_wake(parent);
}

void guest_clone_give_up(struct guest *parent)
{
	let_go(parent);
}

/* Its window is loaded for that; another guest may have this CPU. */
static void serve_devices(struct guest *parent)
{
	struct guest_memory *loaded = guest_window_memory();

	guest_window_load(&parent->memory);
	guest_devices_service(parent);
	guest_window_load(loaded);
	if (parent->state == GUEST_ENDED)
		guest_wake(parent);
}

/* --- the clone ---------------------------------------------------------------------------- */

static int copy_memory(struct guest *clone, struct guest *parent)
{
	uint32_t budget = clone->config->options.shadow_bytes >> PAGE_SHIFT;
	int error;

	if (budget == 0)
		budget = CLONE_SHADOW_PAGES;
	error = frames_reserve(budget);
	if (error)
		return error;
	clone->shadow_reserved = budget;
	error = shadow_create_like(&clone->shadow, &clone->memory, budget, &parent->shadow);
	return error ? error : guest_memory_clone(&clone->memory, &parent->memory);
}

static void copy_cpu(struct guest *clone, const struct guest *parent)
{
	*clone->registers = *parent->registers;
	*clone->fpu = *parent->fpu;
	memcpy(clone->gdt, parent->gdt, sizeof(clone->gdt));
	memcpy(clone->gates, parent->gates, sizeof(clone->gates));
	clone->gated_irqs = parent->gated_irqs;
	clone->kernel_stack = parent->kernel_stack;
	clone->kernel_stack_selector = parent->kernel_stack_selector;
	clone->kernel_stack_pages = parent->kernel_stack_pages;
	clone->task_switched = parent->task_switched;
	clone->calls_by_umbra = parent->calls_by_umbra;
	clone->fault_address = parent->fault_address;
	clone->debug_status = parent->debug_status;
}

static void copy_protocol(struct guest *clone, const struct guest *parent)
{
	/* Guests have the same window, so what it shares with Umbra is at the same place. */
	clone->data = parent->data;
	clone->protocol = parent->protocol;
	clone->ring_cursor = parent->ring_cursor;
	clone->pending_irqs = parent->pending_irqs;
	clone->steal = parent->steal;
	/* Its task has waited for nothing yet; the time that it was told goes on. */
	clone->steal_base = parent->steal_base - parent->task.entity.waited;
	if (timer_is_waiting(&parent->clock))
		timer_start(&clone->clock, parent->clock.deadline);
}

static void copy_rest(struct guest *clone, const struct guest *parent)
{
	clone->state = parent->state;
	clone->image = parent->image;
	clone->initrd = parent->initrd;
	clone->cleared_pages = parent->cleared_pages;
	clone->loaded = time_ns();
	clone->devices_due = GUEST_DEVICE_CONSOLE | GUEST_DEVICE_NET | GUEST_DEVICE_DISKS |
			     GUEST_DEVICE_MORE;
}

/* All that may fail; guest_drop frees what was made. */
static const char *make(struct guest *clone, struct guest *parent)
{
	struct load_problem problem;

	if (guest_block_claim(clone, &problem) != 0)
		return "its disks cannot be read by another guest";
	if (!guest_console_open(clone))
		return "no console left for another guest";
	clone->registers = page_alloc();
	clone->fpu = heap_alloc(sizeof(*clone->fpu));
	clone->devices = guest_devices_create(clone);
	if (!clone->registers || !clone->fpu || !clone->devices ||
	    copy_memory(clone, parent) != 0)
		return "no memory left for another guest";
	return NULL;
}

/* What the parent may write to is no more what its window and its shadow say. */
static void protect(struct guest *parent)
{
	shadow_protect_all(&parent->shadow);
	if (guest_window_memory() == &parent->memory)
		guest_window_load(&parent->memory);
}

static enum clone_result make_clone(struct guest *parent, const struct guest_config *config,
				    char cause[CLONE_CAUSE_SIZE])
{
	uint64_t began = time_ns();
	struct guest *clone = guest_new(config);
	const char *problem;

	if (!clone)
		return fail(cause, "no memory left for another guest");
	problem = make(clone, parent);
	if (problem) {
		(void)guest_drop(clone);
		return fail(cause, problem);
	}
	protect(parent);
	guest_fpu_save(parent);
	copy_cpu(clone, parent);
	copy_protocol(clone, parent);
	copy_rest(clone, parent);
	guest_devices_clone(clone->devices, parent->devices);
	log_event("guest-clone", "guest=%s of=%s mem=%uK took=%lluus", clone->name, parent->name,
		  config->options.mem_bytes >> 10, (time_ns() - began) / 1000);
	task_place(&clone->task);
	return CLONE_DONE;
}

enum clone_result guest_clone(struct guest *parent, const struct guest_config *config,
			      char cause[CLONE_CAUSE_SIZE])
{
	const char *problem = why_not(parent);
	enum clone_result result;

	if (problem)
		return fail(cause, problem);
	if (!guest_devices_are_quiet(parent->devices)) {
		hold(parent);
		serve_devices(parent);
		if (parent->state != GUEST_ENDED && !guest_devices_are_quiet(parent->devices))
			return CLONE_LATER;
	}
	problem = why_not(parent);
	result = problem ? fail(cause, problem) : make_clone(parent, config, cause);
	let_go(parent);
	return result;
}
