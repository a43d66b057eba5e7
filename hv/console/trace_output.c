// SPDX-License-Identifier: GPL-2.0-only
/*
 * The port is asked whether it has room, and gets whole frames alone.  Nobody tells when there is
 * something new, since whoever writes a record must not do more than that: a timer looks.
 */
#include "hv/console/trace_output.h"

#include "arch/board/timer.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "arch/cpu/trace.h"
#include "arch/cpu/vectors.h"
#include "drivers/console/uart16550.h"
#include "hv/run/housekeeping.h"
#include "hv/trace/trace_drain.h"

/* Sealed and written with interrupts off. */
#define FRAMES_AT_ONCE 64u

/* What is sent when the machine ends: at 115200 bit/s, 14 s for all CPUs together. */
#define FRAMES_AT_END 4096u

/* Until it looks again: when there was nothing, something, or more than is sent at once. */
#define LOOK_NS 100000000ull
#define LOOK_AGAIN_NS 10000000ull
#define LOOK_AT_ONCE_NS 1000000ull	/* also for a port without an interrupt line */

static struct console *port;		/* NULL: none, or another CPU panicked in it */
static bool is_polled;
static unsigned sent;			/* frames, the last time */
static struct timer timer;

static void activity(void *context)
{
	(void)context;
	housekeeping_wake();
}

static void look(struct timer *unused)
{
	uint64_t pause = sent > 0 ? LOOK_AGAIN_NS : LOOK_NS;

	(void)unused;
	if (is_polled)
		uart16550_poll(port);
	if (is_polled || sent == FRAMES_AT_ONCE)
		pause = LOOK_AT_ONCE_NS;
	timer_start(&timer, time_ns() + pause);
	housekeeping_wake();
}

void trace_output_start(unsigned number)
{
	static const uint32_t vectors[] = { VECTOR_ISA + 4, VECTOR_ISA + 3 };
	struct console *opened = uart16550_open(number);

	if (!opened) {
		log_error("trace", "there is no com%u for trace-to=", number);
		return;
	}
	opened->activity = activity;
	is_polled = uart16550_start(opened) != 0;
	trace_hide_vector(vectors[number - 1]);
	port = opened;
	timer_init(&timer, look);
	look(&timer);
}

void trace_output_service(void)
{
	struct trace_frame frame;

	if (!port)
		return;
	sent = 0;
	while (sent < FRAMES_AT_ONCE &&
	       port->ops->room(port, sizeof(frame)) == sizeof(frame) && trace_drain_next(&frame)) {
		port->ops->write(port, &frame, sizeof(frame));
		sent++;
	}
}

void trace_output_finish(void)
{
	struct trace_frame frame;
	struct console *last = port;

	port = NULL;
	if (!last)
		return;
	trace_drain_end(FRAMES_AT_END / cpu_count());
	/* Bounded, should a CPU that does not answer a panic still write records. */
	for (unsigned i = 0; i < 2 * FRAMES_AT_END && trace_drain_next(&frame); i++)
		last->ops->write_sync(last, &frame, sizeof(frame));
	last->ops->write_sync(last, "", 0);
}
