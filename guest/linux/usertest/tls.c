// SPDX-License-Identifier: GPL-2.0-only
/* Segments of a thread's own in the GDT: set_thread_area, and the C library's threads. */
#include "guest/linux/usertest/test.h"

#include <asm/ldt.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROCESSES 8u
#define THREADS 16u
#define ROUNDS 100u

static struct user_desc area(void *base, int entry)
{
	return (struct user_desc){
		.entry_number = (unsigned)entry,
		.base_addr = (unsigned)(uintptr_t)base,
		.limit = 0xFFFFF,
		.seg_32bit = 1,
		.limit_in_pages = 1,
		.useable = 1,
	};
}

static void load_fs(unsigned entry)
{
	__asm__ volatile("mov %0, %%fs" : : "r"(entry * 8 + 3));
}

static uint32_t read_fs(void)
{
	uint32_t value;

	__asm__ volatile("movl %%fs:0, %0" : "=r"(value));
	return value;
}

static uint32_t cell;

TEST(tls, set)
{
	struct user_desc desc = area(&cell, -1), found;

	cell = 0xABCD1234;
	CHECK(syscall(SYS_set_thread_area, &desc) == 0, "%s", strerror(errno));
	load_fs(desc.entry_number);
	CHECK(read_fs() == 0xABCD1234, "fs:0 is 0x%x", read_fs());
	__asm__ volatile("movl $77, %%fs:0" : : : "memory");
	CHECK(cell == 77, "a write went elsewhere: %u", cell);
	found = (struct user_desc){ .entry_number = desc.entry_number };
	CHECK(syscall(SYS_get_thread_area, &found) == 0 && found.base_addr == desc.base_addr &&
		      found.limit == 0xFFFFF && found.seg_32bit && found.limit_in_pages,
	      "base 0x%x, limit 0x%x come back", found.base_addr, found.limit);
}

/* A change of the entry counts for a register that holds it already, once it is loaded again. */
TEST(tls, change)
{
	static uint32_t cells[2] = { 11, 22 };
	struct user_desc desc = area(&cells[0], -1);

	CHECK(syscall(SYS_set_thread_area, &desc) == 0, "%s", strerror(errno));
	for (unsigned i = 0; i < 200; i++) {
		desc.base_addr = (unsigned)(uintptr_t)&cells[i % 2];
		CHECK(syscall(SYS_set_thread_area, &desc) == 0, "%s", strerror(errno));
		load_fs(desc.entry_number);
		CHECK(read_fs() == cells[i % 2], "round %u: fs:0 is %u", i, read_fs());
	}
}

TEST(tls, bad)
{
	struct user_desc desc = area(&cell, 1), gone;

	CHECK(syscall(SYS_set_thread_area, &desc) < 0 && errno == EINVAL, "entry 1 was taken");
	desc = area(&cell, 200);
	CHECK(syscall(SYS_set_thread_area, &desc) < 0 && errno == EINVAL, "entry 200 was taken");
	desc = area(&cell, -1);
	desc.seg_32bit = 0;
	CHECK(syscall(SYS_set_thread_area, &desc) < 0 && errno == EINVAL,
	      "a segment of 16 bits was taken");
	CHECK(syscall(SYS_set_thread_area, (void *)8) < 0 && errno == EFAULT, "errno %d", errno);
	/* An entry that is emptied cannot be loaded. */
	desc = area(&cell, -1);
	CHECK(syscall(SYS_set_thread_area, &desc) == 0, "%s", strerror(errno));
	gone = (struct user_desc){ .entry_number = desc.entry_number,
				   .read_exec_only = 1,
				   .seg_not_present = 1 };
	CHECK(syscall(SYS_set_thread_area, &gone) == 0, "%s", strerror(errno));
}

static void load_empty(void *data)
{
	load_fs(*(const unsigned *)data);
}

TEST(tls, emptied)
{
	struct user_desc desc = area(&cell, -1);
	struct caught caught;
	unsigned entry;

	CHECK(syscall(SYS_set_thread_area, &desc) == 0, "%s", strerror(errno));
	entry = desc.entry_number;
	desc = (struct user_desc){ .entry_number = entry,
				   .read_exec_only = 1,
				   .seg_not_present = 1 };
	CHECK(syscall(SYS_set_thread_area, &desc) == 0, "%s", strerror(errno));
	caught = caught_of(load_empty, &entry);
	CHECK(caught.number == SIGSEGV || caught.number == SIGBUS, "signal %d", caught.number);
}

