// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU's TCG that counts what a processor pays for address translation: loads of CR3,
 * page faults, and walks of page tables after a TLB miss. QEMU's own TLB is nothing like a
 * processor's, so the plugin has a model of one: 512 entries in sets of four for instructions and
 * data together, the second level of processors before they had PCIDs (Intel's optimization manual,
 * "Sandy Bridge", second-level TLB). It forgets all but global entries when CR3 is loaded.
 *
 * Arguments: out=FILE, where a line is written for each `rdtsc` of a program (guest/linux/bench/
 * executes one at each end of what it measures) with the counts so far; fault=ADDRESS, the first
 * instruction of the machine's page-fault handler. Then either global=ADDRESS and memory=BYTES for
 * a Linux of its own: so much from there on is global and in pages of 4 MB, which flatters it,
 * since Linux splits some. Or leave=FIRST-END for Umbra: the load of CR3 in that function leads out
 * of a guest. A guest's pages are 4 KB; Umbra's are 2 MB but for its image (mm/host_map.c).
 *
 * What such a plugin cannot see: accesses of gates to descriptor tables, which `iret` has been to
 * before; and which page an `invlpg` or a page fault is for. Each of these two counts as a walk of
 * its own, since the page is accessed again next.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is used of QEMU's interface for plugins, version 1 (docs/devel/tcg-plugins.rst) --- */

#define VISIBLE __attribute__((visibility("default")))

enum callback_flags { NO_REGISTERS };
enum accesses { READS = 1, WRITES, READS_AND_WRITES };

struct qemu_plugin_tb;
struct qemu_plugin_insn;

typedef void on_block(uint64_t id, struct qemu_plugin_tb *block);
typedef void on_execution(unsigned cpu, void *data);
typedef void on_access(unsigned cpu, uint32_t info, uint64_t address, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, on_block *call);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
					    on_execution *call, enum callback_flags flags,
					    void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction, on_access *call,
				      enum callback_flags flags, enum accesses which, void *data);

VISIBLE int qemu_plugin_version = 1;
VISIBLE int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments);

/* --- the model of a TLB --------------------------------------------------------------- */

#define PAGE_SHIFT 12
#define WAYS 4
#define SETS 128
#define PROGRAM_END 0x10000000u	/* addresses of a program that is linked to a fixed one */

#define LARGE 0x80000000u	/* of a page's number: it is a large one */
#define LARGE_SHIFT_NATIVE 22
#define LARGE_SHIFT_UMBRA 21
#define UMBRA_MAP 0xC0000000u	/* arch/cpu/layout.h: DIRECT_MAP, with the image, MMIO_WINDOW */
#define UMBRA_IMAGE_END 0xC0800000u
#define UMBRA_MAP_END 0xF8000000u

static struct set {
	uint32_t pages[WAYS];	/* numbers of pages, the one used last first; 0: none */
} sets[SETS];

static uint32_t global_from, memory, fault_entry, leave_first, leave_end;
static bool in_umbra;
static uint64_t loads, faults, walks, walks_of_umbra;
static FILE *out;

static uint32_t page_of(uint32_t address)
{
	if (global_from && address - global_from < memory)
		return address >> LARGE_SHIFT_NATIVE | LARGE;
	if (in_umbra && (address < UMBRA_MAP ||
			 (address >= UMBRA_IMAGE_END && address < UMBRA_MAP_END)))
		return address >> LARGE_SHIFT_UMBRA | LARGE;
	return address >> PAGE_SHIFT;
}

/* Page 0 is not counted: 0 stands for no page, and nothing here maps it. */
static void touch(uint32_t address)
{
	uint32_t page = page_of(address);
	struct set *set = &sets[page % SETS];
	unsigned way = 0;

	if (set->pages[0] == page)
		return;
	while (way < WAYS - 1 && set->pages[way] != page)
		way++;
	if (set->pages[way] != page) {
		walks++;
		walks_of_umbra += in_umbra;
	}
	memmove(&set->pages[1], &set->pages[0], way * sizeof(set->pages[0]));
	set->pages[0] = page;
}

static void forget(uint32_t below)
{
	for (unsigned i = 0; i < SETS; i++)
		for (unsigned way = 0; way < WAYS; way++)
			if (sets[i].pages[way] < below)
				sets[i].pages[way] = 0;
}

/* --- what happens ---------------------------------------------------------------------- */

