// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run loop: picks a guest, enters it, serves what brought it out, enters it
 * again until its time is over or it waits.
 *
 *   run_forever     housekeeping; picks the task whose turn it is, or sleeps
 *     serve         a guest that is ending is taken apart; any other one gets its turn:
 *       take_turn   its registers page, gates, window and FPU are put on this CPU; a piece of its
 *                   start, if it starts; and afterwards it is put back, parked or ended
 *         run_guest until it waits, ends or must make way: its devices, its interrupts,
 *           enter   barriers, the Switcher; the guest runs until something brings it out,
 *             handle_exit    and that is served by vector (hv/run/exits.c)
 *
 * Umbra itself runs with interrupts off.  They come in while a guest runs, which
 * ends its turn in the CPU for a moment, between two turns, and while there is
 * nothing to run.
 */
#include "hv/run/run.h"

#include "arch/board/irq.h"
#include "arch/board/watchdog.h"
#include "arch/cpu/assert.h"
#include "arch/cpu/barrier.h"
#include "arch/cpu/heartbeat.h"
#include "arch/cpu/irqs_off.h"
#include "arch/cpu/log.h"
#include "arch/cpu/switcher.h"
#include "arch/cpu/time.h"
#include "hv/devices/entropy.h"
#include "hv/devices/guest_devices.h"
#include "hv/guest/guest_cpu.h"
#include "hv/guest/guest_fpu.h"
#include "hv/guest/guest_irq.h"
#include "hv/hypercall/hypercall.h"
#include "hv/life/guest_end.h"
#include "hv/life/guest_park.h"
#include "hv/life/guest_start.h"
#include "hv/run/exits.h"
#include "hv/run/housekeeping.h"
#include "hv/sched/balance.h"

#define NMI_REPORT_NS 100000000ull

/* Each CPU's own. */
struct run_loop {
	struct run_cpu *cpu;
	const struct guest_config *entered;	/* of whose turn was the last here, even if it is gone */
	uint32_t nmis_reported;
	uint64_t nmi_report_due;
	struct timer watch;	/* while the watchdog runs: shows it that interrupts come in */
};

static struct run_loop run_loops[MAX_CPUS];

/* The interrupt is all that there is to it. */
static void watch_due(struct timer *timer)
{
	timer_start(timer, time_ns() + watchdog_interval_ns());
}

/* --- entry and exit ------------------------------------------------------------------- */

/* The system call pushes on the guest's kernel stack without asking (docs/protocol.md). */
static void pin_stack(struct guest *guest)
{
	if (guest->shadow.pinned || guest_in_kernel(guest))
		return;
	if (shadow_pin(&guest->shadow, gva_make(guest->kernel_stack), guest->kernel_stack_pages) !=
	    SHADOW_DONE)
		guest_kill(guest, "kernel stack at %08x cannot be mapped writable",
			   guest->kernel_stack);
}

/* Most exits are one of the first two; a switch asks in the order of the numbers. */
static inline __force_inline void handle_exit(struct guest *guest, uint32_t fault_address)
{
	uint32_t vector = guest_frame_of(guest)->vector;

	irqs_off_mark("exit", vector);
	if (unlikely(vector >= VECTOR_COUNT)) {
		guest_strange_exit(guest, vector);
		return;
	}
	guest->counters.exits[vector]++;
	if (vector == LGUEST_HYPERCALL_VECTOR)
		guest_hypercall(guest, HYPERCALL_LENGTH);
	else if (vector == VECTOR_PF)
		guest_page_fault(guest, fault_address);
	else
		guest_other_exit(guest, vector);
}

static inline __force_inline void enter(struct guest *guest)
{
	struct cpu *cpu = this_cpu();
	struct cpu_pages *pages = cpu->pages;
	uint32_t fault_address = 0;

	guest_fpu_prepare(guest);
	guest_choose_call_gate(guest);
	if (cpu->cr4 != cpu->guest_cr4)
		write_cr4(cpu->guest_cr4);
	if (unlikely(cpu->barriers_due)) {
		barriers_carry_out(cpu->barriers_due);
		cpu->barriers_due = 0;
	}
	heartbeat_leave(cpu);
	irqs_off_end();
	switcher_enter(shadow_activate(&guest->shadow, pages), &pages->guest_state.host_esp);
	irqs_off_begin();
	heartbeat_return(cpu);
	if (guest_frame_of(guest)->vector == VECTOR_PF)
		fault_address = read_cr2();
	if (cpu->cr4 != cpu->guest_cr4) {
		/* A guest's AC comes along through every gate, and SMAP does nothing while it is set. */
		if (cpu->cr4 & CR4_SMAP)
			clear_ac();
		write_cr4(cpu->cr4);
	}
	assert(!(read_eflags() & (EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_NT |
				  (cpu->cr4 & CR4_SMAP ? EFLAGS_AC : 0))));
	handle_exit(guest, fault_address);
}

