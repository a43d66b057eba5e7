// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a guest: made, loaded, ended, taken apart, perhaps made again.
 */
#include "hv/guest.h"

#include "arch/assert.h"
#include "arch/log.h"
#include "arch/time.h"
#include "drivers/backend/console_mux.h"
#include "hv/balance.h"
#include "hv/guest_block.h"
#include "hv/guest_cpu.h"
#include "hv/guest_devices.h"
#include "hv/guest_list.h"
#include "hv/house.h"
#include "hv/loader.h"
#include "hv/reflect.h"
#include "hv/restart.h"
#include "hv/run.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/heap.h"

/* Without shadow=: a sixteenth of the guest's memory, within these. */
#define SHADOW_SHARE 16
#define SHADOW_LEAST (2u << 20)
#define SHADOW_MOST (16u << 20)

/*
 * Pages a turn that a starting guest clears: 512 KB, a tenth of a millisecond or,
 * on an old machine, a whole one.  Interrupts wait for so long, and keys with
 * them (drivers/phys/uart16550.c).
 */
#define CLEAR_PAGES 128u

static const struct guest_plans *all_plans;	/* what guests there can be */

/* --- ending ------------------------------------------------------------------------ */

/* What a guest says may hold anything; an event line holds one line, and its quotes are ours. */
static void set_end(struct guest *guest, enum guest_end reason)
{
	timer_stop(&guest->delay);
	guest->state = GUEST_ENDED;
	guest->end_reason = reason;
	guest->end_eip = guest->registers->frame.eip;
	for (char *c = guest->end_cause; *c; c++) {
		if (*c == '"')
			*c = '\'';
		else if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = ' ';
	}
}

void guest_kill(struct guest *guest, const char *format, ...)
{
	va_list arguments;

	if (guest->state == GUEST_ENDED)
		return;
	va_start(arguments, format);
	format_text_v(guest->end_cause, sizeof(guest->end_cause), format, arguments);
	va_end(arguments);
	set_end(guest, GUEST_KILLED);
}

void guest_end(struct guest *guest, enum guest_end reason, const char *text)
{
	if (guest->state == GUEST_ENDED)
		return;
	format_text(guest->end_cause, sizeof(guest->end_cause), "%s", text);
	set_end(guest, reason);
}

void guest_sentence(struct guest *guest, const char *cause)
{
	guest->sentence = cause;
	if (guest->note.home == this_cpu()->id)
		guest->note.read(&guest->note);
	else
		cpu_note_post(&guest->note);
}

void guest_restart(struct guest *guest)
{
	if (guest->state == GUEST_DELAYED) {
		timer_stop(&guest->delay);
		guest->state = GUEST_STARTING;
	} else {
		guest_end(guest, GUEST_RESTARTED, "restarted at the console");
	}
	run_wake(guest);
}

/* --- making -------------------------------------------------------------------------- */

static void clock_expired(struct timer *timer)
{
	guest_raise_irq(container_of(timer, struct guest, clock), LGUEST_IRQ_TIMER);
}

static void recheck_expired(struct timer *timer)
{
	/* Its work was to end the guest's turn in the CPU for a moment. */
	(void)timer;
}

static void delay_expired(struct timer *timer)
{
	struct guest *guest = container_of(timer, struct guest, delay);

	guest->state = GUEST_STARTING;
	run_wake(guest);
}

_Static_assert(CONFIG_SHADOW_MIN >> PAGE_SHIFT >= SHADOW_MIN_BUDGET &&
		       CONFIG_SHADOW_MAX >> PAGE_SHIFT <= SHADOW_MAX_BUDGET, "what shadow= accepts");

static uint32_t shadow_pages(const struct guest_plan *plan)
{
	uint32_t bytes = plan->shadow_bytes;

	if (!bytes)
		bytes = MIN(MAX(plan->mem_bytes / SHADOW_SHARE, SHADOW_LEAST), SHADOW_MOST);
	return bytes >> PAGE_SHIFT;
}

static void give_back_machine(struct guest *guest)
{
	timer_stop(&guest->clock);
	timer_stop(&guest->recheck);
	timer_stop(&guest->delay);
	if (guest->shadow.memory) {
		uint32_t budget = guest->shadow.budget;

		shadow_destroy(&guest->shadow);
		frames_unreserve(budget);
	}
	/* Devices before the memory: a disk may be at work in it. */
	guest_devices_destroy(guest->devices);
	guest_memory_destroy(&guest->memory);
	heap_free(guest->fpu);
	if (guest->registers)
		page_free(guest->registers);
	guest->devices = NULL;
	guest->fpu = NULL;
	guest->registers = NULL;
}

