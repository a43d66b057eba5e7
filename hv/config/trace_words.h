/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words that say what is traced: of trace= on Umbra's line, and of the command `trace on`.
 * Pure.
 */
#ifndef UMBRA_HV_CONFIG_TRACE_WORDS_H
#define UMBRA_HV_CONFIG_TRACE_WORDS_H

#include "lib/trace_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is wrong with a list of kinds, for messages. */
#define TRACE_WORDS_FORMS \
	"the kinds are all, or some of entries, exits, hypercalls, faults, spaces, irqs, " \
	"requests, sched, locks"

/*
 * Reads kinds separated by commas, such as `exits,faults`; *kinds gets a bit for each enum
 * trace_kind.  The beginnings of turns are always among them, since these have the guests' names.
 * False when a word is none of them, or there is none; *kinds is left alone then.
 */
bool trace_parse_kinds(const char *text, size_t length, uint32_t *kinds);

/* The same list for kinds, into text of that size, cut where it does not fit. */
void trace_print_kinds(char *text, size_t size, uint32_t kinds);

#endif
