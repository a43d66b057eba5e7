// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI's interrupt lines, as the firmware routed them to the 8259A pair.  Functions
 * share them, so each line has a chain of handlers.  The lines are level-triggered:
 * a handler that served its chip is not called for nothing.
 */
#include "drivers/phys/pci_irq.h"

#include "arch/irq.h"
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

int pci_irq_attach(const struct pci_device *device, pci_handler_t *handler, void *context)
{
	struct listener **line, *listener;

	if (device->pin == 0 || device->line >= IRQ_LINES)
		return -E_UNSUPPORTED;
	listener = heap_alloc(sizeof(*listener));
	if (!listener)
		return -E_NOMEM;
	line = &lines[device->line];
	*listener = (struct listener){ .next = *line, .handler = handler, .context = context };
	/* The first one takes the line; another kind of device may have it already. */
	if (!*line && irq_register(device->line, line_raised, line) != 0) {
		heap_free(listener);
		return -E_UNSUPPORTED;
	}
	*line = listener;
	return 0;
}
