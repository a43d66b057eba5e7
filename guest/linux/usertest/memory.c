// SPDX-License-Identifier: GPL-2.0-only
/* Mappings and what is in them: mmap, mprotect, madvise, mremap, munmap, files in memory, brk. */
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u
#define PAGES 64u
#define SIZE (PAGES * PAGE)

static void write_to(void *data)
{
	*(volatile char *)data = 1;
}

static void read_from(void *data)
{
	(void)*(volatile char *)data;
}

static bool faults(void (*run)(void *), void *address)
{
	return caught_of(run, address).number == SIGSEGV;
}

static bool is_zero(const char *memory, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i])
			return false;
	return true;
}

TEST(memory, fresh_is_zero)
{
	for (unsigned round = 0; round < 20 * test_storm; round++) {
		char *memory = private_memory(SIZE);

		CHECK(is_zero(memory, SIZE), "round %u", round);
		pattern_fill(memory, SIZE, round);
		munmap(memory, SIZE);
		CHECK(faults(read_from, memory) && faults(write_to, memory + SIZE - 1),
		      "it is there after munmap");
	}
}

TEST(memory, protection)
{
	char *memory = private_memory(SIZE);

	for (unsigned round = 0; round < 20 * test_storm; round++) {
		unsigned page = round * 7 % PAGES;

		pattern_fill(memory, SIZE, round);
		mprotect(memory, SIZE, PROT_READ);
		CHECK(faults(write_to, memory + page * PAGE),
		      "round %u: a write to what is to be read", round);
		CHECK(pattern_check(memory, SIZE, round) < 0, "round %u: read-only contents",
		      round);
		mprotect(memory + page * PAGE, PAGE, PROT_NONE);
		CHECK(faults(read_from, memory + page * PAGE + 5),
		      "round %u: a read without access", round);
		mprotect(memory, SIZE, PROT_READ | PROT_WRITE);
		CHECK(pattern_check(memory, SIZE, round) < 0, "round %u: contents", round);
	}
}

/* What several pages lose at once, each of them loses: up to 33 a kernel flushes one by one. */
TEST(memory, many_at_once)
{
	static const unsigned counts[] = { 2, 3, 16, 33, 34, 60 };

	for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
		size_t size = counts[i] * PAGE;
		char *memory = private_memory(size);

		pattern_fill(memory, size, i);
		mprotect(memory, size, PROT_READ);
		for (unsigned page = 0; page < counts[i]; page++)
			CHECK(faults(write_to, memory + page * PAGE), "page %u of %u is written",
			      page, counts[i]);
		CHECK(pattern_check(memory, size, i) < 0, "contents of %u pages", counts[i]);
		munmap(memory, size);
		for (unsigned page = 0; page < counts[i]; page++)
			CHECK(faults(read_from, memory + page * PAGE), "page %u of %u is there",
			      page, counts[i]);
	}
}

/* Code in memory: written, run, and run again when it is another. */
TEST(memory, code)
{
	uint8_t *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t (*call)(void);

	memcpy(&call, &memory, sizeof(call));
	for (uint32_t i = 0; i < 200; i++) {
		uint32_t value = i * 0x01010101u;

		memory[0] = 0xB8; /* mov $value, %eax; ret */
		memcpy(memory + 1, &value, 4);
		memory[5] = 0xC3;
		CHECK(call() == value, "round %u: 0x%x", i, call());
	}
}

static void run_it(void *data)
{
	void (*run)(void);

	memcpy(&run, &data, sizeof(run));
	run();
}

TEST(memory, no_execute)
{
	char *memory = private_memory(PAGE);
	struct caught caught;

	memory[0] = (char)0xC3;
	if (!cpuinfo_has("flags", " nx ")) {
		test_skip("this kernel has no NX");
		return;
	}
	caught = caught_of(run_it, memory);
	CHECK(caught.number == SIGSEGV && caught.address == (uintptr_t)memory &&
		      (caught.error & 0x15) == 0x15,
	      "signal %d, error 0x%lx", caught.number, caught.error);
	mprotect(memory, PAGE, PROT_READ | PROT_EXEC);
	CHECK(caught_of(run_it, memory).number == 0, "it does not run though it may");
	/* No other right is taken away with this one. */
	mprotect(memory, PAGE, PROT_READ);
	CHECK(caught_of(run_it, memory).number == SIGSEGV, "it runs though it may no more");
}

