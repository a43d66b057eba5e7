// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands, one row each: `help` prints the table.
 */
#include "hv/console/command.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/cpu_call.h"
#include "arch/cpu/layout.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/x86.h"
#include "drivers/block/disk.h"
#include "drivers/block/volume.h"
#include "drivers/pci/pci.h"
#include "hv/console/answer.h"
#include "hv/console/command_guest.h"
#include "hv/console/command_net.h"
#include "hv/console/latency.h"
#include "hv/console/machine_end.h"
#include "hv/guest/guest_list.h"
#include "hv/run/housekeeping.h"
#include "hv/sched/wake.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "mm/frames.h"

#define ARGUMENT_SIZE 32

struct command {
	const char *name, *argument, *help;
	void (*execute)(const char *argument);
	void (*execute_on)(struct guest *guest);	/* or this, on the CPU that the guest is at home on */
};

static void show_memory(const char *argument)
{
	(void)argument;
	answer_print("%u of %u frames free, %u of them low\n", frames_free(), frames_total(),
		    frames_low_free());
}

/* The name is part of a guest, so it can be read only while that one is in the list. */
static void print_if_running(struct guest *guest, void *context)
{
	const struct cpu *cpu = context;

	if (READ_ONCE(cpu->running) == guest->name)
		answer_print(" %s", guest->name);
}

static void list_cpus(const char *argument)
{
	(void)argument;
	answer_print("%-3s %5s %7s %s\n", "no", "apic", "load", "runs");
	for (unsigned id = 0; id < cpu_count(); id++) {
		answer_print("%-3u %5u %7u", id, cpu_by_id(id)->apic_id, sched_load(id));
		guest_list_visit(print_if_running, cpu_by_id(id));
		latency_show_cpu(id);
		answer_print("\n");
	}
	latency_show_locks();
}

static void list_pci(const char *argument)
{
	const struct pci_device *device;
	char driver[PCI_DRIVER_TEXT];

	(void)argument;
	list_for_each(device, pci_devices(), node) {
		pci_describe_driver(device, driver);
		answer_print(PCI_FORMAT " %04x:%04x class %02x%02x%02x line %3u: %s\n",
			    PCI_ARGUMENTS(device->function), device->vendor, device->id,
			    device->class_code, device->subclass, device->interface, device->line,
			    driver);
	}
}

static const char *disk_state(const struct disk_status *status)
{
	if (status->state == DISK_RUNNING)
		return status->is_polled ? "polled" : "ready";
	return status->state == DISK_LOST ? "lost" : "reset";
}

