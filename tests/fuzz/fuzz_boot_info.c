// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of boot/boot_info.c and both multiboot parsers: the input is the
 * memory, its first byte says which protocol, the structure stands at 8.
 */
#include "boot/boot_info.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/physical_memory.h"


#define INFO 8

/* Every string ends inside the arena, or is a constant "". */
static void check_string(const struct boot_info *info, const char *text)
{
	size_t left;

	if (text < info->arena || text >= info->arena + BOOT_ARENA_SIZE) {
		REQUIRE(text[0] == '\0');
		return;
	}
	left = (size_t)(info->arena + info->arena_used - text);
	REQUIRE(info->arena_used <= BOOT_ARENA_SIZE && left <= info->arena_used);
	REQUIRE(memchr(text, '\0', left) != NULL);
	REQUIRE(strlen(text) < BOOT_MAX_STRING);
}

static void check_info(const struct boot_info *info)
{
	REQUIRE(info->range_count <= BOOT_MAX_RANGES && info->module_count <= BOOT_MODULES_MAX);
	REQUIRE(info->rsdp_length == 0 || info->rsdp_length == 20 || info->rsdp_length == 36);
	check_string(info, info->command_line);
	check_string(info, info->loader);
	for (unsigned i = 0; i < info->range_count; i++) {
		REQUIRE(info->ranges[i].length > 0);
		REQUIRE(info->ranges[i].base + info->ranges[i].length > info->ranges[i].base);
	}
	for (unsigned i = 0; i < info->module_count; i++) {
		check_string(info, info->modules[i].line);
		REQUIRE(info->modules[i].start <= info->modules[i].end);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct boot_info info;
	int result;

	if (size < INFO || size > sizeof(physical_memory))
		return 0;
	physical_put(0, data, size);
	physical_size = size;
	result = data[0] & 1 ? boot_info_parse_multiboot2(&info, INFO, physical_map) :
			       boot_info_parse_multiboot1(&info, INFO, physical_map);
	REQUIRE(result == 0 || info.problem != NULL);
	check_info(&info);
	physical_release();
	return 0;
}
