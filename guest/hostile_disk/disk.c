// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the block device, with what only its requests have: headers, data,
 * statuses. The first disk can be written, the second is disk=ro; both begin with
 * zeroes. What any device must bear is in guest/hostile/queues.c (device=2
 * queue=0).
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/block.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DATA_AT 0x400000u               /* free memory, 1 MB of it */
#define DATA_SIZE 0x100000u
#define ALL (BLOCK_INDIRECT | BLOCK_FLUSHES | BLOCK_READ_ONLY)

static struct block disk;
static struct block_request request;

static bool disk_open(unsigned int number)
{
	if (block_open(&disk, number, ALL))
		return true;
	attack_fail("no disk");
	return false;
}

static void make_request(uint32_t type, uint64_t sector)
{
	request = (struct block_request){type, 0, sector, BLOCK_NO_ANSWER};
}

/* Header, one buffer of data and a status, each where the caller says. */
static void put_chain(uint32_t header, uint32_t data, uint32_t length, uint32_t status, bool reads)
{
	const struct virtqueue_buffer chain[] = {{header, BLOCK_HEADER_SIZE}, {data, length},
						 {status, 1}};

	virtqueue_offer_chain(&disk.queue, 0, chain, reads ? 1 : 2, reads ? 2 : 1);
	virtqueue_kick(&disk.queue);
}

static uint32_t status_address(void)
{
	return phys_of(&request) + BLOCK_HEADER_SIZE;
}

/* It works: the last thing that an attack does which the guest is to survive. */
static void disk_again(void)
{
	uint8_t status;

	if (!disk_open(0))
		return;
	status = block_transfer(&disk, BLOCK_IN, 1, virt_of(DATA_AT), BLOCK_SECTOR);
	if (status != BLOCK_OK)
		attack_fail("status %u afterwards", status);
	console_again();
}

/* --- what no request may be ---------------------------------------------------------------- */

ATTACK(no_status, "disk-no-status", "without room for its status")
{
	if (!disk_open(0))
		return;
	make_request(BLOCK_OUT, 0);
	virtqueue_offer(&disk.queue, 0, phys_of(&request), BLOCK_HEADER_SIZE, false);
	virtqueue_kick(&disk.queue);
}

/* A status of no bytes is none. */
ATTACK(empty_status, "disk-empty-status", "without room for its status")
{
	const struct virtqueue_buffer chain[] = {{phys_of(&request), BLOCK_HEADER_SIZE},
						 {status_address(), 0}};

	if (!disk_open(0))
		return;
	make_request(BLOCK_OUT, 0);
	virtqueue_offer_chain(&disk.queue, 0, chain, 1, 1);
	virtqueue_kick(&disk.queue);
}

ATTACK(status_outside, "disk-status-outside", "reaches outside memory")
{
	if (!disk_open(0))
		return;
	make_request(BLOCK_IN, 0);
	put_chain(phys_of(&request), DATA_AT, 4096, 0xFFFFF000, true);
}

ATTACK(header_outside, "disk-header-outside", "reaches outside memory")
{
	if (disk_open(0))
		put_chain(0xFFFFFF00, DATA_AT, 4096, status_address(), true);
}

/* Beyond the device page of the older generations, and where PCI has its windows. */
ATTACK(data_in_window, "disk-data-in-window", "reaches outside memory")
{
	if (!disk_open(0))
		return;
	make_request(BLOCK_IN, 0);
	put_chain(phys_of(&request), machine_memory() + 0x100000, 4096, status_address(), true);
}

ATTACK(data_over_switcher, "disk-data-over-switcher", "reaches outside memory")
{
	if (!disk_open(0))
		return;
	make_request(BLOCK_IN, 0);
	put_chain(phys_of(&request), 0xFFE00000, 3 * 4096, status_address(), true);
}

/* What Umbra has in its own address space behind the guest window. */
ATTACK(data_over_umbra, "disk-data-over-umbra", "reaches outside memory")
{
	if (!disk_open(0))
		return;
	make_request(BLOCK_OUT, 0);
	put_chain(phys_of(&request), 0xC0100000, 64 * 4096, status_address(), false);
}

/* A buffer that begins well and goes over the end of memory. */
ATTACK(data_over_end, "disk-data-over-end", "reaches outside memory")
{
	if (!disk_open(0))
		return;
	make_request(BLOCK_OUT, 0);
	put_chain(phys_of(&request), machine_memory() - 512, 0x40000, status_address(), false);
}

