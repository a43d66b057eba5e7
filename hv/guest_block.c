// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks over modules.  The module itself is what is read and written, so a guest
 * that restarts finds its disks as it left them.
 */
#include "hv/guest_block.h"

#include "drivers/backend/ram_disk.h"
#include "drivers/virtio/virtio_block.h"
#include "lib/error.h"
#include "lib/format.h"
#include "mm/heap.h"

#define NAME_SIZE 4	/* vda and so on, which Linux calls them too */

_Static_assert(GUEST_DISKS_MAX <= 26, "a letter for each");
_Static_assert(CONFIG_NAME_SIZE + NAME_SIZE <= VIRTIO_BLOCK_ID_SIZE, "a serial number is not cut");

struct guest_disk {
	struct virtio_block block;
	struct ram_disk disk;
	char name[NAME_SIZE];
};

static void disk_wake(void *context)
{
	guest_devices_wake(context);
}

static int block_create(struct guest *guest, unsigned index, struct virtio_device **device)
{
	const struct guest_plan_disk *plan;
	char id[VIRTIO_BLOCK_ID_SIZE + 1];
	struct guest_disk *disk;

	if (index >= guest->plan->disk_count)
		return 0;
	plan = &guest->plan->disks[index];
	disk = heap_alloc(sizeof(*disk));
	if (!disk)
		return -E_NOMEM;
	format_text(disk->name, sizeof(disk->name), "vd%c", 'a' + (int)index);
	format_text(id, sizeof(id), "%s-%s", guest->name, disk->name);
	ram_disk_init(&disk->disk, plan->module->start, plan->module->size, plan->read_only);
	virtio_block_init(&disk->block, disk->name, &disk->disk.device, id, disk_wake, guest);
	*device = &disk->block.device;
	return 0;
}

static void block_destroy(struct virtio_device *device)
{
	device->ops->reset(device);
	heap_free(container_of(device, struct guest_disk, block.device));
}

const struct guest_device_kind guest_block_kind = { block_create, block_destroy };
