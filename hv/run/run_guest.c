// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries and exits.  The path of one exit, and what each vector that makes one means:
 *
 *   the guest           runs until something brings it out
 *   switcher_enter      is where the Switcher "returns" to (arch/cpu/switcher.asm)
 *   enter               CR2, CR4
 *   handle_exit         by vector:
 *     int 0x1f            a hypercall                                hv/hypercall/
 *     #PF                 shadow paging; the guest's own; a device   mm/shadow_fault.c
 *     #GP, #UD            emulated, or the guest's own               hv/emulate/
 *     #NM                 the FPU changes hands                      hv/guest/guest_fpu.c
 *     32 and above        an interrupt of the machine: its handler   arch/board/irq.c
 *     #DF, #MC, NMI       ends the guest; the machine; was counted
 *     all others          the guest's own trap                       hv/guest/reflect.c
 *   run_guest           other work; devices, interrupts, the kernel's stack; then enter again
 *
 * Called by the run loop for each turn of a guest.
 */
#include "hv/run/run_guest.h"

#include "arch/board/irq.h"
#include "arch/cpu/assert.h"
#include "arch/cpu/barrier.h"
#include "arch/cpu/heartbeat.h"
#include "arch/cpu/irqs_off.h"
#include "arch/cpu/log.h"
#include "arch/cpu/machine_check.h"
#include "arch/cpu/switcher.h"
#include "arch/cpu/time.h"
#include "arch/cpu/trace.h"
#include "hv/debug/debug.h"
#include "hv/devices/entropy.h"
#include "hv/devices/guest_devices.h"
#include "hv/emulate/debug_registers.h"
#include "hv/emulate/emulate.h"
#include "hv/emulate/mmio.h"
#include "hv/guest/guest_cpu.h"
#include "hv/guest/guest_fpu.h"
#include "hv/guest/guest_irq.h"
#include "hv/guest/reflect.h"
#include "hv/hypercall/hypercall.h"
#include "hv/run/bad_exit.h"
#include "hv/run/housekeeping.h"
#include "hv/trace/trace_exit.h"

#define NMI_REPORT_NS 100000000ull

/* --- exits ------------------------------------------------------------------------------ */

static void __noinline pin_stack_now(struct guest *guest)
{
	enum shadow_result result;

	guest->stack_is_known = false;
	result = shadow_pin(&guest->shadow, gva_make(guest->kernel_stack),
			    guest->kernel_stack_pages);
	/* Again: memory is short, which has ended the turn. */
	if (result != SHADOW_DONE && result != SHADOW_AGAIN)
		guest_kill(guest, "kernel stack at %08x cannot be mapped writable",
			   guest->kernel_stack);
}

/* A system call pushes on the guest's kernel stack without an exit (docs/protocol.md). */
static inline __force_inline void pin_stack(struct guest *guest)
{
	if (unlikely(!guest->shadow.pinned) && !guest_in_kernel(guest))
		pin_stack_now(guest);
}

static inline __force_inline void page_fault(struct guest *guest, uint32_t address)
{
	uint32_t error = guest_frame_of(guest)->error;

	guest->fault_address = address;
	/*
	 * A correct kernel never touches the Switcher's pages; a stray pointer of a program is
	 * reflected.
	 */
	if (address >= SWITCHER_CODE && address < SWITCHER_STATE + PAGE_SIZE &&
	    guest_in_kernel(guest)) {
		guest_kill(guest, "access to Umbra's page at %08x", address);
		return;
	}
	switch (shadow_fault(&guest->shadow, gva_make(address), &error)) {
	case SHADOW_DONE:
	case SHADOW_AGAIN:	/* the guest makes the access again, and faults again */
		return;
	case SHADOW_OUTSIDE:
		guest_mmio(guest, address, error);
		return;
	case SHADOW_BAD:
		guest_kill_bad_tables_at(guest, address);
		return;
	case SHADOW_GUEST_FAULT:
		/*
		 * The fault pushes there, too.  No exit need go back to the program meanwhile: the
		 * stack would be looked up for each of its faults.
		 */
		pin_stack(guest);
		guest_reflect_page_fault(guest, address, error);
		return;
	}
}

/* Vectors above the exceptions are interrupts, but for a system call that comes through Umbra. */
static bool is_interrupt(const struct guest *guest, uint32_t vector)
{
	return vector >= VECTOR_EXCEPTIONS && vector != guest->protocol.syscall_vector;
}

static void __noinline traced_interrupt(uint32_t vector)
{
	uint64_t began = read_tsc();

	irq_dispatch(vector);
	trace_interrupt(vector, began);
}

static void interrupt(uint32_t vector)
{
	entropy_note();
	if (trace_is_on(TRACE_IRQ))
		traced_interrupt(vector);
	else
		irq_dispatch(vector);
	barriers_note_data(this_cpu());
}

/*
 * Handles an exit from virtual-8086 mode without losing its event: an interrupt is served, a
 * machine check ends the machine, an NMI was counted by its handler; any other exit is an exception
 * or an `int` of the guest, which gets #GP instead.
 */
static void strange_exit(struct guest *guest, uint32_t vector)
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

