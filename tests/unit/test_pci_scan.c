// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/pci/pci_scan.c, pci_bar.c, pci_capability.c and pci_mcfg.c on a fake space. */
#include "drivers/pci/pci.h"
#include "lib/compiler.h"
#include "tests/unit/fake_pci.h"
#include "tests/unit/unit.h"

#define BRIDGE 0x01
#define MANY 0x80

static pci_function_t seen[256];
static unsigned seen_count;

static int setup(void **state)
{
	(void)state;
	fake_pci_count = 0;
	seen_count = 0;
	return 0;
}

static void note(void *context, pci_function_t function)
{
	assert_ptr_equal(context, &seen_count);
	assert_true(seen_count < ARRAY_SIZE(seen));
	seen[seen_count++] = function;
}

static void scan(void)
{
	pci_scan(&fake_pci_access, note, &seen_count);
}

static void add_bridge(pci_function_t function, uint8_t bus)
{
	fake_pci_add(function, 0x8086, 0x2448, BRIDGE)->bytes[PCI_SECONDARY_BUS] = bus;
}

/* --- scanning ------------------------------------------------------------------------ */

static void empty_machine(void **state)
{
	(void)state;
	scan();
	assert_int_equal(seen_count, 0);
}

static void functions_only_where_announced(void **state)
{
	(void)state;
	fake_pci_add(PCI_FUNCTION(0, 3, 0), 0x8086, 1, 0);
	fake_pci_add(PCI_FUNCTION(0, 3, 1), 0x8086, 2, 0);
	fake_pci_add(PCI_FUNCTION(0, 31, 0), 0x8086, 3, MANY);
	fake_pci_add(PCI_FUNCTION(0, 31, 7), 0x8086, 4, 0);
	/* Without function 0 there is no device. */
	fake_pci_add(PCI_FUNCTION(0, 4, 1), 0x8086, 5, 0);
	scan();
	assert_int_equal(seen_count, 3);
	assert_int_equal(seen[0], PCI_FUNCTION(0, 3, 0));
	assert_int_equal(seen[1], PCI_FUNCTION(0, 31, 0));
	assert_int_equal(seen[2], PCI_FUNCTION(0, 31, 7));
}

static void vendor_of_zeroes_is_none(void **state)
{
	(void)state;
	fake_pci_add(PCI_FUNCTION(0, 3, 0), 0, 0, 0);
	scan();
	assert_int_equal(seen_count, 0);
}

static void behind_bridges(void **state)
{
	(void)state;
	add_bridge(PCI_FUNCTION(0, 1, 0), 7);
	add_bridge(PCI_FUNCTION(7, 0, 0), 255);
	fake_pci_add(PCI_FUNCTION(255, 31, 0), 0x8086, 1, 0);
	scan();
	assert_int_equal(seen_count, 3);
	assert_int_equal(seen[2], PCI_FUNCTION(255, 31, 0));
}

/* What begins at another host bridge is named by nobody; nor is it at the first device, always. */
static void further_host_bridges(void **state)
{
	(void)state;
	fake_pci_add(PCI_FUNCTION(0, 0, 0), 0x8086, 1, 0);
	add_bridge(PCI_FUNCTION(128, 0, 0), 129);
	fake_pci_add(PCI_FUNCTION(129, 31, 0), 0x1AF4, 2, 0);
	fake_pci_add(PCI_FUNCTION(255, 30, 0), 0x1AF4, 3, 0);
	/* A bridge of bus 0 has it, whose number is smaller than its own. */
	add_bridge(PCI_FUNCTION(0, 1, 0), 3);
	fake_pci_add(PCI_FUNCTION(3, 0, 0), 0x8086, 4, 0);
	scan();
	assert_int_equal(seen_count, 6);
	assert_int_equal(seen[2], PCI_FUNCTION(3, 0, 0));
	assert_int_equal(seen[3], PCI_FUNCTION(128, 0, 0));
	assert_int_equal(seen[4], PCI_FUNCTION(129, 31, 0));
	assert_int_equal(seen[5], PCI_FUNCTION(255, 30, 0));
}

