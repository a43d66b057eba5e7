/* SPDX-License-Identifier: GPL-2.0-only */
/* The command `profile`: on and off.  On the boot CPU. */
#ifndef UMBRA_HV_CONSOLE_COMMAND_PROFILE_H
#define UMBRA_HV_CONSOLE_COMMAND_PROFILE_H

/* words: all that stands behind the command's name. */
void command_profile(const char *words);

#endif
