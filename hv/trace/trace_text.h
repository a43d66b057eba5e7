/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of the trace as lines of text: for the command `trace show`, and for a panic. */
#ifndef UMBRA_HV_TRACE_TRACE_TEXT_H
#define UMBRA_HV_TRACE_TRACE_TEXT_H

#include "lib/trace_record.h"

#include <stddef.h>

#define TRACE_TEXT_SIZE 160

/*
 * One line for the record, without a newline: when, on which CPU, of which guest (name, or its
 * number where that is ""), what.  Returns its length.  Any context.
 */
size_t trace_text(char text[TRACE_TEXT_SIZE], const struct trace_record *record, const char *name);

/*
 * Prints the last records of each CPU, open ones too, oldest first.  For a panic, when no other CPU
 * runs any more; takes no lock.  Nothing where nothing was traced.
 */
void trace_print_last(void (*print)(const char *text, size_t length));

#endif
