/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot log says of speculation, and which CPUs are threads of one core.
 */
#ifndef UMBRA_BOOT_REPORT_SPECULATION_H
#define UMBRA_BOOT_REPORT_SPECULATION_H

#include <stdbool.h>
#include <stdint.h>

/* Is the CPU with that APIC id a thread of a core of which another thread was started before? */
bool cpu_has_sibling(uint32_t apic_id);

/*
 * Logs event=speculation for the boot CPU and for each CPU that differs from it, and a warning when
 * threads of one core run.  Boot CPU, all others have started.
 */
void report_speculation(bool wanted);

#endif
