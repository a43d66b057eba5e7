// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of PCI functions.  Messages are one function's own.  Lines are shared and
 * level-triggered, so each has a chain of listeners.  An interrupt that no listener handles comes
 * again at once and for ever, for example from a chip without a driver: such a line is masked.
 *
 * The line is the one that firmware routed to the 8259 pair.  With APICs that is
 * the input of the same number, which most boards raise as well; on those that do not,
 * only the firmware's programs (AML) tell which one they raise.
 */
#include "drivers/pci/pci_irq.h"

#include "arch/board/irq.h"
#include "arch/board/msi.h"
#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/pci/pci_msi.h"
#include "lib/error.h"
#include "mm/heap.h"

/*
 * So many unhandled interrupts in STORM_TIME are a storm.  A device that a timer polls too, each
 * millisecond, can have half as many interrupts that come too late.
 */
#define STORM_COUNT 2000u
#define STORM_TIME 1000000000ull	/* nanoseconds */

struct listener {
	struct listener *next;
	const struct pci_irq_ops *ops;
	void *context;
};

/* A source of interrupts: a line, or a function's messages.  Used only by the boot CPU. */
struct source {
	struct listener *listeners;	/* written at boot only */
	const struct pci_device *sender;	/* of messages; NULL: it is a line */
	unsigned line;
	unsigned idle;			/* unhandled interrupts in the period that ends at: */
	uint64_t window_end;
};

static struct source lines[IRQ_LINES];

/* --- interrupts ---------------------------------------------------------------------- */

static void silence(const struct source *source)
{
	if (source->sender) {
		pci_msi_disable(source->sender);
		/* So that the function does not use its line instead. */
		pci_change_command(source->sender, PCI_COMMAND_INTERRUPT_DISABLE, 0);
		log_warn("irq",
			 PCI_FORMAT " interrupts without end and for nothing: it is asked instead",
			 PCI_ARGUMENTS(source->sender->function));
	} else {
		irq_silence(source->line);
		log_warn("irq", "line %u interrupts without end and for nothing: it is masked, "
			 "and the devices on it are asked", source->line);
	}
	for (const struct listener *each = source->listeners; each; each = each->next)
		each->ops->silenced(each->context);
}

static void count_idle(struct source *source)
{
	uint64_t now = time_ns();

	if (now >= source->window_end) {
		source->window_end = now + STORM_TIME;
		source->idle = 0;
	}
	if (++source->idle == STORM_COUNT)
		silence(source);
}

static void raised(void *context)
{
	struct source *source = context;
	bool worked = false;

	for (const struct listener *each = source->listeners; each; each = each->next)
		worked |= each->ops->raised(each->context);
	if (!worked)
		count_idle(source);
}

/* --- attaching --------------------------------------------------------------------------- */

static int add_listener(struct source *source, const struct pci_irq_ops *ops, void *context)
{
	struct listener *listener = heap_alloc(sizeof(*listener));

	if (!listener)
		return -E_NOMEM;
	*listener = (struct listener){ source->listeners, ops, context };
	source->listeners = listener;
	return 0;
}

static void free_listener(struct source *source)
{
	struct listener *listener = source->listeners;

	source->listeners = listener->next;
	heap_free(listener);
}

static int open_messages(struct source *source)
{
	struct msi_message message;
	int error = msi_allocate(raised, source, &message);

	if (error)
		return error;
	error = pci_msi_enable(source->sender, message.address, message.data);
	if (error)
		msi_free(&message);
	return error;
}

static int attach_messages(const struct pci_device *device, const struct pci_irq_ops *ops,
			   void *context)
{
	struct source *source;
	int error;

	if (device->no_messages)
		return -E_UNSUPPORTED;
	source = heap_alloc(sizeof(*source));
	if (!source)
		return -E_NOMEM;
	source->sender = device;
	error = add_listener(source, ops, context);
	if (error)
		goto no_listener;
	error = open_messages(source);
	if (error)
		goto no_messages;
	return 0;

no_messages:
	free_listener(source);
no_listener:
	heap_free(source);
	return error;
}

static int attach_line(unsigned line, const struct pci_irq_ops *ops, void *context)
{
	struct source *source;
	int error;

	if (line >= IRQ_LINES)
		return -E_UNSUPPORTED;
	source = &lines[line];
	error = add_listener(source, ops, context);
	if (error || source->listeners->next)
		return error;
	/* The first one takes the line; another kind of device may have it already. */
	source->line = line;
	if (irq_register(line, raised, source) == 0)
		return 0;
	free_listener(source);
	return -E_UNSUPPORTED;
}

int pci_irq_attach(struct pci_device *device, const struct pci_irq_ops *ops, void *context)
{
	int error = attach_messages(device, ops, context);

	if (!error) {
		device->interrupt = pci_msix_is_on(device) ? PCI_MSIX : PCI_MSI;
		return 0;
	}
	if (device->pin == 0)
		return -E_UNSUPPORTED;
	error = attach_line(device->line, ops, context);
	if (!error)
		device->interrupt = PCI_LINE;
	return error;
}

int pci_irq_attach_isa(struct pci_device *device, unsigned line, const struct pci_irq_ops *ops,
		       void *context)
{
	int error = attach_line(line, ops, context);

	if (!error)
		device->interrupt = PCI_ISA_LINES;
	return error;
}
