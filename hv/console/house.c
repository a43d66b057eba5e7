// SPDX-License-Identifier: GPL-2.0-only
/*
 * Housekeeping, which is the boot CPU's; what interrupt handlers and other CPUs have
 * to say they say with a flag.
 */
#include "hv/console/house.h"

#include "arch/board/power.h"
#include "arch/board/timer.h"
#include "arch/board/watchdog.h"
#include "arch/cpu/cpu_call.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/time.h"
#include "drivers/console/console_mux.h"
#include "drivers/console/ps2_keyboard.h"
#include "drivers/console/uart16550.h"
#include "hv/console/command.h"
#include "hv/console/latency.h"
#include "hv/console/power_button.h"
#include "hv/devices/guest_console.h"
#include "hv/guest/guest_list.h"
#include "hv/run/run.h"
#include "lib/format.h"
#include "lib/string.h"

#define CONSOLES_MAX 4

/*
 * Rounds of emptying the queues when the machine ends: a queue and the driver's ring, and some to
 * spare.
 */
#define FLUSH_ROUNDS 8

/* A guest that takes no key for so long does not listen. */
#define STALL_NS 10000000000ull

#define OVERRUN_REPORT_NS 1000000000ull

/* The screen shows 25 pictures a second, each in pieces between which guests run. */
#define PICTURE_NS 40000000ull
#define PIECE_NS 2000000ull

/* A serial port sends a FIFO of 16 bytes in 1.4 ms. */
#define POLL_NS 1000000ull

static struct console_mux *mux;
static struct console *consoles[CONSOLES_MAX], *uarts[CONSOLES_MAX];
static struct console *keyboard;
static unsigned console_count, uart_count;
static uint32_t polled_uarts;		/* bit n: that of uarts[n] */
static bool due;			/* any CPU sets it, the boot CPU clears it; each in one step */
static struct cpu_call due_note;	/* what takes the boot CPU out of its guest */
static volatile bool guests_gone;	/* the last one has ended, or is parked */
static struct timer refresh_timer;	/* runs while the screen rests */
static struct timer poll_timer;	/* runs when a serial port has no interrupt line */
static struct timer stall_timer;	/* runs while a guest's keys block the others */
static uint32_t stall;			/* as console_mux_stalled said when it was started */
static volatile bool stall_over;
static enum idle_action when_idle;
static uint32_t overruns_told;
static uint64_t overruns_due;		/* no report before */

/* --- the way out ------------------------------------------------------------------ */

void house_wake(void)
{
	if (!__atomic_exchange_n(&due, true, __ATOMIC_SEQ_CST) && this_cpu()->id != due_note.home)
		cpu_call_post(&due_note);
}

static void note_due(void *context)
{
	(void)context;
	house_wake();
}

/* The way out of the guest was all that it is for. */
static void due_note_read(struct cpu_call *note)
{
	(void)note;
}

static void log_sink(const char *text, size_t length)
{
	console_mux_print(mux, text, length);
}

static void write_everywhere(const char *text, size_t length)
{
	for (unsigned i = 0; i < console_count; i++)
		consoles[i]->ops->write_sync(consoles[i], text, length);
}

/* For a panic and for the machine's end: past the multiplexer, takes no lock. */
static void write_sync(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			write_everywhere("\r", 1);
		write_everywhere(text + i, 1);
	}
}

static void flush(void)
{
	for (unsigned i = 0; i < FLUSH_ROUNDS; i++) {
		console_mux_service(mux);
		write_everywhere("", 0);
	}
}

/*
 * The answer of a command goes out in one piece, or in few: after each, what
 * stood in the terminal's line is put up again.
 */
static char answer[4096];
static size_t answer_length;

void house_flush_answer(void)
{
	log_sink(answer, answer_length);
	answer_length = 0;
}

void house_print(const char *format, ...)
{
	const size_t line_size = 256;
	va_list arguments;
	size_t length;

	if (sizeof(answer) - answer_length < line_size)
		house_flush_answer();
	va_start(arguments, format);
	length = format_text_v(answer + answer_length, line_size, format, arguments);
	va_end(arguments);
	answer_length += MIN(length, line_size - 1);
}

/* --- endings ------------------------------------------------------------------------- */

static void __noreturn end_machine(enum idle_action action)
{
	watchdog_stop();
	run_stop_others();
	flush();
	/* Nobody services the queues any more: what is still said goes out at once. */
	log_set_sink(write_sync);
	if (action == IDLE_POWEROFF)
		power_off();
	if (action == IDLE_REBOOT)
		power_reset();
	cpu_halt_forever();
}

void house_end_machine(enum idle_action action)
{
	latency_log();
	end_machine(action);
}

void house_set_when_idle(enum idle_action action)
{
	when_idle = action;
}

void house_all_guests_gone(void)
{
	guests_gone = true;
	house_wake();
}

