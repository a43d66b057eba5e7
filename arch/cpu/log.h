/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log.  Lines for people carry the time, the CPU and the subsystem; event lines
 * (docs/log.md) are an interface for scripts.  A line goes to the sink as a whole; until there
 * is a sink, lines are kept in a buffer.
 */
#ifndef UMBRA_ARCH_CPU_LOG_H
#define UMBRA_ARCH_CPU_LOG_H

#include "lib/compiler.h"

#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/*
 * One line for people: `[    0.012345] cpu0 subsystem: text`.  No newline in the format.  Any
 * CPU, any context but NMI.
 */
void log_line(enum log_level level, const char *subsystem, const char *format, ...) __printf(3, 4);

#define log_error(subsystem, ...) log_line(LOG_ERROR, subsystem, __VA_ARGS__)
#define log_warn(subsystem, ...) log_line(LOG_WARN, subsystem, __VA_ARGS__)
#define log_info(subsystem, ...) log_line(LOG_INFO, subsystem, __VA_ARGS__)
#define log_debug(subsystem, ...) log_line(LOG_DEBUG, subsystem, __VA_ARGS__)

/*
 * One event line: `event=name key=value ... at=seconds`; shown at every level.  format gives the
 * keys and may be "".
 */
void log_event(const char *name, const char *format, ...) __printf(2, 3);

/* Lines above this level are dropped. */
void log_set_level(enum log_level level);

/*
 * Sets the sink: passes the lines kept so far to write, and every further line (text ends in a
 * newline, and length counts no NUL).
 */
void log_set_sink(void (*write)(const char *text, size_t length));

#endif
