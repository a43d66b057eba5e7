/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second source of interrupts for tests: the output queue of the console. A
 * buffer that is sent raises the queue's line when the device has used it.
 */
#ifndef UMBRA_GUEST_ABI_SOURCE_H
#define UMBRA_GUEST_ABI_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

/* Start the console (once); false when there is none. *line: the queue's interrupt. */
bool source_start(unsigned int *line);

/* Send one short text, and wait (at most a second, interrupts as they are) until it is used. */
bool source_raise(const char *text);

#endif
