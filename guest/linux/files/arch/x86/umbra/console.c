// SPDX-License-Identifier: GPL-2.0-only
/*
 * Console for the time before drivers.
 *
 * Device 1 on the PCI bus is a virtio console that prints what is written to
 * its register emerg_wr, and its capability for access by configuration space
 * reaches that register before anything can be mapped.
 */
#include <linux/init.h>
#include <linux/console.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_console.h>
#include <linux/pci_regs.h>

#include <asm/io.h>

#include "umbra_internal.h"

#define CONSOLE_ID	0x10431af4

static u8 data_port;		/* offset of the window's data, 0 if none */

static void select_reg(u8 reg)
{
	outl(0x80000000 | 1 << 11 | (reg & ~3), 0xcf8);
}

static u32 config_read(u8 reg)
{
	select_reg(reg);
	return inl(0xcfc) >> (reg & 3) * 8;
}

static void config_write(u8 reg, u32 val)
{
	select_reg(reg);
	outl(val, 0xcfc);
}

#define CAP(field)	offsetof(struct virtio_pci_cap, field)

static void umbra_console_write(struct console *con, const char *s, unsigned int n)
{
	for (; n; n--, s++)
		config_write(data_port, (u8)*s);
}

static struct console umbra_console = {
	.name	= "umbra",
	.write	= umbra_console_write,
	.flags	= CON_PRINTBUFFER | CON_BOOT | CON_ANYTIME,
	.index	= -1,
};

void __init umbra_setup_console(void)
{
	u8 cap, window = 0;
	u32 device = 0;

	if (config_read(PCI_VENDOR_ID) != CONSOLE_ID)
		return;

	for (cap = config_read(PCI_CAPABILITY_LIST); cap;
	     cap = config_read(cap + PCI_CAP_LIST_NEXT)) {
		if ((u8)config_read(cap) != PCI_CAP_ID_VNDR)
			continue;
		switch ((u8)config_read(cap + CAP(cfg_type))) {
		case VIRTIO_PCI_CAP_DEVICE_CFG:
			device = config_read(cap + CAP(offset)) +
				 offsetof(struct virtio_console_config, emerg_wr);
			break;
		case VIRTIO_PCI_CAP_PCI_CFG:
			window = cap;
			break;
		}
	}
	if (!device || !window)
		return;

	config_write(window + CAP(bar), 0);
	config_write(window + CAP(length), sizeof(u32));
	config_write(window + CAP(offset), device);
	data_port = window + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
	register_console(&umbra_console);
}
