// SPDX-License-Identifier: GPL-2.0-only
/* Tests of partition tables, and of the block device that is a range of another. */
#include "drivers/block/partition.h"
#include "lib/compiler.h"
#include "tests/unit/partition_fixture.h"
#include "tests/unit/unit.h"

static struct partition_table table;

static int setup(void **state)
{
	(void)state;
	memset(fake_disk, 0, sizeof(fake_disk));
	fake_bad = UINT64_MAX;
	fake_reads = 0;
	return 0;
}

static void read_table(uint64_t sectors)
{
	assert_int_equal(partition_table_read(&table, sectors, 512, fake_read, NULL), 0);
}

static void assert_entry(unsigned index, unsigned number, uint64_t first, uint64_t sectors)
{
	assert_true(index < table.count);
	assert_int_equal(table.list[index].number, number);
	assert_true(table.list[index].first == first);
	assert_true(table.list[index].sectors == sectors);
}

/* --- MBR ------------------------------------------------------------------------- */

static void no_table(void **state)
{
	(void)state;
	read_table(FAKE_SECTORS);
	assert_int_equal(table.kind, PARTITION_TABLE_NONE);
	assert_int_equal(table.count, 0);
	read_table(0);
	assert_null(table.warning);
}

static void boot_sector_without_table(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x83, 100, 200);
	fake_disk[0][446 + 16] = 0x74;
	read_table(FAKE_SECTORS);
	assert_int_equal(table.kind, PARTITION_TABLE_NONE);
}

static void primary(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x83, 100, 200);
	put_mbr(0, 3, 0x07, 300, FAKE_SECTORS - 300);
	fake_disk[0][446] = 0x80;
	read_table(FAKE_SECTORS);
	assert_int_equal(table.kind, PARTITION_TABLE_MBR);
	assert_int_equal(table.count, 2);
	assert_entry(0, 1, 100, 200);
	assert_entry(1, 4, 300, FAKE_SECTORS - 300);
	assert_null(table.warning);
}

static void outside_the_disk(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x83, 100, FAKE_SECTORS - 99);
	put_mbr(0, 1, 0x83, 0xFFFFFFFF, 0xFFFFFFFF);
	put_mbr(0, 2, 0x83, 100, 0);
	put_mbr(0, 3, 0x83, 100, 1);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 2);
	assert_entry(0, 1, 100, FAKE_SECTORS - 100);
	assert_entry(1, 4, 100, 1);
	assert_non_null(table.warning);
	assert_int_equal(table.warning_number, 1);
}

static void logical(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x83, 1, 99);
	put_mbr(0, 1, 0x0F, 1000, 1000);
	put_mbr(1000, 0, 0x83, 1, 99);
	put_mbr(1000, 1, 0x05, 100, 200);
	put_mbr(1100, 0, 0x82, 2, 98);
	put_mbr(1100, 1, 0x05, 300, 200);
	put_mbr(1300, 0, 0x83, 1, 10);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 4);
	assert_entry(0, 1, 1, 99);
	assert_entry(1, 5, 1001, 99);
	assert_entry(2, 6, 1102, 98);
	assert_entry(3, 7, 1301, 10);
	assert_null(table.warning);
}

static void logical_in_a_circle(void **state)
{
	(void)state;
	put_mbr(0, 1, 0x05, 1000, 1000);
	put_mbr(1000, 0, 0x83, 1, 9);
	put_mbr(1000, 1, 0x05, 50, 100);
	put_mbr(1050, 0, 0x83, 1, 9);
	put_mbr(1050, 1, 0x05, 50, 100);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 2);
	assert_non_null(table.warning);
}

/* Links in any order, as fdisk leaves them: numbers follow the chain. */
static void logical_out_of_order(void **state)
{
	(void)state;
	put_mbr(0, 1, 0x05, 1000, 1000);
	put_mbr(1000, 0, 0x83, 1, 9);
	put_mbr(1000, 1, 0x05, 500, 10);
	put_mbr(1500, 0, 0x83, 1, 9);
	put_mbr(1500, 1, 0x05, 200, 10);
	put_mbr(1200, 0, 0x83, 1, 9);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 3);
	assert_entry(1, 6, 1501, 9);
	assert_entry(2, 7, 1201, 9);
	assert_null(table.warning);
}

