// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands about guests.  What they print is read on the guest's home CPU or, for a list of all
 * guests, under the lock of the list.
 */
#include "hv/console/command_guest.h"

#include "arch/cpu/exception_names.h"
#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "hv/console/answer.h"
#include "hv/console/command_look.h"
#include "hv/console/guest_state_name.h"
#include "hv/console/list_guests.h"
#include "hv/console/top.h"
#include "hv/devices/guest_console.h"
#include "hv/guest/guest_list.h"
#include "hv/hypercall/hypercall.h"
#include "hv/life/configured_guests.h"
#include "hv/life/guest_create.h"

/* Includes the present turn, which may be long when no other guest wants the CPU. */
static uint64_t run_time(const struct guest *guest)
{
	bool runs = READ_ONCE(cpu_by_id(guest_home(guest))->running) == guest->name;
	uint64_t turn = runs ? time_ns() - account_read(&guest->task.entity.started) : 0;

	return account_read(&guest->task.entity.run_time) + ((int64_t)turn < 0 ? 0 : turn);
}

static void list_guest(struct guest *guest, void *context)
{
	(void)context;
	answer_print("%-4u %-15s %-8s %7u K %7u %4u %3u %9llu ms\n", guest->number, guest->name,
		     guest_state_name(guest), guest->config->options.mem_bytes >> 10,
		     guest->task.entity.weight, guest->task.entity.cap, guest_home(guest),
		     run_time(guest) / 1000000);
}

void command_list_guests(const char *argument)
{
	(void)argument;
	answer_print("%-4s %-15s %-8s %9s %7s %4s %3s %12s\n", "no", "name", "state", "memory",
		     "weight", "cap", "cpu", "run time");
	list_guests(list_guest);
}

void command_focus(struct guest *guest)
{
	guest_console_focus(guest);
}

/* Prints the name of an exit through that vector. */
static void print_vector(const struct guest *guest, uint32_t vector)
{
	if (vector == LGUEST_HYPERCALL_VECTOR)
		answer_print("hypercall");
	else if (vector < VECTOR_EXCEPTIONS)
		answer_print("%s", exception_name(vector));
	else if (vector == guest->protocol.syscall_vector)
		answer_print("system call");
	else
		answer_print("interrupt, vector %u", vector);
}

void command_show_counters(struct guest *guest)
{
	const struct shadow_counters *shadow = &guest->shadow.counters;

	for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
		if (guest->counters.exits[vector] == 0)
			continue;
		answer_print("exits by ");
		print_vector(guest, vector);
		answer_print(": %u\n", guest->counters.exits[vector]);
	}
	for (unsigned call = 0; call < LGUEST_HYPERCALL_COUNT; call++)
		if (guest->counters.hypercalls[call])
			answer_print("hypercall %s: %u\n", hypercall_name(call),
				     guest->counters.hypercalls[call]);
	answer_print("interrupts %u, traps reflected %u, FPU switches %u, moves between CPUs %u\n",
		    guest->counters.interrupts, guest->counters.reflected,
		    guest->counters.fpu_switches, guest->counters.moves);
	answer_print("shadow: %u of %u pages, faults filled %u (neighbours %u), guest's own %u\n",
		    guest->shadow.used, guest->shadow.budget, shadow->filled, shadow->neighbours,
		    shadow->guest_faults);
	answer_print("address spaces: switches %u, made %u, evicted %u, flushes %u, resets %u\n",
		    shadow->switches, shadow->created, shadow->evicted, shadow->flushes,
		    shadow->resets);
}

void command_show_stats(struct guest *guest)
{
	command_show_counters(guest);
	top_ask(guest);
}

/* Says so, too. */
static bool has_ended(const struct guest *guest)
{
	if (guest->state != GUEST_ENDING)
		return false;
	answer_print("it has ended: %s\n", guest->end_cause);
	return true;
}

void command_show_registers(struct guest *guest)
{
	const struct trap_frame *f = &guest->registers->frame;

	if (has_ended(guest))
		return;
	answer_print("eip %08x cs %04x eflags %08x esp %08x ss %04x\n", f->eip, f->cs & 0xFFFF,
		    f->eflags, f->esp, f->ss & 0xFFFF);
	answer_print("eax %08x ebx %08x ecx %08x edx %08x\n", f->eax, f->ebx, f->ecx, f->edx);
	answer_print("esi %08x edi %08x ebp %08x ds %04x es %04x fs %04x gs %04x\n", f->esi, f->edi,
		    f->ebp, f->ds & 0xFFFF, f->es & 0xFFFF, f->fs & 0xFFFF, f->gs & 0xFFFF);
	command_show_segments(guest);
	answer_print("tables %08x (%s), interrupts pending %08x, last exit by ",
		     guest->shadow.current->root, guest->shadow.reader->name, guest->pending_irqs);
	print_vector(guest, f->vector);
	answer_print("\n");
}

void command_kill(struct guest *guest)
{
	guest_request_kill(guest, "killed at the console");
}

void command_start(const char *argument)
{
	const struct guest_config *config = guest_config_of(argument);

	if (guest_list_has(argument))
		answer_print("guest '%s' is there already; 'restart' starts it afresh\n", argument);
	else if (!config)
		answer_print("no module is for a guest called '%s'\n", argument);
	else
		(void)guest_create(config);
}

void command_restart(struct guest *guest)
{
	if (!has_ended(guest))
		guest_restart(guest);
}

void command_pause(struct guest *guest)
{
	if (has_ended(guest))
		return;
	if (guest_pause(guest, PAUSED_BY_CONSOLE))
		log_event("guest-paused", "guest=%s", guest->name);
	else
		answer_print("guest '%s' is paused already\n", guest->name);
}

void command_resume(struct guest *guest)
{
	if (guest_resume(guest, PAUSED_BY_CONSOLE))
		log_event("guest-resumed", "guest=%s", guest->name);
	else
		answer_print("guest '%s' is not paused\n", guest->name);
}