ATTACK(length_huge, "disk-length-huge", "a buffer of")
{
	if (!disk_open(0))
		return;
	make_request(BLOCK_IN, 0);
	put_chain(phys_of(&request), DATA_AT, 0xFFFFFE00, status_address(), true);
}

/* The sum of the lengths is one sector, modulo 2 to the 32. */
ATTACK(length_sum, "disk-length-sum", "a buffer of")
{
	const struct virtqueue_buffer chain[] = {
		{phys_of(&request), BLOCK_HEADER_SIZE}, {0, 0x80000000}, {0, 0x80000000},
		{DATA_AT, BLOCK_SECTOR}, {status_address(), 1},
	};

	if (!disk_open(0))
		return;
	make_request(BLOCK_IN, 0);
	virtqueue_offer_chain(&disk.queue, 0, chain, 1, 4);
	virtqueue_kick(&disk.queue);
}

/* --- what is refused ------------------------------------------------------------------------- */

/* Sectors and lengths around every border; none of these may read or write anything. */
ATTACK(edges, "disk-edges", SURVIVES)
{
	const uint64_t end = disk_open(0) ? block_capacity(&disk) : 0;
	const uint64_t sectors[] = {
		end, end - 1, end + 1, end - 7, 1ull << 23, (1ull << 23) - 1, 1ull << 31,
		1ull << 32,
		(1ull << 32) - 1, 1ull << 54, 1ull << 55, (1ull << 55) - 1, 1ull << 63, UINT64_MAX,
		UINT64_MAX - 7, UINT64_MAX - (1ull << 23),
	};
	static const uint32_t lengths[] = {4096, 8192, 0x100000, 513, 511, 1, 1023, 0xFFE01};
	uint8_t *data = virt_of(DATA_AT);

	memset(data, 0x77, DATA_SIZE);
	for (size_t i = 0; i < COUNT(sectors) * COUNT(lengths) * 2; i++) {
		uint64_t sector = sectors[i / 2 % COUNT(sectors)];
		uint32_t length = lengths[i / 2 / COUNT(sectors)];
		uint8_t status =
			block_transfer(&disk, i % 2 ? BLOCK_OUT : BLOCK_IN, sector, data, length);

		if (status != BLOCK_ERROR)
			attack_fail("status %u for 0x%x bytes at 0x%x%x", status, length,
				    (uint32_t)(sector >> 32), (uint32_t)sector);
	}
	for (uint32_t i = 0; i < DATA_SIZE; i++)
		if (data[i] != 0x77)
			attack_fail("something was read");
	disk_again();
}

ATTACK(read_only, "disk-read-only", SURVIVES)
{
	uint8_t *data = virt_of(DATA_AT);

	/* With the feature and without. */
	for (unsigned int round = 0; round < 2; round++) {
		if (!disk_open(1) || !block_start(&disk, round ? 0 : ALL))
			return;
		memset(data, 0x5A, 4096);
		for (uint32_t type = 1; type < 0x100; type += 2) {
			make_request(type, 0);
			put_chain(phys_of(&request), DATA_AT, 4096, status_address(), false);
		}
		if (!block_start(&disk, round ? 0 : ALL))
			return;
		(void)block_carry_out(&disk, 0x80000001, 0,
				      &(struct virtqueue_buffer){DATA_AT, 4096}, 1);
		if (block_transfer(&disk, BLOCK_IN, 0, data, 4096) != BLOCK_OK)
			attack_fail("it cannot be read");
		for (uint32_t i = 0; i < 4096; i++)
			if (data[i] != 0)
				attack_fail("it was written");
	}
	disk_again();
}

/* All of memory as data: more than the disk, and less. */
ATTACK(all_memory, "disk-all-memory", SURVIVES)
{
	if (!disk_open(0))
		return;
	make_request(BLOCK_OUT, 0);
	put_chain(phys_of(&request), 0, machine_memory(), status_address(), false);
	if (request.status != BLOCK_ERROR)
		attack_fail("status %u for all of memory", request.status);
	make_request(BLOCK_OUT, 0);
	put_chain(phys_of(&request), 0, 0x100000, status_address(), false);
	disk_again();
}

ATTACK(headers, "disk-header-noise", SURVIVES)
{
	if (!disk_open(0))
		return;
	for (uint32_t i = machine_number("rounds", 2000); i > 0; i--) {
		uint64_t sector = (uint64_t)(attack_random() % 3 ? 0 : attack_random()) << 32 |
				  attack_random() % 8192;
		uint32_t type = attack_random() % 4 ? attack_random() % 16 : attack_random();
		uint32_t length = attack_random() % 4 ? attack_random() % 32 * 512 :
							attack_random() % DATA_SIZE;
		uint32_t header = DATA_AT + attack_random() % 0x80000;
		struct block_request *at = virt_of(header);

		at->type = type;
		at->sector = sector;
		put_chain(header, DATA_AT + 0x80000 - 512, length, status_address(),
			  attack_random() % 2);
	}
	disk_again();
}

