// SPDX-License-Identifier: GPL-2.0-only
/* Tests of drivers/pci/pci_msi.c on a fake configuration space. */
#include "drivers/pci/pci_msi.h"
#include "lib/error.h"
#include "tests/unit/fake_pci.h"
#include "tests/unit/unit.h"

#define MSI 0x50
#define MSIX 0x70

static uint32_t table[16];	/* the BAR that holds MSI-X's */
static uint64_t reachable;
static struct pci_device device;
static struct fake_pci_function *function;

uint32_t pci_read(const struct pci_device *from, unsigned offset, unsigned width)
{
	return from->access->read(from->function, offset, width);
}

void pci_write(const struct pci_device *to, unsigned offset, unsigned width, uint32_t value)
{
	to->access->write(to->function, offset, width, value);
}

void pci_change_command(const struct pci_device *of, uint16_t set, uint16_t clear)
{
	pci_write(of, PCI_COMMAND, 2, (pci_read(of, PCI_COMMAND, 2) & ~(uint32_t)clear) | set);
}

void *pci_map_bar(const struct pci_device *of, unsigned bar, uint64_t size)
{
	(void)of;
	return bar == 1 && size <= reachable ? table : NULL;
}

static int setup(void **state)
{
	(void)state;
	fake_pci_count = 0;
	function = fake_pci_add(PCI_FUNCTION(0, 1, 0), 0x8086, 1, 0);
	device = (struct pci_device){ .access = &fake_pci_access, .function = function->function };
	memset(table, 0xFF, sizeof(table));
	reachable = sizeof(table);
	return 0;
}

static void add_msi(uint16_t control, uint8_t next)
{
	function->bytes[PCI_STATUS] = 0x10;
	function->bytes[PCI_CAPABILITIES_POINTER] = MSI;
	function->bytes[MSI] = PCI_CAP_ID_MSI;
	function->bytes[MSI + 1] = next;
	store_le16(function->bytes + MSI + 2, control);
	store_le16(function->writable + MSI + 2, 0x71);
	memset(function->writable + MSI + 4, 0xFF, 20);
}

static void add_msix(uint32_t place)
{
	function->bytes[PCI_STATUS] = 0x10;
	function->bytes[PCI_CAPABILITIES_POINTER] = MSIX;
	function->bytes[MSIX] = PCI_CAP_ID_MSIX;
	store_le16(function->writable + MSIX + 2, 0xC000);
	store_le32(function->bytes + MSIX + 4, place);
}

static void none(void **state)
{
	(void)state;
	assert_int_equal(pci_msi_enable(&device, 0xFEE00000, 0x41), -E_UNSUPPORTED);
	assert_int_equal(load_le16(function->bytes + PCI_COMMAND), 0);
}

static void narrow_msi(void **state)
{
	(void)state;
	add_msi(0x0010, 0);	/* somebody had turned on two messages */
	assert_int_equal(pci_msi_enable(&device, 0xFEE01000, 0x41), 0);
	assert_int_equal(load_le16(function->bytes + MSI + 2), 0x0001);
	assert_int_equal(load_le32(function->bytes + MSI + 4), 0xFEE01000);
	assert_int_equal(load_le16(function->bytes + MSI + 8), 0x41);
	assert_int_equal(load_le16(function->bytes + PCI_COMMAND), PCI_COMMAND_INTERRUPT_DISABLE);
	assert_int_equal(pci_msi_enable(&device, 0x100000000, 0x41), -E_RANGE);
	pci_msi_disable(&device);
	assert_int_equal(load_le16(function->bytes + MSI + 2), 0);
	assert_int_equal(load_le16(function->bytes + PCI_COMMAND), 0);
}

static void wide_msi_with_masks(void **state)
{
	(void)state;
	add_msi(0x0180, 0);
	store_le32(function->bytes + MSI + 16, 1);
	assert_int_equal(pci_msi_enable(&device, 0x1FEE00000, 0x42), 0);
	assert_int_equal(load_le16(function->bytes + MSI + 2), 0x0181);
	assert_int_equal(load_le32(function->bytes + MSI + 8), 1);
	assert_int_equal(load_le16(function->bytes + MSI + 12), 0x42);
	assert_int_equal(load_le32(function->bytes + MSI + 16), 0);
}

static void msix(void **state)
{
	(void)state;
	add_msix(16 | 1);
	assert_false(pci_msix_is_on(&device));
	assert_int_equal(pci_msi_enable(&device, 0x2FEE00000, 0x43), 0);
	assert_int_equal(table[4], 0xFEE00000);
	assert_int_equal(table[5], 2);
	assert_int_equal(table[6], 0x43);
	assert_int_equal(table[7], 0xFFFFFFFE);
	assert_int_equal(table[8], 0xFFFFFFFF);
	assert_int_equal(load_le16(function->bytes + MSIX + 2), 0x8000);
	assert_int_equal(load_le16(function->bytes + PCI_COMMAND),
			 PCI_COMMAND_INTERRUPT_DISABLE | PCI_COMMAND_MEMORY_SPACE);
	assert_true(pci_msix_is_on(&device));
	pci_msi_disable(&device);
	assert_false(pci_msix_is_on(&device));
}

static void msix_out_of_reach(void **state)
{
	(void)state;
	add_msix(64 | 1);
	assert_int_equal(pci_msi_enable(&device, 0xFEE00000, 0x43), -E_NOSPC);
	assert_int_equal(load_le16(function->bytes + MSIX + 2), 0);
	add_msi(0, MSIX);
	assert_int_equal(pci_msi_enable(&device, 0xFEE00000, 0x43), 0);
	assert_int_equal(load_le16(function->bytes + MSI + 2), 1);
}

static void capability_cut_by_the_end(void **state)
{
	(void)state;
	function->bytes[PCI_STATUS] = 0x10;
	function->bytes[PCI_CAPABILITIES_POINTER] = 0xF8;
	function->bytes[0xF8] = PCI_CAP_ID_MSIX;
	assert_int_equal(pci_msi_enable(&device, 0xFEE00000, 0x43), -E_UNSUPPORTED);
	function->bytes[0xF8] = PCI_CAP_ID_MSI;
	assert_int_equal(pci_msi_enable(&device, 0xFEE00000, 0x43), -E_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(none, setup),
		cmocka_unit_test_setup(narrow_msi, setup),
		cmocka_unit_test_setup(wide_msi_with_masks, setup),
		cmocka_unit_test_setup(msix, setup),
		cmocka_unit_test_setup(msix_out_of_reach, setup),
		cmocka_unit_test_setup(capability_cut_by_the_end, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
