// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/phys/disk.c and disk_transfer.c with a driver and a clock of
 * their own.  Memory is an array whose pages lie in disorder in "physical" memory,
 * which is the same array.
 */
#include "arch/log.h"
#include "arch/time.h"
#include "drivers/phys/disk.h"
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
static uint8_t *bounces[DISK_SLOTS_MAX];
static unsigned bounce_count, lost_events, held, alarms;
static uint64_t now, alarm_period;

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
static uint32_t frame_of(uint32_t page)
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

static uint8_t *place(paddr_t address, size_t length)
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

void physical_read(paddr_t from, void *to, size_t length)
{
	memcpy(to, place(from, length), length);
}

void physical_write(paddr_t to, const void *from, size_t length)
{
	memcpy(place(to, length), from, length);
}

/* --- the device --------------------------------------------------------------------------- */

static struct disk_port port;
static struct disk disk;
static struct disk_command under_way[DISK_SLOTS_MAX];
static unsigned busy, starts, stops, revive_asked, revive_after, most_fragments;
static bool silent, unreviving;
static int answer;

static void device_start(struct disk_port *of, unsigned slot, const struct disk_command *command)
{
	assert_ptr_equal(of, &port);
	assert_int_equal(held, 1);
	assert_false(busy & 1u << slot);
	assert_true(slot < port.slots && command->count <= port.limits.fragments);
	assert_true(command->length <= port.limits.bytes);
	most_fragments = MAX(most_fragments, command->count);
	under_way[slot] = *command;
	busy |= 1u << slot;
	starts++;
}

static void transfer(const struct disk_command *command)
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

static void device_poll(struct disk_port *of)
{
	(void)of;
	for (unsigned i = 0; i < port.slots && !silent; i++) {
		if (!(busy & 1u << i))
			continue;
		busy &= ~(1u << i);
		if (answer == 0 && under_way[i].operation != BLOCK_FLUSH)
			transfer(&under_way[i]);
		disk_finished(&port, i, answer);
	}
}

static void device_stop(struct disk_port *of)
{
	(void)of;
	busy = 0;
	stops++;
}

static int device_revive(struct disk_port *of)
{
	(void)of;
	if (unreviving)
		return -E_IO;
	return revive_asked++ < revive_after ? BLOCK_LATER : 0;
}

static const struct disk_port_ops ops = { device_start, device_poll, device_stop, device_revive };

static void alarm(uint64_t nanoseconds)
{
	alarms++;
	alarm_period = nanoseconds;
}

static int setup(void **state)
{
	(void)state;
	memset(&port, 0, sizeof(port));
	memset(&disk, 0, sizeof(disk));
	port.ops = &ops;
	port.name = "test0";
	port.slots = 2;
	port.limits = (struct disk_limits){ UINT64_MAX, 2, DISK_FRAGMENTS_MAX, 1 << 20 };
	strcpy(disk.name, "test0");
	disk.device.sectors = SECTORS;
	bounce_count = busy = starts = stops = revive_asked = revive_after = lost_events = alarms = 0;
	most_fragments = 0;
	silent = unreviving = false;
	answer = 0;
	list_init(disk_list());
	disks_set_alarm(alarm);
	assert_int_equal(disk_port_init(&port), 0);
	disk_add(&disk, &port);
	assert_int_equal(disk_reserve(&disk, 8), 0);
	for (size_t i = 0; i < sizeof(media); i++)
		media[i] = (uint8_t)(i * 3 + (i >> 9));
	memset(memory, 0xEE, sizeof(memory));
	return 0;
}

static int teardown(void **state)
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

static void ask_done(struct block_request *request, int error)
{
	struct ask *ask = container_of(request, struct ask, request);

	assert_int_equal(held, 1);
	ask->finished++;
	ask->error = error;
}

static int submit(struct ask *ask, enum block_operation operation, uint64_t sector, uint32_t length)
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
static int submit_at(struct ask *ask, enum block_operation operation, uint64_t sector, uint32_t offset,
		     uint32_t length)
{
	ask->segments[0] = (struct block_segment){ memory + offset, length };
	ask->request.segment_count = operation == BLOCK_FLUSH ? 0 : 1;
	return submit(ask, operation, sector, length);
}

static void wait_for(struct ask *ask)
{
	for (unsigned i = 0; i < 1000 && !ask->finished; i++) {
		now += SECOND / 10;
		disks_tick();
	}
	assert_int_equal(ask->finished, 1);
}

static void check_ask(struct ask *ask, int result, int error)
{
	assert_int_equal(result, BLOCK_LATER);
	wait_for(ask);
	assert_int_equal(ask->error, error);
}

