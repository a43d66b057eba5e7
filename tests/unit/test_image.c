// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of hv/load/image_parse.c and hv/load/image_elf.c on files made here, byte by byte, so
 * that each test can break one field of a good one.
 */
#include "hv/load/image.h"
#include "hv/load/setup_header.h"
#include "lib/bytes.h"
#include "lib/error.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define MB (1u << 20)
#define MEM (64 * MB)

/* A bzImage of two sectors of setup and 4096 bytes of code. */
#define BZ_START 1024u
#define BZ_BYTES (BZ_START + 4096u)

/* An ELF with two program headers, 0x100 and 0x80 bytes of code and data, symbols. */
#define ELF_BYTES 0x400u
#define ELF_TEXT 0x100u
#define ELF_SECTIONS 0x280u
#define ELF_SYMBOLS 0x300u
#define ELF_NAMES 0x340u

static uint8_t file[8192];
static struct image image;
static char cause[IMAGE_CAUSE_SIZE];

static void make_bzimage(void)
{
	memset(file, 0, sizeof(file));
	file[SETUP_HEADER] = 1;
	store_le32(file + SETUP_SYSSIZE, 4096 / 16);
	file[SETUP_JUMP_OFFSET] = 0x66;
	store_le32(file + SETUP_MAGIC, SETUP_MAGIC_HDRS);
	store_le16(file + SETUP_VERSION, 0x020C);
	file[SETUP_LOADFLAGS] = SETUP_LOADED_HIGH;
	store_le32(file + SETUP_CODE32_START, 0x100000);
	store_le32(file + SETUP_KERNEL_ALIGNMENT, 0x200000);
	file[SETUP_RELOCATABLE] = 1;
	store_le64(file + SETUP_PREF_ADDRESS, 0x1000000);
	store_le32(file + SETUP_INIT_SIZE, 6 * MB);
}

static uint8_t *program_header(unsigned int index)
{
	return file + 0x34 + 0x20 * index;
}

static void make_segment(unsigned int index, uint32_t offset, uint32_t address,
			 uint32_t file_bytes, uint32_t memory_bytes)
{
	uint8_t *header = program_header(index);

	store_le32(header, 1);
	store_le32(header + 0x04, offset);
	store_le32(header + 0x08, address + 0xC0000000);
	store_le32(header + 0x0C, address);
	store_le32(header + 0x10, file_bytes);
	store_le32(header + 0x14, memory_bytes);
}

static void make_elf(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF\1\1\1", 7);
	store_le16(file + 0x10, 2);
	store_le16(file + 0x12, 3);
	store_le32(file + 0x18, 0x1000010);
	store_le32(file + 0x1C, 0x34);
	store_le32(file + 0x20, ELF_SECTIONS);
	store_le16(file + 0x2A, 0x20);
	store_le16(file + 0x2C, 2);
	store_le16(file + 0x2E, 0x28);
	store_le16(file + 0x30, 3);
	make_segment(0, ELF_TEXT, 0x1000000, 0x100, 0x100);
	make_segment(1, ELF_TEXT + 0x100, 0x1200000, 0x80, 0x3000);
	/* Section 1: two symbols, whose names are in section 2. */
	store_le32(file + ELF_SECTIONS + 0x28 + 0x04, 2);
	store_le32(file + ELF_SECTIONS + 0x28 + 0x10, ELF_SYMBOLS);
	store_le32(file + ELF_SECTIONS + 0x28 + 0x14, 0x20);
	store_le32(file + ELF_SECTIONS + 0x28 + 0x18, 2);
	store_le32(file + ELF_SECTIONS + 0x50 + 0x04, 3);
	store_le32(file + ELF_SECTIONS + 0x50 + 0x10, ELF_NAMES);
	store_le32(file + ELF_SECTIONS + 0x50 + 0x14, 32);
	memcpy(file + ELF_NAMES, "\0start\0lguest_entry", 20);
	store_le32(file + ELF_SYMBOLS, 1);
	store_le32(file + ELF_SYMBOLS + 0x10, 7);
}

