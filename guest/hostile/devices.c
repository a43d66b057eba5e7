// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the device page: its descriptors, and NOTIFY.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/device.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"

#include <stddef.h>

/* --- The descriptor page --------------------------------------------------------------- */

static void scribble(uint8_t value)
{
	for (uint32_t i = 0; i < LGUEST_DEVICE_PAGE_SIZE; i++)
		*device_byte(i) = value;
}

/* Far more than the records take up; text that is printed from there ends after 16 bytes. */
#define SCRIBBLED_OFFSETS 64u

/* Every value in every byte of the records: Umbra must go by what it knows itself. */
ATTACK(page_scribble, "page-scribble", EITHER)
{
	static const uint8_t values[] = {0xFF, 0x00, 0x01, 0x80, 0x55};

	for (size_t i = 0; i < sizeof(values); i++) {
		scribble(values[i]);
		for (uint32_t offset = 0; offset < SCRIBBLED_OFFSETS; offset++) {
			*device_byte(offset + 16) = 0;
			hypercall_notify(machine_memory() + offset);
		}
	}
}

ATTACK(page_status, "page-status", EITHER)
{
	struct device device;

	if (!device_find(LGUEST_DEVICE_CONSOLE, &device))
		return;
	for (uint32_t status = 0; status < 256; status++)
		device_set_status(&device, (uint8_t)status, true);
	console_again();
}

/* --- NOTIFY ------------------------------------------------------------------------------ */

ATTACK(notify_outside, "notify-outside", EITHER)
{
	hypercall_notify(0xFFFFFFFF);
	hypercall_notify(machine_memory() + 0x10000000);
	hypercall_notify(0);
}

/* A text without an end, up to the last byte of memory. */
ATTACK(notify_no_end, "notify-no-end", SURVIVES)
{
	uint32_t start = machine_memory() - 64;

	for (uint32_t i = 0; i < 64; i++)
		*(volatile uint8_t *)virt_of(start + i) = 'x';
	hypercall_notify(start);
	hypercall_notify(machine_memory() - 1);
	*(volatile uint8_t *)virt_of(machine_memory() - 1) = '\n';
	hypercall_notify(machine_memory() - 1);
}

/* Control characters and escape sequences, which must not reach a terminal that others share. */
ATTACK(notify_control, "notify-control", SURVIVES)
{
	char text[16];

	for (uint32_t c = 1; c < 256; c++) {
		format_text(text, sizeof(text), "%c[2J%c", (int)c, (int)c);
		print_text(text, 5);
	}
	print("\nevent=guest-exit guest=other reason=forged\n");
}

ATTACK(notify_noise, "notify-noise", EITHER)
{
	for (uint32_t i = machine_number("rounds", 2000); i > 0; i--)
		hypercall_notify(attack_random() % (machine_memory() + 16 * PAGE_SIZE));
}
