// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot information by multiboot 1, good and damaged, and the bounds that both protocols
 * share.
 */
#include "tests/unit/boot_info_fixture.h"

static void put_module1(unsigned index, uint32_t start, uint32_t end, uint32_t words)
{
	uint32_t entry = TABLES + index * 16;

	physical_put32(entry, start);
	physical_put32(entry + 4, end);
	physical_put32(entry + 8, words);
	physical_put32(INFO, 1u << 3);
	physical_put32(INFO + 20, index + 1);
	physical_put32(INFO + 24, TABLES);
}

/* A map entry with extra bytes behind what is known of it; returns where the next one goes. */
static uint32_t put_range1(uint32_t at, uint64_t base, uint64_t length, uint32_t type,
			   uint32_t extra)
{
	physical_put32(at, 20 + extra);
	physical_put64(at + 4, base);
	physical_put64(at + 12, length);
	physical_put32(at + 20, type);
	return at + 24 + extra;
}

static void multiboot1_everything(void **state)
{
	uint32_t end;

	(void)state;
	put_module1(0, 0x200000, 0x201234, put_string("/guests/bzImage guest=web kernel"));
	put_module1(1, 0x300000, 0x300000, 0);
	end = put_range1(0x20000, 0, 0x9FC00, 1, 0);
	end = put_range1(end, 0x9FC00, 0x400, 2, 4);
	end = put_range1(end, 0x100000000, 0x40000000, 1, 0);
	physical_put32(INFO, 1u << 2 | 1u << 3 | 1u << 6 | 1u << 9 | 1u << 12 | 1);
	physical_put32(INFO + 16, put_string("umbra.elf log=debug"));
	physical_put32(INFO + 44, end - 0x20000);
	physical_put32(INFO + 48, 0x20000);
	physical_put32(INFO + 64, put_string("GRUB 2.06"));
	physical_put64(INFO + 88, 0xFD000000);
	physical_put32(INFO + 96, 4096);
	physical_put32(INFO + 100, 1024);
	physical_put32(INFO + 104, 768);
	physical_put8(INFO + 108, 32);
	physical_put8(INFO + 109, 1);
	physical_put(INFO + 110, "\x10\x08\x05\x06\x00\x03", 6);

	assert_int_equal(boot_info_parse_multiboot1(&info, INFO, physical_map), 0);
	assert_null(info.problem);
	assert_string_equal(info.command_line, "umbra.elf log=debug");
	assert_string_equal(info.loader, "GRUB 2.06");
	assert_false(info.has_file_name);
	assert_int_equal(info.module_count, 2);
	assert_int_equal(info.modules[0].start, 0x200000);
	assert_int_equal(info.modules[0].end, 0x201234);
	assert_string_equal(info.modules[0].line, "/guests/bzImage guest=web kernel");
	assert_null(info.modules[0].problem);
	assert_string_equal(info.modules[1].line, "");
	assert_int_equal(info.range_count, 3);
	assert_true(info.ranges[0].usable);
	assert_false(info.ranges[1].usable);
	assert_int_equal(info.ranges[2].base, 0x100000000);
	assert_int_equal(info.ranges[2].length, 0x40000000);
	assert_true(info.has_framebuffer);
	assert_int_equal(info.framebuffer.address, 0xFD000000);
	assert_int_equal(info.framebuffer.width, 1024);
	assert_int_equal(info.framebuffer.depth, 32);
	assert_int_equal(info.framebuffer.red.position, 16);
	assert_int_equal(info.framebuffer.green.size, 6);
	assert_int_equal(info.framebuffer.blue.size, 3);
	assert_int_equal(info.rsdp_length, 0);
}

static void multiboot1_flags_rule(void **state)
{
	(void)state;
	/* Everything is filled with rubbish, but no flag says that it is valid. */
	memset(physical_memory + INFO, 0xEE, 128);
	physical_put32(INFO, 0);
	assert_int_equal(boot_info_parse_multiboot1(&info, INFO, physical_map), 0);
	assert_null(info.problem);
	assert_string_equal(info.command_line, "");
	assert_string_equal(info.loader, "");
	assert_true(info.has_file_name);
	assert_int_equal(info.module_count, 0);
	assert_int_equal(info.range_count, 0);
	assert_false(info.has_framebuffer);
}

static void multiboot1_without_map(void **state)
{
	(void)state;
	physical_put32(INFO, 1);
	physical_put32(INFO + 4, 639);
	physical_put32(INFO + 8, 0x3FC00);
	assert_int_equal(boot_info_parse_multiboot1(&info, INFO, physical_map), 0);
	assert_int_equal(info.range_count, 2);
	assert_int_equal(info.ranges[0].length, 639 * 1024);
	assert_int_equal(info.ranges[1].base, 0x100000);
	assert_int_equal(info.ranges[1].length, 0x3FC00ull * 1024);
	assert_true(info.ranges[1].usable);
}

