// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run loop: picks a guest, enters it, serves what brought it out, enters it
 * again until its time is over or it waits.
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
#include "arch/cpu/machine_check.h"
#include "arch/cpu/switcher.h"
#include "arch/cpu/time_limit.h"
#include "hv/console/house.h"
#include "hv/devices/entropy.h"
#include "hv/devices/guest_devices.h"
#include "hv/emulate/emulate.h"
#include "hv/emulate/mmio.h"
#include "hv/guest/guest_cpu.h"
#include "hv/guest/guest_fpu.h"
#include "hv/guest/reflect.h"
#include "hv/hypercall/hypercall.h"
#include "hv/life/guest_park.h"
#include "hv/run/bad_exit.h"
#include "hv/sched/balance.h"
#include "hv/sched/run_cpu.h"

#define NMI_REPORT_NS 100000000ull
#define STOP_NS 100000000ull	/* for all other CPUs to come to an end of what they do */

static struct run_cpu run_cpus[MAX_CPUS];

struct run_cpu *run_cpu_of(unsigned id)
{
	return &run_cpus[id];
}

struct run_cpu *this_run_cpu(void)
{
	return &run_cpus[this_cpu()->id];
}

static void set_timer(struct timer *timer, uint64_t deadline)
{
	if (deadline != UINT64_MAX && (!timer_is_waiting(timer) || timer->deadline != deadline))
		timer_start(timer, deadline);
}

void run_follow_queue(struct run_cpu *run)
{
	if (run->queue.running)
		set_timer(&run->turn, run->queue.turn_end);
	set_timer(&run->release, sched_next_release(&run->queue));
}

static void turn_over(struct timer *timer)
{
	container_of(timer, struct run_cpu, turn)->reschedule = true;
}

static void release_due(struct timer *timer)
{
	struct run_cpu *run = container_of(timer, struct run_cpu, release);

	if (sched_release(&run->queue, time_ns()))
		run->reschedule = true;
	balance_share(run);
	run_follow_queue(run);
}

/* The interrupt is all that there is to it. */
static void watch_due(struct timer *timer)
{
	timer_start(timer, time_ns() + watchdog_interval_ns());
}

static void stop_read(struct cpu_call *note)
{
	WRITE_ONCE(container_of(note, struct run_cpu, stop)->is_stopped, true);
	cpu_halt_forever();
}

void run_init(unsigned cpu)
{
	struct run_cpu *run = run_cpu_of(cpu);

	run->id = cpu;
	sched_queue_init(&run->queue);
	timer_init(&run->turn, turn_over);
	timer_init(&run->release, release_due);
	timer_init(&run->watch, watch_due);
	balance_init(run);
	cpu_call_init(&run->stop, cpu, stop_read);
}

void run_stop_others(void)
{
	unsigned here = this_cpu()->id;
	struct time_limit limit = time_limit(STOP_NS);

	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		if (cpu != here)
			cpu_call_post(&run_cpu_of(cpu)->stop);
	for (unsigned cpu = 0; cpu < cpu_count(); cpu++)
		while (cpu != here && !READ_ONCE(run_cpu_of(cpu)->is_stopped) &&
		       !time_limit_is_over(&limit))
			cpu_pause();
}

void run_wake(struct guest *guest)
{
	struct run_cpu *run = this_run_cpu();

	assert(guest->note.home == run->id);
	balance_catch_up(run);
	if (sched_wake(&run->queue, &guest->sched, time_ns()))
		run->reschedule = true;
	balance_share(run);
	run_follow_queue(run);
}

void run_excuse(uint32_t ns)
{
	sched_excuse(&this_run_cpu()->queue, ns);
}

uint32_t run_load(unsigned cpu)
{
	return READ_ONCE(run_cpu_of(cpu)->load);
}

/* --- exits ---------------------------------------------------------------------- */

static void page_fault(struct guest *guest, uint32_t address)
{
	struct trap_frame *frame = guest_frame_of(guest);
	uint32_t error = frame->error;

	guest->fault_address = address;
	/* Ring 1 has no business there; a stray pointer of a program is its kernel's affair. */
	if (address >= SWITCHER_CODE && address < SWITCHER_STATE + PAGE_SIZE && guest_in_kernel(guest)) {
		guest_kill(guest, "access to Umbra's page at %08x", address);
		return;
	}
	switch (shadow_fault(&guest->shadow, gva_make(address), &error)) {
	case SHADOW_DONE:
	case SHADOW_AGAIN:	/* which a fault does by itself */
		return;
	case SHADOW_OUTSIDE:
		guest_mmio(guest, address, error);
		return;
	case SHADOW_BAD:
		guest_kill(guest, "%s (%08llx) at address %08x", guest->shadow.bad,
			   guest->shadow.bad_entry, address);
		return;
	case SHADOW_GUEST_FAULT:
		if (guest->data)
			WRITE_ONCE(guest->data->cr2, address);
		guest_reflect_trap(guest, VECTOR_PF, error);
		return;
	}
}

/* A system call through an interrupt gate is the one trap above the exceptions. */
static bool is_interrupt(const struct guest *guest, uint32_t vector)
{
	return vector >= VECTOR_EXCEPTIONS && vector != guest->protocol.syscall_vector;
}

static void interrupt(uint32_t vector)
{
	entropy_note();
	irq_dispatch(vector);
	barriers_note_data(this_cpu());
}

/*
 * No event is lost on the way out of virtual-8086 mode: an interrupt is served, a machine check
 * ends the machine, an NMI was counted by its handler; all else is an exception or an `int` of the
 * guest's own, in whose place it gets #GP.
 */