/* A chipset that shows bus 0 wherever one looks has one bus; two cards of a kind are two. */
static void mirrors(void **state)
{
	(void)state;
	for (unsigned bus = 0; bus < 3; bus++) {
		fake_pci_add(PCI_FUNCTION(bus, 0, 0), 0x8086, 1, 0);
		fake_pci_bar(fake_pci_add(PCI_FUNCTION(bus, 3, 0), 0x8086, 2, 0), 0,
			     bus == 2 ? 0xFEB00000 : 0xFEA00000, 0xFFFFF000);
	}
	scan();
	assert_int_equal(seen_count, 4);
	assert_int_equal(seen[2], PCI_FUNCTION(2, 0, 0));
	assert_int_equal(seen[3], PCI_FUNCTION(2, 3, 0));
}

static void bridges_in_circles(void **state)
{
	(void)state;
	add_bridge(PCI_FUNCTION(0, 1, 0), 1);
	add_bridge(PCI_FUNCTION(0, 2, 0), 1);
	add_bridge(PCI_FUNCTION(0, 3, 0), 0);
	add_bridge(PCI_FUNCTION(1, 1, 0), 0);
	add_bridge(PCI_FUNCTION(1, 2, 0), 1);
	scan();
	assert_int_equal(seen_count, 5);
}

/* --- base addresses ---------------------------------------------------------------------- */

static struct pci_device read_device(struct fake_pci_function *function)
{
	struct fake_pci_function before = *function;
	struct pci_device device;

	pci_read_device(&fake_pci_access, function->function, &device);
	assert_memory_equal(&before, function, sizeof(before));
	return device;
}

static void assert_bar(const struct pci_bar *bar, enum pci_bar_kind kind, uint64_t address,
		       uint64_t size)
{
	assert_int_equal(bar->kind, kind);
	assert_true(bar->address == address);
	assert_true(bar->size == size);
}

static void bars_of_all_kinds(void **state)
{
	struct fake_pci_function *function = fake_pci_add(PCI_FUNCTION(0, 1, 0), 0x8086, 1, 0);
	struct pci_device device;

	(void)state;
	fake_pci_bar(function, 0, 0xFEBF1000, 0xFFFFF000);
	fake_pci_bar(function, 1, 0x0000C041, 0x0000FFE0);
	fake_pci_bar(function, 2, 0x0000000C, 0xF0000000);
	fake_pci_bar(function, 3, 0x00000008, 0xFFFFFFFF);
	fake_pci_bar(function, 5, 0x0000D001, 0xFFFFFFFC);
	function->bytes[PCI_COMMAND] = 7;
	function->bytes[PCI_CLASS_BASE] = 1;
	function->bytes[PCI_CLASS_SUBCLASS] = 6;
	function->bytes[PCI_INTERRUPT_LINE] = 11;
	device = read_device(function);
	assert_bar(&device.bars[0], PCI_BAR_MEMORY, 0xFEBF1000, 4096);
	assert_bar(&device.bars[1], PCI_BAR_PORTS, 0xC040, 32);
	assert_bar(&device.bars[2], PCI_BAR_MEMORY, 0x800000000, 0x10000000);
	assert_bar(&device.bars[3], PCI_BAR_NONE, 0, 0);
	assert_bar(&device.bars[4], PCI_BAR_NONE, 0, 0);
	assert_bar(&device.bars[5], PCI_BAR_PORTS, 0xD000, 4);
	assert_int_equal(device.class_code, 1);
	assert_int_equal(device.subclass, 6);
	assert_int_equal(device.line, 11);
}

static void bars_that_make_no_sense(void **state)
{
	struct fake_pci_function *function = fake_pci_add(PCI_FUNCTION(0, 1, 0), 0x8086, 1, 0);
	struct pci_device device;

	(void)state;
	fake_pci_bar(function, 0, 0x2, 0xFFFFF000);	/* a reserved type */
	fake_pci_bar(function, 1, 0x1, 0xFFFF0000);	/* more ports than there are */
	fake_pci_bar(function, 5, 0x4, 0xFFFFF000);	/* 64 bits, and no room for them */
	device = read_device(function);
	for (unsigned i = 0; i < PCI_BARS; i++)
		assert_bar(&device.bars[i], PCI_BAR_NONE, 0, 0);
}

