// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of its own: reads disks from its input and says which partitions Umbra
 * finds there, for tests that compare it with others.  A disk is, each number
 * little-endian: sectors (8 bytes), bytes of a block (4), how many sectors follow (4),
 * then each of them with its number (8 bytes) before it; all others are zeroes.  The
 * answer is a line `NUMBER FIRST SECTORS` for each, and `end KIND WARNING`.
 */
#include "drivers/block/partition_table.h"
#include "lib/bytes.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512u
#define HEADER 16u

struct piece {
	uint8_t number[8], bytes[SECTOR];
};

struct image {
	uint32_t count;
	struct piece *pieces;
};

static int image_read(void *context, uint64_t sector, void *buffer)
{
	const struct image *image = context;

	memset(buffer, 0, SECTOR);
	for (uint32_t i = 0; i < image->count; i++)
		if (load_le64(image->pieces[i].number) == sector)
			memcpy(buffer, image->pieces[i].bytes, SECTOR);
	return 0;
}

static void answer(const struct partition_table *table)
{
	for (unsigned i = 0; i < table->count; i++)
		printf("%u %llu %llu\n", table->list[i].number,
		       (unsigned long long)table->list[i].first,
		       (unsigned long long)table->list[i].sectors);
	printf("end %u %s\n", table->kind, table->warning ? table->warning : "");
}

/* False at the end of the input; a disk that ends early ends the program. */
static bool answer_disk(void)
{
	static struct partition_table table;
	uint8_t header[HEADER];
	struct image image;

	if (fread(header, 1, HEADER, stdin) != HEADER)
		return false;
	image.count = load_le32(header + 12);
	image.pieces = calloc(image.count + 1u, sizeof(*image.pieces));
	if (!image.pieces ||
	    fread(image.pieces, sizeof(*image.pieces), image.count, stdin) != image.count)
		exit(1);
	if (partition_table_read(&table, load_le64(header), load_le32(header + 8), image_read,
				 &image) != 0)
		exit(1);
	answer(&table);
	free(image.pieces);
	return true;
}

int main(void)
{
	while (answer_disk())
		;
	return 0;
}
