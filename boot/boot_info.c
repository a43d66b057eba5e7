// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of reading boot information that do not depend on the loader's
 * protocol: bounded tables, and the arena that holds copies of its strings.
 */
#include "boot/boot_info.h"

#include "boot/boot_info_build.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/string.h"

void boot_info_clear(struct boot_info *info)
{
	memset(info, 0, sizeof(*info));
	info->command_line = "";
	info->loader = "";
}

int boot_info_complain(struct boot_info *info, const char *problem)
{
	if (!info->problem)
		info->problem = problem;
	return -E_INVAL;
}

bool boot_info_add_range(struct boot_info *info, paddr_t base, uint64_t length, bool usable)
{
	struct boot_range *range;

	if (length > UINT64_MAX - base)
		length = UINT64_MAX - base;
	if (length == 0)
		return true;
	if (info->range_count == BOOT_MAX_RANGES) {
		boot_info_complain(info,
				   "the memory map has more than 128 ranges; the rest is ignored");
		return false;
	}
	range = &info->ranges[info->range_count++];
	range->base = base;
	range->length = length;
	range->usable = usable;
	return true;
}

void boot_info_add_basic_memory(struct boot_info *info, uint32_t lower_kb, uint32_t upper_kb)
{
	boot_info_add_range(info, 0, (uint64_t)lower_kb * 1024, true);
	boot_info_add_range(info, 0x100000, (uint64_t)upper_kb * 1024, true);
}

struct boot_module *boot_info_add_module(struct boot_info *info, uint32_t start, uint32_t end)
{
	struct boot_module *module;

	if (info->module_count == BOOT_MODULES_MAX) {
		boot_info_complain(info, "there are more than 128 modules; the rest is ignored");
		return NULL;
	}
	module = &info->modules[info->module_count++];
	module->start = start;
	module->end = MAX(start, end);
	module->line = "";
	if (end < start)
		module->problem = "the module ends before it starts";
	return module;
}

const char *boot_info_copy_string(struct boot_info *info, paddr_t address, size_t limit,
				  boot_map_t *map, const char **copy)
{
	char *start = info->arena + info->arena_used;
	size_t room = BOOT_ARENA_SIZE - info->arena_used;

	/*
	 * Copies byte by byte: the length is not known, and the page behind the last byte may not
	 * exist.
	 */
	for (size_t i = 0; i < limit; i++) {
		const char *byte;

		if (i == BOOT_MAX_STRING)
			return "the words are longer than 4095 bytes";
		if (i == room)
			return "the words of all modules together are longer than 32 KB";
		byte = map(address + i, 1);
		if (!byte)
			return "the words lie outside memory";
		start[i] = *byte;
		if (start[i] == '\0') {
			info->arena_used += i + 1;
			*copy = start;
			return NULL;
		}
	}
	return "the words do not end where they should";
}
