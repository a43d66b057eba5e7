/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answer of a command, collected and then printed.  One command at a time, on the one CPU that
 * carries it out.
 */
#ifndef UMBRA_HV_CONSOLE_ANSWER_H
#define UMBRA_HV_CONSOLE_ANSWER_H

#include "lib/compiler.h"

#include <stdbool.h>
#include <stddef.h>

/* Adds to the answer: lines or parts of them, of less than 256 bytes. */
void answer_print(const char *format, ...) __printf(1, 2);

/* Shows what was added. */
void answer_flush(void);

/* Where the next answer goes; NULL: to the consoles, as those without this. */
void answer_set_sink(void (*sink)(const char *text, size_t length));

/* Shows what was added; the answer is complete, unless it comes in pieces. */
void answer_end(void);

/*
 * For an answer of any length, whose lines would neither all find room nor be made in a bounded
 * time: calls next at once and then, from answer_go_on, whenever there is room for what it adds, at
 * most ANSWER_PIECE bytes, until it returns false.  For commands that are carried out on the boot
 * CPU.
 */
#define ANSWER_PIECE 4096u
void answer_in_pieces(bool (*next)(void));

/*
 * Adds the next piece, if one is due and there is room, and wakes housekeeping.  An answer is given
 * up when there was no room for twenty seconds.  Boot CPU, from housekeeping.
 */
void answer_go_on(void);

/* Are there no more pieces?  Else the next command has to wait. */
bool answer_is_complete(void);

#endif