static inline __force_inline void other_exit(struct guest *guest, uint32_t vector)
{
	switch (vector) {
	case VECTOR_GP:
	case VECTOR_UD:
		guest_emulate(guest);
		return;
	case VECTOR_DB:
		guest_debug_trap(guest);
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
		/* The handler counted it, and ended the turn if the guest's state is bad. */
		guest_bad_state(guest);
		return;
	default:
		if (is_interrupt(guest, vector))
			interrupt(vector);
		else
			guest_reflect_trap(guest, vector, guest_frame_of(guest)->error);
	}
}

/* Most exits are one of the first two, and a switch would compare in numeric order. */
static inline __force_inline void handle_exit(struct guest *guest, uint32_t fault_address)
{
	uint32_t vector = guest_frame_of(guest)->vector;

	irqs_off_mark("exit", vector);
	if (unlikely(vector >= VECTOR_COUNT)) {
		strange_exit(guest, vector);
		return;
	}
	guest->counters.exits[vector]++;
	if (vector == LGUEST_HYPERCALL_VECTOR)
		guest_hypercall(guest, HYPERCALL_LENGTH);
	else if (vector == VECTOR_PF)
		page_fault(guest, fault_address);
	else
		other_exit(guest, vector);
}

/* What others do around an entry and with its exit: the debugger, the trace. */
static __noinline void before_entry(struct guest *guest)
{
	if (guest->debug)
		debug_enter(guest);
	if (guest->is_traced)
		trace_entry(guest);
}

static __noinline void observed_exit(struct guest *guest, uint32_t fault_address)
{
	if (guest->is_traced)
		trace_exit(guest, fault_address);
	if (!debug_takes_exit(guest))
		handle_exit(guest, fault_address);
	debug_after_exit(guest);
	if (guest->is_traced)
		trace_handled(guest);
}

/* --- entry ------------------------------------------------------------------------------ */

static inline __force_inline void enter(struct guest *guest, bool observed)
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
	if (observed)
		before_entry(guest);
	switcher_enter(shadow_activate(&guest->shadow, pages), &pages->guest_state.host_esp);
	irqs_off_begin();
	if (observed)
		debug_leave(guest);
	heartbeat_return(cpu);
	if (guest_frame_of(guest)->vector == VECTOR_PF)
		fault_address = read_cr2();
	if (cpu->cr4 != cpu->guest_cr4) {
		/* While a guest's AC is set, SMAP does nothing; gates do not clear AC. */
		if (cpu->cr4 & CR4_SMAP)
			clear_ac();
		write_cr4(cpu->cr4);
	}
	assert(!(read_eflags() & (EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_NT |
				  (cpu->cr4 & CR4_SMAP ? EFLAGS_AC : 0))));
	if (observed)
		observed_exit(guest, fault_address);
	else
		handle_exit(guest, fault_address);
}

/* --- between entries ------------------------------------------------------------------- */

/* One line for all NMIs since the last line: a storm of NMIs must not fill the log. */
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
void guest_serve_devices(struct guest *guest)
{
	guest_devices_service(guest);
	/* Every addition also makes the devices due, so `owed` is never much. */
	if (READ_ONCE(guest->owed))
		sched_charge(&guest->task.entity,
			     __atomic_exchange_n(&guest->owed, 0, __ATOMIC_RELAXED));
	barriers_note_data(this_cpu());
}

static void do_housekeeping(void)
{
	irqs_off_mark("console", 0);
	housekeeping_do();
	irqs_off_mark("run loop", 0);
	barriers_note_data(this_cpu());
}

/* Runs after every exit, so it makes no call that is not needed. */
static inline __force_inline void other_work(struct run_loop *loop)
{
	/* NMIs are reported first, since housekeeping may end the machine. */
	if (unlikely(loop->nmis_reported != this_cpu()->nmi_count))
		report_nmis(loop);
	if (housekeeping_is_due())
		do_housekeeping();
}

void run_other_work(struct run_loop *loop)
{
	other_work(loop);
}

/*
 * Until it waits, ends or must make way.  Twice in run_guest, so that a trace and a debugger cost
 * where they are.
 */
static inline __force_inline void run_turn(struct run_loop *loop, struct guest *guest,
					   bool observed)
{
	while (!loop->cpu->reschedule) {
		irqs_off_mark("devices", 0);
		if (guest->devices_due)
			guest_serve_devices(guest);
		irqs_off_mark("entry", 0);
		if (!observed || !debug_holds_interrupts(guest))
			guest_deliver_interrupts(guest);
		if (guest->state == GUEST_RUNNING)
			pin_stack(guest);
		/* What was done for the guest just now may have ended its turn, too. */
		if (guest->state != GUEST_RUNNING || loop->cpu->reschedule)
			break;
		enter(guest, observed);
		other_work(loop);
	}
}

/*
 * A function of its own, so that the compiler keeps in registers only what its loop, the hottest
 * one, needs.  It alone enters guests, with its callees inlined: so only its return uses a return
 * stack that a guest has filled (arch/cpu/branches.awk checks that).
 */
void run_guest(struct run_loop *loop, struct guest *guest)
{
	if (unlikely(guest->is_traced || guest->debug))
		run_turn(loop, guest, true);
	else
		run_turn(loop, guest, false);
	barriers_shield_returns(this_cpu());
}
