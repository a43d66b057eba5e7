// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes ports of disks and their disks.  For drivers, while the machine comes up.
 */
#include "drivers/block/disk_internal.h"

#include "arch/cpu/log.h"
#include "lib/error.h"
#include "mm/frames.h"
#include "mm/host_map.h"

#define BOUNCE_PAGES (DISK_BOUNCE_SIZE / PAGE_SIZE)

int disk_port_init(struct disk_port *port)
{
	port->lock = (struct spinlock)SPINLOCK(LOCK_DISK);
	port->timer = &disk_timer;
	list_init(&port->waiting);
	list_init(&port->unused);
	for (unsigned i = 0; i < port->depth; i++) {
		size_t run;

		port->bounce[i] = pages_alloc(BOUNCE_PAGES);
		if (!port->bounce[i])
			return -E_NOMEM;
		port->bounce_address[i] = host_physical(port->bounce[i], &run);
	}
	return 0;
}

void disk_add(struct disk *disk, struct disk_port *port)
{
	unsigned unit = 0;

	disk->port = port;
	disk->device.ops = &disk_ops;
	while (port->units[unit])
		unit++;
	port->units[unit] = disk;
	if (unit == 0)
		list_add_last(disk_ports(), &port->node);
	list_add_last(disk_list(), &disk->node);
	log_event("disk", "disk=%s sectors=%llu block=%u model=\"%s\"", disk->name,
		  (unsigned long long)disk->device.sectors, disk->device.block_size, disk->model);
}