static void no_more_than_asked(void **state)
{
	struct fake_pci_function *function = fake_pci_add(PCI_FUNCTION(0, 1, 0), 0x8086, 1, BRIDGE);
	struct pci_device device;

	(void)state;
	fake_pci_bar(function, 1, 0xFEB00000, 0xFFFFF000);
	fake_pci_bar(function, 2, 0x00FF0100, 0xFFFFFFFF);	/* its bus numbers */
	pci_read_bars(&fake_pci_access, function->function, 2, device.bars);
	assert_bar(&device.bars[1], PCI_BAR_MEMORY, 0xFEB00000, 4096);
	assert_bar(&device.bars[2], PCI_BAR_NONE, 0, 0);
}

static void watch_writes(pci_function_t function, unsigned offset, unsigned width, uint32_t value)
{
	fail_msg("%04x: %x written to %u (%u bytes)", function, value, offset, width);
}

/* A bridge may be the way to memory, or to configuration space itself: it is only looked at. */
static void bridges_decode_on(void **state)
{
	const struct pci_access watched = { fake_pci_read, watch_writes };
	static const uint8_t subclasses[] = { 0, 1, 4, 0x80 };
	struct pci_device device;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(subclasses); i++) {
		struct fake_pci_function *function = fake_pci_add(PCI_FUNCTION(0, i, 0), 0x8086, 1,
								  subclasses[i] == 4 ? BRIDGE : 0);

		function->bytes[PCI_CLASS_BASE] = 6;
		function->bytes[PCI_CLASS_SUBCLASS] = subclasses[i];
		function->bytes[PCI_COMMAND] = 7;
		fake_pci_bar(function, 0, 0xE0000008, 0xF0000000);
		pci_read_device(&watched, function->function, &device);
		assert_int_equal(device.class_code, 6);
		for (unsigned bar = 0; bar < PCI_BARS; bar++)
			assert_bar(&device.bars[bar], PCI_BAR_NONE, 0, 0);
	}
}

/* Nothing is decoded while a register holds what is no address. */
static void watch_decoding(pci_function_t function, unsigned offset, unsigned width, uint32_t value)
{
	if (offset >= PCI_BASE_ADDRESS && value == UINT32_MAX)
		assert_int_equal(fake_pci_read(function, PCI_COMMAND, 2) & 3, 0);
	fake_pci_write(function, offset, width, value);
}

static void decodes_nothing_meanwhile(void **state)
{
	static const struct pci_access watched = { fake_pci_read, watch_decoding };
	struct fake_pci_function *function = fake_pci_add(PCI_FUNCTION(0, 1, 0), 0x8086, 1, 0);
	struct pci_device device;

	(void)state;
	fake_pci_bar(function, 0, 0xFEBF1000, 0xFFFFF000);
	function->bytes[PCI_COMMAND] = 7;
	pci_read_device(&watched, function->function, &device);
	assert_int_equal(function->bytes[PCI_COMMAND], 7);
}

/* --- capabilities ------------------------------------------------------------------------- */

static void add_capability(struct fake_pci_function *function, uint8_t place, uint8_t kind,
			   uint8_t next)
{
	function->bytes[PCI_STATUS] = 0x10;
	function->bytes[place] = kind;
	function->bytes[place + 1] = next;
}

static void capabilities_in_order(void **state)
{
	struct fake_pci_function *function = fake_pci_add(PCI_FUNCTION(0, 1, 0), 0x8086, 1, 0);
	struct pci_device device = read_device(function);
	struct pci_walk walk;

	(void)state;
	/* Its two lowest bits mean nothing. */
	function->bytes[PCI_CAPABILITIES_POINTER] = 0x43;
	assert_int_equal(pci_find_capability(&device, 9), 0);
	add_capability(function, 0x40, 9, 0x80);
	add_capability(function, 0x80, 5, 0x50);
	add_capability(function, 0x50, 9, 0);
	assert_int_equal(pci_find_capability(&device, 5), 0x80);
	assert_int_equal(pci_find_capability(&device, 6), 0);
	pci_walk_start(&walk, &device);
	assert_int_equal(pci_walk_next(&walk, 9), 0x40);
	assert_int_equal(pci_walk_next(&walk, 9), 0x50);
	assert_int_equal(pci_walk_next(&walk, 9), 0);
	assert_int_equal(pci_walk_next(&walk, 9), 0);
}

