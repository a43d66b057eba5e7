// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypercalls: one function each, in a table by number.  The guest chooses
 * the number and every argument, and leaves garbage in those that a call does
 * not have.
 */
#include "hv/hypercall/hypercall.h"

#include "arch/cpu/assert.h"
#include "arch/cpu/irqs_off.h"
#include "arch/cpu/time.h"
#include "arch/cpu/trace.h"
#include "hv/devices/guest_devices.h"
#include "hv/guest/guest_cpu.h"
#include "hv/guest/guest_irq.h"
#include "hv/guest/steal_time.h"
#include "hv/hypercall/lguest_data.h"
#include "lib/string.h"

/* Apart, so that the calls themselves stay short. */
static void __noinline trace_hypercall(uint32_t number, const uint32_t args[4])
{
	trace(TRACE_HYPERCALL, number, args[0], args[1], args[2], args[3]);
}

static void __noinline trace_set_pte(uint32_t root, uint32_t address)
{
	trace(TRACE_HYPERCALL, LGUEST_SET_PTE, root, address);
}

/*
 * Forbidden tables end the guest, and a call that takes too long is repeated; other results need no
 * action.
 */
static void check_shadow(struct guest *guest, enum shadow_result result)
{
	if (result == SHADOW_BAD)
		guest_kill_bad_tables(guest);
	else if (result == SHADOW_AGAIN)
		guest->repeat_call = true;
}

static void flush_async(struct guest *guest, const uint32_t args[4])
{
	/* The ring was drained on the way here. */
	(void)guest;
	(void)args;
}

static void send_interrupts(struct guest *guest, const uint32_t args[4])
{
	/* Interrupts are delivered on the way out. */
	(void)args;
	if (!guest->pending_irqs)
		WRITE_ONCE(guest->data->irq_pending, 0);
}

static void init(struct guest *guest, const uint32_t args[4])
{
	guest_init_protocol(guest, gpa_make(args[0]));
}

/* The text of a power-off; any other text is that of a panic (docs/protocol.md). */
#define POWER_DOWN_TEXT "Power down"

static void shutdown(struct guest *guest, const uint32_t args[4])
{
	char text[LGUEST_SHUTDOWN_TEXT_SIZE];
	uint64_t memory_end = (uint64_t)guest->memory.pages << PAGE_SHIFT;
	uint32_t length = 0;

	/* An unreadable text counts as empty: a restart passes an invalid address. */
	if (args[0] < memory_end)
		length = (uint32_t)MIN(memory_end - args[0], (uint64_t)sizeof(text) - 1);
	if (!guest_read(&guest->memory, gpa_make(args[0]), text, length))
		length = 0;
	text[length] = '\0';

	if (args[1] == LGUEST_SHUTDOWN_RESTART)
		guest_end(guest, GUEST_REBOOT, text);
	else if (text[0] == '\0' || strcmp(text, POWER_DOWN_TEXT) == 0)
		guest_end(guest, GUEST_POWEROFF, text);
	else
		guest_end(guest, GUEST_CRASH, text);
}

static void new_pgtable(struct guest *guest, const uint32_t args[4])
{
	check_shadow(guest, shadow_switch(&guest->shadow, gpa_make(args[0])));
}

static void flush_tlb(struct guest *guest, const uint32_t args[4])
{
	if (args[0] == LGUEST_FLUSH_USER) {
		check_shadow(guest, shadow_flush_user(&guest->shadow));
		return;
	}
	check_shadow(guest, shadow_flush_all(&guest->shadow));
	if (UMBRA_DEBUG) {
		irqs_off_pause();
		shadow_audit(&guest->shadow);
		irqs_off_resume();
	}
}

static void load_idt_entry(struct guest *guest, const uint32_t args[4])
{
	guest_load_idt_entry(guest, args[0], args[1], args[2]);
}

static void set_stack(struct guest *guest, const uint32_t args[4])
{
	guest_set_stack(guest, args[0], args[1], args[2]);
}

static void task_switched(struct guest *guest, const uint32_t args[4])
{
	guest->task_switched = args[0] != 0;
}

