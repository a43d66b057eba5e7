// SPDX-License-Identifier: GPL-2.0-only
/* The table of PCI drivers, and the start of disks and uplinks: a new driver is one line here. */
#include "boot/host_devices.h"

#include "arch/cpu/log.h"
#include "drivers/block/ahci.h"
#include "drivers/block/disk.h"
#include "drivers/block/ide.h"
#include "drivers/block/virtio_blk_pci.h"
#include "drivers/block/volume_scan.h"
#include "drivers/net/e1000.h"
#include "drivers/net/uplink.h"
#include "drivers/net/virtio_net_pci.h"
#include "hv/sched/wake.h"
#include "lib/compiler.h"
#include "lib/string.h"

/*
 * The first driver that matches a function gets it; drivers match by class or by vendor and device.
 */
static const struct pci_driver *const pci_drivers[] = {
	&virtio_blk_pci_driver,		/* vendor 1af4, a disk */
	&ahci_driver,			/* class 01, subclass 06, interface 01 */
	&ide_driver,			/* class 01, subclass 01 */
	&virtio_net_pci_driver,		/* vendor 1af4, a network card */
	&e1000_driver,			/* vendor 8086, of those it lists */
};

static void make_uplinks(const struct umbra_options *options)
{
	for (unsigned i = 0; i < options->uplink_count; i++) {
		const struct uplink_option *uplink = &options->uplinks[i];
		const char *cause = uplink_create(uplink->port, uplink->net);
		bool by_default = string_equal(uplink->net, CONFIG_NET_DEFAULT);

		if (cause)
			log_event("option-error", "module=umbra word=uplink=%s%s%s cause=\"%s\"",
				  uplink->port, by_default ? "" : ":",
				  by_default ? "" : uplink->net, cause);
	}
}

void host_devices_init(const struct umbra_options *options)
{
	pci_attach(pci_drivers, ARRAY_SIZE(pci_drivers));
	volumes_init();
	disks_set_account(sched_excuse_running);
	make_uplinks(options);
}
