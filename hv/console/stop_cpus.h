/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stopping the other CPUs at the machine's end.  (A panic has a way of its own, by NMI.)
 */
#ifndef UMBRA_HV_CONSOLE_STOP_CPUS_H
#define UMBRA_HV_CONSOLE_STOP_CPUS_H

/*
 * All other CPUs stand still from now on, for good.  One that does not heed it within a
 * tenth of a second is left alone.  Once, no lock held.
 */
void stop_other_cpus(void);

#endif
