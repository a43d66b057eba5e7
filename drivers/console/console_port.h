/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The back end of a guest's console device: it takes the guest's output and has its keys.  The
 * console multiplexer implements it for each guest's endpoint (console_mux.h); the virtio console
 * uses it.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_CONSOLE_PORT_H
#define UMBRA_DRIVERS_CONSOLE_CONSOLE_PORT_H

#include <stddef.h>

/* Called on the guest's CPU with no lock held; each function takes the lock that it needs. */
struct console_port {
	/*
	 * Takes output and returns how many bytes it took.  When that is less than length, the
	 * device is serviced again once there is room.
	 */
	size_t (*write)(void *context, const void *data, size_t length);

	/* Takes out up to size keys; returns how many. */
	size_t (*read)(void *context, void *buffer, size_t size);

	/* How many keys wait. */
	size_t (*waiting)(void *context);
};

#endif