static void set_clockevent(struct guest *guest, const uint32_t args[4])
{
	if (args[0] == 0)
		timer_stop(&guest->clock);
	else
		timer_start(&guest->clock, time_ns() + args[0]);
}

/* Enables interrupts and halts in one step, so that no interrupt is handled in between. */
static void halt(struct guest *guest, const uint32_t args[4])
{
	(void)args;
	WRITE_ONCE(guest->data->irq_enabled, LGUEST_EFLAGS_IF);
	if (!guest_has_interrupt(guest) && guest->state == GUEST_RUNNING)
		guest->state = GUEST_HALTED;
}

static void set_pmd(struct guest *guest, const uint32_t args[4])
{
	check_shadow(guest, shadow_set_pmd(&guest->shadow, gpa_make(args[0]), args[1]));
}

/* The most frequent call by far of kernels that tell each entry: called without the table below. */
static inline void set_one_pte(struct guest *guest, uint32_t root, uint32_t address)
{
	guest->counters.hypercalls[LGUEST_SET_PTE]++;
	if (unlikely(guest->is_traced))
		trace_set_pte(root, address);
	check_shadow(guest, shadow_set_pte(&guest->shadow, gpa_make(root), gva_make(address)));
}

static void set_pgd(struct guest *guest, const uint32_t args[4])
{
	check_shadow(guest, shadow_set_pgd(&guest->shadow, gpa_make(args[0]), args[1]));
}

static void load_tls(struct guest *guest, const uint32_t args[4])
{
	guest_load_tls(guest, gpa_make(args[0]));
}

static void notify(struct guest *guest, const uint32_t args[4])
{
	guest_devices_notify(guest, gpa_make(args[0]));
}

static void kick(struct guest *guest, const uint32_t args[4])
{
	guest_devices_kick(guest, args[0], args[1]);
}

static void load_gdt_entry(struct guest *guest, const uint32_t args[4])
{
	guest_load_gdt_entry(guest, args[0], args[1], args[2]);
}

static void steal_time(struct guest *guest, const uint32_t args[4])
{
	guest_steal_place(guest, gpa_make(args[0]));
}

static void flush_writable(struct guest *guest, const uint32_t args[4])
{
	(void)args;
	check_shadow(guest, shadow_flush_writable(&guest->shadow));
}

static void map_page(struct guest *guest, const uint32_t args[4])
{
	check_shadow(guest, shadow_map_page(&guest->shadow, gva_make(args[0]),
					    args[1] != UMBRA_MAP_ONE));
}

static const struct hypercall {
	const char *name;	/* of the protocol, without LGUEST_ */
	void (*run)(struct guest *guest, const uint32_t args[4]);
} calls[LGUEST_HYPERCALL_COUNT] = {
	[LGUEST_FLUSH_ASYNC] = { "FLUSH_ASYNC", flush_async },
	[LGUEST_INIT] = { "INIT", init },
	[LGUEST_SHUTDOWN] = { "SHUTDOWN", shutdown },
	[LGUEST_NEW_PGTABLE] = { "NEW_PGTABLE", new_pgtable },
	[LGUEST_FLUSH_TLB] = { "FLUSH_TLB", flush_tlb },
	[LGUEST_LOAD_IDT_ENTRY] = { "LOAD_IDT_ENTRY", load_idt_entry },
	[LGUEST_SET_STACK] = { "SET_STACK", set_stack },
	[LGUEST_TS] = { "TS", task_switched },
	[LGUEST_SET_CLOCKEVENT] = { "SET_CLOCKEVENT", set_clockevent },
	[LGUEST_HALT] = { "HALT", halt },
	[LGUEST_SET_PMD] = { "SET_PMD", set_pmd },
	[LGUEST_SET_PTE] = { "SET_PTE", NULL },
	[LGUEST_SET_PGD] = { "SET_PGD", set_pgd },
	[LGUEST_LOAD_TLS] = { "LOAD_TLS", load_tls },
	[LGUEST_NOTIFY] = { "NOTIFY", notify },
	[LGUEST_LOAD_GDT_ENTRY] = { "LOAD_GDT_ENTRY", load_gdt_entry },
	[LGUEST_SEND_INTERRUPTS] = { "SEND_INTERRUPTS", send_interrupts },
	[LGUEST_STEAL_TIME] = { "STEAL_TIME", steal_time },
	[LGUEST_KICK] = { "KICK", kick },
	[LGUEST_FLUSH_WRITABLE] = { "FLUSH_WRITABLE", flush_writable },
	[LGUEST_MAP_PAGE] = { "MAP_PAGE", map_page },
};

