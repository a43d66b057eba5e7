// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run loop: picks a guest, enters it, serves what brought it out, enters it
 * again until its time is over or it waits.
 *
 *   run_forever     housekeeping; picks the task whose turn it is, or sleeps
 *     serve         a guest that is ending is taken apart; any other one gets its turn:
 *       take_turn   its registers page, gates, window and FPU are put on this CPU; a piece of its
 *                   start, if it starts; and afterwards it is put back, parked or ended
 *         run_guest until it waits, ends or must make way, it is entered again and again
 *                   (hv/run/run_guest.c)
 *
 * Umbra itself runs with interrupts off.  They come in while a guest runs, which
 * ends its turn in the CPU for a moment, between two turns, and while there is
 * nothing to run.
 */
#include "hv/run/run.h"

#include "arch/board/irq.h"
#include "arch/board/watchdog.h"
#include "arch/cpu/barrier.h"
#include "arch/cpu/heartbeat.h"
#include "arch/cpu/irqs_off.h"
#include "arch/cpu/time.h"
#include "arch/cpu/trace.h"
#include "hv/devices/entropy.h"
#include "hv/guest/guest_cpu.h"
#include "hv/guest/guest_fpu.h"
#include "hv/guest/guest_irq.h"
#include "hv/guest/guest_sharing.h"
#include "hv/guest/steal_time.h"
#include "hv/life/guest_end.h"
#include "hv/life/guest_park.h"
#include "hv/life/guest_start.h"
#include "hv/run/housekeeping.h"
#include "hv/run/run_guest.h"
#include "hv/sched/balance.h"
#include "hv/trace/trace_filter.h"

static struct run_loop run_loops[MAX_CPUS];

/* Nothing to do: the interrupt itself changes the heartbeat. */
static void watch_due(struct timer *timer)
{
	timer_start(timer, time_ns() + watchdog_interval_ns());
}

/* --- turns ---------------------------------------------------------------------------- */

/* A halted guest gets a turn only when a device has work or an interrupt is pending. */
static void wake_up(struct guest *guest)
{
	irqs_off_mark("devices", 0);
	if (guest->devices_due)
		guest_serve_devices(guest);
	if (guest->state == GUEST_HALTED && guest_has_interrupt(guest))
		guest->state = GUEST_RUNNING;
}

/* Taking a guest apart does not need its window, so the loaded window stays. */
static void take_apart(struct run_cpu *run, struct guest *guest)
{
	struct cpu *cpu = this_cpu();
	enum guest_rest rest;

	cpu->running = guest->name;
	balance_show(run);
	irqs_off_mark("ending", 0);
	rest = guest_take_apart(guest);
	irqs_off_mark("turn", 0);
	cpu->running = NULL;
	sched_put(&run->queue, time_ns(), rest == GUEST_MORE);
	balance_show(run);
	if (rest == GUEST_DONE && guest_finish(guest))
		housekeeping_guests_gone();
	balance_share(run);
	run_cpu_set_timers(run);
}

static void take_turn(struct run_loop *loop, struct guest *guest)
{
	struct run_cpu *run = loop->cpu;
	struct cpu *cpu = this_cpu();

	cpu->running = guest->name;
	run->reschedule = false;
	irqs_off_mark("turn", 0);
	if (loop->entered != guest->config->number)
		barriers_note_switch(cpu);
	loop->entered = guest->config->number;
	guest_fpu_scrub(guest);
	guest_cpu_load(guest);
	guest_steal_tell(guest);
	trace_turn_begin(guest);
	balance_show(run);
	run_cpu_set_timers(run);
	if (guest->state == GUEST_STARTING) {
		irqs_off_mark("starting", 0);
		guest_prepare(guest);
	}
	if (guest->state == GUEST_HALTED)
		wake_up(guest);
	if (unlikely(guest->memory.moved_count > 0))
		shadow_follow(&guest->shadow);
	run_guest(loop, guest);
	irqs_off_mark("turn", 0);
	timer_stop(&run->turn);
	trace_turn_end(guest);
	cpu->running = NULL;
	sched_put(&run->queue, time_ns(),
		  guest->state == GUEST_RUNNING || guest->state == GUEST_STARTING);
	balance_show(run);
	if (guest_park(guest))
		housekeeping_guests_gone();
	if (guest->state == GUEST_ENDED) {
		guest_fpu_forget(guest);
		guest_cpu_unload(guest);
		guest_begin_end(guest);
	} else if (guest->state == GUEST_HALTED &&
		   (guest->devices_due || guest_has_interrupt(guest))) {
		guest_wake(guest);
	}
	/* After this call the guest may belong to another CPU. */
	balance_share(run);
	run_cpu_set_timers(run);
}

/* A guest that is paused, is to be cloned or waits for memory leaves the queue until that ends. */
static void put_aside(struct run_cpu *run)
{
	sched_put(&run->queue, time_ns(), false);
	balance_show(run);
	balance_share(run);
	run_cpu_set_timers(run);
}

/* Its command `set cpus=` has excluded this CPU.  Afterwards the guest belongs to another one. */
static void send_away(struct run_cpu *run)
{
	balance_expel(run);
	balance_share(run);
	run_cpu_set_timers(run);
}

static void serve(struct run_loop *loop, struct guest *guest)
{
	if (guest->state == GUEST_ENDING)
		take_apart(loop->cpu, guest);
	else if (unlikely(guest->paused || guest->is_held) || guest_must_wait(guest))
		put_aside(loop->cpu);
	else if (unlikely(!(guest->task.entity.cpus & BIT(loop->cpu->id))))
		send_away(loop->cpu);
	else
		take_turn(loop, guest);
}

static void idle(struct run_cpu *run)
{
	uint64_t began;

	balance_idle(run);
	heartbeat_leave(this_cpu());
	irqs_off_end();
	began = trace_begin(TRACE_IDLE);
	this_cpu()->sleeps = true;
	wait_for_interrupt();
	irqs_off_begin();
	barriers_note_data(this_cpu());
	heartbeat_alive(this_cpu());
	this_cpu()->sleeps = false;
	if (unlikely(began))
		trace_sleep(began);
	balance_awake(run);
	entropy_note();
}

static void let_interrupts_in(void)
{
	irqs_off_end();
	poll_interrupts();
	irqs_off_begin();
	barriers_note_data(this_cpu());
}

void run_forever(void)
{
	struct run_cpu *run = this_run_cpu();
	struct run_loop *loop = &run_loops[run->id];

	irqs_off_begin();
	loop->cpu = run;
	timer_init(&loop->watch, watch_due);
	if (watchdog_interval_ns())
		watch_due(&loop->watch);
	for (;;) {
		struct sched_entity *next;

		heartbeat_alive(this_cpu());
		run_other_work(loop);
		next = sched_pick(&run->queue, time_ns());
		if (next)
			serve(loop, container_of(next, struct guest, task.entity));
		/*
		 * Interrupts come in while a guest runs, but not every turn enters the guest: a
		 * starting one clears memory, a halted one has its devices served.
		 */
		if (next || housekeeping_is_due())
			let_interrupts_in();
		else
			idle(run);
	}
}