static void capabilities_in_a_circle(void **state)
{
	struct fake_pci_function *function = fake_pci_add(PCI_FUNCTION(0, 1, 0), 0x8086, 1, 0);
	struct pci_device device = read_device(function);
	struct pci_walk walk;
	unsigned found = 0;

	(void)state;
	function->bytes[PCI_CAPABILITIES_POINTER] = 0x40;
	add_capability(function, 0x40, 9, 0x44);
	add_capability(function, 0x44, 9, 0x40);
	pci_walk_start(&walk, &device);
	while (pci_walk_next(&walk, 9) != 0)
		found++;
	assert_int_equal(found, 48);
	assert_int_equal(pci_find_capability(&device, 5), 0);
}

static void capabilities_inside_the_header(void **state)
{
	struct fake_pci_function *function = fake_pci_add(PCI_FUNCTION(0, 1, 0), 0x8086, 1, 0);
	struct pci_device device = read_device(function);

	(void)state;
	function->bytes[PCI_CAPABILITIES_POINTER] = 0x3C;
	add_capability(function, 0x3C, 9, 0);
	assert_int_equal(pci_find_capability(&device, 9), 0);
}

/* --- the firmware's table ------------------------------------------------------------------- */

static uint8_t mcfg[44 + 2 * 16];

static void put_entry(unsigned index, uint64_t base, uint16_t segment, uint8_t first, uint8_t last)
{
	uint8_t *entry = mcfg + 44 + 16 * index;

	store_le64(entry, base);
	store_le16(entry + 8, segment);
	entry[10] = first;
	entry[11] = last;
}

static void mcfg_entries(void **state)
{
	struct pci_ecam ecam = { 0 };

	(void)state;
	put_entry(0, 0xC0000000, 1, 0, 255);
	put_entry(1, 0xB0000000, 0, 0, 127);
	assert_true(pci_parse_mcfg(mcfg, sizeof(mcfg), &ecam));
	assert_true(ecam.base == 0xB0000000);
	assert_int_equal(ecam.last_bus, 127);
	assert_false(pci_parse_mcfg(mcfg, sizeof(mcfg) - 1, &ecam));
	assert_false(pci_parse_mcfg(mcfg, 0, &ecam));
	put_entry(1, 0xB0000000, 0, 64, 127);
	assert_false(pci_parse_mcfg(mcfg, sizeof(mcfg), &ecam));
	put_entry(1, 0xB0001000, 0, 0, 127);
	assert_false(pci_parse_mcfg(mcfg, sizeof(mcfg), &ecam));
	put_entry(1, 0xFFFFFFFFF0000000, 0, 0, 127);
	assert_false(pci_parse_mcfg(mcfg, sizeof(mcfg), &ecam));
	put_entry(1, 0, 0, 0, 127);
	assert_false(pci_parse_mcfg(mcfg, sizeof(mcfg), &ecam));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(empty_machine, setup),
		cmocka_unit_test_setup(functions_only_where_announced, setup),
		cmocka_unit_test_setup(vendor_of_zeroes_is_none, setup),
		cmocka_unit_test_setup(behind_bridges, setup),
		cmocka_unit_test_setup(further_host_bridges, setup),
		cmocka_unit_test_setup(mirrors, setup),
		cmocka_unit_test_setup(bridges_in_circles, setup),
		cmocka_unit_test_setup(bars_of_all_kinds, setup),
		cmocka_unit_test_setup(bars_that_make_no_sense, setup),
		cmocka_unit_test_setup(no_more_than_asked, setup),
		cmocka_unit_test_setup(bridges_decode_on, setup),
		cmocka_unit_test_setup(decodes_nothing_meanwhile, setup),
		cmocka_unit_test_setup(capabilities_in_order, setup),
		cmocka_unit_test_setup(capabilities_in_a_circle, setup),
		cmocka_unit_test_setup(capabilities_inside_the_header, setup),
		cmocka_unit_test_setup(mcfg_entries, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