static int make_shadow(struct guest *guest)
{
	uint32_t budget = shadow_pages(guest->plan);
	int error = frames_reserve(budget);

	if (error)
		return error;
	error = shadow_create(&guest->shadow, &guest->memory, budget);
	if (error)
		frames_unreserve(budget);
	return error;
}

/* Memory, tables, devices: everything that a restart makes anew. */
static int make_machine(struct guest *guest)
{
	uint32_t ram = guest->plan->mem_bytes >> PAGE_SHIFT;
	int error;

	guest->registers = page_alloc();
	guest->fpu = heap_alloc(sizeof(*guest->fpu));
	guest->devices = guest_devices_create(guest);
	if (!guest->registers || !guest->fpu || !guest->devices)
		return -E_NOMEM;
	/* The tables first: they are reserved from low memory, which guests' memory might use up. */
	error = make_shadow(guest);
	if (!error)
		error = guest_memory_create(&guest->memory, ram, guest_devices_pages(guest->devices));
	return error;
}

static void reset_state(struct guest *guest)
{
	guest->state = GUEST_STARTING;
	guest->cleared_pages = 0;
	guest->end_cause[0] = '\0';
	guest->data = NULL;
	guest->protocol = (struct guest_protocol){ 0 };
	guest->ring_cursor = 0;
	guest->pending_irqs = 0;
	guest->devices_due = false;
	guest->wall_second = 0;
	guest->counters = (struct guest_counters){ 0 };
}

static void report(const char *module, const char *word, const char *cause)
{
	log_event("module-error", "module=%s word=%s cause=\"%s\"", module, word, cause);
}

static bool start(struct guest *guest)
{
	char word[24], cause[IMAGE_CAUSE_SIZE];

	reset_state(guest);
	if (make_machine(guest) == 0)
		return true;
	if (IS_ALIGNED(guest->plan->mem_bytes, 1u << 20))
		format_text(word, sizeof(word), "mem=%uM", guest->plan->mem_bytes >> 20);
	else
		format_text(word, sizeof(word), "mem=%uK", guest->plan->mem_bytes >> 10);
	format_text(cause, sizeof(cause), "no memory left for guest %s: %u MB are free",
		    guest->name, frames_free() >> 8);
	report(guest->plan->kernel_file, word, cause);
	return false;
}

/* The memory is clear: the devices, the kernel, and the first state of the CPU. */
static bool load(struct guest *guest)
{
	if (guest_devices_attach(guest->devices) != 0 ||
	    loader_load(guest->plan, &guest->image, guest->initrd, &guest->memory) != 0) {
		report(guest->plan->kernel_file, "kernel", "no memory left to load the guest");
		return false;
	}
	guest_cpu_reset(guest, gpa_value(guest->image.entry));
	guest_cpu_load(guest);
	guest->state = GUEST_RUNNING;
	guest->loaded = time_ns();
	log_event("guest-start", "guest=%s mem=%uK kind=%s weight=%u cap=%u", guest->name,
		  guest->plan->mem_bytes >> 10, guest->image.kind == IMAGE_ELF ? "elf" : "bzimage",
		  guest->plan->weight, guest->plan->cap);
	return true;
}

void guest_prepare(struct guest *guest)
{
	uint32_t end = MIN(guest->cleared_pages + CLEAR_PAGES, guest->memory.pages);

	guest_memory_clear(&guest->memory, guest->cleared_pages, end);
	guest->cleared_pages = end;
	if (end == guest->memory.pages && !load(guest)) {
		guest->state = GUEST_ENDED;
		guest->end_reason = GUEST_NOT_LOADED;
	}
}

/* Nobody finds it any more, so nobody posts its note; true when it was the last guest. */
static bool drop(struct guest *guest)
{
	bool was_last;

	give_back_machine(guest);
	if (guest->console)
		house_console_close(guest->console);
	guest_block_release(guest);
	was_last = guest_list_remove(guest);
	cpu_note_withdraw(&guest->note);
	heap_free(guest);
	return was_last;
}

/* What others have asked for. */
static void note_read(struct cpu_note *note)
{
	struct guest *guest = container_of(note, struct guest, note);
	const char *cause = __atomic_exchange_n(&guest->sentence, NULL, __ATOMIC_SEQ_CST);

	if (cause)
		guest_kill(guest, "%s", cause);
	if (guest->is_arriving)
		balance_arrive(guest);	/* which may send it on: it is another CPU's now */
	else if (cause || (guest->devices_due && guest->state == GUEST_HALTED))
		run_wake(guest);
}

