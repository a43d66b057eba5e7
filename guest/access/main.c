// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exhaustive page-permission test: every combination of P, W, U, A and D in
 * the directory entry and in the page-table entry, read, write and execute, in
 * ring 1 and ring 3, with every way to announce the change; 6144 cases a way.
 * Each must end as model.c says: fault or not, error code, both entries
 * afterwards. With the boot word `pae` the same through PAE tables. One line a
 * group of cases, then the total; the first wrong cases are shown.
 */
#include "guest/access/model.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/report.h"
#include "guest/runtime/runtime.h"
#include "guest/runtime/user.h"

#include <stddef.h>

#define ADDRESS (USER_TEST + 0x20000000)
#define COMBINATIONS 1024u              /* five bits of two entries */
#define ERROR_FETCH 0x10u
#define SHOWN 3u                        /* wrong cases that are printed in a group */

/* How Umbra learns of the entries of the next case. */
enum announcement {
	ANNOUNCE_FLUSH_USER,
	ANNOUNCE_FLUSH_ALL,
	ANNOUNCE_ENTRIES,
	ANNOUNCEMENTS
};

static const char *const announcement_names[] = {"flush_user", "flush_all", "set_entries"};
static const char *const kind_names[] = {"read", "write", "execute"};

static uint32_t frame;
static uint32_t table;

/* Spread five bits of a counter over P, W, U, A and D. */
static uint32_t entry_bits(uint32_t counter)
{
	return (counter & 7) | (counter >> 3 & 3) << 5;
}

static void announce(enum announcement how)
{
	switch (how) {
	case ANNOUNCE_FLUSH_USER:
		paging_flush_user();
		break;
	case ANNOUNCE_FLUSH_ALL:
		paging_flush_all();
		break;
	default:
		paging_tell_directory(paging_kernel_space(), ADDRESS);
		paging_tell_pte(paging_kernel_space(), ADDRESS,
				*(volatile uint32_t *)virt_of(table));
		break;
	}
}

/* The table of ADDRESS, whether or not the directory shows it, starts with its entry. */
static void set_up(const struct access_case *access, enum announcement how)
{
	volatile uint32_t *entry = virt_of(table);

	entry[0] = frame | access->page;
	paging_put(paging_kernel_space(), ADDRESS, PAGING_DIRECTORY, table | access->directory);
	announce(how);
}

static uint32_t execute_there(uint32_t address)
{
	__asm__ volatile("call *%0" : : "r"(address) : "memory");
	return 0;
}

static struct fault perform(const struct access_case *access)
{
	static const char *const stubs[] = {user_read, user_write, user_execute};
	uint32_t value;

	/* The frame begins with the two bytes that stay as they are: ret, nop. */
	if (access->user)
		return user_call(stubs[access->kind], ADDRESS, 0x90C3, NULL);
	if (access->kind == ACCESS_READ)
		return fault_of("movl (%1), %0", "=r"(value) : "r"(ADDRESS) : "memory");
	if (access->kind == ACCESS_WRITE)
		return fault_of("movl %1, (%0)", : "r"(ADDRESS), "r"(0x90C3) : "memory");
	return fault_in(execute_there, ADDRESS, NULL);
}

/* With PAE a processor may report a fetch as such; two-level tables never do. */
static uint32_t comparable_error(const struct fault *fault)
{
	return paging_is_pae() ? fault->error & ~ERROR_FETCH : fault->error;
}

static bool judge(const struct access_case *access, const struct fault *fault)
{
	struct access_outcome expected = model_predict(access);
	uint32_t page = *(volatile uint32_t *)virt_of(table) & ~PAGE_MASK;
	uint32_t directory = (uint32_t)paging_get(paging_kernel_space(), ADDRESS,
						  PAGING_DIRECTORY) & ~PAGE_MASK;

	if (expected.faults != (fault->vector != FAULT_NONE))
		return false;
	if (expected.faults && (fault->vector != TRAP_PAGE || fault->cr2 != ADDRESS ||
				comparable_error(fault) != expected.error))
		return false;
	return page == expected.page && directory == expected.directory;
}

static void show(const struct access_case *access, const struct fault *fault)
{
	struct access_outcome expected = model_predict(access);

	print("  directory 0x%x page 0x%x: expected %s error 0x%x entries 0x%x 0x%x, ",
	      access->directory, access->page, expected.faults ? "fault" : "no fault",
	      expected.faults ? expected.error : 0, expected.directory, expected.page);
	print("got vector %d error 0x%x cr2 0x%x entries 0x%x 0x%x\n", (int)fault->vector,
	      fault->error, fault->cr2,
	      (uint32_t)paging_get(paging_kernel_space(), ADDRESS, PAGING_DIRECTORY) & ~PAGE_MASK,
	      *(volatile uint32_t *)virt_of(table) & ~PAGE_MASK);
}

static void run_group(enum announcement how, enum access_kind kind, bool user)
{
	uint32_t wrong = 0;
	char name[48];

	for (uint32_t i = 0; i < COMBINATIONS; i++) {
		struct access_case access = {entry_bits(i & 31), entry_bits(i >> 5), kind, user};
		struct fault fault;

		set_up(&access, how);
		fault = perform(&access);
		if (!judge(&access, &fault) && wrong++ < SHOWN)
			show(&access, &fault);
	}
	format_text(name, sizeof(name), "access.%s_%s_ring%u%s", announcement_names[how],
		    kind_names[kind], user ? 3u : 1u, paging_is_pae() ? "_pae" : "");
	if (wrong == 0)
		report_pass_line(name);
	else
		report_fail_line(name, "%u of %u cases", wrong, COMBINATIONS);
}

void guest_main(void)
{
	frame = page_alloc();
	*(uint32_t *)virt_of(frame) = 0x90C3;
	table = paging_table(paging_kernel_space(), ADDRESS, PAGING_PTE, true);
	for (uint32_t how = 0; how < ANNOUNCEMENTS; how++)
		for (uint32_t kind = 0; kind < ACCESS_KINDS; kind++)
			for (uint32_t user = 0; user < 2; user++)
				run_group(how, kind, user != 0);
	report_total();
}
