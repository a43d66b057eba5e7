/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command `net`: networks, the guests on them, and their counters.  On the boot CPU; it answers
 * by hv/console/answer.h.
 */
#ifndef UMBRA_HV_CONSOLE_COMMAND_NET_H
#define UMBRA_HV_CONSOLE_COMMAND_NET_H

void command_show_networks(const char *argument);

#endif