static void list_disks(const char *argument)
{
	const struct volume *volume;

	(void)argument;
	answer_print("%-15s %12s %12s %-6s %-15s %9s %8s %7s %6s %6s\n", "name", "first", "sectors",
		    "state", "writer", "commands", "bounced", "irqs", "errors", "resets");
	list_for_each(volume, volume_list(), node) {
		struct disk_status status;
		const struct disk_counters *counters = &status.counters;
		char writer[VOLUME_OWNER_SIZE] = "-";

		disk_status(volume->disk, &status);
		(void)volume_writer(volume, writer);
		answer_print("%-15s %12llu %12llu %-6s %-15s %9u %8u %7u %6u %6u\n", volume->name,
			    volume->first, volume->sectors, disk_state(&status), writer,
			    counters->commands, counters->bounced, counters->interrupts,
			    counters->errors, counters->resets);
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
	answer_print("the levels are error, warn, info and debug\n");
}

static void power_machine_off(const char *argument)
{
	(void)argument;
	machine_end(IDLE_POWEROFF);
}

static void reset_machine(const char *argument)
{
	(void)argument;
	machine_end(IDLE_REBOOT);
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

static void stall_run(struct cpu_call *call)
{
	(void)call;
	stand_still();
}

static void stall_cpu(const char *argument)
{
	static struct cpu_call calls[MAX_CPUS];
	uint32_t id;

	if (!parse_u32(argument, &id) || id >= cpu_count())
		answer_print("there is no such CPU; 'cpus' lists them\n");
	else if (id == this_cpu()->id)
		stand_still();
	else if (!calls[id].run) {
		cpu_call_init(&calls[id], id, stall_run);
		cpu_call_post(&calls[id]);
	}
}

/* Umbra's own end, in four ways: to see what on-panic= does, and that a log would say why. */
static void end_umbra(const char *argument)
{
	if (strcmp(argument, "panic") == 0)
		panic("asked for at the console");
	else if (strcmp(argument, "fault") == 0)
		*(volatile uint32_t *)NEVER_MAPPED = 0;
	else if (strcmp(argument, "stack") == 0)
		answer_print("%u\n", overflow_stack(0));
	else if (strcmp(argument, "hang") == 0)
		stand_still();
	else
		answer_print("the ways are panic, fault, stack and hang\n");
}

static void help(const char *argument);

static const struct command commands[] = {
	{ "help", "", "this list", .execute = help },
	{ "guests", "", "the guests and what they do", .execute = command_list_guests },
	{ "stats", "NAME", "what brought the guest out, and its shadow tables", .execute_on = command_show_stats },
	{ "regs", "NAME", "the guest's registers when it last stopped", .execute_on = command_show_registers },
	{ "kill", "NAME", "ends the guest at once", .execute_on = command_kill },
	{ "start", "NAME", "starts a guest of the boot modules that has ended", .execute = command_start },
	{ "restart", "NAME", "ends the guest and starts it afresh, at once", .execute_on = command_restart },
	{ "cpus", "", "the CPUs and what they run", .execute = list_cpus },
	{ "mem", "", "free frames of physical memory", .execute = show_memory },
	{ "net", "", "the networks, the guests on them, and their frames", .execute = command_show_networks },
	{ "pci", "", "the PCI functions of the machine and their drivers", .execute = list_pci },
	{ "disks", "", "the disks of the machine, and who writes to them", .execute = list_disks },
	{ "log", "LEVEL", "what the log shows: error, warn, info, debug", .execute = set_log },
	{ "end", "WAY", "ends Umbra by a fault of its own: panic, fault, stack, hang", .execute = end_umbra },
	{ "stall", "CPU", "has that CPU stand still for good", .execute = stall_cpu },
	{ "poweroff", "", "powers the machine off, guests or not", .execute = power_machine_off },
	{ "reboot", "", "resets the machine", .execute = reset_machine },
};

static void help(const char *argument)
{
	(void)argument;
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		answer_print("%-9s %-6s %s\n", commands[i].name, commands[i].argument,
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

/* --- execution ------------------------------------------------------------------------ */

/*
 * A command about a guest that another CPU runs is carried out there: nobody else
 * may look into the guest, and by then it may have moved on, or be gone.
 */
static struct {
	struct cpu_call call;
	const struct command *command;
	char argument[ARGUMENT_SIZE];
	volatile bool is_in_flight;
} forwarded;

static void execute_on_guest(const struct command *command, const char *argument);

static void forwarded_run(struct cpu_call *call)
{
	(void)call;
	execute_on_guest(forwarded.command, forwarded.argument);
}

static void forward(const struct command *command, const char *argument, unsigned cpu)
{
	forwarded.command = command;
	if (argument != forwarded.argument)
		string_copy(forwarded.argument, argument, sizeof(forwarded.argument));
	forwarded.is_in_flight = true;
	cpu_call_init(&forwarded.call, cpu, forwarded_run);
	cpu_call_post(&forwarded.call);
}

static void finish(void)
{
	answer_flush();
	forwarded.is_in_flight = false;
	/* The next command may wait. */
	housekeeping_wake();
}

static void execute_on_guest(const struct command *command, const char *argument)
{
	unsigned cpu;
	struct guest *guest = guest_list_find(argument, &cpu);

	if (guest && cpu != this_cpu()->id) {
		forward(command, argument, cpu);
		return;
	}
	if (guest)
		command->execute_on(guest);
	else
		answer_print("no guest is called '%s'; 'guests' lists them\n", argument);
	finish();
}

bool command_is_in_flight(void)
{
	return forwarded.is_in_flight;
}

static void execute(const struct command *command, const char *argument)
{
	if (command->execute_on) {
		execute_on_guest(command, argument);
		return;
	}
	command->execute(argument);
	answer_flush();
}

static const struct command *find_command(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

void command_execute(const char *line)
{
	char name[ARGUMENT_SIZE], argument[ARGUMENT_SIZE];
	const struct command *command;

	take_word(&line, name);
	take_word(&line, argument);
	if (name[0] == '\0')
		return;
	command = find_command(name);
	if (command && (argument[0] != '\0') == (command->argument[0] != '\0') && !*line) {
		execute(command, argument);
		return;
	}
	if (command)
		answer_print("usage: %s%s%s\n", command->name, command->argument[0] ? " " : "",
			    command->argument);
	else
		answer_print("no command is called '%s'; 'help' lists them\n", name);
	answer_flush();
}
