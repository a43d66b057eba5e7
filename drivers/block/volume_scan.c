// SPDX-License-Identifier: GPL-2.0-only
/*
 * The volumes of the machine: each disk as a whole, and what its partition table
 * says.  A partition is named after its disk: ahci0p1.
 */
#include "drivers/block/volume_scan.h"

#include "arch/cpu/log.h"
#include "drivers/block/disk.h"
#include "drivers/block/partition_table.h"
#include "drivers/block/volume.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/heap.h"

_Static_assert(VOLUME_NAME_SIZE >= DISK_NAME_SIZE + 4, "a disk's name, a p and a number");

/* partition 0 is the disk as a whole. */
static void add_volume(struct disk *disk, unsigned partition, uint64_t first, uint64_t sectors)
{
	struct volume *volume = heap_alloc(sizeof(*volume));
	char name[VOLUME_NAME_SIZE];

	if (partition == 0)
		string_copy(name, disk->name, sizeof(name));
	else
		format_text(name, sizeof(name), "%sp%u", disk->name, partition);
	if (!volume) {
		log_error("disk", "%s cannot be used: %s", name, error_words(-E_NOMEM));
		return;
	}
	string_copy(volume->name, name, sizeof(volume->name));
	volume->disk = disk;
	volume->first = first;
	volume->sectors = sectors;
	volume->read_only = disk->device.read_only;
	volume_add(volume);
	if (partition != 0)
		log_info("disk", "%s: %llu sectors from %llu", volume->name, sectors, first);
}

static int read_sector(void *context, uint64_t sector, void *buffer)
{
	return disk_read_now(context, sector, buffer);
}

static void add_volumes(struct disk *disk)
{
	static struct partition_table table;	/* too large for the stack */
	uint64_t sectors = disk->device.sectors;
	int error;

	add_volume(disk, 0, 0, sectors);
	error = partition_table_read(&table, sectors, disk->device.block_size, read_sector, disk);
	if (error)
		log_warn("disk", "%s: its partition table cannot be read: %s", disk->name,
			 error_words(error));
	if (table.warning && table.warning_number != 0)
		log_warn("disk", "%sp%u: %s", disk->name, table.warning_number, table.warning);
	else if (table.warning)
		log_warn("disk", "%s: %s", disk->name, table.warning);
	for (unsigned i = 0; i < table.count; i++)
		add_volume(disk, table.list[i].number, table.list[i].first, table.list[i].sectors);
}

void volumes_init(void)
{
	struct disk *disk;

	list_for_each(disk, disk_list(), node)
		add_volumes(disk);
}
