// SPDX-License-Identifier: GPL-2.0-only
/*
 * IDE controllers.  Each of the two channels has its registers either where the
 * first PCs had them, with interrupt lines of its own, or where the BARs say, with
 * PCI's line (PCI IDE Controller Specification 1.0).
 */
#include "drivers/block/ide.h"

#include "arch/cpu/log.h"
#include "drivers/block/ide_channel.h"
#include "drivers/pci/pci_irq.h"
#include "lib/error.h"
#include "mm/heap.h"

#define CLASS_STORAGE 0x01
#define SUBCLASS_IDE 0x01
#define INTERFACE_MASTER 0x80	/* can be a bus master */
#define INTERFACE_NATIVE(channel) (1u << 2 * (channel))	/* by its BARs */

#define CHANNELS 2u
#define MASTER_BAR 4
#define MASTER_BLOCK 8u		/* bytes of each channel's part of it */
#define MASTER_SIZE (CHANNELS * MASTER_BLOCK)
#define COMMAND_SIZE 8u
#define CONTROL_SIZE 4u
#define CONTROL_OFFSET 2u	/* of the one register, in the BAR */

static const struct {
	uint16_t command, control;
	uint8_t line;
} old_places[CHANNELS] = { { 0x1F0, 0x3F6, 14 }, { 0x170, 0x376, 15 } };

static unsigned disk_number;

static bool ide_raised(void *context)
{
	struct ide_channel *channel = context;

	return disk_port_interrupt(&channel->port);
}

static void ide_silenced(void *context)
{
	struct ide_channel *channel = context;

	disk_port_set_polled(&channel->port);
}

static const struct pci_irq_ops ide_irq_ops = { ide_raised, ide_silenced };

static bool is_native(const struct pci_device *device, unsigned index)
{
	return device->interface & INTERFACE_NATIVE(index);
}

static bool has_ports(const struct pci_bar *bar, uint64_t size)
{
	return bar->kind == PCI_BAR_PORTS && bar->address != 0 && bar->size >= size;
}

/* False when firmware gave the channel no ports. */
static bool find_ports(struct ide_channel *channel)
{
	const struct pci_device *device = channel->pci;
	const struct pci_bar *bars = device->bars;
	unsigned index = channel->number;

	channel->bus_master = (uint16_t)(bars[MASTER_BAR].address + index * MASTER_BLOCK);
	if (!is_native(device, index)) {
		channel->command = old_places[index].command;
		channel->control = old_places[index].control;
		return true;
	}
	if (!has_ports(&bars[2 * index], COMMAND_SIZE) ||
	    !has_ports(&bars[2 * index + 1], CONTROL_SIZE))
		return false;
	channel->command = (uint16_t)bars[2 * index].address;
	channel->control = (uint16_t)(bars[2 * index + 1].address + CONTROL_OFFSET);
	return true;
}

static int attach_interrupt(struct ide_channel *channel)
{
	if (is_native(channel->pci, channel->number))
		return pci_irq_attach(channel->pci, &ide_irq_ops, channel);
	return pci_irq_attach_isa(channel->pci, old_places[channel->number].line, &ide_irq_ops,
				  channel);
}

/* False when there is no disk on it that can be used. */
static bool look_for_disks(struct ide_channel *channel)
{
	if (find_ports(channel))
		return ide_channel_open(channel, &disk_number) != 0;
	log_warn("ide", IDE_CHANNEL_FORMAT " channel cannot be used: the firmware gave it no ports",
		 IDE_CHANNEL_ARGUMENTS(channel));
	return false;
}

static bool open_channel(struct pci_device *device, unsigned index)
{
	struct ide_channel *channel = heap_alloc(sizeof(*channel));

	if (!channel) {
		log_error("ide", PCI_FORMAT ": a channel cannot be used: %s",
			  PCI_ARGUMENTS(device->function), error_words(-E_NOMEM));
		return false;
	}
	channel->pci = device;
	channel->number = index;
	if (!look_for_disks(channel)) {
		heap_free(channel);
		return false;
	}
	if (attach_interrupt(channel) != 0)
		disk_port_set_polled(&channel->port);
	for (unsigned i = 0; i < DISK_UNITS_MAX; i++)
		if (channel->disks[i].present)
			disk_add(&channel->disks[i].disk, &channel->port);
	return true;
}

/* A controller without disks is left alone. */
static int ide_attach(struct pci_device *device)
{
	bool found = false;

	if (!has_ports(&device->bars[MASTER_BAR], MASTER_SIZE)) {
		log_warn("ide", PCI_FORMAT ": the controller cannot be used: %s",
			 PCI_ARGUMENTS(device->function), "its bus master has no ports");
		return -E_UNSUPPORTED;
	}
	pci_change_command(device, PCI_COMMAND_IO_SPACE | PCI_COMMAND_BUS_MASTER, 0);
	for (unsigned i = 0; i < CHANNELS; i++)
		found |= open_channel(device, i);
	return found ? 0 : -E_NOENT;
}

static bool ide_matches(const struct pci_device *device)
{
	return device->class_code == CLASS_STORAGE && device->subclass == SUBCLASS_IDE &&
	       device->interface & INTERFACE_MASTER;
}

const struct pci_driver ide_driver = { "ide", ide_matches, ide_attach };
