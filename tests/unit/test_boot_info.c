// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot information of both multiboot protocols, good and damaged.
 */
#include "boot/boot_info.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "tests/unit/physical_memory.h"
#include "tests/unit/unit.h"

#define INFO 0x1000u    /* where the information structure stands */
#define STRINGS 0x8000u /* and what it points to */
#define TABLES 0x40000u

static struct boot_info info;
static uint32_t next_string;
static uint32_t next_tag;

static int clear_memory(void **state)
{
	(void)state;
	memset(physical_memory, 0, sizeof(physical_memory));
	memset(&info, 0xA5, sizeof(info));
	physical_size = sizeof(physical_memory);
	next_string = STRINGS;
	next_tag = INFO + 8;
	return 0;
}

static int release_memory(void **state)
{
	(void)state;
	physical_release();
	return 0;
}

static uint32_t put_string(const char *text)
{
	uint32_t address = next_string;

	physical_put(address, text, strlen(text) + 1);
	next_string += (uint32_t)strlen(text) + 1;
	return address;
}

/* A string of length characters, without its NUL. */
static uint32_t put_long_string(uint32_t length)
{
	uint32_t address = next_string;

	memset(physical_memory + address, 'x', length);
	physical_memory[address + length] = 0;
	next_string += length + 1;
	return address;
}

/* Multiboot 1 ------------------------------------------------------------- */

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
	assert_int_equal(info.module_count, 2);
	assert_int_equal(info.modules[0].start, 0x200000);
	assert_int_equal(info.modules[0].end, 0x201234);
	assert_string_equal(info.modules[0].words, "/guests/bzImage guest=web kernel");
	assert_null(info.modules[0].problem);
	assert_string_equal(info.modules[1].words, "");
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
	assert_string_equal(info.modules[0].words, "backwards");
	assert_int_equal(info.modules[0].start, info.modules[0].end);
	assert_null(info.modules[1].problem);
	assert_int_equal(strlen(info.modules[1].words), BOOT_MAX_STRING - 1);
	assert_non_null(strstr(info.modules[2].problem, "longer than 4095"));
	assert_string_equal(info.modules[2].words, "");
	assert_non_null(strstr(info.modules[3].problem, "outside memory"));
	assert_null(info.modules[4].problem);
	assert_string_equal(info.modules[4].words, "good");
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

/* Multiboot 2 ------------------------------------------------------------- */

/* Starts a tag; what is put behind its 8 bytes is up to the caller. */
static uint32_t put_tag(uint32_t type, uint32_t size)
{
	uint32_t tag = next_tag;

	physical_put32(tag, type);
	physical_put32(tag + 4, size);
	next_tag += (size + 7) & ~7u;
	physical_put32(INFO, next_tag - INFO);
	return tag;
}

static void put_string_tag(uint32_t type, const char *text)
{
	uint32_t tag = put_tag(type, 8 + (uint32_t)strlen(text) + 1);

	physical_put(tag + 8, text, strlen(text) + 1);
}

static void put_module2(uint32_t start, uint32_t end, const char *words)
{
	uint32_t tag = put_tag(3, 16 + (uint32_t)strlen(words) + 1);

	physical_put32(tag + 8, start);
	physical_put32(tag + 12, end);
	physical_put(tag + 16, words, strlen(words) + 1);
}

static void put_basic_memory(void)
{
	uint32_t tag = put_tag(4, 16);

	physical_put32(tag + 8, 640);
	physical_put32(tag + 12, 1024);
}

/* Two ranges with entries of entry_size bytes. */
static void put_map2(uint32_t entry_size)
{
	uint32_t tag = put_tag(6, 16 + 2 * entry_size);

	physical_put32(tag + 8, entry_size);
	physical_put64(tag + 16, 0x100000);
	physical_put64(tag + 24, 0x7F00000);
	physical_put32(tag + 32, 1);
	physical_put64(tag + 16 + entry_size, 0x8000000);
	physical_put64(tag + 24 + entry_size, 0x10000);
	physical_put32(tag + 32 + entry_size, 3);
}

static void multiboot2_everything(void **state)
{
	uint32_t tag;

	(void)state;
	put_string_tag(1, "console=com1 log=info");
	put_string_tag(2, "GRUB 2.06-13");
	put_basic_memory();
	put_module2(0x200000, 0x200800, "guest=web kernel mem=128M -- console=hvc0");
	put_map2(24);
	tag = put_tag(8, 38);
	physical_put64(tag + 8, 0xB8000);
	physical_put32(tag + 16, 160);
	physical_put32(tag + 20, 80);
	physical_put32(tag + 24, 25);
	physical_put8(tag + 28, 16);
	physical_put8(tag + 29, 2);
	tag = put_tag(15, 44);
	physical_put(tag + 8, "RSD PTR new", 11);
	tag = put_tag(14, 28);
	physical_put(tag + 8, "RSD PTR old", 11);
	put_tag(99, 21);
	put_tag(0, 8);
	put_module2(0, 1, "behind the end");

	assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
	assert_null(info.problem);
	assert_string_equal(info.command_line, "console=com1 log=info");
	assert_string_equal(info.loader, "GRUB 2.06-13");
	assert_int_equal(info.module_count, 1);
	assert_int_equal(info.modules[0].end, 0x200800);
	assert_string_equal(info.modules[0].words, "guest=web kernel mem=128M -- console=hvc0");
	assert_int_equal(info.range_count, 2);
	assert_int_equal(info.ranges[0].base, 0x100000);
	assert_true(info.ranges[0].usable);
	assert_false(info.ranges[1].usable);
	assert_true(info.has_framebuffer);
	assert_int_equal(info.framebuffer.type, 2);
	assert_int_equal(info.framebuffer.pitch, 160);
	assert_int_equal(info.rsdp_length, 36);
	assert_memory_equal(info.rsdp, "RSD PTR new", 11);
}

