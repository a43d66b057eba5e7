// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of PCI functions.  Messages are one function's own.  Lines are shared, so
 * each has a chain of handlers; they are level-triggered, and a handler that served
 * its chip is not called for nothing.
 *
 * The line is the one that firmware routed to the 8259 pair.  With APICs that is
 * the input of the same number, which most boards raise as well; on those that do not,
 * only the firmware's programs (AML) tell which one they raise.
 */
#include "drivers/phys/pci_irq.h"

#include "arch/irq.h"
#include "arch/msi.h"
#include "drivers/phys/pci_msi.h"
#include "lib/error.h"
#include "mm/heap.h"

struct listener {
	struct listener *next;
	pci_handler_t *handler;
	void *context;
};

static struct listener *lines[IRQ_LINES];	/* written at boot only */

static void line_raised(void *context)
{
	struct listener **line = context;

	for (const struct listener *each = *line; each; each = each->next)
		each->handler(each->context);
}

static int attach_message(const struct pci_device *device, pci_handler_t *handler, void *context)
{
	struct msi_message message;
	int error = msi_allocate(handler, context, &message);

	if (error)
		return error;
	error = pci_msi_enable(device, message.address, message.data);
	if (error)
		msi_free(&message);
	return error;
}

static int attach_line(unsigned number, pci_handler_t *handler, void *context)
{
	struct listener **line, *listener;

	if (number >= IRQ_LINES)
		return -E_UNSUPPORTED;
	listener = heap_alloc(sizeof(*listener));
	if (!listener)
		return -E_NOMEM;
	line = &lines[number];
	*listener = (struct listener){ .next = *line, .handler = handler, .context = context };
	/* The first one takes the line; another kind of device may have it already. */
	if (!*line && irq_register(number, line_raised, line) != 0) {
		heap_free(listener);
		return -E_UNSUPPORTED;
	}
	*line = listener;
	return 0;
}

int pci_irq_attach(struct pci_device *device, pci_handler_t *handler, void *context)
{
	int error;

	if (attach_message(device, handler, context) == 0) {
		device->interrupt = pci_msix_is_on(device) ? PCI_MSIX : PCI_MSI;
		return 0;
	}
	if (device->pin == 0)
		return -E_UNSUPPORTED;
	error = attach_line(device->line, handler, context);
	if (!error)
		device->interrupt = PCI_LINE;
	return error;
}

int pci_irq_attach_isa(struct pci_device *device, unsigned line, pci_handler_t *handler,
		       void *context)
{
	int error = attach_line(line, handler, context);

	if (!error)
		device->interrupt = PCI_ISA_LINES;
	return error;
}
