/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples of Umbra's own code, in which no interrupt comes in but an NMI: those of the watchdog, on
 * the boot CPU, as often as they come.  Without watchdog= there are none.
 */
#ifndef UMBRA_HV_TRACE_PROFILE_NMI_H
#define UMBRA_HV_TRACE_PROFILE_NMI_H

#include <stdbool.h>

/* Takes samples from now on, or no more.  Boot CPU. */
void profile_nmi_run(bool on);

/* Writes down the samples that were taken since the last call.  Boot CPU; not from an NMI. */
void profile_nmi_collect(void);

#endif