static void directly(void **state)
{
	const size_t before = sizeof(media) - 4097;	/* the byte in front of the last page */
	static struct ask ask;

	(void)state;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 5, 100, 64 * 1024), 0);
	assert_memory_equal(memory + 100, media + 5 * 512, 64 * 1024);
	assert_int_equal(memory[99], 0xEE);
	assert_int_equal(memory[100 + 64 * 1024], 0xEE);
	assert_int_equal(port.counters.bounced, 0);
	assert_int_equal(starts, 1);
	assert_true(most_fragments > 16);
	memset(memory, 0x77, 4096);
	check_ask(&ask, submit_at(&ask, BLOCK_WRITE, SECTORS - 8, 0, 4096), 0);
	assert_int_equal(media[sizeof(media) - 1], 0x77);
	assert_int_equal(media[before], (uint8_t)(before * 3 + (before >> 9)));
	check_ask(&ask, submit_at(&ask, BLOCK_FLUSH, 0, 0, 0), 0);
}

/* Whatever the device cannot reach goes through the slot's buffer, in as many pieces as it takes. */
static void by_a_detour(void **state)
{
	static struct ask ask;
	const uint32_t length = 3 * DISK_BOUNCE_SIZE + 512;

	(void)state;
	for (unsigned why = 0; why < 3; why++) {
		port.limits = (struct disk_limits){ UINT64_MAX, 2, DISK_FRAGMENTS_MAX, 1 << 20 };
		if (why == 0)
			port.limits.end = 1ull << 32;
		if (why == 1)
			port.limits.fragments = 4;
		starts = 0;
		memset(memory, 0xEE, sizeof(memory));
		/* The third time the address is odd. */
		check_ask(&ask, submit_at(&ask, BLOCK_READ, 7, 4097, length), 0);
		assert_memory_equal(memory + 4097, media + 7 * 512, length);
		assert_int_equal(memory[4096], 0xEE);
		assert_int_equal(memory[4097 + length], 0xEE);
		assert_int_equal(starts, 4);
		for (uint32_t i = 0; i < length; i++)
			memory[4097 + i] = (uint8_t)(i * 7 + why);
		check_ask(&ask, submit_at(&ask, BLOCK_WRITE, 7, 4097, length), 0);
		assert_memory_equal(media + 7 * 512, memory + 4097, length);
	}
}

static void many_segments(void **state)
{
	static struct ask ask;
	uint32_t offset = 1;

	(void)state;
	ask.request.segment_count = 128;
	for (unsigned i = 0; i < 128; i++, offset += 8193)
		ask.segments[i] = (struct block_segment){ memory + offset, 4096 };
	check_ask(&ask, submit(&ask, BLOCK_READ, 0, 128 * 4096), 0);
	for (unsigned i = 0; i < 128; i++)
		assert_memory_equal(ask.segments[i].bytes, media + i * 4096, 4096);
}

static void outside(void **state)
{
	static struct ask ask;

	(void)state;
	assert_int_equal(submit_at(&ask, BLOCK_READ, SECTORS, 0, 512), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_READ, SECTORS - 1, 0, 1024), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_WRITE, UINT64_MAX, 0, 512), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_WRITE, UINT64_MAX, 0, 1024), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 100), -E_RANGE);
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 0), -E_RANGE);
	disk.device.read_only = true;
	assert_int_equal(submit_at(&ask, BLOCK_WRITE, 0, 0, 512), -E_RANGE);
	assert_int_equal(starts, 0);
}

static void more_than_slots(void **state)
{
	static struct ask asks[9];

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, i, i * 4096, 512), BLOCK_LATER);
	assert_int_equal(starts, 2);
	assert_int_equal(submit_at(&asks[8], BLOCK_READ, 0, 0, 512), -E_NOSPC);
	for (unsigned i = 0; i < 8; i++) {
		wait_for(&asks[i]);
		assert_memory_equal(memory + i * 4096, media + i * 512, 512);
	}
}

static void errors_of_the_medium(void **state)
{
	static struct ask ask;

	(void)state;
	answer = -E_IO;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), -E_IO);
	assert_int_equal(memory[0], 0xEE);
	assert_int_equal(port.counters.errors, 1);
	assert_int_equal(stops, 0);
	answer = 0;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), 0);
}

/* --- devices that do not answer ------------------------------------------------------------------ */

static void silent_once(void **state)
{
	static struct ask ask;

	(void)state;
	silent = true;
	revive_after = 3;
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	now += 9 * SECOND;
	assert_int_not_equal(disks_tick(), 0);
	assert_int_equal(stops, 1);
	assert_int_equal(port.state, DISK_REVIVING);
	silent = false;
	wait_for(&ask);
	assert_int_equal(ask.error, 0);
	assert_memory_equal(memory, media, 512);
	assert_int_equal(starts, 2);
	assert_int_equal(lost_events, 0);
}