static void handle_bad_exit(struct guest *guest, uint32_t vector)
{
	uint32_t event = vector % VECTOR_COUNT;

	guest->counters.exits[event]++;
	if (!(vector & VECTOR_IN_VM86)) {
		guest_bad_return(guest, event);
		return;
	}
	if (event == VECTOR_MC)
		machine_check_panic(NULL);
	if (is_interrupt(guest, event))
		interrupt(event);
	guest_bad_state(guest);
}

static void handle_exit(struct guest *guest, uint32_t fault_address)
{
	const struct trap_frame *frame = guest_frame_of(guest);
	uint32_t vector = frame->vector;

	irqs_off_mark("exit", vector);
	if (unlikely(vector >= VECTOR_COUNT)) {
		handle_bad_exit(guest, vector);
		return;
	}
	guest->counters.exits[vector]++;
	/* Most exits are one of these two; a switch asks in the order of the numbers. */
	if (vector == LGUEST_HYPERCALL_VECTOR) {
		guest_hypercall(guest, HYPERCALL_LENGTH);
		return;
	}
	if (vector == VECTOR_PF) {
		page_fault(guest, fault_address);
		return;
	}
	switch (vector) {
	case VECTOR_GP:
	case VECTOR_UD:
		guest_emulate(guest);
		return;
	case VECTOR_NM:
		guest_fpu_fault(guest);
		return;
	case VECTOR_DF:
		guest_kill(guest, "double fault");
		return;
	case VECTOR_MC:
		machine_check_panic(NULL);
	case VECTOR_NMI:
		/* The handler has counted it, and took the guest out for its state (arch/cpu/host_traps.c). */
		guest_bad_state(guest);
		return;
	default:
		if (is_interrupt(guest, vector))
			interrupt(vector);
		else
			guest_reflect_trap(guest, vector, frame->error);
	}
}

/* --- entry ------------------------------------------------------------------------- */

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

/* One line for all that came since the last: a storm of them must not become one of lines. */
static void report_nmis(struct run_cpu *run)
{
	static const char *const sources[] = {
		[NMI_UNKNOWN] = "unknown", [NMI_IO] = "io", [NMI_MEMORY] = "memory",
		[NMI_BOTH] = "memory+io",
	};
	const struct cpu *cpu = this_cpu();

	if (time_ns() < run->nmi_report_due)
		return;
	run->nmis_reported = cpu->nmi_count;
	run->nmi_report_due = time_ns() + NMI_REPORT_NS;
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
		sched_charge(&guest->sched, __atomic_exchange_n(&guest->owed, 0, __ATOMIC_RELAXED));
	barriers_note_data(this_cpu());
}

static void keep_house(void)
{
	irqs_off_mark("console", 0);
	house_keep();
	irqs_off_mark("run loop", 0);
	barriers_note_data(this_cpu());
}

/*
 * Until the guest waits, ends, or must make way.  A function of its own for the
 * compiler too: all it keeps in registers is for this loop, the hottest there is.
 * And it alone enters guests, with what it calls for that inlined: so it has the only
 * returns whose return stack a guest has filled (arch/cpu/branches.awk looks).
 */
static void __noinline run_guest(struct run_cpu *run, struct guest *guest)
{
	while (!run->reschedule) {
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
		if (house_is_due())
			keep_house();
		if (unlikely(run->nmis_reported != this_cpu()->nmi_count))
			report_nmis(run);
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

/* Nobody needs its window for that, so the one that is loaded stays. */
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
	if (rest == GUEST_DONE)
		guest_finish(guest);
	balance_share(run);
	run_follow_queue(run);
}

static void take_turn(struct run_cpu *run, struct guest *guest)
{
	struct cpu *cpu = this_cpu();

	cpu->running = guest->name;
	run->reschedule = false;
	run->loaded = guest;
	irqs_off_mark("turn", 0);
	if (run->entered != guest->plan)
		barriers_note_switch(cpu);
	run->entered = guest->plan;
	guest_fpu_scrub(guest);
	guest_cpu_load(guest);
	balance_show(run);
	run_follow_queue(run);
	if (guest->state == GUEST_STARTING) {
		irqs_off_mark("starting", 0);
		guest_prepare(guest);
	}
	if (guest->state == GUEST_HALTED)
		wake_up(guest);
	run_guest(run, guest);
	irqs_off_mark("turn", 0);
	timer_stop(&run->turn);
	cpu->running = NULL;
	sched_put(&run->queue, time_ns(),
		  guest->state == GUEST_RUNNING || guest->state == GUEST_STARTING);
	balance_show(run);
	guest_park(guest);
	if (guest->state == GUEST_ENDED) {
		guest_fpu_forget(guest);
		guest_window_load(NULL);
		run->loaded = NULL;
		guest_begin_end(guest);
	} else if (guest->state == GUEST_HALTED && (guest->devices_due || guest_has_interrupt(guest))) {
		run_wake(guest);
	}
	/* From here on it may be given away. */
	balance_share(run);
	run_follow_queue(run);
}

static void serve(struct run_cpu *run, struct guest *guest)
{
	if (guest->state == GUEST_ENDING)
		take_apart(run, guest);
	else
		take_turn(run, guest);
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

	irqs_off_begin();
	if (watchdog_interval_ns())
		watch_due(&run->watch);
	for (;;) {
		struct sched_entity *next;

		heartbeat_alive(this_cpu());
		if (run->nmis_reported != this_cpu()->nmi_count)
			report_nmis(run);
		if (house_is_due())
			keep_house();
		next = sched_pick(&run->queue, time_ns());
		if (next)
			serve(run, container_of(next, struct guest, sched));
		/*
		 * A turn need not have entered the guest, which is where
		 * interrupts come in: a starting one clears memory, a halted one
		 * has its devices served.
		 */
		if (next || house_is_due())
			let_interrupts_in();
		else
			idle(run);
	}
}
