// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serves the multiplexer.  Two timers call for more service: while the screen has more to draw, and
 * while a guest that takes no keys blocks the keys behind them.
 */
#include "hv/console/consoles.h"

#include "arch/board/timer.h"
#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/time.h"
#include "hv/console/outputs.h"
#include "hv/devices/guest_console.h"
#include "hv/run/housekeeping.h"

/*
 * Rounds of emptying the queues when the machine ends: a queue and the driver's ring, and some to
 * spare.
 */
#define FLUSH_ROUNDS 8

/* A guest that takes no key for so long does not read its console. */
#define STALL_NS 10000000000ull

/* The screen is drawn 25 times a second, each time in pieces between which guests run. */
#define PICTURE_NS 40000000ull
#define PIECE_NS 2000000ull

static struct console_mux *mux;
static struct timer refresh_timer;	/* runs between two drawings of the screen */
static struct timer stall_timer;	/* runs while a guest's keys block the others */
static uint32_t stall;			/* console_mux_service's result when it was started */
static volatile bool stall_over;

static void service_due(void *context)
{
	(void)context;
	housekeeping_wake();
}

static void stall_expired(struct timer *timer)
{
	(void)timer;
	stall_over = true;
	housekeeping_wake();
}

static void refresh_expired(struct timer *timer)
{
	(void)timer;
	housekeeping_wake();
}

void consoles_open(const struct umbra_options *options)
{
	timer_init(&stall_timer, stall_expired);
	timer_init(&refresh_timer, refresh_expired);
	mux = console_mux_create(service_due, NULL);
	if (!mux)
		panic("no memory for the console");
	guest_consoles_init(mux);
	outputs_attach(options, mux);
	log_set_level(options->log);
	log_set_sink(consoles_print);
}

/* The escape key must work whatever the guest in focus does. */
static void watch_stall(uint32_t now)
{
	if (stall_over && now && now == stall)
		now = console_mux_give_up(mux, now);
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

void consoles_service(void)
{
	watch_stall(console_mux_service(mux));
	refresh_screen();
	outputs_report_overruns();
}

bool consoles_take_event(struct console_event *event)
{
	return console_mux_take_event(mux, event);
}

void consoles_print(const char *text, size_t length)
{
	console_mux_print(mux, text, length);
}

void consoles_panel_begin(void)
{
	console_mux_panel_begin(mux);
}

void consoles_panel_show(const char *text)
{
	console_mux_panel_show(mux, text);
}

void consoles_panel_end(void)
{
	console_mux_panel_end(mux);
}

bool consoles_have_room(size_t wanted)
{
	return console_mux_has_room(mux, wanted);
}

void consoles_flush(void)
{
	console_mux_panel_end(mux);
	for (unsigned i = 0; i < FLUSH_ROUNDS; i++) {
		console_mux_service(mux);
		outputs_drain();
	}
}
