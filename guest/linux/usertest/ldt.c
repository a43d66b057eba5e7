// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments of a process's own in an LDT (modify_ldt). A kernel for Umbra has none and says so; any
 * other one is put to the test.
 */
#include "guest/linux/usertest/test.h"

#include <asm/ldt.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROCESSES 4u
#define ROUNDS 100u

static uint32_t cell;

static long set(unsigned entry, const void *base)
{
	struct user_desc desc = {
		.entry_number = entry,
		.base_addr = (unsigned)(uintptr_t)base,
		.limit = 0xFFFFF,
		.seg_32bit = 1,
		.limit_in_pages = 1,
		.useable = 1,
	};

	return syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc));
}

static uint32_t read_through(unsigned entry)
{
	uint32_t value;

	__asm__ volatile("mov %1, %%fs\n\tmovl %%fs:0, %0" : "=r"(value) : "r"(entry * 8 + 7));
	return value;
}

/* The first word counts, for all tests of this file: is there nothing to test? */
static bool has_none(void)
{
	if (set(0, &cell) < 0 && errno == ENOSYS) {
		if (!kernel_is_umbra())
			test_skip("this kernel has no modify_ldt");
		return true;
	}
	return false;
}

static void load_any(void *data)
{
	(void)data;
	(void)read_through(0);
}

TEST(ldt, absent_or_whole)
{
	uint8_t buffer[64];

	if (has_none()) {
		struct caught caught = caught_of(load_any, NULL);

		CHECK(syscall(SYS_modify_ldt, 0, buffer, sizeof(buffer)) < 0 && errno == ENOSYS,
		      "errno %d", errno);
		CHECK(caught.number == SIGSEGV && caught.trap == 13, "signal %d", caught.number);
		return;
	}
	cell = 4711;
	CHECK(set(3, &cell) == 0, "%s", strerror(errno));
	CHECK(read_through(3) == 4711, "it reads %u", read_through(3));
	CHECK(syscall(SYS_modify_ldt, 0, buffer, sizeof(buffer)) > 0, "errno %d", errno);
}

static void hold(void *data)
{
	uint32_t id = *(const uint32_t *)data;

	CHECK(set(id % 3, &id) == 0, "%s", strerror(errno));
	for (uint32_t i = 0; i < ROUNDS; i++) {
		CHECK(read_through(id % 3) == id, "process %u reads another's", id);
		sched_yield();
	}
}

TEST(ldt, over_switches)
{
	pid_t pids[PROCESSES];

	if (has_none())
		return;
	for (uint32_t i = 0; i < PROCESSES; i++)
		pids[i] = child_start(hold, &i);
	(void)child_join(pids, PROCESSES);
}
