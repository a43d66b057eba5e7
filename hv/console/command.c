// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands, one row each: `help` prints the table.  A line is taken apart here, and its row
 * carried out: at once, or on the CPU that has the guest it is about.
 */
#include "hv/console/command.h"

#include "arch/cpu/cpu.h"
#include "arch/cpu/cpu_call.h"
#include "drivers/console/console_mux.h"
#include "hv/console/answer.h"
#include "hv/console/command_clone.h"
#include "hv/console/command_create.h"
#include "hv/console/command_fail.h"
#include "hv/console/command_guest.h"
#include "hv/console/command_look.h"
#include "hv/console/command_machine.h"
#include "hv/console/command_net.h"
#include "hv/console/command_profile.h"
#include "hv/console/command_trace.h"
#include "hv/console/top.h"
#include "hv/guest/guest_list.h"
#include "hv/run/housekeeping.h"
#include "lib/string.h"

#define ARGUMENT_SIZE 32
#define WORDS_SIZE CONSOLE_COMMAND_SIZE

/*
 * It has one of the five functions; the last two run on the guest's home CPU.  words are what
 * stands behind the argument, or, for execute_any, behind the command, where nothing may stand.
 */
struct command {
	const char *name, *argument, *help;
	void (*execute)(const char *argument);
	void (*execute_with)(const char *argument, const char *words);
	void (*execute_any)(const char *words);
	void (*execute_on)(struct guest *guest);
	void (*execute_on_with)(struct guest *guest, const char *words);
};

static void help(const char *argument);

static const struct command commands[] = {
	{ "help", "", "this list", .execute = help },
	{ "guests", "", "the guests and what they do", .execute = command_list_guests },
	{ "top", "", "what guests do a second, the busiest first; a key ends it",
	  .execute = command_top },
	{ "focus", "NAME", "the guest gets the keys, and the screen", .execute_on = command_focus },
	{ "stats", "NAME", "what brought the guest out, and its shadow tables",
	  .execute_on = command_show_stats },
	{ "counters", "NAME", "the same since it started, which costs it nothing",
	  .execute_on = command_show_counters },
	{ "regs", "NAME", "the guest's registers when it last stopped",
	  .execute_on = command_show_registers },
	{ "dump", "NAME WORDS", "its memory: ADDRESS [BYTES], or phys:ADDRESS [BYTES]",
	  .execute_on_with = command_dump },
	{ "walk", "NAME ADDRESS", "what its tables and Umbra's say of an address",
	  .execute_on_with = command_walk },
	{ "kill", "NAME", "ends the guest at once", .execute_on = command_kill },
	{ "start", "NAME", "starts a guest of the boot modules that has ended",
	  .execute = command_start },
	{ "restart", "NAME", "ends the guest and starts it afresh, at once",
	  .execute_on = command_restart },
	{ "pause", "NAME", "the guest gets no more turns", .execute_on = command_pause },
	{ "resume", "NAME", "a paused guest goes on", .execute_on = command_resume },
	{ "set", "NAME WORDS", "changes weight=, cap=, cpus= of the guest",
	  .execute_on_with = command_set },
	{ "create", "NAME WORDS", "a new guest: kernel=IMAGE, initrd=IMAGE, a module line's words",
	  .execute_with = command_create },
	{ "destroy", "NAME", "ends the guest for good: 'start' does not know it any more",
	  .execute_on = command_destroy },
	{ "clone", "NAME NEW [COUNT]", "makes NEW, or NEW1 to NEWn, go on where the guest is",
	  .execute_with = command_clone },
	{ "images", "", "the modules that 'create' can use", .execute = command_list_images },
	{ "cpus", "", "the CPUs and what they run", .execute = command_list_cpus },
	{ "locks", "", "how often CPUs waited for Umbra's locks", .execute = command_list_locks },
	{ "mem", "", "free frames of physical memory, and what guests have",
	  .execute = command_show_memory },
	{ "net", "", "the networks, the guests on them, and their frames",
	  .execute = command_show_networks },
	{ "trace", "WORDS", "what happens, written down: on KINDS [guest=NAME], off, show, clear",
	  .execute_any = command_trace },
	{ "profile", "WORDS", "where the time goes, sampled: on [hz=N] [guest=NAME], off",
	  .execute_any = command_profile },
	{ "pci", "", "the PCI functions of the machine and their drivers",
	  .execute = command_list_pci },
	{ "disks", "", "the disks of the machine, and who writes to them",
	  .execute = command_list_disks },
	{ "log", "LEVEL", "what the log shows: error, warn, info, debug",
	  .execute = command_set_log },
	{ "end", "WAY", "ends Umbra by a fault of its own: panic, fault, stack, hang",
	  .execute = command_end },
	{ "stall", "CPU", "has that CPU stand still for good", .execute = command_stall },
	{ "poweroff", "", "powers the machine off, guests or not", .execute = command_power_off },
	{ "reboot", "", "resets the machine", .execute = command_reset },
};