/* --- between entries ------------------------------------------------------------------- */

/* One line for all that came since the last: a storm of NMIs must not become one of lines. */
static void report_nmis(struct run_loop *loop)
{
	static const char *const sources[] = {
		[NMI_UNKNOWN] = "unknown", [NMI_IO] = "io", [NMI_MEMORY] = "memory",
		[NMI_BOTH] = "memory+io",
	};
	const struct cpu *cpu = this_cpu();

	if (time_ns() < loop->nmi_report_due)
		return;
	loop->nmis_reported = cpu->nmi_count;
	loop->nmi_report_due = time_ns() + NMI_REPORT_NS;
	log_event("nmi", "cpu=%u count=%u eip=%08x cs=%04x guest=%s source=%s", cpu->id,
		  cpu->nmi_count, cpu->nmi_eip, cpu->nmi_cs & 0xFFFF, cpu->nmi_running,
		  sources[cpu->nmi_source]);
}

/* Frames from others, and all guests' output, are not the guest's own. */
static void serve_devices(struct guest *guest)
{
	guest_devices_service(guest);
	/* Whoever adds to it has the devices served, so it is never much. */
	if (READ_ONCE(guest->owed))
		sched_charge(&guest->task.entity, __atomic_exchange_n(&guest->owed, 0, __ATOMIC_RELAXED));
	barriers_note_data(this_cpu());
}

static void do_housekeeping(void)
{
	irqs_off_mark("console", 0);
	housekeeping_do();
	irqs_off_mark("run loop", 0);
	barriers_note_data(this_cpu());
}

/*
 * Until the guest waits, ends, or must make way.  A function of its own for the
 * compiler too: all it keeps in registers is for this loop, the hottest there is.
 * And it alone enters guests, with what it calls for that inlined: so it has the only
 * returns whose return stack a guest has filled (arch/cpu/branches.awk looks).
 */
static void __noinline run_guest(struct run_loop *loop, struct guest *guest)
{
	while (!loop->cpu->reschedule) {
		irqs_off_mark("devices", 0);
		if (guest->devices_due)
			serve_devices(guest);
		irqs_off_mark("entry", 0);
		guest_deliver_interrupts(guest);
		if (guest->state == GUEST_RUNNING)
			pin_stack(guest);
		if (guest->state != GUEST_RUNNING)
			break;
		enter(guest);
		if (housekeeping_is_due())
			do_housekeeping();
		if (unlikely(loop->nmis_reported != this_cpu()->nmi_count))
			report_nmis(loop);
	}
	barriers_shield_returns(this_cpu());
}

/* --- turns ---------------------------------------------------------------------------- */

/* A halted guest has its turn only because something came for it: let it see what. */
static void wake_up(struct guest *guest)
{
	irqs_off_mark("devices", 0);
	if (guest->devices_due)
		serve_devices(guest);
	if (guest->state == GUEST_HALTED && guest_has_interrupt(guest))
		guest->state = GUEST_RUNNING;
}

/* Taking a guest apart does not need its window, so the one that is loaded stays. */
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
	if (loop->entered != guest->config)
		barriers_note_switch(cpu);
	loop->entered = guest->config;
	guest_fpu_scrub(guest);
	guest_cpu_load(guest);
	balance_show(run);
	run_cpu_set_timers(run);
	if (guest->state == GUEST_STARTING) {
		irqs_off_mark("starting", 0);
		guest_prepare(guest);
	}
	if (guest->state == GUEST_HALTED)
		wake_up(guest);
	run_guest(loop, guest);
	irqs_off_mark("turn", 0);
	timer_stop(&run->turn);
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
	} else if (guest->state == GUEST_HALTED && (guest->devices_due || guest_has_interrupt(guest))) {
		guest_wake(guest);
	}
	/* From here on the guest may be given to another CPU. */
	balance_share(run);
	run_cpu_set_timers(run);
}

static void serve(struct run_loop *loop, struct guest *guest)
{
	if (guest->state == GUEST_ENDING)
		take_apart(loop->cpu, guest);
	else
		take_turn(loop, guest);
}

static void idle(struct run_cpu *run)
{
	balance_idle(run);
	heartbeat_leave(this_cpu());
	irqs_off_end();
	wait_for_interrupt();
	irqs_off_begin();
	barriers_note_data(this_cpu());
	heartbeat_alive(this_cpu());
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
		if (loop->nmis_reported != this_cpu()->nmi_count)
			report_nmis(loop);
		if (housekeeping_is_due())
			do_housekeeping();
		next = sched_pick(&run->queue, time_ns());
		if (next)
			serve(loop, container_of(next, struct guest, task.entity));
		/*
		 * A turn need not have entered the guest, which is where
		 * interrupts come in: a starting one clears memory, a halted one
		 * has its devices served.
		 */
		if (next || housekeeping_is_due())
			let_interrupts_in();
		else
			idle(run);
	}
}