/* Each link leads to the next sector: there are as many as there are numbers. */
static void logical_without_end(void **state)
{
	(void)state;
	put_mbr(0, 1, 0x05, 100, FAKE_SECTORS - 100);
	for (uint32_t i = 0; i < FAKE_SECTORS - 101; i++) {
		put_mbr(100 + i, 0, 0x83, 1, 1);
		put_mbr(100 + i, 1, 0x05, i + 1, 1);
	}
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, PARTITIONS_MAX - 4);
	assert_entry(PARTITIONS_MAX - 5, PARTITIONS_MAX, 100 + PARTITIONS_MAX - 4, 1);
	assert_non_null(table.warning);
	assert_int_equal(fake_reads, PARTITIONS_MAX - 4 + 1);
}

/* One link in so many has a partition. */
static void put_sparse_chain(uint32_t period)
{
	put_mbr(0, 1, 0x05, 100, FAKE_SECTORS - 100);
	for (uint32_t i = 0; i < FAKE_SECTORS - 101; i++) {
		put_mbr(100 + i, 1, 0x05, i + 1, 1);
		if (i % period == period - 1)
			put_mbr(100 + i, 0, 0x83, 1, 1);
	}
}

static void links_without_partitions(void **state)
{
	(void)state;
	put_sparse_chain(100);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 1024 / 100);
	assert_int_equal(fake_reads, 1024 + 1);
	setup(NULL);
	put_sparse_chain(101);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 0);
	assert_int_equal(fake_reads, 100 + 1);
	assert_non_null(table.warning);
}

/* Tables of a disk with large blocks count in these. */
static void large_blocks(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x83, 10, 20);
	put_mbr(0, 1, 0x05, 100, 100);
	put_mbr(800, 0, 0x83, 1, 2);
	put_mbr(800, 1, 0x05, 50, 10);
	put_mbr(1200, 0, 0x83, 1, 1000);
	assert_int_equal(partition_table_read(&table, FAKE_SECTORS - 1, 4096, fake_read, NULL), 0);
	assert_int_equal(table.count, 3);
	assert_entry(0, 1, 80, 160);
	assert_entry(1, 5, 808, 16);
	assert_entry(2, 6, 1208, FAKE_SECTORS - 1 - 1208);
	assert_int_equal(partition_table_read(&table, 7, 4096, fake_read, NULL), 0);
	assert_int_equal(table.count, 0);
}

static void aix(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x07, 100, 200);
	memcpy(fake_disk[0], "\xC9\xC2\xD4\xC1", 4);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 1);
	memcpy(fake_disk[7], "_LVM", 4);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.kind, PARTITION_TABLE_NONE);
	put_mbr(0, 1, 0x8E, 300, 200);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 2);
}

static void protective_elsewhere(void **state)
{
	(void)state;
	put_mbr(0, 0, 0xEE, 2, 100);
	put_mbr(0, 1, 0x83, 200, 100);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 0);
	assert_int_equal(table.kind, PARTITION_TABLE_NONE);
	assert_non_null(table.warning);
}

static void extended_outside(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x05, FAKE_SECTORS, 100);
	put_mbr(0, 1, 0x05, 0xFFFFFFFF, 0xFFFFFFFF);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 0);
	assert_non_null(table.warning);
}

static void unreadable(void **state)
{
	(void)state;
	fake_bad = 0;
	assert_int_equal(partition_table_read(&table, FAKE_SECTORS, 512, fake_read, NULL), -E_IO);
	put_mbr(0, 0, 0x05, 1000, 100);
	fake_bad = 1000;
	assert_int_equal(partition_table_read(&table, FAKE_SECTORS, 512, fake_read, NULL), -E_IO);
}

/* --- GPT --------------------------------------------------------------------------- */