/* Parses a copy of exactly that size, so that the sanitizer sees every read beyond it. */
static int parse_sized(size_t size, uint32_t mem_bytes)
{
	uint8_t *copy = malloc(size);
	int error;

	assert_non_null(copy);
	memcpy(copy, file, size);
	strcpy(cause, "");
	error = image_parse(copy, size, mem_bytes, &image, cause);
	free(copy);
	return error;
}

static void assert_refused(int result, int error, const char *text)
{
	assert_int_equal(result, -error);
	if (strstr(cause, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", cause, text);
}

static void test_bzimage(void **state)
{
	(void)state;
	make_bzimage();
	assert_int_equal(parse_sized(BZ_BYTES, MEM), 0);
	assert_int_equal(image.kind, IMAGE_BZIMAGE);
	assert_int_equal(gpa_value(image.entry), 0x100000);
	assert_int_equal(image.kernel_alignment, 0x200000);
	assert_int_equal(image.protocol, 0x020C);
	assert_int_equal(image.setup_header_bytes, 0x202 + 0x66 - 0x1F1);
	assert_int_equal(image.memory_end, 8 * MB);
	assert_int_equal(image.segment_count, 1);
	assert_int_equal(image.segments[0].offset, BZ_START);
	assert_int_equal(image.segments[0].file_bytes, 4096);
	assert_int_equal(gpa_value(image.segments[0].address), 0x100000);
	assert_int_equal(image.segments[0].memory_bytes, 4096);
}

static void test_bzimage_fields(void **state)
{
	(void)state;
	make_bzimage();
	/* setup_sects 0 means 4. */
	file[SETUP_HEADER] = 0;
	store_le32(file + SETUP_SYSSIZE, 100);
	assert_int_equal(parse_sized(5 * 512 + 1600, MEM), 0);
	assert_int_equal(image.segments[0].offset, 5 * 512);
	make_bzimage();
	store_le32(file + SETUP_KERNEL_ALIGNMENT, 0);
	assert_int_equal(parse_sized(BZ_BYTES, MEM), 0);
	assert_int_equal(image.kernel_alignment, IMAGE_DEFAULT_ALIGNMENT);
	store_le32(file + SETUP_KERNEL_ALIGNMENT, 0x300000);
	assert_int_equal(parse_sized(BZ_BYTES, MEM), 0);
	assert_int_equal(image.kernel_alignment, IMAGE_DEFAULT_ALIGNMENT);
	/* A header that claims to reach into the rest of boot_params. */
	file[SETUP_JUMP_OFFSET] = 0xFF;
	assert_int_equal(parse_sized(BZ_BYTES, MEM), 0);
	assert_int_equal(image.setup_header_bytes, 0x290 - 0x1F1);
	/* Not relocatable: unpacked at its preferred address. */
	file[SETUP_RELOCATABLE] = 0;
	assert_int_equal(parse_sized(BZ_BYTES, MEM), 0);
	assert_int_equal(image.memory_end, 22 * MB);
	/* Before 2.10 there is no init_size. */
	store_le16(file + SETUP_VERSION, 0x0207);
	assert_int_equal(parse_sized(BZ_BYTES, MEM), 0);
	assert_int_equal(image.memory_end, 0x101000);
}

static void test_bzimage_unsupported(void **state)
{
	(void)state;
	make_bzimage();
	store_le16(file + SETUP_VERSION, 0x0206);
	assert_refused(parse_sized(BZ_BYTES, MEM), E_UNSUPPORTED, "2.06 is older than 2.07");
	make_bzimage();
	file[SETUP_LOADFLAGS] = 0;
	assert_refused(parse_sized(BZ_BYTES, MEM), E_UNSUPPORTED, "zImage, not a bzImage");
}

static void test_bzimage_truncated(void **state)
{
	(void)state;
	make_bzimage();
	/* The last 16 bytes need not be whole. */
	assert_int_equal(parse_sized(BZ_BYTES - 15, MEM), 0);
	assert_refused(parse_sized(BZ_BYTES - 16, MEM), E_TRUNCATED,
		       "truncated: 5104 bytes of 5120");
	for (size_t size = 0; size < BZ_BYTES - 15; size += 7)
		assert_true(parse_sized(size, MEM) < 0);
	store_le32(file + SETUP_SYSSIZE, UINT32_MAX);
	assert_refused(parse_sized(BZ_BYTES, MEM), E_TRUNCATED, "of 68719477744");
	store_le32(file + SETUP_SYSSIZE, 0);
	assert_refused(parse_sized(BZ_BYTES, MEM), E_INVAL, "no code");
}

static void test_bzimage_entry(void **state)
{
	(void)state;
	make_bzimage();
	store_le32(file + SETUP_CODE32_START, 0x100FFF);
	assert_int_equal(parse_sized(BZ_BYTES, MEM), 0);
	store_le32(file + SETUP_CODE32_START, 0x101000);
	assert_refused(parse_sized(BZ_BYTES, MEM), E_INVAL, "entry 0x101000");
	store_le32(file + SETUP_CODE32_START, 0xFFFFF);
	assert_refused(parse_sized(BZ_BYTES, MEM), E_INVAL, "entry 0xfffff");
}

static void test_bzimage_memory(void **state)
{
	(void)state;
	make_bzimage();
	assert_int_equal(parse_sized(BZ_BYTES, 8 * MB), 0);
	assert_refused(parse_sized(BZ_BYTES, 8 * MB - 4096), E_NOSPC, "needs 8 MB");
	store_le32(file + SETUP_INIT_SIZE, UINT32_MAX);
	assert_refused(parse_sized(BZ_BYTES, 3u << 30), E_NOSPC, "needs 4098 MB");
	store_le32(file + SETUP_INIT_SIZE, 0);
	assert_refused(parse_sized(BZ_BYTES, MB), E_NOSPC, "needs 2 MB");
	file[SETUP_RELOCATABLE] = 0;
	store_le64(file + SETUP_PREF_ADDRESS, UINT64_MAX);
	assert_refused(parse_sized(BZ_BYTES, MEM), E_NOSPC, "needs 4096 MB");
}

static void test_not_a_kernel(void **state)
{
	(void)state;
	memset(file, 0, sizeof(file));
	assert_refused(parse_sized(4096, MEM), E_UNSUPPORTED, "not a kernel");
	assert_refused(parse_sized(0, MEM), E_UNSUPPORTED, "not a kernel");
	assert_refused(parse_sized(1, MEM), E_UNSUPPORTED, "not a kernel");
	file[0] = 0x1F;
	file[1] = 0x8B;
	assert_refused(parse_sized(4096, MEM), E_UNSUPPORTED, "gzip");
}

static void test_elf(void **state)
{
	(void)state;
	make_elf();
	assert_int_equal(parse_sized(ELF_BYTES, MEM), 0);
	assert_int_equal(image.kind, IMAGE_ELF);
	assert_int_equal(gpa_value(image.entry), 0x1000010);
	assert_int_equal(image.kernel_alignment, IMAGE_DEFAULT_ALIGNMENT);
	assert_int_equal(image.protocol, 0);
	assert_int_equal(image.setup_header_bytes, 0);
	assert_int_equal(image.memory_end, 0x1203000);
	assert_int_equal(image.segment_count, 2);
	assert_int_equal(image.segments[1].offset, ELF_TEXT + 0x100);
	assert_int_equal(image.segments[1].file_bytes, 0x80);
	assert_int_equal(gpa_value(image.segments[1].address), 0x1200000);
	assert_int_equal(image.segments[1].memory_bytes, 0x3000);
	/* Other kinds of segment, and empty ones, are not loaded. */
	store_le32(program_header(1), 4);
	assert_int_equal(parse_sized(ELF_BYTES, MEM), 0);
	assert_int_equal(image.segment_count, 1);
	make_segment(1, 0xFFFFFFFF, 0, 0, 0);
	assert_int_equal(parse_sized(ELF_BYTES, MEM), 0);
	assert_int_equal(image.segment_count, 1);
}

static void test_elf_unsupported(void **state)
{
	(void)state;
	make_elf();
	file[4] = 2;
	assert_refused(parse_sized(ELF_BYTES, MEM), E_UNSUPPORTED, "64-bit ELF");
	assert_refused(parse_sized(5, MEM), E_UNSUPPORTED, "64-bit ELF");
	make_elf();
	file[5] = 2;
	assert_refused(parse_sized(ELF_BYTES, MEM), E_UNSUPPORTED, "not for the 386");
	make_elf();
	store_le16(file + 0x12, 40);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_UNSUPPORTED, "not for the 386");
	make_elf();
	store_le16(file + 0x10, 3);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_UNSUPPORTED, "not an executable");
}

