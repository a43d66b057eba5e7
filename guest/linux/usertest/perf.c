// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's counters of its own events, as perf_event_open(2) gives them: counted, and sampled
 * by a timer into a ring. Counters of the processor and watchpoints are not there for a guest.
 */
#include "guest/linux/usertest/test.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>

#define PAGE 4096u
#define TOUCHED 300u
#define RING_PAGES 8u
#define SAMPLE_NS 1000000u

/* A counter of this process, or -1: the test is skipped where the kernel has none. */
static int open_counter(struct perf_event_attr *wanted)
{
	int file;

	wanted->size = sizeof(*wanted);
	file = (int)syscall(SYS_perf_event_open, wanted, 0, -1, -1, 0);
	if (file < 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES))
		test_skip("no counters: %s", strerror(errno));
	else if (file < 0)
		test_fail("perf_event_open: %s", strerror(errno));
	return file;
}

static uint64_t read_counter(int file)
{
	uint64_t count = 0;

	if (read(file, &count, sizeof(count)) != sizeof(count))
		test_fail("a counter: %s", strerror(errno));
	return count;
}

TEST(perf, faults)
{
	struct perf_event_attr faults = { .type = PERF_TYPE_SOFTWARE,
					  .config = PERF_COUNT_SW_PAGE_FAULTS };
	volatile char *memory;
	uint64_t before, after;
	int file = open_counter(&faults);

	if (file < 0)
		return;
	memory = private_memory(TOUCHED * PAGE);
	/* Where huge pages are to be had, one fault would do for all. */
	madvise((void *)memory, TOUCHED * PAGE, MADV_NOHUGEPAGE);
	before = read_counter(file);
	for (unsigned i = 0; i < TOUCHED; i++)
		memory[i * PAGE] = 1;
	after = read_counter(file);
	CHECK(after - before >= TOUCHED && after - before < TOUCHED + 50,
	      "%llu faults for %u pages", (unsigned long long)(after - before), TOUCHED);
}

/* A sleep is no switch where the process did not come to it in time, but most are. */
TEST(perf, switches)
{
	const struct timespec rest = { .tv_nsec = 1000000 };
	struct perf_event_attr switches = { .type = PERF_TYPE_SOFTWARE,
					    .config = PERF_COUNT_SW_CONTEXT_SWITCHES };
	int file = open_counter(&switches);
	uint64_t before;

	if (file < 0)
		return;
	before = read_counter(file);
	while (!test_failed() && read_counter(file) - before < 20)
		nanosleep(&rest, NULL);
}

/* How many samples a ring has, all of them of this process. */
static unsigned count_samples(const void *ring)
{
	const struct perf_event_mmap_page *head = ring;
	const char *data = (const char *)ring + PAGE;
	unsigned count = 0;

	for (uint64_t at = 0; at < head->data_head;) {
		struct perf_event_header record;
		uint32_t pid;

		memcpy(&record, data + at, sizeof(record));
		memcpy(&pid, data + at + sizeof(record), sizeof(pid));
		if (record.size < sizeof(record)) {
			test_fail("a record of %u bytes", record.size);
			break;
		}
		if (record.type == PERF_RECORD_SAMPLE && pid != (uint32_t)getpid())
			test_fail("a sample of process %u", pid);
		count += record.type == PERF_RECORD_SAMPLE;
		at += record.size;
	}
	return count;
}

/* One for each millisecond that the process runs, but for interrupts that come late. */
TEST(perf, samples)
{
	struct perf_event_attr clock = { .type = PERF_TYPE_SOFTWARE,
					 .config = PERF_COUNT_SW_TASK_CLOCK,
					 .sample_type = PERF_SAMPLE_TID,
					 .sample_period = SAMPLE_NS };
	int file = open_counter(&clock);
	uint64_t passed;
	void *ring;
	unsigned samples;

	if (file < 0)
		return;
	ring = mmap(NULL, (1 + RING_PAGES) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(ring != MAP_FAILED, "the ring: %s", strerror(errno));
	while (!test_failed() && count_samples(ring) < 50)
		continue;
	ioctl(file, PERF_EVENT_IOC_DISABLE, 0);
	samples = count_samples(ring);
	passed = read_counter(file) / SAMPLE_NS;
	CHECK(samples <= passed + 1, "%u samples in %llu ms", samples, (unsigned long long)passed);
}

/* A guest has no debug registers, and says so (docs/linux.md). */
TEST(perf, watchpoints)
{
	static int watched;
	struct perf_event_attr watch = { .type = PERF_TYPE_BREAKPOINT,
					 .size = sizeof(watch),
					 .bp_type = HW_BREAKPOINT_W,
					 .bp_addr = (uintptr_t)&watched,
					 .bp_len = HW_BREAKPOINT_LEN_4 };
	int file;

	if (!kernel_is_umbra()) {
		test_skip("a processor has them");
		return;
	}
	file = (int)syscall(SYS_perf_event_open, &watch, 0, -1, -1, 0);
	if (file < 0 && errno == ENOSYS) {
		test_skip("no counters: %s", strerror(errno));
		return;
	}
	CHECK(file < 0 && errno == EOPNOTSUPP, "file %d: %s", file, strerror(errno));
}
