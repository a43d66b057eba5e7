// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks over modules: the guest reads and writes the module itself, so its data survives a restart.
 * And disks of the machine, which belong to the guest alone from its start to its end, over
 * restarts.
 */
#include "hv/devices/guest_block.h"

#include "drivers/block/disk.h"
#include "drivers/block/partition.h"
#include "drivers/block/ram_disk.h"
#include "drivers/virtio/virtio_block.h"
#include "lib/error.h"
#include "lib/format.h"
#include "mm/heap.h"

#define NAME_SIZE 4	/* vda and so on, which Linux calls them too */

_Static_assert(GUEST_DISKS_MAX <= 26, "a letter for each");
_Static_assert(CONFIG_NAME_SIZE + NAME_SIZE <= VIRTIO_BLOCK_ID_SIZE, "a serial number is not cut");

struct guest_disk {
	struct virtio_block block;
	struct ram_disk ram;
	struct partition partition;
	char name[NAME_SIZE];
};

/*
 * Runs on any CPU, where the disk's handler ran; the guest is charged for that time at its next
 * turn.
 */
static void disk_wake(void *context, uint32_t spent)
{
	struct guest *guest = context;

	__atomic_fetch_add(&guest->owed, spent, __ATOMIC_RELAXED);
	guest_devices_wake(guest, GUEST_DEVICE_DISKS);
}

/* --- disks of the machine ------------------------------------------------------------- */

static int __printf(4, 5) refuse(const struct guest_config_disk *config,
				 struct load_problem *problem, int error, const char *cause, ...)
{
	va_list arguments;

	problem->module = config->file;
	problem->word = "disk";
	va_start(arguments, cause);
	format_text_v(problem->cause, sizeof(problem->cause), cause, arguments);
	va_end(arguments);
	return error;
}

_Static_assert(CONFIG_NAME_SIZE <= VOLUME_OWNER_SIZE, "a guest's name is its claims'");

static int claim(struct guest *guest, const struct guest_config_disk *config,
		 struct volume_claim *claim, struct load_problem *problem)
{
	const struct volume *volume = volume_find(config->name);
	char writer[VOLUME_OWNER_SIZE];

	if (!volume)
		return refuse(config, problem, -E_NOENT, "the machine has no disk %s",
			      config->name);
	if (volume->read_only && !config->read_only)
		return refuse(config, problem, -E_INVAL, "disk %s can only be read; say disk=%s,ro",
			      config->name, config->name);
	*claim = (struct volume_claim){
		.volume = volume, .owner = guest->name, .writes = !config->read_only,
	};
	if (volume_claim(claim, writer) != 0)
		return refuse(config, problem, -E_EXIST,
			      "disk %s is written to by guest %s already", config->name, writer);
	if (disk_reserve(volume->disk, VIRTIO_BLOCK_REQUESTS) == 0)
		return 0;
	volume_release(claim);
	return refuse(config, problem, -E_NOMEM, "no memory left for disk %s", config->name);
}

int guest_block_claim(struct guest *guest, struct load_problem *problem)
{
	for (unsigned i = 0; i < guest->config->disk_count; i++) {
		const struct guest_config_disk *config = &guest->config->disks[i];
		int error = config->module ? 0 : claim(guest, config, &guest->claims[i], problem);

		if (error)
			return error;
	}
	return 0;
}

void guest_block_release(struct guest *guest)
{
	for (unsigned i = 0; i < GUEST_DISKS_MAX; i++) {
		struct volume_claim *claim = &guest->claims[i];

		if (!list_is_linked(&claim->node))
			continue;
		volume_release(claim);
		disk_unreserve(claim->volume->disk, VIRTIO_BLOCK_REQUESTS);
	}
}

/* --- the devices ------------------------------------------------------------------------ */

/* The back end of the guest's disk of that number. */
static struct block_device *back_end(struct guest *guest, unsigned index, struct guest_disk *disk)
{
	const struct guest_config_disk *config = &guest->config->disks[index];
	const struct volume *volume = guest->claims[index].volume;

	if (config->module) {
		ram_disk_init(&disk->ram, config->module->start, config->module->size,
			      config->read_only);
		return &disk->ram.device;
	}
	partition_init(&disk->partition, &volume->disk->device, volume->first, volume->sectors,
		       config->read_only);
	return &disk->partition.device;
}

static int block_create(struct guest *guest, unsigned index, struct virtio_device **device)
{
	char id[VIRTIO_BLOCK_ID_SIZE + 1];
	struct guest_disk *disk;

	if (index >= guest->config->disk_count)
		return 0;
	disk = heap_alloc(sizeof(*disk));
	if (!disk)
		return -E_NOMEM;
	format_text(disk->name, sizeof(disk->name), "vd%c", 'a' + (int)index);
	format_text(id, sizeof(id), "%s-%s", guest->name, disk->name);
	virtio_block_init(&disk->block, disk->name, back_end(guest, index, disk), id, disk_wake,
			  guest);
	*device = &disk->block.device;
	return 0;
}

static bool block_close(struct virtio_device *device)
{
	return virtio_block_close(&container_of(device, struct guest_disk, block.device)->block);
}

static void block_destroy(struct virtio_device *device)
{
	heap_free(container_of(device, struct guest_disk, block.device));
}

const struct guest_device_kind guest_block_kind = {
	.bit = GUEST_DEVICE_DISKS,
	.create = block_create, .close = block_close, .destroy = block_destroy,
};
