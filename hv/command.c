// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands, one row each: `help` prints the table.
 */
#include "hv/command.h"

#include "arch/layout.h"
#include "arch/log.h"
#include "arch/panic.h"
#include "arch/x86.h"
#include "drivers/backend/volume.h"
#include "drivers/phys/disk.h"
#include "drivers/phys/pci.h"
#include "hv/guest.h"
#include "hv/guest_net.h"
#include "hv/house.h"
#include "hv/run.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frames.h"

#define ARGUMENT_SIZE 32

struct command {
	const char *name, *argument, *help;
	void (*execute)(const char *argument);
};

/* By its name, or by the number that `guests` shows. */
static struct guest *named(const char *name)
{
	struct guest *guest = guest_find(name), *other;
	char number[12];

	list_for_each(other, guest_list(), node) {
		format_text(number, sizeof(number), "%u", other->number);
		if (!guest && strcmp(name, number) == 0)
			guest = other;
	}
	if (!guest)
		house_print("no guest is called '%s'; 'guests' lists them\n", name);
	return guest;
}

static const char *state_name(const struct guest *guest)
{
	static const char *const names[] = {
		[GUEST_DELAYED] = "delayed", [GUEST_STARTING] = "starting",
		[GUEST_RUNNING] = "running", [GUEST_HALTED] = "waiting", [GUEST_PARKED] = "halted",
		[GUEST_ENDED] = "ended",
	};

	return names[guest->state];
}

static void list_guests(const char *argument)
{
	struct guest *guest;

	(void)argument;
	house_print("%-3s %-15s %-8s %9s %7s %4s %12s\n", "no", "name", "state", "memory", "weight",
		    "cap", "run time");
	list_for_each(guest, guest_list(), node)
		house_print("%-3u %-15s %-8s %7u K %7u %4u %9llu ms\n", guest->number, guest->name,
			    state_name(guest), guest->plan->mem_bytes >> 10, guest->sched.weight,
			    guest->sched.cap, guest->sched.run_time / 1000000);
}

static void show_stats(const char *argument)
{
	const struct guest *guest = named(argument);
	const struct shadow_counters *shadow;

	if (!guest)
		return;
	shadow = &guest->shadow.counters;
	for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
		if (guest->counters.exits[vector])
			house_print("exits through vector %3u: %u\n", vector,
				    guest->counters.exits[vector]);
	for (unsigned call = 0; call < LGUEST_HYPERCALL_COUNT; call++)
		if (guest->counters.hypercalls[call])
			house_print("hypercall %2u: %u\n", call, guest->counters.hypercalls[call]);
	house_print("interrupts %u, traps reflected %u, FPU switches %u\n",
		    guest->counters.interrupts, guest->counters.reflected,
		    guest->counters.fpu_switches);
	house_print("shadow: %u of %u pages, faults filled %u (neighbours %u), guest's own %u\n",
		    guest->shadow.used, guest->shadow.budget, shadow->filled, shadow->neighbours,
		    shadow->guest_faults);
	house_print("address spaces: switches %u, made %u, evicted %u, flushes %u, resets %u\n",
		    shadow->switches, shadow->created, shadow->evicted, shadow->flushes,
		    shadow->resets);
}

static void show_registers(const char *argument)
{
	const struct guest *guest = named(argument);
	const struct trap_frame *f;

	if (!guest)
		return;
	f = &guest->registers->frame;
	house_print("eip %08x cs %04x eflags %08x esp %08x ss %04x\n", f->eip, f->cs & 0xFFFF,
		    f->eflags, f->esp, f->ss & 0xFFFF);
	house_print("eax %08x ebx %08x ecx %08x edx %08x\n", f->eax, f->ebx, f->ecx, f->edx);
	house_print("esi %08x edi %08x ebp %08x ds %04x es %04x fs %04x gs %04x\n", f->esi, f->edi,
		    f->ebp, f->ds & 0xFFFF, f->es & 0xFFFF, f->fs & 0xFFFF, f->gs & 0xFFFF);
	house_print("tables %08x (%s), interrupts pending %08x, last exit through vector %u\n",
		    guest->shadow.current->root, guest->shadow.reader->name, guest->pending_irqs,
		    f->vector);
}

static void kill_guest(const char *argument)
{
	struct guest *guest = named(argument);

	if (!guest)
		return;
	guest_kill(guest, "killed at the console");
	run_wake(guest);
}

static void start_guest(const char *argument)
{
	const struct guest_plan *plan = guest_plan_of(argument);

	if (guest_find(argument))
		house_print("guest '%s' is there already\n", argument);
	else if (!plan)
		house_print("no module is for a guest called '%s'\n", argument);
	else
		guest_create(plan);
}

static void restart_guest(const char *argument)
{
	struct guest *guest = named(argument);

	if (guest)
		guest_restart(guest);
}

static void show_memory(const char *argument)
{
	(void)argument;
	house_print("%u of %u frames free, %u of them low\n", frames_free(), frames_total(),
		    frames_low_free());
}

static void show_networks(const char *argument)
{
	(void)argument;
	guest_net_show();
}

static void list_pci(const char *argument)
{
	const struct pci_device *device;

	(void)argument;
	list_for_each(device, pci_devices(), node)
		house_print("%02x:%02x.%u %04x:%04x class %02x%02x%02x line %3u: %s\n",
			    PCI_BUS(device->function), PCI_DEVICE(device->function),
			    PCI_NUMBER(device->function), device->vendor, device->id,
			    device->class_code, device->subclass, device->interface, device->line,
			    device->driver ? device->driver->name : "no driver");
}

