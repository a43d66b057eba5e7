/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of drivers/block/disk.c and disk_transfer.c: a driver and a clock for them, and
 * memory, which is an array whose pages lie in disorder in "physical" memory, the same
 * array.  Included by one source file of each test program.
 */
#ifndef UMBRA_TESTS_UNIT_DISK_FIXTURE_H
#define UMBRA_TESTS_UNIT_DISK_FIXTURE_H

#include "arch/board/device_timer.h"
#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "drivers/block/disk_internal.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "mm/host_map.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES 512u
#define PHYSICAL 0x140000000ull		/* above 4 GB */
#define BOUNCE_PHYSICAL 0x100000ull
#define SECTORS 8192u
#define SECOND 1000000000ull

static uint8_t memory[PAGES * PAGE_SIZE] __attribute__((aligned(4096)));
static uint8_t media[SECTORS * 512];
static uint8_t *bounces[DISK_TAGS_MAX];
static unsigned bounce_count, lost_events, held;
static uint64_t now, timer_period;

/* --- what the disk core stands on ------------------------------------------------------ */

uint64_t time_ns(void)
{
	return now += 1000;
}

void spin_lock(struct spinlock *lock)
{
	assert_int_equal(lock->rank, LOCK_DISK);
	assert_int_equal(held++, 0);
}

void spin_unlock(struct spinlock *lock)
{
	(void)lock;
	assert_int_equal(held--, 1);
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
}

void log_event(const char *name, const char *format, ...)
{
	(void)format;
	lost_events += strcmp(name, "disk-lost") == 0;
}

void *pages_alloc(uint32_t count)
{
	return bounces[bounce_count++] = calloc(count, PAGE_SIZE);
}

/* Pages 0, 1, 2 of memory are frames 0, 257, 2, 259 and so on. */
static inline uint32_t frame_of(uint32_t page)
{
	return page % 2 == 0 ? page : (page + PAGES / 2) % PAGES;
}

paddr_t host_physical(const void *pointer, size_t *run)
{
	size_t offset = (size_t)((const uint8_t *)pointer - memory);

	for (unsigned i = 0; i < bounce_count; i++)
		if (pointer == bounces[i]) {
			*run = DISK_BOUNCE_SIZE;
			return BOUNCE_PHYSICAL + i * DISK_BOUNCE_SIZE;
		}
	assert_true(offset < sizeof(memory));
	*run = PAGE_SIZE - offset % PAGE_SIZE;
	return PHYSICAL + (uint64_t)frame_of((uint32_t)(offset / PAGE_SIZE)) * PAGE_SIZE +
	       offset % PAGE_SIZE;
}

static inline uint8_t *place(paddr_t address, size_t length)
{
	size_t offset = (size_t)(address - PHYSICAL);
	uint32_t frame = (uint32_t)(offset / PAGE_SIZE);

	if (address < PHYSICAL) {
		offset = (size_t)(address - BOUNCE_PHYSICAL);
		assert_true(offset / DISK_BOUNCE_SIZE < bounce_count);
		assert_true(offset % DISK_BOUNCE_SIZE + length <= DISK_BOUNCE_SIZE);
		return bounces[offset / DISK_BOUNCE_SIZE] + offset % DISK_BOUNCE_SIZE;
	}
	assert_true(offset + length <= sizeof(memory));
	assert_true(offset % PAGE_SIZE + length <= PAGE_SIZE);
	/* Half of PAGES is even, so odd frames go back the way they came. */
	return memory + (size_t)frame_of(frame) * PAGE_SIZE + offset % PAGE_SIZE;
}

/* What a byte takes that is copied. */
static uint64_t copy_time;

void physical_read(paddr_t from, void *to, size_t length)
{
	now += copy_time * length;
	memcpy(to, place(from, length), length);
}

void physical_write(paddr_t to, const void *from, size_t length)
{
	now += copy_time * length;
	memcpy(place(to, length), from, length);
}

/* --- the device --------------------------------------------------------------------------- */

static struct disk_port port;
static struct disk disk;
static struct disk_command in_flight[DISK_TAGS_MAX];
static unsigned tags = 2;	/* of the port */
static unsigned busy, starts, stops, stop_asked, stops_after, revive_asked, revive_after,
	most_fragments;
static uint32_t deaf;		/* tags that do not answer, a bit each */
static bool silent, unreviving, cacheless;
static int answer;
static unsigned troublemaker;	/* sector + 1 of the command that the device wants a reset for */

static inline bool device_start(struct disk_port *of, unsigned tag,
				const struct disk_command *command)
{
	assert_ptr_equal(of, &port);
	assert_int_equal(held, 1);
	assert_false(busy & 1u << tag);
	assert_true(tag < port.depth && command->count <= port.limits.fragments);
	assert_true(command->length <= port.limits.bytes);
	assert_int_equal(command->length % disk.device.block_size, 0);
	assert_true(command->operation == BLOCK_FLUSH ||
		    command->sector * 512 % disk.device.block_size == 0);
	most_fragments = MAX(most_fragments, command->count);
	if (cacheless && command->operation == BLOCK_FLUSH)
		return false;
	in_flight[tag] = *command;
	busy |= 1u << tag;
	starts++;
	return true;
}