static void multiboot1_bad_map(void **state)
{
	uint32_t end = put_range1(0x20000, 0x1000, 0x1000, 1, 0);

	(void)state;
	put_range1(end, 0x2000, 0x1000, 1, 0);
	physical_put32(end, 19); /* shorter than an entry can be */
	physical_put32(INFO, 1u << 6);
	physical_put32(INFO + 44, 480);
	physical_put32(INFO + 48, 0x20000);
	assert_int_equal(boot_info_parse_multiboot1(&info, INFO, physical_map), 0);
	assert_int_equal(info.range_count, 1);
	assert_non_null(strstr(info.problem, "memory map"));

	/* A map that leaves the memory, and one at the very end of the address space. */
	physical_put32(INFO + 48, 0xFFFFFFF0);
	physical_put32(INFO + 44, 0xFFFFFFFF);
	assert_int_equal(boot_info_parse_multiboot1(&info, INFO, physical_map), 0);
	assert_int_equal(info.range_count, 0);
	assert_non_null(info.problem);
}

static void ranges_are_checked(void **state)
{
	uint32_t end = put_range1(0x20000, UINT64_MAX - 0xFFF, UINT64_MAX, 1, 0);

	(void)state;
	end = put_range1(end, 0x5000, 0, 1, 0);
	for (unsigned i = 1; i < BOOT_MAX_RANGES + 5; i++)
		end = put_range1(end, i * 0x1000ull, 0x1000, 1, 0);
	physical_put32(INFO, 1u << 6);
	physical_put32(INFO + 44, end - 0x20000);
	physical_put32(INFO + 48, 0x20000);
	assert_int_equal(boot_info_parse_multiboot1(&info, INFO, physical_map), 0);
	assert_int_equal(info.range_count, BOOT_MAX_RANGES);
	assert_int_equal(info.ranges[0].length, 0xFFF);
	assert_int_equal(info.ranges[1].base, 0x1000);
	assert_non_null(strstr(info.problem, "more than 128 ranges"));
}

static void modules_are_checked(void **state)
{
	(void)state;
	put_module1(0, 0x300000, 0x2FFFFF, put_string("backwards"));
	put_module1(1, 0x400000, 0x400001, put_long_string(BOOT_MAX_STRING - 1));
	put_module1(2, 0x500000, 0x500001, put_long_string(BOOT_MAX_STRING));
	put_module1(3, 0x600000, 0x600001, 0xFFFFFFF0);
	put_module1(4, 0x700000, 0x700001, put_string("good"));
	assert_int_equal(boot_info_parse_multiboot1(&info, INFO, physical_map), 0);
	assert_int_equal(info.module_count, 5);
	assert_non_null(strstr(info.modules[0].problem, "ends before it starts"));
	assert_string_equal(info.modules[0].line, "backwards");
	assert_int_equal(info.modules[0].start, info.modules[0].end);
	assert_null(info.modules[1].problem);
	assert_int_equal(strlen(info.modules[1].line), BOOT_MAX_STRING - 1);
	assert_non_null(strstr(info.modules[2].problem, "longer than 4095"));
	assert_string_equal(info.modules[2].line, "");
	assert_non_null(strstr(info.modules[3].problem, "outside memory"));
	assert_null(info.modules[4].problem);
	assert_string_equal(info.modules[4].line, "good");
	assert_null(info.problem);
}

static void too_many_modules(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= BOOT_MODULES_MAX; i++)
		put_module1(i, 0x200000, 0x200001, 0);
	assert_int_equal(boot_info_parse_multiboot1(&info, INFO, physical_map), 0);
	assert_int_equal(info.module_count, BOOT_MODULES_MAX);
	assert_non_null(strstr(info.problem, "more than 128 modules"));
}

static void arena_is_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++)
		put_module1(i, 0x200000, 0x200001, put_long_string(4000));
	physical_put32(INFO, 1u << 2 | 1u << 3);
	physical_put32(INFO + 16, put_string("when-idle=stay"));
	assert_int_equal(boot_info_parse_multiboot1(&info, INFO, physical_map), 0);
	assert_string_equal(info.command_line, "when-idle=stay");
	assert_null(info.modules[7].problem);
	assert_non_null(strstr(info.modules[8].problem, "32 KB"));
	assert_non_null(strstr(info.modules[9].problem, "32 KB"));
	assert_true(info.arena_used <= BOOT_ARENA_SIZE);
}

static void unreadable_information(void **state)
{
	(void)state;
	assert_int_equal(boot_info_parse_multiboot1(&info, 0xFFFFFFF0, physical_map), -E_INVAL);
	assert_non_null(info.problem);
	assert_int_equal(boot_info_parse_multiboot2(&info, 0xFFFFFFF0, physical_map), -E_INVAL);
	assert_non_null(info.problem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(multiboot1_everything),
		TEST(multiboot1_flags_rule),
		TEST(multiboot1_without_map),
		TEST(multiboot1_bad_map),
		TEST(ranges_are_checked),
		TEST(modules_are_checked),
		TEST(too_many_modules),
		TEST(arena_is_bounded),
		TEST(unreadable_information),
	};

	return cmocka_run_group_tests_name("multiboot1", tests, NULL, NULL);
}
