// SPDX-License-Identifier: GPL-2.0-only
/* Boot information by multiboot 2, good and damaged. */
#include "tests/unit/boot_info_fixture.h"

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
	assert_false(info.has_file_name);
	assert_int_equal(info.module_count, 1);
	assert_int_equal(info.modules[0].end, 0x200800);
	assert_string_equal(info.modules[0].line, "guest=web kernel mem=128M -- console=hvc0");
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

	/* A tag of size 0 must not loop; one that leaves the list must not be read at all. */
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
	assert_string_equal(info.modules[0].line, "");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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

	return cmocka_run_group_tests_name("multiboot2", tests, NULL, NULL);
}