static void put_gpt(void)
{
	const uint32_t last = FAKE_SECTORS - 1;

	put_mbr(0, 0, 0xEE, 1, 0xFFFFFFFF);
	put_gpt_entry(2, 0, 34, 99);
	put_gpt_entry(2, 5, 100, 100);
	put_gpt_header(1, 2, 128);
	memcpy(fake_disk[last - 32], fake_disk[2], 32 * 512);
	put_gpt_header(last, last - 32, 128);
}

static void gpt(void **state)
{
	(void)state;
	put_gpt();
	read_table(FAKE_SECTORS);
	assert_int_equal(table.kind, PARTITION_TABLE_GPT);
	assert_int_equal(table.count, 2);
	assert_entry(0, 1, 34, 66);
	assert_entry(1, 6, 100, 1);
	assert_null(table.warning);
}

static void gpt_from_its_copy(void)
{
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 2);
	assert_entry(0, 1, 34, 66);
	assert_non_null(table.warning);
}

static void gpt_damaged(void **state)
{
	(void)state;
	put_gpt();
	fake_disk[1][60] ^= 1;		/* in the header */
	gpt_from_its_copy();
	put_gpt();
	fake_disk[20][300] ^= 1;	/* in an entry that nobody uses */
	gpt_from_its_copy();
	put_gpt();
	store_le64(fake_disk[1] + 24, 5);	/* moved here from elsewhere, with a good sum */
	put_gpt_sums(1);
	gpt_from_its_copy();
	fake_disk[FAKE_SECTORS - 1][0] = 'e';
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 0);
	assert_int_equal(table.kind, PARTITION_TABLE_GPT);
	assert_non_null(table.warning);
}

/* Tables with right sums that ask for too much. */
static void gpt_hostile(void **state)
{
	(void)state;
	put_gpt();
	memset(fake_disk[FAKE_SECTORS - 1], 0, 512);
	store_le32(fake_disk[1] + 80, 0xFFFFFFFF);
	put_gpt_sums(1);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 0);
	assert_true(fake_reads < 10);
	put_gpt();
	memset(fake_disk[FAKE_SECTORS - 1], 0, 512);
	store_le32(fake_disk[1] + 84, 0);
	put_gpt_sums(1);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 0);
	put_gpt();
	memset(fake_disk[FAKE_SECTORS - 1], 0, 512);
	store_le64(fake_disk[1] + 72, UINT64_MAX);
	put_gpt_sums(1);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 0);
}

static void gpt_entries_outside(void **state)
{
	(void)state;
	put_mbr(0, 0, 0xEE, 1, 0xFFFFFFFF);
	put_gpt_entry(2, 0, 34, FAKE_SECTORS);
	put_gpt_entry(2, 1, 50, 49);
	put_gpt_entry(2, 2, 0, UINT64_MAX);
	put_gpt_entry(2, 3, UINT64_MAX, UINT64_MAX);
	put_gpt_entry(2, 4, FAKE_SECTORS - 1, FAKE_SECTORS - 1);
	put_gpt_header(1, 2, 5);
	read_table(FAKE_SECTORS);
	assert_int_equal(table.count, 1);
	assert_entry(0, 5, FAKE_SECTORS - 1, 1);
	assert_non_null(table.warning);
}

static void disk_of_one_sector(void **state)
{
	(void)state;
	put_mbr(0, 0, 0xEE, 1, 1);
	read_table(1);
	assert_int_equal(table.count, 0);
	assert_non_null(table.warning);
}

/* --- the device ------------------------------------------------------------------------ */

static uint64_t got_sector;
static unsigned submitted, cancelled;

static int note_submit(struct block_device *device, struct block_request *request)
{
	(void)device;
	submitted++;
	got_sector = request->sector;
	return BLOCK_LATER;
}

static bool note_cancel(struct block_device *device, struct block_request *const *list,
			unsigned count)
{
	(void)device;
	assert_non_null(list[0]);
	cancelled += count;
	return true;
}

static const struct block_device_ops noting = { note_submit, note_cancel };

