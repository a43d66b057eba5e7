// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests that are made, and what is asked of those that are there.  How one starts is
 * in guest_start.c, how it is taken apart in guest_end.c.
 */
#include "hv/life/guest_life.h"

#include "hv/devices/guest_block.h"
#include "hv/devices/guest_console.h"
#include "hv/guest/guest_list.h"
#include "hv/guest/reflect.h"
#include "hv/load/loader.h"
#include "hv/run/run.h"
#include "hv/sched/balance.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/heap.h"

static const struct guest_configs *all_plans;	/* what guests there can be */

/* One that is taken apart wakes by its timer, if it waits at all. */
static void wake(struct guest *guest)
{
	if (guest->state != GUEST_ENDING)
		run_wake(guest);
}

/* --- ending ------------------------------------------------------------------------ */

static bool has_ended(const struct guest *guest)
{
	return guest->state == GUEST_ENDED || guest->state == GUEST_ENDING;
}

/* What a guest says may hold anything; an event line holds one line, and its quotes are ours. */
static void set_end(struct guest *guest, enum guest_end reason)
{
	guest->end_reason = reason;
	if (!has_ended(guest)) {
		timer_stop(&guest->delay);
		guest->state = GUEST_ENDED;
		guest->end_eip = guest->registers->frame.eip;
	}
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

	if (has_ended(guest))
		return;
	va_start(arguments, format);
	format_text_v(guest->end_cause, sizeof(guest->end_cause), format, arguments);
	va_end(arguments);
	set_end(guest, GUEST_KILLED);
}

void guest_end(struct guest *guest, enum guest_end reason, const char *text)
{
	if (has_ended(guest))
		return;
	format_text(guest->end_cause, sizeof(guest->end_cause), "%s", text);
	set_end(guest, reason);
}

/* What others want counts after its own wish too, as long as it is to start again. */
static void carry_out(struct guest *guest, const char *cause)
{
	if (has_ended(guest) && !guest_starts_again(guest))
		return;
	format_text(guest->end_cause, sizeof(guest->end_cause), "%s", cause);
	set_end(guest, GUEST_KILLED);
}

void guest_request_kill(struct guest *guest, const char *cause)
{
	guest->kill_request = cause;
	if (guest->note.home == this_cpu()->id)
		guest->note.run(&guest->note);
	else
		cpu_call_post(&guest->note);
}

void guest_restart(struct guest *guest)
{
	if (guest->state == GUEST_DELAYED) {
		timer_stop(&guest->delay);
		guest->state = GUEST_STARTING;
	} else {
		guest_end(guest, GUEST_RESTARTED, "restarted at the console");
	}
	wake(guest);
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

	if (guest->state == GUEST_DELAYED)
		guest->state = GUEST_STARTING;
	run_wake(guest);
}

/* What others have asked for. */
static void note_read(struct cpu_call *note)
{
	struct guest *guest = container_of(note, struct guest, note);
	const char *cause = __atomic_exchange_n(&guest->kill_request, NULL, __ATOMIC_SEQ_CST);

	if (cause)
		carry_out(guest, cause);
	if (guest->is_arriving)
		balance_arrive(guest);	/* which may send it on: it is another CPU's now */
	else if (cause || (guest->devices_due && guest->state == GUEST_HALTED))
		wake(guest);
}

static struct guest *new_guest(const struct guest_config *plan)
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
	cpu_call_init(&guest->note, this_cpu()->id, note_read);
	guest_list_add(guest);
	return guest;
}

void guest_create(const struct guest_config *plan)
{
	struct load_problem problem;
	struct guest *guest = new_guest(plan);

	if (!guest) {
		guest_report_problem(plan->kernel_file, "kernel", "no memory left for another guest");
		return;
	}
	if (!balance_has_cpu(plan->cpus)) {
		guest_report_problem(plan->kernel_file, "cpus", "none of these CPUs is there");
		(void)guest_drop(guest);
		return;
	}
	/* Files and disks first: a bad one must not take memory from the guests after it. */
	if (loader_check(plan, &guest->image, &guest->initrd, &problem) != 0 ||
	    guest_block_claim(guest, &problem) != 0) {
		guest_report_problem(problem.module, problem.word, problem.cause);
		(void)guest_drop(guest);
		return;
	}
	if (!guest_console_open(guest)) {
		guest_report_problem(plan->kernel_file, "kernel", "no console left for another guest");
		(void)guest_drop(guest);
		return;
	}
	if (guest_start(guest))
		balance_place(guest);
	else
		(void)guest_drop(guest);
}

void guest_create_all(const struct guest_configs *plans)
{
	all_plans = plans;
	for (size_t i = 0; i < plans->count; i++)
		guest_create(&plans->list[i]);
}

const struct guest_config *guest_config_of(const char *name)
{
	for (size_t i = 0; i < all_plans->count; i++)
		if (strcmp(all_plans->list[i].name, name) == 0)
			return &all_plans->list[i];
	return NULL;
}
