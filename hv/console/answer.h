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

/* Where answers go from now on; NULL: to the consoles. */
void answer_set_sink(void (*sink)(const char *text, size_t length));

/*
 * For an answer of any length, whose lines would not all find room at once: calls next at once and
 * then, from answer_go_on, whenever there is room for what it adds, at most ANSWER_PIECE bytes,
 * until it returns false.  For commands that are carried out on the boot CPU.
 */
#define ANSWER_PIECE 4096u
void answer_in_pieces(bool (*next)(void));

/*
 * Goes on with such an answer; true while it is not complete: the next command has to wait.  An
 * answer is given up when there was no room for twenty seconds.  Boot CPU.
 */
bool answer_go_on(void);

#endif
