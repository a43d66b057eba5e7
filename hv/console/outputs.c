// SPDX-License-Identifier: GPL-2.0-only
/*
 * The physical consoles that options name.  A serial port without an interrupt line is polled.
 */
#include "hv/console/outputs.h"

#include "arch/board/timer.h"
#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/console/ps2_keyboard.h"
#include "drivers/console/uart16550.h"
#include "hv/run/housekeeping.h"
#include "lib/compiler.h"

#define CONSOLES_MAX 4

#define OVERRUN_REPORT_NS 1000000000ull

/* A serial port sends a FIFO of 16 bytes in 1.4 ms. */
#define POLL_NS 1000000ull

static struct console *consoles[CONSOLES_MAX], *uarts[CONSOLES_MAX];
static struct console *keyboard;
static unsigned console_count, uart_count;
static uint32_t polled_uarts;		/* bit n: that of uarts[n] */
static struct timer poll_timer;		/* runs when a serial port has no interrupt line */
static uint32_t overruns_reported;
static uint64_t next_report;		/* time_ns() before which there is none */

static void activity(void *context)
{
	(void)context;
	housekeeping_wake();
}

static void add_console(struct console *console)
{
	if (!console)
		return;
	console->activity = activity;
	consoles[console_count++] = console;
}

static void add_uart(unsigned number)
{
	struct console *console = uart16550_open(number);

	if (console)
		uarts[uart_count++] = console;
	add_console(console);
}

void outputs_open(const struct umbra_options *options, struct console *screen)
{
	if (options->consoles & CONSOLE_COM1)
		add_uart(1);
	if (options->consoles & CONSOLE_COM2)
		add_uart(2);
	add_console(screen);
}

void outputs_attach(const struct umbra_options *options, struct console_mux *mux)
{
	/* With the screen as a console, the keyboard is one too. */
	if (options->consoles & CONSOLE_SCREEN)
		keyboard = ps2_keyboard_open();
	add_console(keyboard);
	for (unsigned i = 0; i < console_count; i++)
		console_mux_attach(mux, consoles[i]);
}

static void poll_uarts(struct timer *timer)
{
	for (unsigned i = 0; i < uart_count; i++)
		if (polled_uarts & BIT(i))
			uart16550_poll(uarts[i]);
	timer_start(timer, time_ns() + POLL_NS);
}

void outputs_start(void)
{
	for (unsigned i = 0; i < uart_count; i++) {
		if (uart16550_start(uarts[i]) == 0)
			continue;
		log_warn("console", "%s has no interrupt line: it is asked every millisecond",
			 uarts[i]->name);
		polled_uarts |= BIT(i);
	}
	timer_init(&poll_timer, poll_uarts);
	if (polled_uarts)
		poll_uarts(&poll_timer);
	if (keyboard && ps2_keyboard_start(keyboard) != 0)
		log_error("console", "the keyboard has no interrupt line: no keys from there");
}

/* Keys that the chip had no room for are lost, and the user should know. */
void outputs_report_overruns(void)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < uart_count; i++)
		count += uart16550_overruns(uarts[i]);
	if (count == overruns_reported || time_ns() < next_report)
		return;
	log_warn("console", "%u times keys came too fast for the serial port and were lost; slow "
		 "the sender down, or give it RTS/CTS flow control", count - overruns_reported);
	overruns_reported = count;
	next_report = time_ns() + OVERRUN_REPORT_NS;
}

static void write_everywhere(const char *text, size_t length)
{
	for (unsigned i = 0; i < console_count; i++)
		consoles[i]->ops->write_sync(consoles[i], text, length);
}

void outputs_write_sync(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			write_everywhere("\r", 1);
		write_everywhere(text + i, 1);
	}
}

void outputs_drain(void)
{
	write_everywhere("", 0);
}