static uint32_t put_framebuffer2(uint32_t size)
{
	uint32_t tag = put_tag(8, size);

	physical_put64(tag + 8, 0x4000000000);
	physical_put32(tag + 16, 8192);
	physical_put32(tag + 20, 1920);
	physical_put32(tag + 24, 1080);
	physical_put8(tag + 28, 32);
	physical_put8(tag + 29, 1);
	return tag;
}

static void multiboot2_framebuffer(void **state)
{
	(void)state;
	physical_put(put_framebuffer2(38) + 32, "\x14\x0A\x0B\x09\x01\x07", 6);
	put_tag(0, 8);
	assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
	assert_null(info.problem);
	assert_int_equal(info.framebuffer.address, 0x4000000000);
	assert_int_equal(info.framebuffer.width, 1920);
	assert_int_equal(info.framebuffer.height, 1080);
	assert_int_equal(info.framebuffer.type, BOOT_SCREEN_COLOUR);
	assert_int_equal(info.framebuffer.red.position, 20);
	assert_int_equal(info.framebuffer.red.size, 10);
	assert_int_equal(info.framebuffer.green.position, 11);
	assert_int_equal(info.framebuffer.green.size, 9);
	assert_int_equal(info.framebuffer.blue.position, 1);
	assert_int_equal(info.framebuffer.blue.size, 7);
}

/* Colours that are not there are none, and the driver refuses a screen without. */
static void multiboot2_framebuffer_without_colours(void **state)
{
	(void)state;
	put_framebuffer2(37);
	put_tag(0, 8);
	assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
	assert_non_null(strstr(info.problem, "damaged"));
	assert_int_equal(info.framebuffer.red.size + info.framebuffer.blue.size, 0);
}

static void multiboot2_old_rsdp_and_wide_entries(void **state)
{
	(void)state;
	physical_put(put_tag(14, 28) + 8, "RSD PTR old", 11);
	put_map2(40);
	put_tag(0, 8);
	assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
	assert_int_equal(info.rsdp_length, 20);
	assert_memory_equal(info.rsdp, "RSD PTR old", 11);
	assert_int_equal(info.range_count, 2);
	assert_int_equal(info.ranges[1].base, 0x8000000);
}

static void multiboot2_without_map(void **state)
{
	(void)state;
	put_basic_memory();
	put_tag(0, 8);
	assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
	assert_int_equal(info.range_count, 2);
	assert_int_equal(info.ranges[1].length, 1024 * 1024);
}

static void multiboot2_bad_sizes(void **state)
{
	static const uint32_t sizes[] = { 0, 7, BOOT_MAX_MULTIBOOT2 + 1, UINT32_MAX };
	uint32_t tag;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		physical_put32(INFO, sizes[i]);
		assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), -E_INVAL);
	}

	/* A tag of size 0 must not be read for ever, one that leaves the list not be read at all. */
	put_string_tag(1, "first");
	tag = put_tag(2, 16);
	for (uint32_t size = 0; size < 8; size++) {
		physical_put32(tag + 4, size);
		assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
		assert_string_equal(info.command_line, "first");
		assert_non_null(strstr(info.problem, "damaged"));
	}
	physical_put32(tag + 4, 17);
	assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
	assert_non_null(strstr(info.problem, "damaged"));
}

static void multiboot2_short_tags(void **state)
{
	static const uint32_t types[] = { 3, 6, 8, 14, 15 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		clear_memory(NULL);
		put_tag(types[i], 12);
		put_tag(0, 8);
		assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
		assert_non_null(strstr(info.problem, "damaged"));
		assert_int_equal(info.module_count + info.range_count + info.rsdp_length, 0);
		assert_false(info.has_framebuffer);
	}
}

static void multiboot2_unended_strings(void **state)
{
	uint32_t tag;

	(void)state;
	tag = put_tag(3, 20);
	physical_put(tag + 16, "wordsbehind", 11);
	put_tag(1, 8);
	put_tag(0, 8);
	assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
	assert_non_null(strstr(info.modules[0].problem, "do not end"));
	assert_string_equal(info.modules[0].words, "");
	assert_non_null(strstr(info.problem, "do not end"));
	assert_string_equal(info.command_line, "");
}

static void multiboot2_bad_map(void **state)
{
	(void)state;
	put_map2(16);
	put_tag(0, 8);
	assert_int_equal(boot_info_parse_multiboot2(&info, INFO, physical_map), 0);
	assert_int_equal(info.range_count, 0);
	assert_non_null(strstr(info.problem, "memory map"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, clear_memory, release_memory)

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
		TEST(multiboot2_everything),
		TEST(multiboot2_framebuffer),
		TEST(multiboot2_framebuffer_without_colours),
		TEST(multiboot2_old_rsdp_and_wide_entries),
		TEST(multiboot2_without_map),
		TEST(multiboot2_bad_sizes),
		TEST(multiboot2_short_tags),
		TEST(multiboot2_unended_strings),
		TEST(multiboot2_bad_map),
	};

	return cmocka_run_group_tests_name("boot_info", tests, NULL, NULL);
}
