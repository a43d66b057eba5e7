/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Message signalled interrupts: a device raises one by writing data to an
 * address.  PCI code puts both into the device (MSI or MSI-X capability).
 */
#ifndef UMBRA_ARCH_BOARD_MSI_H
#define UMBRA_ARCH_BOARD_MSI_H

#include "arch/board/irq.h"

#include <stdint.h>

struct msi_message {
	uint64_t address;
	uint32_t data;
};

/*
 * A message that has handler(context) called on the boot CPU: interrupts off,
 * no lock held, one call a message at least for what came since the last.  0;
 * -E_UNSUPPORTED on a machine without APICs, where a device has to use its
 * line; -E_NOSPC when there are no vectors left; -E_RANGE when no message reaches the
 * boot CPU.  Any CPU.
 */
int msi_allocate(irq_handler_t *handler, void *context, struct msi_message *message);

/*
 * Gives the message back.  The device has been told to send no more, and
 * interrupts were taken since, on the CPU that they go to.
 */
void msi_free(const struct msi_message *message);

#endif
