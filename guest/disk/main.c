// SPDX-License-Identifier: GPL-2.0-only
/*
 * The disk test guest. Its first disk has 4096 sectors and can be written, its
 * second one has 128 and is disk=ro; both hold the pattern of pattern.h. Words of
 * its command line:
 *     name=NAME             what the guest is called
 *     only=PREFIX           the tests whose name starts so
 *     persist=N             no tests; start N times, and find each time what the
 *                           last one wrote
 *     later                 the disks are real ones, which answer when they like
 *     block=N               bytes of a block of theirs, by default 512
 *     ask=LIST              no tests; single requests (ask.h), and then nothing more
 *     hammer from=MS to=MS  no tests; reads as fast as it can (load.h)
 *     leave=MS              no tests; restarts with reads under way until then (load.h)
 * Needs 8 MB of memory. Prints one line a test (report.h); the last line is
 * `TOTAL n passed, m failed`.
 */
#include "guest/disk/ask.h"
#include "guest/disk/load.h"
#include "guest/disk/pattern.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/print.h"
#include "guest/runtime/report.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/string.h"
#include "guest/runtime/timer.h"

#define MAGIC 0x554D4252u

/* The first sector says how often the guest has started, once it has. */
static void persist(uint32_t starts)
{
	struct {
		uint32_t magic, count;
	} *head = (void *)disk_data;
	uint32_t size = DATA_SIZE;

	if (!disk_ready() || block_transfer(&disk, BLOCK_IN, 0, disk_data, size) != BLOCK_OK) {
		report_fail_line("persist", "no disk");
		return;
	}
	if (head->magic != MAGIC)
		head->count = 0;
	else if (!pattern_other_holds(disk_data + BLOCK_SECTOR, size - BLOCK_SECTOR, head->count))
		report_fail_line("persist", "start %u finds other data", head->count + 1);
	print("start %u\n", head->count + 1);
	if (head->count + 1 == starts) {
		report_pass_line("persist");
		return;
	}
	pattern_other(disk_data + BLOCK_SECTOR, size - BLOCK_SECTOR, head->count + 1);
	head->magic = MAGIC;
	head->count++;
	if (block_transfer(&disk, BLOCK_OUT, 0, disk_data, size) != BLOCK_OK)
		report_fail_line("persist", "it cannot be written");
	else
		machine_restart();
}

void guest_main(void)
{
	uint32_t starts = machine_number("persist", 0);
	char prefix[32], list[128];
	uint64_t leave = (uint64_t)machine_number("leave", 0) * NS_PER_MS;

	if (machine_word("ask", list, sizeof(list))) {
		disk_ask(list);
		return;
	}
	if (machine_has_word("hammer")) {
		(void)machine_word("name", prefix, sizeof(prefix));
		load_hammer(prefix, (uint64_t)machine_number("from", 0) * NS_PER_MS,
			    (uint64_t)machine_number("to", 0) * NS_PER_MS);
		return;
	}
	if (leave != 0) {
		load_leave(leave);
		return;
	}
	if (starts != 0) {
		persist(starts);
		report_total();
		return;
	}
	(void)machine_word("only", prefix, sizeof(prefix));
	report_run(prefix);
}