static void test_elf_headers(void **state)
{
	(void)state;
	make_elf();
	assert_refused(parse_sized(0x33, MEM), E_TRUNCATED, "truncated in its header");
	assert_refused(parse_sized(0x73, MEM), E_TRUNCATED, "truncated in its headers");
	store_le16(file + 0x2A, 0x1F);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_INVAL, "no usable program headers");
	make_elf();
	store_le32(file + 0x1C, 0xFFFFFFF0);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_TRUNCATED, "truncated in its headers");
	make_elf();
	store_le16(file + 0x2C, 0);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_INVAL, "nothing to load");
	for (size_t size = 0; size < ELF_TEXT + 0x180; size++)
		assert_true(parse_sized(size, MEM) < 0);
}

static void test_elf_segments(void **state)
{
	(void)state;
	make_elf();
	make_segment(1, ELF_TEXT, 0x1200000, 0x81, 0x80);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_INVAL, "more bytes in the file");
	make_segment(1, ELF_BYTES - 0x7F, 0x1200000, 0x80, 0x80);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_TRUNCATED, "truncated in a segment");
	make_segment(1, 0xFFFFFFFF, 0x1200000, 0x80, 0x80);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_TRUNCATED, "truncated in a segment");
	make_segment(1, ELF_TEXT, 0x1FFF, 0x80, 0x80);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_INVAL, "below 0x2000");
	make_segment(1, ELF_TEXT, MEM - 0x80, 0x80, 0x80);
	assert_int_equal(parse_sized(ELF_BYTES, MEM), 0);
	assert_int_equal(image.memory_end, MEM);
	make_segment(1, ELF_TEXT, MEM - 0x80, 0x80, 0x81);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_NOSPC, "guest's 64 MB");
	make_segment(1, ELF_TEXT, 0xFFFFF000, 0x80, 0x2000);
	assert_refused(parse_sized(ELF_BYTES, 3u << 30), E_NOSPC, "0x2000 bytes at 0xfffff000");
}

