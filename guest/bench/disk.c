// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the disk costs: requests as Linux makes them, each with a kick and an
 * interrupt.
 */
#include "guest/bench/measure.h"

#include "guest/runtime/block.h"
#include "guest/runtime/console.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/print.h"

#include <stddef.h>

/* A megabyte is two requests with as many buffers as fit the queue, and one kick. */
#define LARGE_REQUESTS 2u
#define LARGE_BUFFERS 64u
#define LARGE_PART 8192u
#define LARGE_SIZE (LARGE_REQUESTS * LARGE_BUFFERS * LARGE_PART)

/* So many more when exits are counted: the key and the clock cause some too. */
#define COUNTED_PASSES 16u

static struct block disk;
static struct block_request requests[LARGE_REQUESTS];
static uint32_t data;                   /* guest-physical, LARGE_SIZE bytes */
static uint32_t answered;

static void take_answers(struct trap_frame *frame)
{
	uint32_t head, length;

	(void)frame;
	virtio_acknowledge(&disk.virtio);
	while (virtqueue_take(&disk.queue, &head, &length))
		answered++;
}

/*
 * Interrupts are on: the answers come on the way back from the kick, or later. How
 * long a disk of the machine takes is the host's affair: the rounds of this loop,
 * of three instructions each, do not count.
 */
static void carry_out(uint32_t count)
{
	uint32_t rounds = 0;

	answered = 0;
	virtqueue_kick(&disk.queue);
	__asm__ volatile("1: incl %0\n\tcmpl %2, %1\n\tjb 1b"
			 : "+r"(rounds)
			 : "m"(*(volatile uint32_t *)&answered), "r"(count)
			 : "cc", "memory");
	measure_waited(3 * (rounds - 1));
}

static void small(enum block_type type, uint32_t round)
{
	const struct virtqueue_buffer buffer = {data, PAGE_SIZE};

	block_offer(&disk, 0, &requests[0], type, round % 256 * 8, &buffer, 1);
	carry_out(1);
}

static void large(enum block_type type)
{
	static struct virtqueue_buffer buffers[LARGE_BUFFERS];

	for (uint32_t r = 0; r < LARGE_REQUESTS; r++) {
		for (uint32_t i = 0; i < LARGE_BUFFERS; i++)
			buffers[i] = (struct virtqueue_buffer){
				data + (r * LARGE_BUFFERS + i) * LARGE_PART, LARGE_PART};
		block_offer(&disk, (uint16_t)(r * (LARGE_BUFFERS + 2)), &requests[r], type,
			    r * (LARGE_BUFFERS * LARGE_PART / BLOCK_SECTOR), buffers,
			    LARGE_BUFFERS);
	}
	carry_out(LARGE_REQUESTS);
}

static void read_small(uint32_t round)
{
	small(BLOCK_IN, round);
}

static void write_small(uint32_t round)
{
	small(BLOCK_OUT, round);
}

static void read_large(uint32_t round)
{
	(void)round;
	large(BLOCK_IN);
}

static void write_large(uint32_t round)
{
	(void)round;
	large(BLOCK_OUT);
}

static const struct {
	const char *name;
	void (*function)(uint32_t round);
	uint32_t rounds;
} rows[] = {
	{"block_read_4k", read_small, 256},
	{"block_write_4k", write_small, 256},
	{"block_read_1m", read_large, 50},
	{"block_write_1m", write_large, 50},
};

static void ask_disk(void)
{
	const struct virtqueue_buffer buffer = {data, BLOCK_SECTOR};

	block_offer(&disk, 0, &requests[0], BLOCK_IN, 0, &buffer, 1);
	virtqueue_kick(&disk.queue);
}

/* Whoever reads this looks at Umbra's counters, then presses a key. */
static void wait_for_counters(const char *name, uint32_t rounds)
{
	print("EXITS %s %u\n", name, rounds);
	(void)console_key();
}

static void count_exits(void)
{
	if (!console_start())
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t rounds = rows[i].rounds * COUNTED_PASSES;

		wait_for_counters(rows[i].name, rounds);
		for (uint32_t round = 0; round < rounds; round++)
			rows[i].function(round);
	}
	wait_for_counters("end", 0);
}

void bench_disk(void)
{
	data = machine_memory() - LARGE_SIZE;
	if (!block_open(&disk, 0, BLOCK_SEG_MAX | BLOCK_BLK_SIZE | BLOCK_FLUSHES) ||
	    pages_untouched() > data) {
		print("no disk, or no memory for its data\n");
		return;
	}
	irq_attach(disk.queue.config.irq, take_answers);
	irq_enable();
	if (machine_has_word("exits"))
		count_exits();
	else if (machine_has_word("slow"))
		measure_print("interrupt_disk",
			      interrupt_median(disk.queue.config.irq, ask_disk), 1);
	else
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			measure(rows[i].name, rows[i].function, rows[i].rounds);
	(void)irq_save();
}