/* Somebody at the console may have started one since. */
static void end_if_idle(void)
{
	static const char *const names[] = {
		[IDLE_STAY] = "stay", [IDLE_POWEROFF] = "poweroff",
		[IDLE_HALT] = "halt", [IDLE_REBOOT] = "reboot",
	};

	if (!guests_gone)
		return;
	guests_gone = false;
	if (!guest_list_is_idle())
		return;
	/* The last event is that of the end. */
	if (when_idle != IDLE_STAY)
		latency_log();
	log_event("idle", "action=%s", names[when_idle]);
	if (when_idle != IDLE_STAY)
		end_machine(when_idle);
}

static void panic_reboot(void)
{
	log_set_sink(write_sync);
	power_reset();
}

static void panic_power_off(void)
{
	log_set_sink(write_sync);
	power_off();
}

static void set_panic(enum panic_action action)
{
	panic_set_output(write_sync);
	if (action == PANIC_REBOOT)
		panic_set_action(panic_reboot);
	if (action == PANIC_POWEROFF)
		panic_set_action(panic_power_off);
}

static void stall_expired(struct timer *timer)
{
	(void)timer;
	stall_over = true;
	house_wake();
}

static void refresh_expired(struct timer *timer)
{
	(void)timer;
	house_wake();
}

/* --- start --------------------------------------------------------------------------- */

static void add_console(struct console *console)
{
	if (!console)
		return;
	console->activity = note_due;
	consoles[console_count++] = console;
}

static void add_uart(unsigned number)
{
	struct console *console = uart16550_open(number);

	if (console)
		uarts[uart_count++] = console;
	add_console(console);
}

void house_open_outputs(const struct umbra_options *options, struct console *screen)
{
	if (options->consoles & CONSOLE_COM1)
		add_uart(1);
	if (options->consoles & CONSOLE_COM2)
		add_uart(2);
	add_console(screen);
	set_panic(options->on_panic);
}

void house_open_consoles(const struct umbra_options *options)
{
	when_idle = options->when_idle;
	cpu_call_init(&due_note, this_cpu()->id, due_note_read);
	timer_init(&stall_timer, stall_expired);
	timer_init(&refresh_timer, refresh_expired);
	mux = console_mux_create(note_due, NULL);
	if (!mux)
		panic("no memory for the console");
	guest_consoles_init(mux);
	/* Whoever looks at the screen has the keyboard in front of it. */
	if (options->consoles & CONSOLE_SCREEN)
		keyboard = ps2_keyboard_open();
	add_console(keyboard);
	for (unsigned i = 0; i < console_count; i++)
		console_mux_attach(mux, consoles[i]);
	log_set_level(options->log);
	log_set_sink(log_sink);
}

static void poll_uarts(struct timer *timer)
{
	for (unsigned i = 0; i < uart_count; i++)
		if (polled_uarts & BIT(i))
			uart16550_poll(uarts[i]);
	timer_start(timer, time_ns() + POLL_NS);
}

void house_start_consoles(void)
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

/* --- the work ------------------------------------------------------------------------ */

bool house_is_due(void)
{
	return unlikely(READ_ONCE(due)) && this_cpu()->id == due_note.home;
}

/* The escape key must work whatever the guest in focus does. */
static void watch_stall(void)
{
	uint32_t now = console_mux_stalled(mux);

	if (stall_over && now && now == stall) {
		console_mux_give_up(mux);
		now = console_mux_stalled(mux);
	}
	stall_over = false;
	if (now && !timer_is_waiting(&stall_timer)) {
		stall = now;
		timer_start(&stall_timer, time_ns() + STALL_NS);
	}
}

static void refresh_screen(void)
{
	enum console_refresh shown;

	if (timer_is_waiting(&refresh_timer))
		return;
	shown = console_mux_refresh(mux);
	if (shown != REFRESH_NOTHING)
		timer_start(&refresh_timer,
			    time_ns() + (shown == REFRESH_MORE ? PIECE_NS : PICTURE_NS));
}

/* Keys that the chip had no room for are gone; whoever typed or pasted them should know. */
static void report_overruns(void)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < uart_count; i++)
		count += uart16550_overruns(uarts[i]);
	if (count == overruns_told || time_ns() < overruns_due)
		return;
	log_warn("console", "%u times keys came too fast for the serial port and were lost; slow the "
		 "sender down, or give it RTS/CTS flow control", count - overruns_told);
	overruns_told = count;
	overruns_due = time_ns() + OVERRUN_REPORT_NS;
}

void house_keep(void)
{
	struct console_event event;

	__atomic_store_n(&due, false, __ATOMIC_SEQ_CST);
	console_mux_service(mux);
	watch_stall();
	refresh_screen();
	report_overruns();
	/* One command after the other: they share the place for the answer. */
	while (!command_is_under_way() && console_mux_take_event(mux, &event)) {
		if (event.kind == CONSOLE_EVENT_FOCUS)
			log_event("focus", "guest=%s", event.text);
		else
			command_execute(event.text);
	}
	power_button_serve();
	end_if_idle();
}
