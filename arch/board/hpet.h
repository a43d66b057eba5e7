/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The high precision event timer (HPET), of which only the counter is used: as a clock, and to
 * measure the TSC.
 */
#ifndef UMBRA_ARCH_BOARD_HPET_H
#define UMBRA_ARCH_BOARD_HPET_H

#include "arch/cpu/counter.h"
#include "arch/cpu/mmio.h"

/*
 * Finds it by its ACPI table, maps its registers and starts its counter.  NULL
 * when there is none that works.  Boot CPU, once, after acpi_init.
 */
const struct counter *hpet_open(mmio_map_t *map);

#endif