const char *hypercall_name(unsigned number)
{
	const char *name = number < LGUEST_HYPERCALL_COUNT ? calls[number].name : NULL;

	return name ? name : "unknown";
}

static inline __force_inline void execute(struct guest *guest, uint32_t number,
					  const uint32_t args[4])
{
	if (number == LGUEST_SET_PTE) {
		set_one_pte(guest, args[0], args[1]);
		return;
	}
	if (number >= LGUEST_HYPERCALL_COUNT || !calls[number].run) {
		guest_kill(guest, "unknown hypercall %u", number);
		return;
	}
	guest->counters.hypercalls[number]++;
	if (unlikely(guest->is_traced))
		trace_hypercall(number, args);
	calls[number].run(guest, args);
}

/*
 * Interrupts are off while the ring is drained, and a ring full of FLUSH_TLB would take too long.
 * After so much work on shadow tables the guest is interruptible, and makes its call again with the
 * rest of the ring.  64 SET_PTE stay below this limit.
 */
#define RING_WORK 2048u

/* A call of the ring that is not a SET_PTE.  False: enough for this time. */
static bool execute_queued(struct guest *guest, uint32_t slot)
{
	uint32_t words[5];

	/* Copied, because the call may change the memory that holds its arguments. */
	memcpy(words, &guest->data->hcalls[slot], sizeof(words));
	guest->repeat_call = false;
	execute(guest, words[0], words + 1);
	if (guest->repeat_call) {
		guest->ring_cursor = slot;
		return false;
	}
	WRITE_ONCE(guest->data->hcall_status[slot], LGUEST_RING_FREE);
	/* One of these is as much work as one turn should do. */
	return words[0] != LGUEST_NOTIFY && words[0] != LGUEST_KICK;
}

/*
 * Drains the asynchronous ring: in order from where the last round ended, one lap at most; a slot
 * is marked free after its call was carried out.  False when work is left for another call.
 */
static bool drain_ring(struct guest *guest)
{
	struct lguest_data_common *data = guest->data;

	guest->shadow.work = 0;
	for (unsigned i = 0; i < LGUEST_RING_SIZE && guest->state != GUEST_ENDED; i++) {
		uint32_t slot = guest->ring_cursor;
		struct lguest_hcall *call = &data->hcalls[slot];

		if (READ_ONCE(data->hcall_status[slot]) == LGUEST_RING_FREE)
			return true;
		if (guest->shadow.work >= RING_WORK)
			return false;
		guest->ring_cursor = (slot + 1) % LGUEST_RING_SIZE;
		if (READ_ONCE(call->call) == LGUEST_SET_PTE) {
			set_one_pte(guest, READ_ONCE(call->args[0]), READ_ONCE(call->args[1]));
			WRITE_ONCE(data->hcall_status[slot], LGUEST_RING_FREE);
			continue;
		}
		if (!execute_queued(guest, slot))
			return false;
	}
	return true;
}

void guest_hypercall(struct guest *guest, uint32_t length)
{
	struct trap_frame *frame = guest_frame_of(guest);
	const uint32_t args[4] = { frame->ebx, frame->ecx, frame->edx, frame->esi };

	if (!guest->data && frame->eax != LGUEST_INIT) {
		guest_kill(guest, "hypercall %u before INIT", frame->eax);
		return;
	}
	if (guest->data && !drain_ring(guest)) {
		frame->eip -= length;
		return;
	}
	guest->repeat_call = false;
	if (guest->state != GUEST_ENDED)
		execute(guest, frame->eax, args);
	if (guest->repeat_call)
		frame->eip -= length;
}
