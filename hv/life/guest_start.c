// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts a guest.  What a restart keeps (memory, frames for shadow tables) is made only the first
 * time; all else is made anew.
 */
#include "hv/life/guest_start.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "hv/debug/debug.h"
#include "hv/devices/guest_devices.h"
#include "hv/guest/guest_cpu.h"
#include "hv/load/loader.h"
#include "lib/error.h"
#include "lib/format.h"
#include "mm/frames.h"
#include "mm/heap.h"

/* Without shadow=: a sixteenth of the guest's memory, within these. */
#define SHADOW_SHARE 16
#define SHADOW_LEAST (2u << 20)
#define SHADOW_MOST (16u << 20)

/*
 * Pages a turn that a starting guest clears: 512 KB, a tenth of a millisecond or,
 * on an old machine, a whole one; hv/load/loader.c copies as much at once.  Interrupts wait
 * for so long, and keys with them (drivers/console/uart16550.c).
 */
#define CLEAR_PAGES 128u

_Static_assert(CONFIG_SHADOW_MIN >> PAGE_SHIFT >= SHADOW_MIN_BUDGET, "what shadow= accepts");
_Static_assert(CONFIG_SHADOW_MAX >> PAGE_SHIFT <= SHADOW_MAX_BUDGET, "what shadow= accepts");

static uint32_t shadow_pages(const struct guest_config *config)
{
	uint32_t bytes = config->options.shadow_bytes;

	if (!bytes) {
		bytes = MAX(config->options.mem_bytes / SHADOW_SHARE, SHADOW_LEAST);
		bytes = MIN(bytes, SHADOW_MOST);
	}
	return bytes >> PAGE_SHIFT;
}

/* After a restart the frames are still reserved; a clone may have had fewer. */
static int make_shadow(struct guest *guest)
{
	uint32_t budget = shadow_pages(guest->config);

	if (guest->shadow_reserved != budget) {
		int error;

		frames_unreserve(guest->shadow_reserved);
		guest->shadow_reserved = 0;
		error = frames_reserve(budget);
		if (error)
			return error;
		guest->shadow_reserved = budget;
	}
	return shadow_create(&guest->shadow, &guest->memory, budget);
}

/* After a restart the memory still exists. */
static int make_memory(struct guest *guest)
{
	uint32_t device_pages = guest_devices_pages(guest->devices);

	if (guest->memory.pages == 0)
		return guest_memory_create(&guest->memory,
					   guest->config->options.mem_bytes >> PAGE_SHIFT,
					   device_pages);
	guest_memory_reuse(&guest->memory, device_pages);
	return 0;
}

/* Makes tables, devices, and memory if there is none yet. */
static int make_machine(struct guest *guest)
{
	int error;

	guest->registers = page_alloc();
	guest->fpu = heap_alloc(sizeof(*guest->fpu));
	guest->devices = guest_devices_create(guest);
	if (!guest->registers || !guest->fpu || !guest->devices)
		return -E_NOMEM;
	/* The tables first: their low memory might otherwise become guests' memory. */
	error = make_shadow(guest);
	return error ? error : make_memory(guest);
}

static void reset_state(struct guest *guest)
{
	guest->state = GUEST_STARTING;
	guest->cleared_pages = 0;
	guest->load = (struct load_progress){ 0 };
	guest->end_cause[0] = '\0';
	guest->data = NULL;
	guest->protocol = (struct guest_protocol){ 0 };
	guest->ring_cursor = 0;
	guest->pending_irqs = 0;
	guest->steal = gpa_make(0);
	guest->devices_due = 0;
	guest->owed = 0;
	guest->wall_second = 0;
	guest->counters = (struct guest_counters){ 0 };
}

void guest_report_problem(const char *module, const char *word, const char *cause)
{
	log_event("module-error", "module=%s word=%s cause=\"%s\"", module, word, cause);
}

bool guest_start(struct guest *guest)
{
	char word[24], cause[IMAGE_CAUSE_SIZE];

	reset_state(guest);
	if (make_machine(guest) == 0)
		return true;
	if (IS_ALIGNED(guest->config->options.mem_bytes, 1u << 20))
		format_text(word, sizeof(word), "mem=%uM", guest->config->options.mem_bytes >> 20);
	else
		format_text(word, sizeof(word), "mem=%uK", guest->config->options.mem_bytes >> 10);
	/* A guest's tables and devices are in low memory. */
	format_text(cause, sizeof(cause),
		    "no memory left for guest %s: %u MB are free, %u of them low", guest->name,
		    frames_free() >> 8, frames_low_free() >> 8);
	guest_report_problem(guest->config->kernel_file, word, cause);
	return false;
}

static void run(struct guest *guest)
{
	guest_cpu_reset(guest, gpa_value(guest->image.entry));
	guest_cpu_load(guest);
	guest->state = GUEST_RUNNING;
	guest->loaded = time_ns();
	log_event("guest-start", "guest=%s mem=%uK kind=%s weight=%u cap=%u", guest->name,
		  guest->config->options.mem_bytes >> 10,
		  guest->image.kind == IMAGE_ELF ? "elf" : "bzimage",
		  guest->task.entity.weight, guest->task.entity.cap);
	debug_guest_starts(guest);
}

static void fail(struct guest *guest)
{
	guest_report_problem(guest->config->kernel_file, "kernel",
			     "no memory left to load the guest");
	guest->state = GUEST_ENDED;
	guest->end_reason = GUEST_NOT_LOADED;
}

static void clear(struct guest *guest)
{
	uint32_t end = MIN(guest->cleared_pages + CLEAR_PAGES, guest->memory.pages);

	guest_memory_clear(&guest->memory, guest->cleared_pages, end);
	guest->cleared_pages = end;
	if (end == guest->memory.pages && guest_devices_attach(guest->devices) != 0)
		fail(guest);
}

static void load(struct guest *guest)
{
	int more = loader_load(guest->config, &guest->image, guest->initrd, &guest->memory,
			       &guest->load);

	if (more < 0)
		fail(guest);
	else if (more == 0)
		run(guest);
}

void guest_prepare(struct guest *guest)
{
	if (guest->memory.promised > 0)
		guest_memory_grow(&guest->memory);
	else if (guest->cleared_pages < guest->memory.pages)
		clear(guest);
	else
		load(guest);
}
