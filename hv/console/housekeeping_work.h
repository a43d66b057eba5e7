/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot CPU's work beside guests.  boot/main.c gives it to housekeeping_init, and the run loop
 * calls it from there.
 */
#ifndef UMBRA_HV_CONSOLE_HOUSEKEEPING_WORK_H
#define UMBRA_HV_CONSOLE_HOUSEKEEPING_WORK_H

/* Console input and output, focus, commands, the power button, the machine's end.  No lock held. */
void housekeeping_work(void);

#endif