TEST(memory, dontneed)
{
	char *memory = private_memory(SIZE);

	for (unsigned round = 0; round < 20; round++) {
		pattern_fill(memory, SIZE, round);
		madvise(memory + 3 * PAGE, 5 * PAGE, MADV_DONTNEED);
		CHECK(is_zero(memory + 3 * PAGE, 5 * PAGE), "round %u: not zeroed", round);
		CHECK(pattern_check(memory, 3 * PAGE, round) < 0, "round %u: the pages before",
		      round);
	}
}

TEST(memory, fixed_over)
{
	char *memory = private_memory(SIZE);

	for (unsigned round = 0; round < 50; round++) {
		pattern_fill(memory, SIZE, round);
		CHECK(mmap(memory + PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory + PAGE,
		      "mmap: %s", strerror(errno));
		CHECK(is_zero(memory + PAGE, 2 * PAGE), "round %u: the old pages show", round);
		CHECK(pattern_check(memory, PAGE, round) < 0, "round %u: the page before", round);
	}
}

/* --- mremap ---------------------------------------------------------------------------------- */

TEST(memory, remap_moves)
{
	for (unsigned round = 0; round < 20 * test_storm; round++) {
		char *memory = private_memory(SIZE), *wall, *moved;

		pattern_fill(memory, SIZE, round);
		/* So that it cannot grow where it is. */
		wall = mmap(memory + SIZE, PAGE, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		moved = mremap(memory, SIZE, 2 * SIZE, MREMAP_MAYMOVE);
		CHECK(moved != MAP_FAILED, "round %u: %s", round, strerror(errno));
		CHECK(pattern_check(moved, SIZE, round) < 0, "round %u: contents", round);
		CHECK(is_zero(moved + SIZE, SIZE), "round %u: the new half", round);
		CHECK(moved == memory || faults(read_from, memory),
		      "round %u: it is where it was too", round);
		munmap(moved, 2 * SIZE);
		if (wall != MAP_FAILED)
			munmap(wall, PAGE);
	}
}

TEST(memory, remap_shrinks)
{
	char *memory = private_memory(SIZE);

	pattern_fill(memory, SIZE, 9);
	CHECK(mremap(memory, SIZE, 5 * PAGE, 0) == memory, "%s", strerror(errno));
	CHECK(pattern_check(memory, 5 * PAGE, 9) < 0, "contents");
	CHECK(faults(read_from, memory + 5 * PAGE), "what was cut off is there");
}

TEST(memory, remap_fixed)
{
	char *place = private_memory(2 * SIZE), *memory = private_memory(SIZE);

	for (unsigned round = 0; round < 40; round++) {
		char *target = place + (round % 2) * SIZE, *moved;

		pattern_fill(memory, SIZE, round);
		moved = mremap(memory, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, target);
		CHECK(moved == target, "round %u: %s", round, strerror(errno));
		CHECK(pattern_check(moved, SIZE, round) < 0, "round %u: contents", round);
		CHECK(faults(read_from, memory), "round %u: it is where it was too", round);
		memory = moved;
	}
}

/* --- files and sharing ----------------------------------------------------------------------- */

static int scratch_file(size_t size)
{
	int file = (int)syscall(SYS_memfd_create, "usertest", 0);

	if (file < 0 || ftruncate(file, (off_t)size) < 0)
		test_fail("memfd: %s", strerror(errno));
	return file;
}

TEST(memory, two_views)
{
	int file = scratch_file(SIZE);
	char *a = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	char *b = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	char *own = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);

	CHECK(a != MAP_FAILED && b != MAP_FAILED && own != MAP_FAILED, "mmap: %s", strerror(errno));
	pattern_fill(a, SIZE, 1);
	CHECK(pattern_check(b, SIZE, 1) < 0 && pattern_check(own, SIZE, 1) < 0, "a view differs");
	pattern_fill(own, SIZE, 2);
	CHECK(pattern_check(a, SIZE, 1) < 0 && pattern_check(b, SIZE, 1) < 0,
	      "a private write shows");
	pattern_fill(b, SIZE, 3);
	CHECK(pattern_check(a, SIZE, 3) < 0 && pattern_check(own, SIZE, 2) < 0, "a shared write");
}

/* Beyond a file's end there is no page to have. */
TEST(memory, beyond_the_file)
{
	int file = scratch_file(PAGE);
	char *memory = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, file, 0);
	struct caught caught = caught_of(read_from, memory + PAGE);

	CHECK(caught.number == SIGBUS, "signal %d", caught.number);
	CHECK(ftruncate(file, 2 * PAGE) == 0 && memory[PAGE] == 0,
	      "it has grown, and does not show");
	CHECK(ftruncate(file, 0) == 0, "%s", strerror(errno));
	CHECK(caught_of(read_from, memory).number == SIGBUS, "it is empty, and its page is there");
}