/* --- what changes under the device's hands ---------------------------------------------------- */

/* Guest-physical address of a part of the ring. */
static uint32_t ring_part(const volatile void *part)
{
	const volatile uint8_t *start = (const volatile void *)disk.queue.descriptors;

	if (!device_page_exists)
		return phys_of((const void *)(uintptr_t)part);
	return disk.queue.config.pfn * PAGE_SIZE +
	       (uint32_t)((const volatile uint8_t *)part - start);
}

/* Data that comes from the disk lands on the header of its request, and on its descriptors. */
ATTACK(changes_itself, "disk-changes-itself", SURVIVES)
{
	struct block_request *own = virt_of(DATA_AT);
	struct virtqueue_buffer buffer = {DATA_AT, BLOCK_SECTOR};
	uint32_t head, length;

	if (!disk_open(0))
		return;
	block_offer(&disk, 0, own, BLOCK_IN, 0, &buffer, 1);
	virtqueue_kick(&disk.queue);
	if (!block_wait(&disk, &head, &length) || own->status != BLOCK_OK)
		attack_fail("status %u over the header", own->status);
	buffer = (struct virtqueue_buffer){ring_part(disk.queue.descriptors), 4096};
	block_offer(&disk, 0, own, BLOCK_IN, 0, &buffer, 1);
	virtqueue_kick(&disk.queue);
	if (!block_wait(&disk, &head, &length) || own->status != BLOCK_OK)
		attack_fail("status %u over the descriptors", own->status);
	disk_again();
}

/* The disk holds a ring that goes on; reading it into the ring announces what is in it. */
ATTACK(feeds_itself, "disk-feeds-itself", EITHER)
{
	uint16_t *words = virt_of(DATA_AT);

	if (!disk_open(0))
		return;
	for (uint32_t sector = 0; sector < 256; sector++) {
		memset(words, 0, BLOCK_SECTOR);
		words[1] = (uint16_t)(sector + 200);
		(void)block_transfer(&disk, BLOCK_OUT, sector, words, BLOCK_SECTOR);
	}
	make_request(BLOCK_IN, 100);
	put_chain(phys_of(&request), ring_part(disk.queue.available), BLOCK_SECTOR,
		  status_address(), true);
	disk_again();
}

/* Statuses that are written all over the rings. */
ATTACK(status_in_ring, "disk-status-in-ring", EITHER)
{
	const volatile uint8_t *parts[3];

	if (!disk_open(0))
		return;
	parts[0] = (const volatile void *)disk.queue.descriptors;
	parts[1] = (const volatile void *)disk.queue.available;
	parts[2] = (const volatile void *)disk.queue.used;
	for (uint32_t i = 0; i < 3 * 64; i++) {
		make_request(BLOCK_IN, 1ull << 40);
		put_chain(phys_of(&request), DATA_AT, 512, ring_part(parts[i % 3] + i / 3), true);
	}
	disk_again();
}

/* The device page is memory too, where there is one; its records are lost then, to the guest. */
ATTACK(data_over_page, "disk-data-over-page", EITHER)
{
	if (!disk_open(0))
		return;
	make_request(BLOCK_IN, 0);
	put_chain(phys_of(&request), machine_memory(), PAGE_SIZE, status_address(), true);
	hypercall_notify(machine_memory());
	virtqueue_kick(&disk.queue);
}

static void random_chain(uint16_t id)
{
	const uint32_t places[] = {phys_of(&request), DATA_AT, machine_memory(),
				   ring_part(disk.queue.descriptors), 0xFFFFFFF0};
	volatile struct virtqueue_descriptor *descriptor = &disk.queue.descriptors[id];
	uint32_t choice = attack_random() % 64;

	descriptor->address = places[choice < 60 ? choice % 2 : choice - 59] + attack_random() % 64;
	descriptor->length = attack_random() % 16 ? attack_random() % 0x2000 : attack_random();
	descriptor->flags =
		(uint16_t)(attack_random() % 4 ? attack_random() & 3 : attack_random() & 7);
	descriptor->next = (uint16_t)(attack_random() % 8 ? (id + 1) % LGUEST_QUEUE_SIZE :
							    attack_random());
}

