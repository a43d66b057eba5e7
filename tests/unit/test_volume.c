// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/block/volume.c: names, and one writer for each sector. */
#include "drivers/block/volume.h"

#include "arch/cpu/spinlock.h"
#include "lib/error.h"
#include "tests/unit/unit.h"

#include <string.h>

static unsigned held;
static struct volume whole, first, second, across, other;

void spin_lock(struct spinlock *lock)
{
	(void)lock;
	assert_int_equal(held++, 0);
}

void spin_unlock(struct spinlock *lock)
{
	(void)lock;
	assert_int_equal(held--, 1);
}

static void add(struct volume *volume, const char *name, uintptr_t disk, uint64_t at,
		uint64_t sectors)
{
	strcpy(volume->name, name);
	volume->disk = (struct disk *)disk;
	volume->first = at;
	volume->sectors = sectors;
	volume_add(volume);
}

static int setup(void **state)
{
	(void)state;
	add(&whole, "ahci0", 16, 0, 1000);
	add(&first, "ahci0p1", 16, 10, 90);
	add(&second, "ahci0p2", 16, 100, 900);
	add(&across, "ahci0p3", 16, 99, 2);
	add(&other, "virtio0", 32, 0, 1000);
	return 0;
}

static void names(void **state)
{
	(void)state;
	assert_ptr_equal(volume_find("ahci0p2"), &second);
	assert_ptr_equal(volume_find("ahci0"), &whole);
	assert_null(volume_find("ahci"));
	assert_null(volume_find("ahci0p22"));
	assert_null(volume_find(""));
}

/* Whether a writer, and a reader, get wanted while somebody writes to held_one. */
static void check_pair(struct volume *held_one, struct volume *wanted, bool free)
{
	struct volume_claim one = { .volume = held_one, .owner = "one", .writes = true };
	struct volume_claim two = { .volume = wanted, .owner = "two", .writes = true };
	struct volume_claim reader = { .volume = wanted, .owner = "reader" };

	char writer[VOLUME_OWNER_SIZE] = "";

	assert_int_equal(volume_claim(&one, writer), 0);
	assert_true(volume_writer(held_one, writer));
	assert_string_equal(writer, "one");
	writer[0] = '\0';
	assert_int_equal(volume_claim(&two, writer), free ? 0 : -E_EXIST);
	assert_string_equal(writer, free ? "" : "one");
	assert_int_equal(volume_claim(&reader, writer), 0);
	volume_release(&two);
	volume_release(&one);
	volume_release(&one);
	/* A reader keeps no writer away. */
	assert_false(volume_writer(wanted, writer));
	assert_int_equal(volume_claim(&two, writer), 0);
	volume_release(&two);
	volume_release(&reader);
}

static void writers(void **state)
{
	(void)state;
	check_pair(&whole, &whole, false);
	check_pair(&whole, &first, false);
	check_pair(&first, &whole, false);
	check_pair(&first, &first, false);
	check_pair(&first, &second, true);
	check_pair(&first, &across, false);
	check_pair(&across, &second, false);
	check_pair(&whole, &other, true);
	check_pair(&other, &first, true);
}

static void never_claimed(void **state)
{
	struct volume_claim claim = { 0 };

	(void)state;
	volume_release(&claim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(writers),
		cmocka_unit_test(never_claimed),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