static void help(const char *argument)
{
	(void)argument;
	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		answer_print("%-9s %-10s %s\n", commands[i].name, commands[i].argument,
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
 * A command about a guest is carried out on the guest's home CPU, since no other CPU may access the
 * guest.  When the call arrives there the guest may have moved or ended.
 */
static struct {
	struct cpu_call call;
	const struct command *command;
	char argument[ARGUMENT_SIZE];
	char words[WORDS_SIZE];
	volatile bool is_in_flight;
} forwarded;

static void execute_on_guest(const struct command *command, const char *argument,
			     const char *words);

static void forwarded_run(struct cpu_call *call)
{
	(void)call;
	execute_on_guest(forwarded.command, forwarded.argument, forwarded.words);
}

static void forward(const struct command *command, const char *argument, const char *words,
		    unsigned cpu)
{
	forwarded.command = command;
	if (argument != forwarded.argument) {
		string_copy(forwarded.argument, argument, sizeof(forwarded.argument));
		string_copy(forwarded.words, words, sizeof(forwarded.words));
	}
	forwarded.is_in_flight = true;
	cpu_call_init(&forwarded.call, cpu, forwarded_run);
	cpu_call_post(&forwarded.call);
}

static void finish(void)
{
	answer_end();
	forwarded.is_in_flight = false;
	/* The next command may be waiting. */
	housekeeping_wake();
}

static void execute_on_guest(const struct command *command, const char *argument,
			     const char *words)
{
	unsigned cpu;
	struct guest *guest = guest_list_find(argument, &cpu);

	if (guest && cpu != this_cpu()->id) {
		forward(command, argument, words, cpu);
		return;
	}
	if (guest && command->execute_on_with)
		command->execute_on_with(guest, words);
	else if (guest)
		command->execute_on(guest);
	else
		answer_print("no guest is called '%s'; 'guests' lists them\n", argument);
	finish();
}

bool command_is_in_flight(void)
{
	return forwarded.is_in_flight || !answer_is_complete();
}

static void execute(const struct command *command, const char *argument, const char *words)
{
	if (!command->execute && !command->execute_with) {
		execute_on_guest(command, argument, words);
		return;
	}
	if (command->execute)
		command->execute(argument);
	else
		command->execute_with(argument, words);
	answer_end();
}

/* Is what stands behind the command what it takes? */
static bool is_complete(const struct command *command, const char *argument, const char *words)
{
	return (argument[0] != '\0') == (command->argument[0] != '\0') &&
	       (words[0] != '\0') == (command->execute_with || command->execute_on_with);
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
	if (name[0] == '\0') {
		answer_end();
		return;
	}
	command = find_command(name);
	if (command && command->execute_any) {
		command->execute_any(line);
		answer_end();
		return;
	}
	take_word(&line, argument);
	if (command && is_complete(command, argument, line)) {
		execute(command, argument, line);
		return;
	}
	if (command)
		answer_print("usage: %s%s%s\n", command->name, command->argument[0] ? " " : "",
			    command->argument);
	else
		answer_print("no command is called '%s'; 'help' lists them\n", name);
	answer_end();
}

void command_execute_for(const char *line, void (*sink)(const char *text, size_t length))
{
	answer_set_sink(sink);
	command_execute(line);
}