static void read_beyond(void *data)
{
	(void)data;
	__asm__ volatile("movl %%fs:16, %%eax" : : : "eax");
}

static void write_within(void *data)
{
	(void)data;
	__asm__ volatile("movl $5, %%fs:0" : : : "memory");
}

/* A segment of 16 bytes that is to be read. QEMU 7.2 without hardware below it checks neither. */
TEST(tls, limits)
{
	struct user_desc desc = area(&cell, -1);
	struct caught beyond, within;

	desc.limit = 15;
	desc.limit_in_pages = 0;
	desc.read_exec_only = 1;
	cell = 8;
	CHECK(syscall(SYS_set_thread_area, &desc) == 0, "%s", strerror(errno));
	load_fs(desc.entry_number);
	CHECK(read_fs() == 8, "fs:0 is %u", read_fs());
	beyond = caught_of(read_beyond, NULL);
	load_fs(desc.entry_number);
	within = caught_of(write_within, NULL);
	if (beyond.number == 0 && within.number == 0 && cpuinfo_has("model name", "QEMU")) {
		test_skip("this QEMU checks no segments");
		return;
	}
	CHECK(beyond.number == SIGSEGV && beyond.trap == 13, "beyond it: signal %d, trap %lu",
	      beyond.number, beyond.trap);
	CHECK(within.number == SIGSEGV && within.trap == 13, "a write: signal %d, trap %lu",
	      within.number, within.trap);
	CHECK(cell == 8, "written all the same");
}

/* Three entries (one is the library's own), each with another base in each process. */
static void hold_areas(void *data)
{
	uint32_t id = *(const uint32_t *)data, cells[2] = { id * 7 + 1, id * 7 + 2 };
	struct user_desc first = area(&cells[0], -1), second;

	CHECK(syscall(SYS_set_thread_area, &first) == 0, "%s", strerror(errno));
	second = area(&cells[1], -1);
	CHECK(syscall(SYS_set_thread_area, &second) == 0, "%s", strerror(errno));
	CHECK(first.entry_number != second.entry_number, "the same entry twice");
	for (uint32_t i = 0; i < ROUNDS * test_storm; i++) {
		load_fs(first.entry_number);
		sched_yield();
		CHECK(read_fs() == cells[0], "process %u has %u of another's", id, read_fs());
		load_fs(second.entry_number);
		sched_yield();
		CHECK(read_fs() == cells[1], "process %u has %u of another's", id, read_fs());
	}
}

TEST(tls, over_switches)
{
	pid_t pids[PROCESSES];

	for (uint32_t i = 0; i < PROCESSES; i++)
		pids[i] = child_start(hold_areas, &i);
	(void)child_join(pids, PROCESSES);
}

TEST(tls, fork_inherits)
{
	struct user_desc desc = area(&cell, -1);
	pid_t pid;

	cell = 1001;
	CHECK(syscall(SYS_set_thread_area, &desc) == 0, "%s", strerror(errno));
	load_fs(desc.entry_number);
	pid = fork();
	if (pid == 0)
		_exit(read_fs() != 1001);
	CHECK(child_wait(pid) == 0, "the child has another fs:0");
	CHECK(read_fs() == 1001, "and so has the parent");
}

static __thread uint32_t own[64];

static void *hold_own(void *data)
{
	uint32_t id = (uint32_t)(uintptr_t)data;

	for (uint32_t i = 0; i < 64; i++)
		own[i] = id + i;
	for (uint32_t round = 0; round < ROUNDS * test_storm; round++) {
		sched_yield();
		for (uint32_t i = 0; i < 64; i++)
			if (own[i] != id + i + round * 3)
				test_fail("thread %u, round %u: %u", id, round, own[i]);
		for (uint32_t i = 0; i < 64; i++)
			own[i] += 3;
	}
	return NULL;
}

TEST(tls, threads)
{
	pthread_t threads[THREADS];

	for (uint32_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, hold_own, (void *)(uintptr_t)(i * 1000)) ==
			      0,
		      "no thread %u", i);
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}