static void test_elf_many_segments(void **state)
{
	(void)state;
	make_elf();
	store_le32(file + 0x1C, 0x400);
	memset(file + 0x34, 0, 0x40);
	for (unsigned int i = 0; i <= IMAGE_SEGMENTS_MAX; i++) {
		uint8_t *header = file + 0x400 + 0x20 * i;

		store_le32(header, 1);
		store_le32(header + 0x0C, 0x1000000);
		store_le32(header + 0x14, 0x1000);
	}
	store_le16(file + 0x2C, IMAGE_SEGMENTS_MAX);
	assert_int_equal(parse_sized(sizeof(file), MEM), 0);
	store_le16(file + 0x2C, IMAGE_SEGMENTS_MAX + 1);
	assert_refused(parse_sized(sizeof(file), MEM), E_UNSUPPORTED, "more than 16 segments");
}

static void test_elf_entry(void **state)
{
	(void)state;
	make_elf();
	store_le32(file + 0x18, 0x10000FF);
	assert_int_equal(parse_sized(ELF_BYTES, MEM), 0);
	store_le32(file + 0x18, 0x1000100);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_INVAL, "entry 0x1000100");
	/* The virtual address is not what counts. */
	store_le32(file + 0x18, 0xC1000010);
	assert_refused(parse_sized(ELF_BYTES, MEM), E_INVAL, "not a physical address");
}

