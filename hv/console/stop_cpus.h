/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stopping the other CPUs at the machine's end.  (A panic has a way of its own, by NMI.)
 */
#ifndef UMBRA_HV_CONSOLE_STOP_CPUS_H
#define UMBRA_HV_CONSOLE_STOP_CPUS_H

/*
 * Stops all other CPUs for good.  A CPU that does not answer within a tenth of a second is ignored.
 * Once, no lock held.
 */
void stop_other_cpus(void);

#endif
