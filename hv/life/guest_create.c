// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a guest: its structure and timers, then its files, disks and console, then its virtual
 * machine (hv/life/guest_start.c).  All of it lasts until the guest is freed.
 */
#include "hv/life/guest_create.h"

#include "hv/devices/guest_block.h"
#include "hv/devices/guest_console.h"
#include "hv/guest/guest_cpu.h"
#include "hv/guest/guest_fpu.h"
#include "hv/guest/guest_irq.h"
#include "hv/guest/guest_list.h"
#include "hv/life/guest_end.h"
#include "hv/life/guest_start.h"
#include "hv/load/loader.h"
#include "lib/string.h"
#include "mm/heap.h"

static void clock_expired(struct timer *timer)
{
	guest_raise_irq(container_of(timer, struct guest, clock), LGUEST_IRQ_TIMER);
}

/* The guest has exited for the interrupt, which was the purpose, unless it waits for memory. */
static void recheck_expired(struct timer *timer)
{
	struct guest *guest = container_of(timer, struct guest, recheck);

	if (guest->is_starved)
		guest_wake(guest);
}

static void delay_expired(struct timer *timer)
{
	struct guest *guest = container_of(timer, struct guest, delay);

	if (guest->state == GUEST_DELAYED)
		guest->state = GUEST_STARTING;
	guest_wake(guest);
}

/* Called when the guest moves to another CPU: removes all that this CPU holds of it. */
static void leave_cpu(struct task *task)
{
	struct guest *guest = container_of(task, struct guest, task);

	timer_detach(&guest->clock);
	timer_detach(&guest->recheck);
	guest_fpu_save(guest);
	guest_cpu_unload(guest);
	/* One that has not run yet is only placed; a clone's timer may wait all the same. */
	if (guest->task.entity.run_time > 0)
		guest->counters.moves++;
}

struct guest *guest_new(const struct guest_config *config)
{
	const struct guest_options *options = &config->options;
	struct guest *guest = heap_alloc(sizeof(*guest));

	if (!guest)
		return NULL;
	guest->config = config;
	memcpy(guest->name, config->name, sizeof(guest->name));
	timer_init(&guest->clock, clock_expired);
	timer_init(&guest->recheck, recheck_expired);
	timer_init(&guest->delay, delay_expired);
	task_init(&guest->task, options->weight, options->cap, options->cpus, guest_run_call,
		  leave_cpu);
	guest_list_add(guest);
	return guest;
}

/* Gets what the guest needs beside its virtual machine.  False, with *problem, on failure. */
static bool acquire(struct guest *guest, struct load_problem *problem)
{
	const struct guest_config *config = guest->config;

	*problem = (struct load_problem){ .module = config->kernel_file, .word = "kernel" };
	if (!sched_has_cpu(config->options.cpus)) {
		problem->word = "cpus";
		string_copy(problem->cause, "none of these CPUs is there", sizeof(problem->cause));
		return false;
	}
	/* Files and disks first: a bad one must not take memory from the guests after it. */
	if (loader_check(config, &guest->image, &guest->initrd, problem) != 0 ||
	    guest_block_claim(guest, problem) != 0)
		return false;
	if (!guest_console_open(guest)) {
		problem->module = config->kernel_file;
		problem->word = "kernel";
		string_copy(problem->cause, "no console left for another guest",
			    sizeof(problem->cause));
		return false;
	}
	return true;
}

bool guest_create(const struct guest_config *config)
{
	struct load_problem problem;
	struct guest *guest = guest_new(config);
	bool is_ready;

	if (!guest) {
		guest_report_problem(config->kernel_file, "kernel",
				     "no memory left for another guest");
		return false;
	}
	is_ready = acquire(guest, &problem);
	if (!is_ready)
		guest_report_problem(problem.module, problem.word, problem.cause);
	if (!is_ready || !guest_start(guest)) {
		(void)guest_drop(guest);
		return false;
	}
	task_place(&guest->task);
	return true;
}
