/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands that make Umbra or one of its CPUs fail, for tests of panics and of the watchdog. On
 * the boot CPU.
 */
#ifndef UMBRA_HV_CONSOLE_COMMAND_FAIL_H
#define UMBRA_HV_CONSOLE_COMMAND_FAIL_H

/* Ends Umbra, in the way that argument names: panic, fault, stack, hang. */
void command_end(const char *argument);

/* Makes the CPU with that number hang for good. */
void command_stall(const char *argument);

#endif
