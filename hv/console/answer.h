/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answer of a command, collected and then printed.  One command at a time, on the one CPU that
 * carries it out.
 */
#ifndef UMBRA_HV_CONSOLE_ANSWER_H
#define UMBRA_HV_CONSOLE_ANSWER_H

#include "lib/compiler.h"

#include <stddef.h>

/* Adds to the answer: lines or parts of them, of less than 256 bytes. */
void answer_print(const char *format, ...) __printf(1, 2);

/* Shows what was added. */
void answer_flush(void);

/* Where answers go from now on; NULL: to the consoles. */
void answer_set_sink(void (*sink)(const char *text, size_t length));

#endif
