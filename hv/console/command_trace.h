/* SPDX-License-Identifier: GPL-2.0-only */
/* The command `trace`: on, off, show, clear, and what is traced now.  On the boot CPU. */
#ifndef UMBRA_HV_CONSOLE_COMMAND_TRACE_H
#define UMBRA_HV_CONSOLE_COMMAND_TRACE_H

#include "hv/config/config.h"

/* words: all that stands behind the command's name. */
void command_trace(const char *words);

/* Traces from boot on, if trace= says so.  Once all CPUs are known; boot CPU. */
void trace_begin_as_told(const struct umbra_options *options);

#endif
