// SPDX-License-Identifier: GPL-2.0-only
/* Tests of hv/config/guest_config.c: which guests come out of a list of module lines. */
#include "hv/config/guest_config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static struct guest_module modules[BOOT_MODULES_MAX + 4];
static struct guest_configs configs;

/* Plans from a list of lines that ends with NULL. */
static void make(const char *const *lines)
{
	size_t count = 0;

	for (; lines[count] != NULL; count++) {
		modules[count] = (struct guest_module){
			.start = 0x1000000 + count * 0x100000, .size = 0x1000, .line = lines[count],
		};
	}
	guest_configs_make(&configs, modules, count);
}

#define MAKE(...) make((const char *const[]){ __VA_ARGS__, NULL })

static void assert_problem(size_t index, const char *module, const char *word, const char *cause)
{
	assert_true(index < configs.problems.kept);
	assert_string_equal(configs.problems.list[index].module, module);
	assert_string_equal(configs.problems.list[index].word, word);
	assert_non_null(strstr(configs.problems.list[index].cause, cause));
}

static void test_no_modules(void **state)
{
	(void)state;
	guest_configs_make(&configs, NULL, 0);
	assert_int_equal(configs.count, 0);
	assert_int_equal(configs.problems.found, 0);
}

static void test_two_guests(void **state)
{
	(void)state;
	MAKE("bzImage guest=web kernel mem=128M weight=50 cap=25 shadow=1M -- console=hvc0",
	     "initrd.gz guest=web initrd",
	     "vmlinux guest=db kernel");
	assert_int_equal(configs.problems.found, 0);
	assert_int_equal(configs.count, 2);
	assert_string_equal(configs.list[0].name, "web");
	assert_ptr_equal(configs.list[0].kernel, &modules[0]);
	assert_ptr_equal(configs.list[0].initrd, &modules[1]);
	assert_string_equal(configs.list[0].kernel_file, "bzImage");
	assert_string_equal(configs.list[0].initrd_file, "initrd.gz");
	assert_int_equal(configs.list[0].options.mem_bytes, 128 << 20);
	assert_int_equal(configs.list[0].options.shadow_bytes, 1 << 20);
	assert_int_equal(configs.list[0].options.weight, 50);
	assert_int_equal(configs.list[0].options.cap, 25);
	assert_string_equal(configs.list[0].options.command_line, "console=hvc0");
	assert_string_equal(configs.list[1].name, "db");
	assert_null(configs.list[1].initrd);
	assert_int_equal(configs.list[1].options.mem_bytes, 64 << 20);
	assert_int_equal(configs.list[1].options.weight, 100);
	assert_string_equal(configs.list[1].options.command_line, "");
}

static void test_any_order(void **state)
{
	(void)state;
	MAKE("i2 guest=b initrd", "k1 guest=a kernel", "i1 guest=a initrd", "k2 guest=b kernel");
	assert_int_equal(configs.problems.found, 0);
	assert_int_equal(configs.count, 2);
	assert_string_equal(configs.list[0].name, "a");
	assert_ptr_equal(configs.list[0].initrd, &modules[2]);
	assert_string_equal(configs.list[1].name, "b");
	assert_ptr_equal(configs.list[1].kernel, &modules[3]);
	assert_ptr_equal(configs.list[1].initrd, &modules[0]);
}

static void test_default_names(void **state)
{
	(void)state;
	MAKE("k1 kernel", "i1 guest=guest1 initrd", "k2 guest=guest2 kernel", "k3 kernel");
	assert_int_equal(configs.problems.found, 0);
	assert_int_equal(configs.count, 3);
	assert_string_equal(configs.list[0].name, "guest1");
	assert_ptr_equal(configs.list[0].initrd, &modules[1]);
	assert_string_equal(configs.list[1].name, "guest2");
	assert_string_equal(configs.list[2].name, "guest3");
	assert_ptr_equal(configs.list[2].kernel, &modules[3]);
}