static void test_initrd(void **state)
{
	gpa_t address;

	(void)state;
	make_bzimage();
	assert_int_equal(parse_sized(BZ_BYTES, MEM), 0);
	assert_int_equal(image_place_initrd(&image, MEM, 0x1001, &address, cause), 0);
	assert_int_equal(gpa_value(address), MEM - 0x2000);
	assert_int_equal(image_place_initrd(&image, MEM, 56 * MB, &address, cause), 0);
	assert_int_equal(gpa_value(address), 8 * MB);
	assert_refused(image_place_initrd(&image, MEM, 56 * MB + 1, &address, cause), E_NOSPC,
		       "initrd of 57 MB does not fit, the kernel leaves 56 MB of 64 MB");
	assert_refused(image_place_initrd(&image, MEM, UINT32_MAX, &address, cause), E_NOSPC,
		       "does not fit");
	assert_refused(image_place_initrd(&image, MEM, SIZE_MAX, &address, cause), E_NOSPC,
		       "does not fit");
}

static enum image_answer ask_sized(size_t size)
{
	uint8_t *copy = malloc(size);
	enum image_answer answer;

	assert_non_null(copy);
	memcpy(copy, file, size);
	answer = image_has_lguest(copy, size, &image);
	free(copy);
	return answer;
}

static void test_lguest_symbols(void **state)
{
	(void)state;
	make_elf();
	assert_int_equal(parse_sized(ELF_BYTES, MEM), 0);
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_YES);
	file[ELF_NAMES + 9] = 'x';
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_NO);
	/* Symbols outweigh strings. */
	memcpy(file + ELF_TEXT, "lguest", 6);
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_NO);
	/* A name that runs out of the table is no name. */
	make_elf();
	store_le32(file + ELF_SECTIONS + 0x50 + 0x14, 19);
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_NO);
	store_le32(file + ELF_SYMBOLS + 0x10, 0xFFFFFFFF);
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_NO);
}

static void test_lguest_strings(void **state)
{
	(void)state;
	make_elf();
	assert_int_equal(parse_sized(ELF_BYTES, MEM), 0);
	/* Stripped, or with tables that lie outside the file. */
	store_le16(file + 0x30, 0);
	memset(file + ELF_NAMES, 0, 32);
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_NO);
	memcpy(file + ELF_BYTES - 6, "LGUEST", 6);
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_YES);
	assert_int_equal(ask_sized(ELF_BYTES - 1), IMAGE_NO);
	store_le32(file + 0x20, 0xFFFFFFFF);
	store_le16(file + 0x30, 0xFFFF);
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_YES);
	make_elf();
	store_le32(file + ELF_SECTIONS + 0x28 + 0x10, ELF_BYTES - 0x1F);
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_YES);
	store_le32(file + ELF_SECTIONS + 0x28 + 0x18, 3);
	assert_int_equal(ask_sized(ELF_BYTES), IMAGE_YES);
}

static void test_lguest_bzimage(void **state)
{
	(void)state;
	make_bzimage();
	assert_int_equal(parse_sized(BZ_BYTES, MEM), 0);
	assert_int_equal(ask_sized(BZ_BYTES), IMAGE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bzimage),
		cmocka_unit_test(test_bzimage_fields),
		cmocka_unit_test(test_bzimage_unsupported),
		cmocka_unit_test(test_bzimage_truncated),
		cmocka_unit_test(test_bzimage_entry),
		cmocka_unit_test(test_bzimage_memory),
		cmocka_unit_test(test_not_a_kernel),
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_elf_unsupported),
		cmocka_unit_test(test_elf_headers),
		cmocka_unit_test(test_elf_segments),
		cmocka_unit_test(test_elf_many_segments),
		cmocka_unit_test(test_elf_entry),
		cmocka_unit_test(test_initrd),
		cmocka_unit_test(test_lguest_symbols),
		cmocka_unit_test(test_lguest_strings),
		cmocka_unit_test(test_lguest_bzimage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