static int ask(struct partition *partition, enum block_operation operation, uint64_t sector,
	       uint32_t length)
{
	struct block_request request = {
		.operation = operation, .sector = sector, .length = length,
	};
	struct block_request *list[] = { &request };
	unsigned before = submitted;
	int result = partition->device.ops->submit(&partition->device, &request);

	assert_int_equal(submitted - before, result == BLOCK_LATER);
	if (result == BLOCK_LATER)
		partition->device.ops->cancel(&partition->device, list, 1);
	return result;
}

static void stays_inside(void **state)
{
	struct block_device parent = { .ops = &noting, .sectors = 1000 };
	struct partition partition;

	(void)state;
	partition_init(&partition, &parent, 990, 10, false);
	assert_int_equal(ask(&partition, BLOCK_WRITE, 0, 5120), BLOCK_LATER);
	assert_true(got_sector == 990);
	assert_int_equal(ask(&partition, BLOCK_READ, 9, 512), BLOCK_LATER);
	assert_true(got_sector == 999);
	assert_int_equal(ask(&partition, BLOCK_READ, 9, 1024), -E_RANGE);
	assert_int_equal(ask(&partition, BLOCK_WRITE, 10, 512), -E_RANGE);
	assert_int_equal(ask(&partition, BLOCK_WRITE, UINT64_MAX, 512), -E_RANGE);
	assert_int_equal(ask(&partition, BLOCK_WRITE, UINT64_MAX - 989, 512), -E_RANGE);
	assert_int_equal(ask(&partition, BLOCK_WRITE, 0, 0xFFFFFE00), -E_RANGE);
	assert_int_equal(ask(&partition, BLOCK_FLUSH, 0, 0), BLOCK_LATER);
	assert_int_equal(cancelled, submitted);
}

static void stays_unwritten(void **state)
{
	struct block_device parent = { .ops = &noting, .sectors = 1000 };
	struct partition partition;

	(void)state;
	partition_init(&partition, &parent, 0, 1000, true);
	assert_true(partition.device.read_only);
	assert_int_equal(ask(&partition, BLOCK_WRITE, 0, 512), -E_RANGE);
	assert_int_equal(ask(&partition, BLOCK_READ, 0, 512), BLOCK_LATER);
	parent.read_only = true;
	partition_init(&partition, &parent, 0, 1000, false);
	assert_int_equal(ask(&partition, BLOCK_WRITE, 0, 512), -E_RANGE);
}

static void crc_of_the_standard(void **state)
{
	(void)state;
	assert_int_equal(crc32(0, "123456789", 9), 0xCBF43926);
	assert_int_equal(crc32(crc32(0, "12345", 5), "6789", 4), 0xCBF43926);
	assert_int_equal(crc32(0, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_table, setup),
		cmocka_unit_test_setup(boot_sector_without_table, setup),
		cmocka_unit_test_setup(primary, setup),
		cmocka_unit_test_setup(outside_the_disk, setup),
		cmocka_unit_test_setup(logical, setup),
		cmocka_unit_test_setup(logical_in_a_circle, setup),
		cmocka_unit_test_setup(logical_out_of_order, setup),
		cmocka_unit_test_setup(links_without_partitions, setup),
		cmocka_unit_test_setup(large_blocks, setup),
		cmocka_unit_test_setup(aix, setup),
		cmocka_unit_test_setup(logical_without_end, setup),
		cmocka_unit_test_setup(protective_elsewhere, setup),
		cmocka_unit_test_setup(extended_outside, setup),
		cmocka_unit_test_setup(unreadable, setup),
		cmocka_unit_test_setup(gpt, setup),
		cmocka_unit_test_setup(gpt_damaged, setup),
		cmocka_unit_test_setup(gpt_hostile, setup),
		cmocka_unit_test_setup(gpt_entries_outside, setup),
		cmocka_unit_test_setup(disk_of_one_sector, setup),
		cmocka_unit_test(stays_inside),
		cmocka_unit_test(stays_unwritten),
		cmocka_unit_test(crc_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
