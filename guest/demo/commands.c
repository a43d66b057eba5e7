// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command table of the demo guest and the short commands; mem and date have
 * files of their own. No state.
 */
#include "guest/demo/commands.h"

#include "guest/demo/date.h"
#include "guest/demo/line.h"
#include "guest/demo/memory.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/console.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/ring.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"
#include "guest/runtime/user.h"
#include "guest/runtime/virtio.h"

#include <stdbool.h>

/* Spinning looks at the clock this often, so that it works without a TSC too. */
#define SPIN_SLICE_MS 50u

struct command {
	const char *name;
	const char *arguments;
	const char *help;
	void (*run)(const char *arguments);
};

static bool interrupted(void)
{
	char key;

	while (console_poll(&key))
		if (key == KEY_CONTROL_C)
			return true;
	return false;
}

static void command_echo(const char *arguments)
{
	print("%s\n", arguments);
}

static void command_uptime(const char *arguments)
{
	uint32_t ms = clock_ms();

	(void)arguments;
	print("up %u.%03u s, %u timer interrupts\n", ms / 1000, ms % 1000, timer_ticks());
}

static void command_date(const char *arguments)
{
	char text[32];

	(void)arguments;
	date_format(text, sizeof(text), clock_wall_seconds());
	print("%s\n", text);
}

static void command_count(const char *arguments)
{
	uint32_t end = parse_number(arguments);

	for (uint32_t i = 1; i <= end; i++) {
		if (interrupted()) {
			print("interrupted\n");
			return;
		}
		print("%u\n", i);
		if (i < end)
			timer_sleep_ms(1000);
	}
}

/* 64 bytes with their end, whatever the number. */
static void command_lines(const char *arguments)
{
	uint32_t end = parse_number(arguments);

	for (uint32_t i = 1; i <= end; i++) {
		if (interrupted()) {
			print("interrupted\n");
			return;
		}
		print("line %08u, of those that were asked for by the command line\n", i);
	}
}

/* Compute for a while without a hypercall; the timer ends each slice. */
static uint32_t spin_slice(void)
{
	uint32_t ticks = timer_ticks();
	uint32_t rounds = 0;

	timer_arm(SPIN_SLICE_MS * NS_PER_MS);
	while (timer_ticks() == ticks)
		rounds++;
	return rounds;
}

static void command_spin(const char *arguments)
{
	uint32_t end = clock_ms() + parse_number(arguments) * 1000;
	uint64_t rounds = 0;

	while ((int32_t)(end - clock_ms()) > 0 && !interrupted())
		rounds += spin_slice();
	print("spun %u thousand rounds\n", (uint32_t)divide_u64(rounds, 1000, NULL));
}

static void command_fault(const char *arguments)
{
	uint32_t address = GUEST_KERNEL_BASE + 0x100000;
	struct fault fault = user_call(user_write, address, 0, NULL);

	(void)arguments;
	if (fault.vector == FAULT_NONE)
		print("ring 3 wrote to 0x%x: no fault\n", address);
	else
		print("ring 3 wrote to 0x%x: vector %u, error 0x%x, address 0x%x; handled\n",
		      address, fault.vector, fault.error, fault.cr2);
}

/* With arguments that a trace of it is to show: half of them directly, half by the ring. */
static void command_calls(const char *arguments)
{
	uint32_t end = parse_number(arguments);

	print_flush();
	for (uint32_t i = 0; i < end; i++) {
		if (i % 2 == 0)
			hypercall(LGUEST_FLUSH_ASYNC, i, 3 * i, ~i, 0x600D);
		else
			ring_call(LGUEST_FLUSH_ASYNC, i, 3 * i, ~i, 0x600D);
	}
	hypercall_flush_async();
	print("made %u hypercalls\n", end);
}

static void command_crash(const char *arguments)
{
	print_flush();
	machine_panic("%s", *arguments != '\0' ? arguments : "crash command");
}

/* All that could wake us: what is typed, and the timer. */
static void silence(void)
{
	struct virtio console;

	timer_arm(0);
	if (virtio_open(&console, LGUEST_DEVICE_CONSOLE))
		virtio_stop(&console);
}

static void mask_all(void)
{
	for (unsigned int line = 0; line < LGUEST_IRQ_COUNT; line++)
		irq_mask(line);
}

/* For good: with interrupts off, as `halt` does in Linux; or waiting for what cannot come. */
static void command_halt(const char *arguments)
{
	print_flush();
	if (strcmp(arguments, "masked") == 0)
		mask_all();
	else if (strcmp(arguments, "silent") == 0)
		silence();
	else
		(void)irq_save();
	while (*arguments == '\0')
		__asm__ volatile("hlt");
	for (;;)
		irq_wait();
}

static void command_reboot(const char *arguments)
{
	(void)arguments;
	machine_restart();
}

static void command_poweroff(const char *arguments)
{
	(void)arguments;
	machine_poweroff();
}

/* Prints the table, and stands in it. */
static void command_help(const char *arguments);

static const struct command commands[] = {
	{"help", "", "list the commands", command_help},
	{"echo", "TEXT", "print the text", command_echo},
	{"uptime", "", "time since this guest started", command_uptime},
	{"date", "", "wall clock, UTC", command_date},
	{"count", "N", "print 1 to N, one number a second; Ctrl-C ends it", command_count},
	{"lines", "N", "print N lines without a pause; Ctrl-C ends it", command_lines},
	{"spin", "SECONDS", "compute without a pause; Ctrl-C ends it", command_spin},
	{"mem", "", "write and verify all free memory", memory_command},
	{"fill", "N", "write to all free memory what N makes of each address", memory_fill_command},
	{"check", "N", "verify what fill N wrote", memory_check_command},
	{"fault", "", "let ring 3 write to the kernel, and catch it", command_fault},
	{"calls", "N", "make N hypercalls that do nothing", command_calls},
	{"crash", "TEXT", "panic with the text", command_crash},
	{"halt", "HOW", "wait for good; HOW is nothing (interrupts off), masked or silent",
	 command_halt},
	{"reboot", "", "start this guest afresh", command_reboot},
	{"poweroff", "", "end this guest", command_poweroff},
};

static void command_help(const char *arguments)
{
	(void)arguments;
	for (const struct command *command = commands; command < commands + ARRAY_SIZE(commands);
	     command++)
		print("%-9s %-8s %s\n", command->name, command->arguments, command->help);
}

void commands_execute(const char *line)
{
	size_t length = 0;
	const char *arguments;

	while (*line == ' ')
		line++;
	while (line[length] != '\0' && line[length] != ' ')
		length++;
	for (arguments = line + length; *arguments == ' '; arguments++)
		;
	if (length == 0)
		return;
	for (const struct command *command = commands; command < commands + ARRAY_SIZE(commands);
	     command++) {
		if (strlen(command->name) == length && strncmp(command->name, line, length) == 0) {
			command->run(arguments);
			return;
		}
	}
	print("unknown command, try help\n");
}
