// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's disks.
 */
#include "hv/host_disks.h"

#include "arch/board/timer.h"
#include "arch/cpu/cpu.h"
#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/block/disk.h"
#include "drivers/block/partition_table.h"
#include "drivers/block/volume.h"
#include "hv/run/run.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/heap.h"

_Static_assert(VOLUME_NAME_SIZE >= DISK_NAME_SIZE + 4, "a disk's name, a p and a number");

/* A CPU's timer looks after what was started on that CPU, and after all else too. */
static struct timer timers[MAX_CPUS];

/* A port that is asked often must not wait for the turn of one that is not. */
static void alarm(uint64_t nanoseconds)
{
	struct timer *timer = &timers[this_cpu()->id];
	uint64_t deadline = time_ns() + nanoseconds;

	if (!timer_is_waiting(timer) || timer->deadline > deadline)
		timer_start(timer, deadline);
}

static void timer_expired(struct timer *expired)
{
	uint64_t again = disks_tick();

	(void)expired;
	if (again != 0)
		alarm(again);
}

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

void host_disks_init(void)
{
	struct disk *disk;

	list_for_each(disk, disk_list(), node)
		add_volumes(disk);
	for (unsigned i = 0; i < MAX_CPUS; i++)
		timer_init(&timers[i], timer_expired);
	disks_set_alarm(alarm);
	disks_set_account(run_excuse);
}
