// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the ACPI power management timer.  Source: ACPI 6.4, section 4.8.2.1.
 */
#include "arch/board/pm_timer.h"

#include "arch/board/acpi.h"
#include "arch/cpu/port.h"
#include "lib/format.h"

#include <stddef.h>

#define PM_TIMER_HZ 3579545u
#define MASK_24BIT 0xFFFFFFu

/*
 * The PIIX4's counter may be read while its bits change one after the other, which can give any
 * value. Two readings close to each other are both right.
 */
#define CLOSE_TICKS 16u
#define TRIES 8u

static struct counter pm_timer;
static uint16_t port;

static uint32_t read_pm_timer(void)
{
	uint32_t now = port_in32(port), before;
	unsigned tries = 0;

	do {
		before = now;
		now = port_in32(port);
	} while (((now - before) & pm_timer.mask) > CLOSE_TICKS && ++tries < TRIES);
	return now;
}

const struct counter *pm_timer_open(void)
{
	port = acpi_fixed()->pm_timer;
	if (port == 0)
		return NULL;
	pm_timer = (struct counter){
		.name = "pmtimer", .read = read_pm_timer, .hz = PM_TIMER_HZ,
		.mask = acpi_fixed()->pm_timer_is_32bit ? UINT32_MAX : MASK_24BIT,
	};
	format_text(pm_timer.place, sizeof(pm_timer.place), "port %04x", port);
	return &pm_timer;
}
