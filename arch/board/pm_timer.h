/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ACPI power management timer: a counter that runs in every state of the processor.
 */
#ifndef UMBRA_ARCH_BOARD_PM_TIMER_H
#define UMBRA_ARCH_BOARD_PM_TIMER_H

#include "arch/cpu/counter.h"

/* NULL when the tables name none.  Boot CPU, after acpi_init. */
const struct counter *pm_timer_open(void);

#endif