static const char *disk_state(const struct disk_port *port)
{
	if (port->state == DISK_RUNNING)
		return port->polled ? "polled" : "ready";
	return port->state == DISK_LOST ? "lost" : "reset";
}

static void list_disks(const char *argument)
{
	const struct volume *volume;

	(void)argument;
	house_print("%-15s %12s %12s %-6s %-15s %9s %8s %7s %6s %6s\n", "name", "first", "sectors",
		    "state", "writer", "commands", "bounced", "irqs", "errors", "resets");
	list_for_each(volume, volume_list(), node) {
		const struct disk_port *port = volume->disk->port;
		const char *writer = volume_writer(volume);

		house_print("%-15s %12llu %12llu %-6s %-15s %9u %8u %7u %6u %6u\n", volume->name,
			    volume->first, volume->sectors, disk_state(port), writer ? writer : "-",
			    port->counters.commands, port->counters.bounced,
			    port->counters.interrupts, port->counters.errors, port->counters.resets);
	}
}

static void set_log(const char *argument)
{
	static const char *const levels[] = { "error", "warn", "info", "debug" };

	for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(argument, levels[i]) == 0) {
			log_set_level((enum log_level)i);
			return;
		}
	}
	house_print("the levels are error, warn, info and debug\n");
}

static void power_machine_off(const char *argument)
{
	(void)argument;
	house_end_machine(IDLE_POWEROFF);
}

static void reset_machine(const char *argument)
{
	(void)argument;
	house_end_machine(IDLE_REBOOT);
}

/* Each call needs more stack and none can be left out: the page below the stack ends it. */
static uint32_t __noinline overflow_stack(uint32_t depth)	/* NOLINT(misc-no-recursion) */
{
	volatile uint32_t room[64];

	room[depth % ARRAY_SIZE(room)] = depth;
	return depth == UINT32_MAX ? 0 : overflow_stack(depth + 1) + room[depth % ARRAY_SIZE(room)];
}

/* Only the watchdog gets out of this, if it was started. */
static void __noinline __noreturn stand_still(void)
{
	for (;;)
		cpu_pause();
}

/* Umbra's own end, in four ways: to see what on-panic= does, and that a log would say why. */
static void end_umbra(const char *argument)
{
	if (strcmp(argument, "panic") == 0)
		panic("asked for at the console");
	else if (strcmp(argument, "fault") == 0)
		*(volatile uint32_t *)NEVER_MAPPED = 0;
	else if (strcmp(argument, "stack") == 0)
		house_print("%u\n", overflow_stack(0));
	else if (strcmp(argument, "hang") == 0)
		stand_still();
	else
		house_print("the ways are panic, fault, stack and hang\n");
}

static void help(const char *argument);

static const struct command commands[] = {
	{ "help", "", "this list", help },
	{ "guests", "", "the guests and what they do", list_guests },
	{ "stats", "NAME", "what brought the guest out, and its shadow tables", show_stats },
	{ "regs", "NAME", "the guest's registers when it last stopped", show_registers },
	{ "kill", "NAME", "ends the guest at once", kill_guest },
	{ "start", "NAME", "starts a guest of the boot modules that has ended", start_guest },
	{ "restart", "NAME", "ends the guest and starts it afresh, at once", restart_guest },
	{ "mem", "", "free frames of physical memory", show_memory },
	{ "net", "", "the networks, the guests on them, and their frames", show_networks },
	{ "pci", "", "the PCI functions of the machine and their drivers", list_pci },
	{ "disks", "", "the disks of the machine, and who writes to them", list_disks },
	{ "log", "LEVEL", "what the log shows: error, warn, info, debug", set_log },
	{ "end", "WAY", "ends Umbra by a fault of its own: panic, fault, stack, hang", end_umbra },
	{ "poweroff", "", "powers the machine off, guests or not", power_machine_off },
	{ "reboot", "", "resets the machine", reset_machine },
};

static void help(const char *argument)
{
	(void)argument;
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		house_print("%-9s %-6s %s\n", commands[i].name, commands[i].argument,
			    commands[i].help);
}

/* Copies the word at *line, stopping at a blank, and moves *line behind it and the blanks. */
static void take_word(const char **line, char word[ARGUMENT_SIZE])
{
	size_t length = 0;

	while (**line == ' ')
		(*line)++;
	while (**line && **line != ' ') {
		if (length < ARGUMENT_SIZE - 1)
			word[length++] = **line;
		(*line)++;
	}
	word[length] = '\0';
	while (**line == ' ')
		(*line)++;
}

void command_execute(const char *line)
{
	char name[ARGUMENT_SIZE], argument[ARGUMENT_SIZE];

	take_word(&line, name);
	take_word(&line, argument);
	if (name[0] == '\0')
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = &commands[i];

		if (strcmp(command->name, name) != 0)
			continue;
		if ((argument[0] != '\0') != (command->argument[0] != '\0') || *line)
			house_print("usage: %s%s%s\n", command->name,
				    command->argument[0] ? " " : "", command->argument);
		else
			command->execute(argument);
		return;
	}
	house_print("no command is called '%s'; 'help' lists them\n", name);
}