static void fetched(unsigned cpu, void *address)
{
	(void)cpu;
	touch((uint32_t)(uintptr_t)address);
}

static void accessed(unsigned cpu, uint32_t info, uint64_t address, void *data)
{
	(void)cpu;
	(void)info;
	(void)data;
	touch((uint32_t)address);
}

static void faulted(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	faults++;
	walks++;
}

static void invalidated(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	walks++;
}

/* data: the address of the instruction. */
static void loaded_cr3(unsigned cpu, void *data)
{
	uint32_t address = (uint32_t)(uintptr_t)data;

	(void)cpu;
	loads++;
	in_umbra = address >= leave_first && address < leave_end;
	forget(global_from ? global_from >> PAGE_SHIFT : UINT32_MAX);
}

/* Linux changes PGE to be rid of global entries as well. */
static void loaded_cr4(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	forget(UINT32_MAX);
}

static void marked(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	fprintf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", loads, faults, walks,
		walks_of_umbra);
	fflush(out);
}

/* --- which instructions are watched ----------------------------------------------------- */

/* The call for an instruction of two bytes and a ModRM byte, or NULL; SDM vol. 2, chapters 3, 4. */
static on_execution *call_for(const uint8_t *code, size_t size, uint32_t address)
{
	unsigned field;

	if (size < 2 || code[0] != 0x0F)
		return NULL;
	if (code[1] == 0x31)
		return address < PROGRAM_END ? marked : NULL;
	if (size < 3)
		return NULL;
	field = code[2] >> 3 & 7;
	if (code[1] == 0x22)
		return field == 3 ? loaded_cr3 : field == 4 ? loaded_cr4 : NULL;
	return code[1] == 0x01 && field == 7 && code[2] < 0xC0 ? invalidated : NULL;
}

static void *as_data(uint32_t address)
{
	return (void *)(uintptr_t)address;
}

/* Of a block the first instruction of each page is watched, since others are on the same page. */
static void translated(uint64_t id, struct qemu_plugin_tb *block)
{
	size_t count = qemu_plugin_tb_n_insns(block);
	uint32_t page = UINT32_MAX;

	(void)id;
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *one = qemu_plugin_tb_get_insn(block, i);
		uint32_t address = (uint32_t)qemu_plugin_insn_vaddr(one);
		size_t size = qemu_plugin_insn_size(one);
		uint32_t end = address + (uint32_t)size - 1;
		on_execution *call = call_for(qemu_plugin_insn_data(one), size, address);

		if (end >> PAGE_SHIFT != page)
			qemu_plugin_register_vcpu_insn_exec_cb(one, fetched, NO_REGISTERS,
							       as_data(end));
		page = end >> PAGE_SHIFT;
		if (address == fault_entry)
			qemu_plugin_register_vcpu_insn_exec_cb(one, faulted, NO_REGISTERS, NULL);
		if (call)
			qemu_plugin_register_vcpu_insn_exec_cb(one, call, NO_REGISTERS,
							       as_data(address));
		qemu_plugin_register_vcpu_mem_cb(one, accessed, NO_REGISTERS, READS_AND_WRITES,
						 NULL);
	}
}

static bool is_argument(const char *argument, const char *name, const char **value)
{
	size_t length = strlen(name);

	*value = argument + length + 1;
	return strncmp(argument, name, length) == 0 && argument[length] == '=';
}

static void take_argument(const char *argument)
{
	const char *value;
	char *end;

	if (is_argument(argument, "out", &value)) {
		out = fopen(value, "w");
	} else if (is_argument(argument, "fault", &value)) {
		fault_entry = (uint32_t)strtoul(value, NULL, 16);
	} else if (is_argument(argument, "global", &value)) {
		global_from = (uint32_t)strtoul(value, NULL, 16);
	} else if (is_argument(argument, "memory", &value)) {
		memory = (uint32_t)strtoul(value, NULL, 16);
	} else if (is_argument(argument, "leave", &value)) {
		leave_first = (uint32_t)strtoul(value, &end, 16);
		leave_end = *end ? (uint32_t)strtoul(end + 1, NULL, 16) : 0;
	} else {
		fprintf(stderr, "translation_counter: argument %s is unknown\n", argument);
	}
}

int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments)
{
	(void)info;
	for (int i = 0; i < count; i++)
		take_argument(arguments[i]);
	if (!out) {
		fprintf(stderr, "translation_counter: no file to write to\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
