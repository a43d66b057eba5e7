/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of physical consoles: serial ports, screens, keyboards.  The drivers
 * of this folder fill one in for each device they find; the console multiplexer uses
 * them all alike, and a panic writes to them directly.
 *
 * Input is pulled: bytes that the multiplexer does not take stay in the driver, which then tells
 * the sender to stop.  So no key is lost when a guest does not read.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_CONSOLE_H
#define UMBRA_DRIVERS_CONSOLE_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

struct console;

/* Results of refresh: there was nothing to draw; all is drawn now; more is left. */
enum console_refresh { REFRESH_NOTHING, REFRESH_DONE, REFRESH_MORE };

struct console_ops {
	/*
	 * How many bytes write would take now, at most `wanted`.  When that is less than wanted,
	 * activity is called once much room is free again.
	 */
	size_t (*room)(struct console *console, size_t wanted);

	/* Takes bytes for output without waiting; returns how many it took. */
	size_t (*write)(struct console *console, const void *data, size_t length);

	/* Takes out up to size bytes of input; returns how many.  NULL when there are no keys. */
	size_t (*read)(struct console *console, void *buffer, size_t size);

	/*
	 * Shows a bounded part of what write has not shown yet.  NULL if write draws by itself,
	 * which every console does before its first refresh.
	 */
	enum console_refresh (*refresh)(struct console *console);

	/*
	 * Writes all bytes before it returns, after those written so far, by polling the device.
	 * For panic: takes no lock, needs no interrupt, and ends even when the device does not.
	 */
	void (*write_sync)(struct console *console, const void *data, size_t length);
};

struct console {
	const char *name;		/* for messages */
	const struct console_ops *ops;

	/*
	 * Called by the driver, in its interrupt handler when input arrived or when there is room
	 * that room() did not offer before, and in write when refresh is due.  It may only set a
	 * flag, or wake the code that calls console_mux_service and console_mux_refresh.  NULL, or
	 * set once before interrupts start.
	 */
	void (*activity)(void *context);
	void *activity_context;
};

#endif
