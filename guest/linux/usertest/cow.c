// SPDX-License-Identifier: GPL-2.0-only
/* Copy on write: what parent, child and grandchild write is each one's own, whoever is first. */
#include "guest/linux/usertest/test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u
#define PAGES 128u
#define SIZE (PAGES * PAGE)

static char *memory;
static unsigned round_now;

static void write_all(void *data)
{
	(void)data;
	CHECK(pattern_check(memory, SIZE, round_now) < 0, "round %u: the child sees another's",
	      round_now);
	pattern_fill(memory, SIZE, round_now + 1000);
	CHECK(pattern_check(memory, SIZE, round_now + 1000) < 0, "round %u: the child's own",
	      round_now);
}

/* The parent writes every other page while the child writes all. */
TEST(cow, both_write)
{
	memory = private_memory(SIZE);
	for (round_now = 0; round_now < 10 * test_storm; round_now++) {
		pid_t pid;

		pattern_fill(memory, SIZE, round_now);
		pid = child_start(write_all, NULL);
		for (unsigned i = 0; i < PAGES; i += 2)
			memory[i * PAGE] = (char)~memory[i * PAGE];
		if (!child_join(&pid, 1))
			return;
		for (unsigned i = 0; i < PAGES; i += 2)
			memory[i * PAGE] = (char)~memory[i * PAGE];
		CHECK(pattern_check(memory, SIZE, round_now) < 0, "round %u: the parent's",
		      round_now);
	}
}

static void descend(void *data)
{
	unsigned depth = *(unsigned *)data, next = depth + 1;
	pid_t pid;

	CHECK(memory[depth * PAGE] == (char)depth, "generation %u sees %d", depth,
	      memory[depth * PAGE]);
	for (unsigned i = 0; i < PAGES; i++)
		memory[i * PAGE] = (char)next;
	if (next < 12) {
		pid = child_start(descend, &next);
		(void)child_join(&pid, 1);
	}
	for (unsigned i = 0; i < PAGES; i++)
		CHECK(memory[i * PAGE] == (char)next, "generation %u, page %u: %d", depth, i,
		      memory[i * PAGE]);
}

TEST(cow, generations)
{
	unsigned depth = 0;
	pid_t pid;

	memory = private_memory(SIZE);
	pid = child_start(descend, &depth);
	(void)child_join(&pid, 1);
	for (unsigned i = 0; i < SIZE; i++)
		CHECK(memory[i] == 0, "a child's write shows at %u", i);
}

/* The kernel writes for the program: into a page that is shared until then. */
TEST(cow, written_by_the_kernel)
{
	int ends[2];
	pid_t pid;

	CHECK(pipe(ends) == 0, "pipe");
	memory = private_memory(PAGE);
	for (unsigned i = 0; i < 50; i++) {
		memset(memory, 'a', PAGE);
		pid = fork();
		if (pid == 0) {
			bool good = read(ends[0], memory, 4) == 4 && !memcmp(memory, "wxyzaaaa", 8);

			_exit(!good);
		}
		CHECK(write(ends[1], "wxyz", 4) == 4, "write");
		CHECK(child_wait(pid) == 0, "round %u: the child did not read into its own", i);
		CHECK(memory[0] == 'a' && memory[3] == 'a', "round %u: it came to the parent", i);
	}
}

/* A page that has only been read is the zero page, until somebody writes. */
TEST(cow, zero_page)
{
	char *other = private_memory(SIZE);
	unsigned sum = 0;

	memory = private_memory(SIZE);
	for (unsigned i = 0; i < PAGES; i++)
		sum += (unsigned)memory[i * PAGE] + (unsigned)other[i * PAGE];
	CHECK(sum == 0, "not zero");
	for (unsigned i = 0; i < PAGES; i++)
		memory[i * PAGE + 1] = 5;
	for (unsigned i = 0; i < PAGES; i++)
		CHECK(other[i * PAGE + 1] == 0 && memory[i * PAGE + 1] == 5, "page %u", i);
}

/* After the child's end the page is the parent's alone, and is written without a copy. */
TEST(cow, last_owner)
{
	memory = private_memory(SIZE);
	for (unsigned i = 0; i < 20; i++) {
		pid_t pid;

		pattern_fill(memory, SIZE, i);
		pid = fork();
		if (pid == 0)
			_exit(pattern_check(memory, SIZE, i) >= 0);
		CHECK(child_wait(pid) == 0, "round %u: the child", i);
		CHECK(pattern_check(memory, SIZE, i) < 0, "round %u: the parent", i);
	}
}

/* A system call that stops at a page to be copied, with the page in its midst. */
TEST(cow, protected_again)
{
	memory = private_memory(SIZE);
	for (unsigned i = 0; i < 20; i++) {
		pid_t pid;

		pattern_fill(memory, SIZE, i);
		pid = fork();
		if (pid == 0) {
			mprotect(memory, SIZE, PROT_READ);
			mprotect(memory, SIZE, PROT_READ | PROT_WRITE);
			memset(memory, 1, SIZE);
			_exit(memory[SIZE - 1] != 1);
		}
		mprotect(memory, SIZE, PROT_READ);
		CHECK(child_wait(pid) == 0, "round %u: the child", i);
		CHECK(pattern_check(memory, SIZE, i) < 0, "round %u: the parent", i);
		mprotect(memory, SIZE, PROT_READ | PROT_WRITE);
	}
}