static void silent_for_ever(void **state)
{
	static struct ask first, second;
	uint64_t start = now;

	(void)state;
	silent = true;
	assert_int_equal(submit_at(&first, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	wait_for(&first);
	assert_int_equal(first.error, -E_IO);
	assert_int_equal(starts, 2);
	assert_int_equal(submit_at(&second, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	wait_for(&second);
	assert_int_equal(second.error, -E_IO);
	assert_true(now - start < 30 * SECOND);
	assert_int_equal(lost_events, 1);
	assert_int_equal(stops, 3);
	assert_int_equal(submit_at(&second, BLOCK_READ, 0, 0, 512), -E_IO);
	assert_int_equal(disks_tick(), 0);
}

static void not_to_be_revived(void **state)
{
	static struct ask asks[3];

	(void)state;
	silent = true;
	unreviving = true;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	for (unsigned i = 0; i < 3; i++) {
		wait_for(&asks[i]);
		assert_int_equal(asks[i].error, -E_IO);
	}
	assert_int_equal(lost_events, 1);
}

static void does_not_come_back(void **state)
{
	static struct ask ask;

	(void)state;
	silent = true;
	revive_after = UINT32_MAX;
	check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), -E_IO);
	assert_int_equal(lost_events, 1);
}

/* --- giving up requests --------------------------------------------------------------------------- */

static void cancel(struct ask *ask)
{
	disk.device.ops->cancel(&disk.device, &ask->request);
	assert_int_equal(ask->finished, 0);
}

static void cancelled_while_it_waits(void **state)
{
	static struct ask asks[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, i, i * 4096, 512), BLOCK_LATER);
	cancel(&asks[2]);
	wait_for(&asks[0]);
	wait_for(&asks[1]);
	assert_int_equal(starts, 2);
	assert_int_equal(asks[2].finished, 0);
	assert_int_equal(memory[8192], 0xEE);
}

static void cancelled_under_way(void **state)
{
	static struct ask ask;

	(void)state;
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	cancel(&ask);
	assert_int_equal(busy, 0);
	assert_int_equal(stops, 0);
}

/* The device is stopped, so that it leaves the memory alone; another's request is started again. */
static void cancelled_in_silence(void **state)
{
	static struct ask asks[2];

	(void)state;
	silent = true;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(submit_at(&asks[i], BLOCK_READ, i, i * 4096, 512), BLOCK_LATER);
	cancel(&asks[0]);
	assert_int_equal(stops, 1);
	silent = false;
	memset(memory, 0x11, 512);
	wait_for(&asks[1]);
	assert_int_equal(asks[1].error, 0);
	assert_int_equal(asks[0].finished, 0);
	assert_int_equal(memory[0], 0x11);
}

/* --- interrupts ------------------------------------------------------------------------------------- */

static void interrupts_that_never_come(void **state)
{
	static struct ask ask;

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), 0);
	assert_false(port.polled);
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	assert_true(disk_port_interrupt(&port));
	assert_false(disk_port_interrupt(&port));
	assert_int_equal(ask.finished, 1);
	for (unsigned i = 0; i < 8; i++)
		check_ask(&ask, submit_at(&ask, BLOCK_READ, 0, 0, 512), 0);
	assert_true(port.polled);
	assert_int_equal(submit_at(&ask, BLOCK_READ, 0, 0, 512), BLOCK_LATER);
	assert_true(alarm_period == 1000000);
	wait_for(&ask);
}

static void read_at_boot(void **state)
{
	uint8_t *sector = memory + 3 * 4096;

	(void)state;
	disks_set_alarm(NULL);
	/* Partition tables can take many, all without an interrupt. */
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(disk_read_now(&disk, 9, sector), 0);
	assert_memory_equal(sector, media + 9 * 512, 512);
	assert_false(port.polled);
	assert_int_equal(disk_read_now(&disk, SECTORS, sector), -E_RANGE);
}

int main(void)
{
#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		DISK_TEST(directly),
		DISK_TEST(by_a_detour),
		DISK_TEST(many_segments),
		DISK_TEST(outside),
		DISK_TEST(more_than_slots),
		DISK_TEST(errors_of_the_medium),
		DISK_TEST(silent_once),
		DISK_TEST(silent_for_ever),
		DISK_TEST(not_to_be_revived),
		DISK_TEST(does_not_come_back),
		DISK_TEST(cancelled_while_it_waits),
		DISK_TEST(cancelled_under_way),
		DISK_TEST(cancelled_in_silence),
		DISK_TEST(interrupts_that_never_come),
		DISK_TEST(read_at_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