ATTACK(chains, "disk-chain-noise", EITHER)
{
	if (!disk_open(0))
		return;
	for (uint32_t i = machine_number("rounds", 3000); i > 0; i--) {
		uint16_t index = disk.queue.available->index;

		make_request(attack_random() % 10, attack_random() % 5000);
		for (uint16_t id = 0; id < 8; id++)
			random_chain(id);
		disk.queue.available->ring[index % LGUEST_QUEUE_SIZE] =
			(uint16_t)(attack_random() % 8);
		disk.queue.available->index = (uint16_t)(index + 1);
		virtqueue_kick(&disk.queue);
	}
	disk_again();
}

/* --- much work -------------------------------------------------------------------------------- */

/* The queue is always full of requests for a megabyte. */
ATTACK(storm, "disk-storm", SURVIVES)
{
	static struct block_request requests[64];
	const struct virtqueue_buffer all = {DATA_AT, DATA_SIZE};

	while (!attack_over()) {
		if (!disk_open(0))
			return;
		for (uint16_t i = 0; i < 64; i++)
			block_offer(&disk, (uint16_t)(i * 4), &requests[i],
				    i % 2 ? BLOCK_OUT : BLOCK_IN, 0, &all, 1);
		for (uint32_t i = 0; i < 100; i++)
			virtqueue_kick(&disk.queue);
	}
	disk_again();
}

/* Requests that have all descriptors and no data, in each place of the queue. */
ATTACK(long_chains, "disk-long-chains", SURVIVES)
{
	static const struct virtqueue_buffer none[LGUEST_QUEUE_SIZE - 2];
	uint32_t head, length;

	if (!disk_open(0))
		return;
	while (!attack_over()) {
		block_offer(&disk, 0, &request, BLOCK_IN, 0, none, COUNT(none));
		for (uint32_t i = 1; i < LGUEST_QUEUE_SIZE; i++) {
			uint16_t index = disk.queue.available->index;

			disk.queue.available->ring[index % LGUEST_QUEUE_SIZE] = 0;
			disk.queue.available->index = (uint16_t)(index + 1);
		}
		virtqueue_kick(&disk.queue);
		for (uint32_t i = 0; i < LGUEST_QUEUE_SIZE; i++)
			if (!block_wait(&disk, &head, &length))
				attack_fail("request %u is not answered", i);
	}
	disk_again();
}

/* So many requests for all of the data, not told of yet. */
static void offer_many(struct block_request *requests, uint16_t count, enum block_type type)
{
	const struct virtqueue_buffer all = {DATA_AT, DATA_SIZE};

	for (uint16_t i = 0; i < count; i++)
		block_offer(&disk, (uint16_t)(i * 4), &requests[i], type, 0, &all, 1);
}

ATTACK(resets, "disk-reset-storm", SURVIVES)
{
	static struct block_request requests[8];

	while (!attack_over()) {
		if (!disk_open(0))
			return;
		offer_many(requests, 8, BLOCK_IN);
		virtqueue_kick(&disk.queue);
	}
	disk_again();
}

/* With much that is to be written and a flush, for whoever may have to wait for that. */
ATTACK(flushed_resets, "disk-reset-flush", SURVIVES)
{
	const struct virtqueue_buffer all = {DATA_AT, DATA_SIZE};
	static struct block_request requests[8];

	while (!attack_over()) {
		if (!disk_open(0))
			return;
		offer_many(requests, 7, BLOCK_OUT);
		block_offer(&disk, 28, &requests[7], BLOCK_FLUSH, 0, &all, 0);
		virtqueue_kick(&disk.queue);
	}
	disk_again();
}

/* A reset that is over is over: nothing from before it comes to memory any more. */
ATTACK(late_data, "disk-reset-late-data", SURVIVES)
{
	static struct block_request requests[8];
	uint8_t *data = virt_of(DATA_AT);

	while (!attack_over()) {
		uint32_t end;

		if (!disk_open(0))
			return;
		offer_many(requests, 8, BLOCK_IN);
		virtqueue_kick(&disk.queue);
		if (!disk_open(0))
			return;
		memset(data, 0x77, DATA_SIZE);
		end = clock_ms() + 50;
		while ((int32_t)(clock_ms() - end) < 0)
			hypercall_flush_async();
		for (uint32_t i = 0; i < DATA_SIZE; i++)
			if (data[i] != 0x77)
				attack_fail("byte %u of a read from before the reset", i);
	}
	disk_again();
}