static struct guest *new_guest(const struct guest_plan *plan)
{
	struct guest *guest = heap_alloc(sizeof(*guest));

	if (!guest)
		return NULL;
	guest->plan = plan;
	memcpy(guest->name, plan->name, sizeof(guest->name));
	timer_init(&guest->clock, clock_expired);
	timer_init(&guest->recheck, recheck_expired);
	timer_init(&guest->delay, delay_expired);
	sched_entity_init(&guest->sched, plan->weight, plan->cap, plan->cpus);
	cpu_note_init(&guest->note, this_cpu()->id, note_read);
	guest_list_add(guest);
	return guest;
}

void guest_create(const struct guest_plan *plan)
{
	struct load_problem problem;
	struct guest *guest = new_guest(plan);

	if (!guest) {
		report(plan->kernel_file, "kernel", "no memory left for another guest");
		return;
	}
	if (!balance_has_cpu(plan->cpus)) {
		report(plan->kernel_file, "cpus", "none of these CPUs is there");
		(void)drop(guest);
		return;
	}
	/* Files and disks first: a bad one must not take memory from the guests after it. */
	if (loader_check(plan, &guest->image, &guest->initrd, &problem) != 0 ||
	    guest_block_claim(guest, &problem) != 0) {
		report(problem.module, problem.word, problem.cause);
		(void)drop(guest);
		return;
	}
	guest->console = house_console_open(guest->name, guest);
	if (!guest->console) {
		report(plan->kernel_file, "kernel", "no console left for another guest");
		(void)drop(guest);
		return;
	}
	guest->number = console_endpoint_number(guest->console);
	if (start(guest))
		balance_place(guest);
	else
		(void)drop(guest);
}

void guest_create_all(const struct guest_plans *plans)
{
	all_plans = plans;
	for (size_t i = 0; i < plans->count; i++)
		guest_create(&plans->list[i]);
}

const struct guest_plan *guest_plan_of(const char *name)
{
	for (size_t i = 0; i < all_plans->count; i++)
		if (strcmp(all_plans->list[i].name, name) == 0)
			return &all_plans->list[i];
	return NULL;
}

/* --- the end ---------------------------------------------------------------------------- */

static uint32_t count_exits(const struct guest *guest)
{
	uint32_t count = 0;

	for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
		count += guest->counters.exits[vector];
	return count;
}

static void report_exit(const struct guest *guest)
{
	static const char *const reasons[] = {
		[GUEST_POWEROFF] = "poweroff", [GUEST_REBOOT] = "reboot",
		[GUEST_CRASH] = "crash", [GUEST_KILLED] = "killed",
		[GUEST_RESTARTED] = "reboot",
	};

	log_event("guest-exit", "guest=%s reason=%s cause=\"%s\" eip=%08x run=%llums exits=%u shadow=%uK",
		  guest->name, reasons[guest->end_reason], guest->end_cause, guest->end_eip,
		  guest->sched.run_time / 1000000, count_exits(guest),
		  guest->shadow.used << (PAGE_SHIFT - 10));
}

/* It starts in turns of its own.  While it is delayed its memory is taken already, so that nobody else can. */
static void start_again(struct guest *guest, uint64_t delay)
{
	if (!delay) {
		run_wake(guest);
		return;
	}
	log_event("guest-delay", "guest=%s delay=%llums restarts=%u", guest->name, delay / 1000000,
		  guest->short_lives);
	guest->state = GUEST_DELAYED;
	timer_start(&guest->delay, time_ns() + delay);
}

void guest_finish(struct guest *guest)
{
	uint64_t began = time_ns(), delay = 0;

	if (guest->end_reason != GUEST_NOT_LOADED)
		report_exit(guest);
	if (guest->end_reason == GUEST_REBOOT)
		delay = restart_delay(&guest->short_lives, began - guest->loaded);
	if (guest->end_reason == GUEST_REBOOT || guest->end_reason == GUEST_RESTARTED) {
		give_back_machine(guest);
		if (start(guest)) {
			/* What its restarts take is its own time too, or they would be a way round its share. */
			sched_charge(&guest->sched, time_ns() - began);
			start_again(guest, delay);
			return;
		}
	}
	balance_forget(guest);
	if (drop(guest))
		house_all_guests_gone();
}