static void fill_part(void *data)
{
	char *memory = *(char **)data;

	pattern_fill(memory, SIZE, 8);
}

TEST(memory, shared_with_child)
{
	char *memory = shared_memory(SIZE);
	pid_t pid;

	pattern_fill(memory, SIZE, 7);
	pid = child_start(fill_part, &memory);
	CHECK(child_join(&pid, 1) && pattern_check(memory, SIZE, 8) < 0,
	      "the child's writes are not here");
}

TEST(memory, break)
{
	char *start = sbrk(0);

	for (unsigned round = 0; round < 20; round++) {
		CHECK(sbrk(SIZE) == start, "round %u: it moved", round);
		CHECK(is_zero(start, SIZE), "round %u: not zero", round);
		pattern_fill(start, SIZE, round);
		CHECK(pattern_check(start, SIZE, round) < 0, "round %u: contents", round);
		CHECK(sbrk(-(intptr_t)SIZE) == start + SIZE, "round %u: it does not shrink", round);
		CHECK(faults(read_from, start + PAGE), "round %u: it is there still", round);
	}
}

/* Every page in a mapping of its own, and each next to one that is another. */
TEST(memory, many_mappings)
{
	char *memory = private_memory(512 * PAGE);

	for (unsigned i = 0; i < 512; i++)
		memory[i * PAGE + i] = (char)i;
	for (unsigned i = 0; i < 512; i += 2)
		mprotect(memory + i * PAGE, PAGE, PROT_READ);
	for (unsigned i = 0; i < 512; i++)
		CHECK(memory[i * PAGE + i] == (char)i, "page %u has %d", i, memory[i * PAGE + i]);
	for (unsigned i = 0; i < 512; i += 37)
		CHECK(faults(write_to, memory + i * PAGE) == (i % 2 == 0), "page %u", i);
	for (unsigned i = 0; i < 512; i += 3)
		munmap(memory + i * PAGE, PAGE);
	for (unsigned i = 0; i < 512; i += 11)
		CHECK(faults(read_from, memory + i * PAGE) == (i % 3 == 0), "page %u after munmap",
		      i);
}

/* 16 MB and more, all over the address space: page tables come and go. */
TEST(memory, far_apart)
{
	char *places[32];

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 32; i++) {
			places[i] =
				mmap((void *)(uintptr_t)(0x20000000u + i * 0x02C01000u), SIZE,
				     PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			CHECK(places[i] != MAP_FAILED, "%s", strerror(errno));
			pattern_fill(places[i], SIZE, i + round);
		}
		for (unsigned i = 0; i < 32; i++) {
			CHECK(pattern_check(places[i], SIZE, i + round) < 0, "place %u", i);
			munmap(places[i], SIZE);
		}
	}
}
