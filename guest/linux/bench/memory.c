// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of programs: mapping it, and the two faults that give it its pages.
 */
#include "bench.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define FEW_PAGES 16
#define MANY_PAGES 512

static volatile char *map(unsigned pages)
{
	void *memory = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "a mapping");
	return memory;
}

static void unmap(volatile char *memory, unsigned pages)
{
	must(munmap((void *)memory, (size_t)pages * PAGE) == 0, "an end of a mapping");
}

static void write_each(volatile char *memory, unsigned pages, char value)
{
	for (unsigned i = 0; i < pages; i++)
		memory[i * PAGE] = value;
}

/* Without a page of it there is nothing to forget. */
uint64_t bench_mmap(unsigned rounds)
{
	uint64_t start = ticks();

	for (unsigned i = 0; i < rounds; i++)
		unmap(map(FEW_PAGES), FEW_PAGES);
	return ticks() - start;
}

uint64_t bench_mmap_touch(unsigned rounds)
{
	uint64_t start = ticks();

	for (unsigned i = 0; i < rounds; i++) {
		volatile char *memory = map(FEW_PAGES);

		write_each(memory, 1, 1);
		unmap(memory, FEW_PAGES);
	}
	return ticks() - start;
}

uint64_t bench_anonymous_fault(unsigned rounds)
{
	uint64_t taken = 0;

	for (unsigned done = 0; done < rounds; done += MANY_PAGES) {
		volatile char *memory = map(MANY_PAGES);
		uint64_t start = ticks();

		write_each(memory, MANY_PAGES, 1);
		taken += ticks() - start;
		unmap(memory, MANY_PAGES);
	}
	return taken;
}

/* A child has the pages too, and waits for its pipe's end. */
static pid_t share_with_child(int *to_child)
{
	int ends[2];
	char byte;
	pid_t child;

	must(pipe(ends) == 0, "a pipe");
	child = fork();
	must(child >= 0, "a child");
	if (!child) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) != 0);
	}
	close(ends[0]);
	*to_child = ends[1];
	return child;
}

uint64_t bench_cow_fault(unsigned rounds)
{
	volatile char *memory = map(MANY_PAGES);
	uint64_t taken = 0;

	write_each(memory, MANY_PAGES, 1);
	for (unsigned done = 0; done < rounds; done += MANY_PAGES) {
		int to_child;
		pid_t child = share_with_child(&to_child);
		uint64_t start = ticks();

		write_each(memory, MANY_PAGES, 2);
		taken += ticks() - start;
		close(to_child);
		must(waitpid(child, NULL, 0) == child, "a child's end");
	}
	unmap(memory, MANY_PAGES);
	return taken;
}
