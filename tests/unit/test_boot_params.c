// SPDX-License-Identifier: GPL-2.0-only
/* Tests of hv/load/boot_params.c: each byte of the page is either named here or zero. */
#include "hv/load/boot_params.h"
#include "lib/bytes.h"
#include "tests/unit/unit.h"

#include <string.h>

#define HEADER 0x1F1
#define HEADER_BYTES (0x268 - HEADER)
#define MEM (128u << 20)

static uint8_t page[BOOT_PARAMS_BYTES];
static uint8_t file[1024];

static const struct image bzimage = {
	.kind = IMAGE_BZIMAGE,
	.entry = 0x100000,
	.kernel_alignment = 0x1000000,
	.protocol = 0x020C,
	.setup_header_bytes = HEADER_BYTES,
};

static const struct image elf = {
	.kind = IMAGE_ELF,
	.entry = 0x1000000,
	.kernel_alignment = IMAGE_DEFAULT_ALIGNMENT,
};

static void build(const struct image *image, uint32_t initrd, uint32_t initrd_bytes)
{
	const struct boot_facts facts = {
		.mem_bytes = MEM, .initrd = gpa_make(initrd), .initrd_bytes = initrd_bytes,
	};

	memset(page, 0xEE, sizeof(page));
	memset(file, 0x5A, sizeof(file));
	store_le16(file + 0x206, 0x020C);
	boot_params_build(page, image, file, &facts);
}

static void assert_common(void)
{
	assert_int_equal(page[0x1E8], 1);
	assert_int_equal(page[0x1EF], 0);
	assert_memory_equal(page + 0x202, "HdrS", 4);
	assert_int_equal(page[0x210], 0xFF);
	assert_int_equal(page[0x211] & 0x40, 0x40);
	assert_int_equal(load_le32(page + 0x228), 0x1000);
	assert_int_equal(load_le32(page + 0x23C), 1);
	assert_true(load_le64(page + 0x240) == 0);
	assert_true(load_le64(page + 0x250) == 0);
	assert_true(load_le64(page + 0x2D0) == 0);
	assert_true(load_le64(page + 0x2D8) == MEM);
	assert_int_equal(load_le32(page + 0x2E0), 1);
}

static void assert_zero(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		assert_int_equal(page[i], 0);
}

static void test_bzimage(void **state)
{
	(void)state;
	build(&bzimage, MEM - 0x3000, 0x2345);
	assert_common();
	assert_int_equal(load_le16(page + 0x206), 0x020C);
	assert_int_equal(load_le32(page + 0x214), 0x100000);
	assert_int_equal(load_le32(page + 0x218), MEM - 0x3000);
	assert_int_equal(load_le32(page + 0x21C), 0x3000);
	assert_int_equal(load_le32(page + 0x230), 0x1000000);
	/* What no loader owns is the image's own: setup_sects, relocatable_kernel, init_size. */
	assert_int_equal(page[0x1F1], 0x5A);
	assert_int_equal(page[0x234], 0x5A);
	assert_int_equal(load_le32(page + 0x260), 0x5A5A5A5A);
	assert_int_equal(page[0x267], 0x5A);
	assert_zero(0, 0x1E8);
	assert_zero(0x1E9, HEADER);
	assert_zero(0x268, 0x2D0);
	assert_zero(0x2E4, BOOT_PARAMS_BYTES);
}

static void test_elf(void **state)
{
	(void)state;
	build(&elf, 0, 0);
	assert_common();
	assert_true(load_le16(page + 0x206) >= 0x0207);
	assert_int_equal(load_le32(page + 0x214), 0x1000000);
	assert_int_equal(load_le32(page + 0x230), 0x1000000);
	assert_zero(0, 0x1E8);
	assert_zero(0x1E9, 0x202);
	assert_zero(0x254, 0x2D0);
	assert_zero(0x2E4, BOOT_PARAMS_BYTES);
}

static void test_without_initrd(void **state)
{
	(void)state;
	build(&bzimage, 0x1234000, 0);
	assert_common();
	assert_int_equal(load_le32(page + 0x218), 0);
	assert_int_equal(load_le32(page + 0x21C), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bzimage),
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_without_initrd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
