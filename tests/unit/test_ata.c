// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/block/ata.c: what disks say of themselves, and what they are told. */
#include "drivers/block/ata.h"
#include "tests/unit/unit.h"

#include <string.h>

static uint16_t words[ATA_IDENTIFY_WORDS];
static struct ata_identity identity;

/* A disk of today, of which each test changes something. */
static int setup(void **state)
{
	(void)state;
	memset(words, 0, sizeof(words));
	for (unsigned i = 27; i < 47; i++)
		words[i] = ' ' << 8 | ' ';
	words[27] = 'U' << 8 | 'M';
	words[28] = 'B' << 8 | '"';
	words[29] = 'R' << 8 | 'A';
	words[49] = 0x0300;
	words[60] = 0xFFFF;
	words[61] = 0x0FFF;
	words[82] = 0x0020;
	words[83] = 0x4000 | 0x0400 | 0x1000 | 0x2000;
	words[100] = 0x5678;
	words[101] = 0x1234;
	words[102] = 0x0001;
	return 0;
}

static void of_today(void **state)
{
	(void)state;
	assert_null(ata_parse_identity(words, &identity));
	assert_string_equal(identity.model, "UMB RA");
	assert_true(identity.sectors == 0x112345678);
	assert_true(identity.lba48 && identity.can_flush && identity.flush_ext);
	assert_int_equal(ata_bytes_max(&identity), 65536 * 512);
}

static void model_that_fills_its_place(void **state)
{
	(void)state;
	for (unsigned i = 27; i < 47; i++)
		words[i] = 'x' << 8 | 0x80;
	assert_null(ata_parse_identity(words, &identity));
	assert_int_equal(strlen(identity.model), 39);
}

static void old(void **state)
{
	(void)state;
	words[83] = 0;
	assert_null(ata_parse_identity(words, &identity));
	assert_true(identity.sectors == 0x0FFFFFFF);
	assert_false(identity.lba48);
	assert_true(identity.can_flush);
	assert_int_equal(ata_bytes_max(&identity), 256 * 512);
	words[82] = 0;
	assert_null(ata_parse_identity(words, &identity));
	assert_false(identity.can_flush);
	/* All ones is no valid word. */
	words[83] = 0xFFFF;
	assert_null(ata_parse_identity(words, &identity));
	assert_false(identity.lba48 || identity.can_flush);
}

static void not_for_us(void **state)
{
	(void)state;
	words[0] = 0x8580;
	assert_string_equal(ata_parse_identity(words, &identity), "it is not a disk");
	words[0] = 0;
	words[49] = 0x0200;
	assert_non_null(strstr(ata_parse_identity(words, &identity), "DMA"));
	words[49] = 0x0300;
	words[106] = 0x5000;
	words[117] = 1024;
	assert_non_null(strstr(ata_parse_identity(words, &identity), "neither 512 nor 4096"));
	words[117] = 2048;
	words[118] = 1;
	assert_non_null(strstr(ata_parse_identity(words, &identity), "neither 512 nor 4096"));
	words[118] = 0;
	words[117] = 256;
	assert_null(ata_parse_identity(words, &identity));
	words[106] = 0x6003;	/* 4096 on the medium, 512 outside */
	words[117] = 2048;
	assert_null(ata_parse_identity(words, &identity));
	memset(words + 60, 0, 4);
	memset(words + 100, 0, 8);
	assert_string_equal(ata_parse_identity(words, &identity), "it has no sectors");
}

static void more_sectors_than_can_be_named(void **state)
{
	(void)state;
	words[103] = 0xFFFF;
	assert_null(ata_parse_identity(words, &identity));
	assert_true(identity.sectors == 1ull << 48);
	words[83] = 0;
	words[61] = 0xFFFF;
	assert_null(ata_parse_identity(words, &identity));
	assert_true(identity.sectors == 1u << 28);
}

static void large_blocks(void **state)
{
	(void)state;
	words[106] = 0x5000;
	words[117] = 2048;
	assert_null(ata_parse_identity(words, &identity));
	assert_int_equal(identity.block_size, 4096);
	assert_true(identity.sectors == 0x112345678 * 8);
	assert_int_equal(ata_bytes_max(&identity), 65536 * 4096);
	words[103] = 0xFFFF;
	assert_null(ata_parse_identity(words, &identity));
	assert_true(identity.sectors == 1ull << 51);
	words[83] = 0;
	assert_null(ata_parse_identity(words, &identity));
	assert_true(identity.sectors == 0x0FFFFFFFull * 8);
	assert_int_equal(ata_bytes_max(&identity), 256 * 4096);
}

static struct ata_registers command(enum block_operation operation, uint64_t sector,
				    uint32_t sectors)
{
	struct disk_command asked = {
		.operation = operation, .sector = sector, .length = sectors * 512,
	};
	struct ata_registers registers;

	assert_true(ata_make_command(&identity, &asked, &registers));
	return registers;
}

static void assert_command(struct ata_registers registers, uint8_t code, uint8_t device,
			   uint64_t sector, uint16_t count)
{
	assert_int_equal(registers.command, code);
	assert_int_equal(registers.device, device);
	assert_true(registers.lba == sector);
	assert_int_equal(registers.count, count);
	assert_int_equal(registers.lba48, identity.lba48);
}

static void commands(void **state)
{
	struct disk_command flush = { .operation = BLOCK_FLUSH };
	struct ata_registers registers;

	(void)state;
	identity = (struct ata_identity){
		.block_size = 512, .lba48 = true, .can_flush = true, .flush_ext = true,
	};
	assert_command(command(BLOCK_READ, 0x123456789ABC, 8), 0x25, 0x40, 0x123456789ABC, 8);
	assert_command(command(BLOCK_WRITE, 1, 65536), 0x35, 0x40, 1, 0);
	assert_command(command(BLOCK_FLUSH, 0, 0), 0xEA, 0x40, 0, 0);
	identity = (struct ata_identity){ .block_size = 512, .can_flush = true };
	assert_command(command(BLOCK_READ, 0xABCDEF1, 255), 0xC8, 0x4A, 0xABCDEF1, 255);
	assert_command(command(BLOCK_WRITE, 7, 256), 0xCA, 0x40, 7, 0);
	assert_command(command(BLOCK_FLUSH, 0, 0), 0xE7, 0x40, 0, 0);
	identity.can_flush = false;
	assert_false(ata_make_command(&identity, &flush, &registers));
	/* Blocks are counted, not sectors. */
	identity = (struct ata_identity){ .block_size = 4096, .lba48 = true };
	assert_command(command(BLOCK_READ, 0x123456789ABC * 8, 16), 0x25, 0x40, 0x123456789ABC, 2);
	assert_command(command(BLOCK_WRITE, 8, 65536 * 8), 0x35, 0x40, 1, 0);
	identity.lba48 = false;
	assert_command(command(BLOCK_READ, 0xABCDEF1 * 8, 8), 0xC8, 0x4A, 0xABCDEF1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(of_today, setup),
		cmocka_unit_test_setup(model_that_fills_its_place, setup),
		cmocka_unit_test_setup(old, setup),
		cmocka_unit_test_setup(not_for_us, setup),
		cmocka_unit_test_setup(more_sectors_than_can_be_named, setup),
		cmocka_unit_test_setup(large_blocks, setup),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
