/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For fuzzers of what consoles are attached to: the user's side of these, and the guest's
 * end.  Included by one source file of each fuzzer.
 */
#ifndef UMBRA_TESTS_FUZZ_CONSOLE_OUTSIDE_H
#define UMBRA_TESTS_FUZZ_CONSOLE_OUTSIDE_H

#include "drivers/virtio/virtio_console.h"
#include "lib/compiler.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* The context of all callbacks. */
struct outside {
	size_t room;		/* for output */
	size_t keys;		/* that wait */
	unsigned times_broken;	/* the guest is to end */
};

static inline size_t port_write(void *context, const void *data, size_t length)
{
	struct outside *outside = context;
	size_t taken = MIN(length, outside->room);

	(void)data;
	outside->room -= taken;
	return taken;
}

static inline size_t port_read(void *context, void *buffer, size_t size)
{
	struct outside *outside = context;
	size_t count = MIN(size, outside->keys);

	memset(buffer, 'k', count);
	outside->keys -= count;
	return count;
}

static inline size_t port_waiting(void *context)
{
	return ((struct outside *)context)->keys;
}

static const struct console_port port = { port_write, port_read, port_waiting };

static inline void raise_irq(void *context, unsigned irq)
{
	(void)context;
	REQUIRE(irq == 1 || irq == 2);
}

static inline void broken(void *context, const char *cause)
{
	REQUIRE(strlen(cause) > 0);
	((struct outside *)context)->times_broken++;
}

#endif
