/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio console: print goes through it once it is
 * started, and keys come from it by interrupt.
 */
#ifndef UMBRA_GUEST_RUNTIME_CONSOLE_H
#define UMBRA_GUEST_RUNTIME_CONSOLE_H

#include <stdbool.h>

/* Start the first console and send print's text there. False when there is none. */
bool console_start(void);

/* The line of the interrupts that keys cause, once it is started. */
unsigned int console_irq(void);

/* Wait for a key, with interrupts on. Lost are keys beyond 255 that nobody has read. */
char console_key(void);

/* Take a key if one is there. */
bool console_poll(char *key);

#endif