static inline void transfer(const struct disk_command *command)
{
	uint8_t *at = media + command->sector * 512;
	uint32_t length = 0;

	for (unsigned i = 0; i < command->count; i++) {
		const struct disk_fragment *fragment = &command->fragments[i];

		assert_true(fragment->address + fragment->length <= port.limits.end);
		assert_int_equal((fragment->address | fragment->length) % port.limits.alignment, 0);
		for (uint32_t done = 0; done < fragment->length; done++) {
			uint8_t *byte = place(fragment->address + done, 1);

			if (command->operation == BLOCK_READ)
				*byte = at[length++];
			else
				at[length++] = *byte;
		}
	}
	assert_int_equal(length, command->length);
}

static inline void device_poll(struct disk_port *of)
{
	bool trouble = false;

	(void)of;
	for (unsigned i = 0; i < port.depth && !silent; i++) {
		if (!(busy & 1u << i) || deaf & 1u << i)
			continue;
		if (troublemaker != 0 && in_flight[i].sector == troublemaker - 1) {
			trouble = true;
			continue;
		}
		busy &= ~(1u << i);
		if (answer == 0 && in_flight[i].operation != BLOCK_FLUSH)
			transfer(&in_flight[i]);
		disk_finished(&port, i, answer);
	}
	if (trouble)
		disk_port_restart(&port);
}

static inline void device_stop(struct disk_port *of)
{
	(void)of;
	stops++;
	stop_asked = 0;
}

/* Until then it may touch what its commands are about. */
static inline bool device_has_stopped(struct disk_port *of)
{
	assert_int_equal(held, 1);
	(void)of;
	if (stop_asked++ < stops_after)
		return false;
	busy = 0;
	return true;
}

static inline int device_revive(struct disk_port *of)
{
	(void)of;
	if (unreviving)
		return -E_IO;
	return revive_asked++ < revive_after ? BLOCK_LATER : 0;
}

static const struct disk_port_ops ops = {
	device_start, device_poll, device_stop, device_has_stopped, device_revive,
};

static unsigned accounted;

static inline void account(uint32_t nanoseconds)
{
	assert_int_equal(held, 0);
	accounted += nanoseconds;
}

void device_timer_start(struct device_timer *of, uint64_t nanoseconds)
{
	assert_int_equal(held, 1);
	assert_ptr_equal(of->tick, disks_tick);
	timer_period = nanoseconds;
}

static inline int setup(void **state)
{
	(void)state;
	memset(&port, 0, sizeof(port));
	memset(&disk, 0, sizeof(disk));
	port.ops = &ops;
	port.name = "test0";
	port.depth = tags;
	port.limits = (struct disk_limits){ UINT64_MAX, 2, DISK_FRAGMENTS_MAX, 1 << 20 };
	strcpy(disk.name, "test0");
	disk.device.sectors = SECTORS;
	disk.device.block_size = 512;
	bounce_count = busy = starts = stops = revive_asked = revive_after = lost_events = 0;
	most_fragments = stop_asked = stops_after = 0;
	silent = unreviving = cacheless = false;
	answer = 0;
	deaf = 0;
	troublemaker = 0;
	list_init(disk_list());
	disks_set_account(account);
	accounted = 0;
	copy_time = 0;
	timer_period = 0;
	assert_int_equal(disk_port_init(&port), 0);
	disk_add(&disk, &port);
	assert_int_equal(disk_reserve(&disk, 8), 0);
	for (size_t i = 0; i < sizeof(media); i++)
		media[i] = (uint8_t)(i * 3 + (i >> 9));
	memset(memory, 0xEE, sizeof(memory));
	return 0;
}

static inline int teardown(void **state)
{
	struct list_node *node;

	(void)state;
	assert_int_equal(held, 0);
	assert_true(list_is_empty(&port.waiting));
	while ((node = list_take_first(&port.unused)) != NULL)
		heap_free(node);
	for (unsigned i = 0; i < bounce_count; i++)
		free(bounces[i]);
	list_remove(&port.node);
	return 0;
}

/* --- requests --------------------------------------------------------------------------------- */

struct ask {
	struct block_request request;
	struct block_segment segments[130];
	unsigned finished;
	int error;
};

static inline void ask_done(struct block_request *request, int error)
{
	struct ask *ask = container_of(request, struct ask, request);

	assert_int_equal(held, 1);
	ask->finished++;
	ask->error = error;
}

static inline int submit(struct ask *ask, enum block_operation operation, uint64_t sector,
			 uint32_t length)
{
	ask->request.operation = operation;
	ask->request.sector = sector;
	ask->request.length = length;
	ask->request.segments = ask->segments;
	ask->request.done = ask_done;
	ask->finished = 0;
	return disk.device.ops->submit(&disk.device, &ask->request);
}

/* length bytes in one segment from offset on. */
static inline int submit_at(struct ask *ask, enum block_operation operation, uint64_t sector,
			    uint32_t offset, uint32_t length)
{
	ask->segments[0] = (struct block_segment){ memory + offset, length };
	ask->request.segment_count = operation == BLOCK_FLUSH ? 0 : 1;
	return submit(ask, operation, sector, length);
}

static inline void wait_for(struct ask *ask)
{
	for (unsigned i = 0; i < 1000 && !ask->finished; i++) {
		now += SECOND / 10;
		disks_tick();
	}
	assert_int_equal(ask->finished, 1);
}

static inline void check_ask(struct ask *ask, int result, int error)
{
	assert_int_equal(result, BLOCK_LATER);
	wait_for(ask);
	assert_int_equal(ask->error, error);
}

#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
