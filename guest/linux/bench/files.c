// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file in memory, and reads of a disk past the page cache.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <unistd.h>

#define BLOCK 4096
#define MEGABYTE (1 << 20)
#define DISK "/dev/vda"

static char buffer[MEGABYTE] __attribute__((aligned(BLOCK)));

/* In the initial RAM disk: no disk is waited for. */
uint64_t bench_file(unsigned rounds)
{
	uint64_t start = ticks();

	for (unsigned i = 0; i < rounds; i++) {
		int file = open("/file", O_CREAT | O_EXCL | O_WRONLY, 0600);

		must(file >= 0 && write(file, buffer, BLOCK) == BLOCK, "a file");
		must(close(file) == 0 && unlink("/file") == 0, "a file's end");
	}
	return ticks() - start;
}

static uint64_t read_disk(unsigned rounds, size_t size)
{
	int disk = open(DISK, O_RDONLY | O_DIRECT);
	uint32_t soaked_before;
	uint64_t start;

	must(disk >= 0, DISK);
	soaked_before = soak_count();
	start = ticks();
	for (unsigned i = 0; i < rounds; i++)
		must(pread(disk, buffer, size, 0) == (ssize_t)size, "a read of the disk");
	start = ticks() - start - soak_ticks(soaked_before);
	close(disk);
	return start;
}

uint64_t bench_block_4k(unsigned rounds)
{
	return read_disk(rounds, BLOCK);
}

uint64_t bench_block_1m(unsigned rounds)
{
	return read_disk(rounds, MEGABYTE);
}