static void test_default_names_despite_mistakes(void **state)
{
	(void)state;
	/* The first guest is not started, and its initrd does not go to the second. */
	MAKE("k1 kernel mem=no", "i1 guest=guest1 initrd", "k2 kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "k1", "mem=no", "memory");
	assert_int_equal(configs.count, 1);
	assert_string_equal(configs.list[0].name, "guest2");
	assert_null(configs.list[0].initrd);
}

static void test_problem_stops_its_guest_only(void **state)
{
	(void)state;
	MAKE("k1 guest=a kernel", "i1 guest=a initrd mem=5M", "k2 guest=b kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "i1", "mem", "kernel's line");
	assert_int_equal(configs.count, 1);
	assert_string_equal(configs.list[0].name, "b");
}

static void test_missing_role_stops_its_guest(void **state)
{
	(void)state;
	MAKE("f guest=a", "k1 guest=a kernel", "k2 guest=b kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "f", "", "names no role");
	assert_int_equal(configs.count, 1);
	assert_string_equal(configs.list[0].name, "b");
}

static void test_second_kernel(void **state)
{
	(void)state;
	MAKE("k1 guest=a kernel", "k2 guest=a kernel", "k3 guest=b kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "k2", "kernel", "guest a has a kernel already, k1");
	assert_int_equal(configs.count, 1);
	assert_string_equal(configs.list[0].name, "b");
}

static void test_second_initrd(void **state)
{
	(void)state;
	MAKE("k1 guest=a kernel", "i1 guest=a initrd", "i2 guest=a initrd");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "i2", "initrd", "guest a has an initrd already, i1");
	assert_int_equal(configs.count, 0);
}

static void test_initrd_without_kernel(void **state)
{
	(void)state;
	MAKE("i1 guest=a initrd", "k1 guest=b kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "i1", "initrd", "guest a has no kernel");
	assert_int_equal(configs.count, 1);
	assert_string_equal(configs.list[0].name, "b");
}

static void test_disks(void **state)
{
	(void)state;
	MAKE("d1 guest=a disk", "k1 guest=a kernel", "d2 guest=a disk=ro", "k2 guest=b kernel",
	     "d3 guest=b disk", "d4 guest=a disk");
	assert_int_equal(configs.problems.found, 0);
	assert_int_equal(configs.count, 2);
	assert_int_equal(configs.list[0].disk_count, 3);
	assert_ptr_equal(configs.list[0].disks[0].module, &modules[0]);
	assert_string_equal(configs.list[0].disks[0].file, "d1");
	assert_false(configs.list[0].disks[0].read_only);
	assert_ptr_equal(configs.list[0].disks[1].module, &modules[2]);
	assert_true(configs.list[0].disks[1].read_only);
	assert_ptr_equal(configs.list[0].disks[2].module, &modules[5]);
	assert_int_equal(configs.list[1].disk_count, 1);
	assert_ptr_equal(configs.list[1].disks[0].module, &modules[4]);
}

static void test_host_disks(void **state)
{
	(void)state;
	MAKE("d1 guest=a disk", "k1 guest=a kernel disk=ahci0 disk=ide1p5,ro",
	     "d2 guest=a disk=ro");
	assert_int_equal(configs.problems.found, 0);
	assert_int_equal(configs.list[0].disk_count, 4);
	assert_ptr_equal(configs.list[0].disks[0].module, &modules[0]);
	assert_null(configs.list[0].disks[1].module);
	assert_string_equal(configs.list[0].disks[1].name, "ahci0");
	assert_string_equal(configs.list[0].disks[1].file, "k1");
	assert_string_equal(configs.list[0].disks[2].name, "ide1p5");
	assert_true(configs.list[0].disks[2].read_only);
	assert_ptr_equal(configs.list[0].disks[3].module, &modules[2]);
	MAKE("k guest=a kernel disk=a disk=b disk=c disk=d disk=e", "d1 guest=a disk",
	     "d2 guest=a disk", "d3 guest=a disk", "d4 guest=a disk");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "d4", "disk", "more than 8 disks");
	assert_int_equal(configs.count, 0);
}

static void test_too_many_disks(void **state)
{
	(void)state;
	MAKE("k guest=a kernel", "d1 guest=a disk", "d2 guest=a disk", "d3 guest=a disk",
	     "d4 guest=a disk", "d5 guest=a disk", "d6 guest=a disk", "d7 guest=a disk",
	     "d8 guest=a disk");
	assert_int_equal(configs.problems.found, 0);
	assert_int_equal(configs.list[0].disk_count, GUEST_DISKS_MAX);
	MAKE("k guest=a kernel", "d1 guest=a disk", "d2 guest=a disk", "d3 guest=a disk",
	     "d4 guest=a disk", "d5 guest=a disk", "d6 guest=a disk", "d7 guest=a disk",
	     "d8 guest=a disk", "d9 guest=a disk=ro", "k2 guest=b kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "d9", "disk", "more than 8 disks");
	assert_int_equal(configs.count, 1);
	assert_string_equal(configs.list[0].name, "b");
}

static void test_disk_without_kernel(void **state)
{
	(void)state;
	MAKE("d1 guest=a disk", "k1 guest=b kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "d1", "disk", "guest a has no kernel");
	assert_int_equal(configs.count, 1);
}

/* Modules that the loader placed by itself, of these sizes. */
static void plan_sized(uint32_t size, uint64_t start)
{
	modules[0] = (struct guest_module){ 0x1000000, 0x1000, "k guest=a kernel" };
	modules[1] = (struct guest_module){ start, size, "d guest=a disk" };
	modules[2] = (struct guest_module){ 0x3000000, 0x1000, "k2 guest=b kernel" };
	modules[3] = (struct guest_module){ 0x4000000, 0x1000, "d2 guest=b disk=ro" };
	guest_configs_make(&configs, modules, 4);
}

static void test_disk_size(void **state)
{
	static const uint32_t bad[] = { 0, 1, 511, 513, 0xFFFFFFFF };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		plan_sized(bad[i], 0x100000000);
		assert_int_equal(configs.problems.found, 1);
		assert_problem(0, "d", "disk", "a disk is a multiple of 512 bytes");
		assert_int_equal(configs.count, 1);
	}
	plan_sized(0xFFFFFE00, 0x100000000);
	assert_int_equal(configs.problems.found, 0);
	plan_sized(512, 0x2000200);
	assert_int_equal(configs.problems.found, 0);
}

/* What one guest can write to is nobody else's. */
static void test_disk_shares_memory(void **state)
{
	(void)state;
	plan_sized(0x1000, 0x3000E00);
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "d", "disk", "shares memory with k2");
	assert_int_equal(configs.count, 1);
	plan_sized(0x1000, 0x4000000);
	assert_problem(0, "d", "disk", "shares memory with d2");
	plan_sized(0x1000, 0x3001000);
	assert_int_equal(configs.problems.found, 0);
}

static void test_module_without_guest(void **state)
{
	(void)state;
	MAKE("i1 initrd", "k1 guest=b kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "i1", "", "does not name its guest");
	assert_int_equal(configs.count, 1);
	MAKE("k1 guest=UPPER kernel", "k2 guest=b kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "k1", "guest=UPPER", "guest's name");
	assert_int_equal(configs.count, 1);
	assert_string_equal(configs.list[0].name, "b");
	MAKE("just-a-file", "k2 guest=b kernel");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "just-a-file", "", "names no role");
	assert_int_equal(configs.count, 1);
}

static void test_words_of_the_boot_loader(void **state)
{
	(void)state;
	MAKE("guest=web kernel", "guest=web initrd bogus=1");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "module2", "bogus=1", "unknown word");
	assert_int_equal(configs.count, 0);
}

static void test_many_guests(void **state)
{
	static char lines[BOOT_MODULES_MAX + 4][32];
	const char *list[BOOT_MODULES_MAX + 5] = { 0 };

	(void)state;
	for (unsigned i = 0; i < BOOT_MODULES_MAX + 4; i++) {
		snprintf(lines[i], sizeof(lines[i]), "k%u kernel", i + 1);
		list[i] = lines[i];
	}
	make(list);
	assert_int_equal(configs.count, GUEST_CONFIGS_MAX);
	assert_string_equal(configs.list[GUEST_CONFIGS_MAX - 1].name, "guest32");
	assert_int_equal(configs.problems.found, BOOT_MODULES_MAX - GUEST_CONFIGS_MAX + 1);
	/* What concerns all comes first: the list of problems may be too short for the rest. */
	assert_problem(0, "umbra", "", "more than 128 modules");
	assert_problem(1, "k33", "guest33", "more than 32 guests");
}

static void assert_mac(size_t index, uint32_t first, uint32_t last)
{
	const uint8_t *mac = configs.list[index].options.mac;

	assert_int_equal(mac[0] << 16 | mac[1] << 8 | mac[2], first);
	assert_int_equal(mac[3] << 16 | mac[4] << 8 | mac[5], last);
}

static uint32_t last_of(size_t index)
{
	const uint8_t *mac = configs.list[index].options.mac;

	return (uint32_t)(mac[3] << 16 | mac[4] << 8 | mac[5]);
}

/* It follows from the name alone, and says that it is locally administered. */
static void test_default_macs(void **state)
{
	uint32_t a, b;

	(void)state;
	MAKE("k guest=a kernel", "k guest=b kernel");
	a = last_of(0);
	b = last_of(1);
	assert_mac(0, 0x02556D, a);
	assert_int_not_equal(a, b);
	MAKE("k guest=b kernel mem=8M", "k guest=c kernel", "k guest=a kernel net=other");
	assert_mac(0, 0x02556D, b);
	assert_mac(2, 0x02556D, a);
	assert_string_equal(configs.list[0].options.net, "lan");
	assert_string_equal(configs.list[2].options.net, "other");
}

/* On the same network: the next one is taken, whichever guest comes first. */
static void test_default_mac_is_taken(void **state)
{
	char line[80];
	uint32_t a;

	(void)state;
	MAKE("k guest=a kernel");
	a = last_of(0);
	snprintf(line, sizeof(line), "k guest=b kernel mac=02:55:6d:%02x:%02x:%02x", a >> 16,
		 a >> 8 & 0xFF, a & 0xFF);
	MAKE("k guest=a kernel", line);
	assert_mac(0, 0x02556D, (a + 1) & 0xFFFFFF);
	assert_mac(1, 0x02556D, a);
	MAKE("k guest=a kernel net=other", line);
	assert_mac(0, 0x02556D, a);
}

/* g37969 and g41814 have the same last three bytes of FNV-1a. */
static void test_default_macs_collide(void **state)
{
	(void)state;
	MAKE("k guest=g37969 kernel", "k guest=g41814 kernel");
	assert_int_equal(last_of(1), (last_of(0) + 1) & 0xFFFFFF);
	MAKE("k guest=g37969 kernel", "k guest=g41814 kernel net=other");
	assert_int_equal(last_of(1), last_of(0));
}

static void test_same_mac_twice(void **state)
{
	(void)state;
	MAKE("k1 guest=a kernel mac=02:00:00:00:00:01", "k2 guest=b kernel mac=02:00:00:00:00:01",
	     "k3 guest=c kernel mac=02:00:00:00:00:01 net=other");
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "k2", "mac", "guest a has that address already");
	assert_int_equal(configs.count, 2);
	assert_string_equal(configs.list[1].name, "c");
	/* A guest that does not start has no address. */
	MAKE("k1 guest=a kernel mac=02:00:00:00:00:01 bad=word",
	     "k2 guest=b kernel mac=02:00:00:00:00:01");
	assert_int_equal(configs.problems.found, 1);
	assert_int_equal(configs.count, 1);
}

/* --- guests that a command makes ----------------------------------------------------- */

static struct created_config created[3];
static struct config_problems problems;

static bool create(unsigned slot, const char *name, const char *words)
{
	problems = (struct config_problems){ 0 };
	return guest_configs_create(&configs, name, words, &created[slot], &problems);
}

static void test_images(void **state)
{
	(void)state;
	MAKE("vmlinux image=linux", "k1 guest=a kernel", "other image=linux", "tools image=tools");
	assert_int_equal(configs.count, 1);
	assert_int_equal(configs.image_count, 2);
	assert_ptr_equal(guest_configs_image(&configs, "linux")->module, &modules[0]);
	assert_ptr_equal(guest_configs_image(&configs, "tools")->module, &modules[3]);
	assert_null(guest_configs_image(&configs, "other"));
	assert_int_equal(configs.problems.found, 1);
	assert_problem(0, "other", "linux", "the image of that name is vmlinux");
}

static void test_create(void **state)
{
	char words[] = "kernel=linux initrd=tools mem=8M disk=ahci0,ro -- a b";

	(void)state;
	MAKE("vmlinux image=linux", "k1 guest=a kernel", "tools image=tools");
	assert_true(create(0, "b", words));
	memset(words, 'x', sizeof(words) - 1);
	assert_string_equal(created[0].config.name, "b");
	assert_ptr_equal(created[0].config.kernel, &modules[0]);
	assert_ptr_equal(created[0].config.initrd, &modules[2]);
	assert_string_equal(created[0].config.kernel_file, "vmlinux");
	assert_int_equal(created[0].config.options.mem_bytes, 8 << 20);
	assert_string_equal(created[0].config.options.command_line, "a b");
	assert_int_equal(created[0].config.disk_count, 1);
	assert_string_equal(created[0].config.disks[0].name, "ahci0");
	assert_true(created[0].config.disks[0].read_only);
	/* Numbers tell all of them apart, also one that comes in the place of another. */
	assert_int_equal(configs.list[0].number, 1);
	assert_int_equal(created[0].config.number, 2);
	list_remove(&created[0].node);
	assert_true(create(0, "b", "kernel=linux"));
	assert_int_equal(created[0].config.number, 3);
}

static void test_create_without_image(void **state)
{
	(void)state;
	MAKE("vmlinux image=linux");
	assert_false(create(0, "b", "kernel=linus initrd=none"));
	assert_int_equal(problems.found, 2);
	assert_string_equal(problems.list[0].word, "linus");
	assert_non_null(strstr(problems.list[0].cause, "no module is an image"));
	assert_true(list_is_empty(&configs.created));
}

/* Nobody gets an address that another one has, or may have when it starts again. */
static void test_created_addresses(void **state)
{
	char words[64];
	const uint8_t *mac;

	(void)state;
	MAKE("vmlinux image=linux", "k1 guest=a kernel mac=02:00:00:00:00:01");
	assert_false(create(0, "b", "kernel=linux mac=02:00:00:00:00:01"));
	assert_string_equal(problems.list[0].cause, "guest a has that address already");
	assert_true(create(0, "b", "kernel=linux net=other mac=02:00:00:00:00:01"));
	assert_true(create(1, "c", "kernel=linux"));
	mac = created[1].config.options.mac;
	snprintf(words, sizeof(words), "kernel=linux mac=%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	assert_false(create(2, "d", words));
	assert_string_equal(problems.list[0].cause, "guest c has that address already");
	/* Two of one name: the first is ending. */
	assert_true(create(2, "c", "kernel=linux"));
	assert_memory_not_equal(created[2].config.options.mac, mac, CONFIG_MAC_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_modules),
		cmocka_unit_test(test_two_guests),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_default_names),
		cmocka_unit_test(test_default_names_despite_mistakes),
		cmocka_unit_test(test_problem_stops_its_guest_only),
		cmocka_unit_test(test_missing_role_stops_its_guest),
		cmocka_unit_test(test_second_kernel),
		cmocka_unit_test(test_second_initrd),
		cmocka_unit_test(test_initrd_without_kernel),
		cmocka_unit_test(test_disks),
		cmocka_unit_test(test_host_disks),
		cmocka_unit_test(test_too_many_disks),
		cmocka_unit_test(test_disk_without_kernel),
		cmocka_unit_test(test_disk_size),
		cmocka_unit_test(test_disk_shares_memory),
		cmocka_unit_test(test_module_without_guest),
		cmocka_unit_test(test_words_of_the_boot_loader),
		cmocka_unit_test(test_many_guests),
		cmocka_unit_test(test_default_macs),
		cmocka_unit_test(test_default_mac_is_taken),
		cmocka_unit_test(test_default_macs_collide),
		cmocka_unit_test(test_same_mac_twice),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_create_without_image),
		cmocka_unit_test(test_created_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
