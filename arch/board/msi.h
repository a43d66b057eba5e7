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
 * Allocates a message that calls handler(context) on the boot CPU: interrupts off, no lock held, at
 * least one call for all messages since the last call.  0; -E_UNSUPPORTED on a machine without
 * APICs, where a device has to use its line; -E_NOSPC when there are no vectors left; -E_RANGE when
 * no message reaches the boot CPU.  Any CPU.
 */
int msi_allocate(irq_handler_t *handler, void *context, struct msi_message *message);

/*
 * Frees the message.  Before, the device must have been told to send no more, and the boot CPU must
 * have taken pending interrupts since.
 */
void msi_free(const struct msi_message *message);

#endif
