/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guests do a second: `top` shows it of the busiest, again and again in its place, until a key
 * is pressed; `stats NAME` of one guest, once.  On the boot CPU unless said otherwise.
 */
#ifndef UMBRA_HV_CONSOLE_TOP_H
#define UMBRA_HV_CONSOLE_TOP_H

#include "hv/guest/guest.h"

/* Shows the busiest guests; a key ends it. */
void command_top(const char *argument);

/* A key was pressed while the panel is shown. */
void top_key(void);

/* For housekeeping: takes samples and shows them when their time has come. */
void top_service(void);

/* Shows in a second what that guest does in it.  Any CPU, in place of another one asked for. */
void top_ask(const struct guest *guest);

#endif
