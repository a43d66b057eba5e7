// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the scan of PCI: the input is functions, each with its place and the
 * first bytes of its space, and which bits of the base addresses can be written.
 * The scan must end, see each function once, and leave all as it was.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake_pci.h"

#define SPACE 72	/* bytes of each function that the input gives */
#define MASKS 24
#define ENTRY (2 + SPACE + MASKS)
#define READS_A_BUS 2000

static uint8_t seen[65536];
static unsigned seen_count;

static void check_bar(const struct pci_bar *bar)
{
	if (bar->kind == PCI_BAR_NONE)
		return;
	REQUIRE(bar->size != 0 && (bar->size & (bar->size - 1)) == 0);
	REQUIRE(bar->kind == PCI_BAR_MEMORY || bar->address < 65536);
}

static void check_walk(const struct pci_device *device, uint8_t kind)
{
	struct pci_walk walk;
	unsigned steps = 0;
	uint8_t place;

	pci_walk_start(&walk, device);
	while ((place = pci_walk_next(&walk, kind)) != 0) {
		REQUIRE(place >= 0x40 && place % 4 == 0);
		REQUIRE(++steps <= 48);
	}
}

static void found(void *context, pci_function_t function)
{
	struct fake_pci_function *real = fake_pci_find(function);
	struct fake_pci_function before;
	struct pci_device device;

	(void)context;
	REQUIRE(real != NULL && !seen[function]);
	seen[function] = 1;
	seen_count++;
	before = *real;
	pci_read_device(&fake_pci_access, function, &device);
	REQUIRE(memcmp(&before, real, sizeof(before)) == 0);
	for (unsigned i = 0; i < PCI_BARS; i++)
		check_bar(&device.bars[i]);
	check_walk(&device, PCI_CAP_ID_VENDOR);
	check_walk(&device, real->bytes[0x40]);
}

static void add(const uint8_t *entry)
{
	struct fake_pci_function *function = &fake_pci[fake_pci_count++];

	memset(function, 0, sizeof(*function));
	function->function = load_le16(entry);
	memcpy(function->bytes, entry + 2, SPACE);
	/* Capabilities come again and again behind those of the input. */
	for (unsigned i = SPACE; i < 256; i++)
		function->bytes[i] = function->bytes[0x40 + i % 8];
	memcpy(function->writable + PCI_BASE_ADDRESS, entry + 2 + SPACE, MASKS);
	memset(function->writable + PCI_COMMAND, 0xFF, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pci_ecam ecam = { 0 };

	fake_pci_count = 0;
	fake_pci_reads = 0;
	seen_count = 0;
	memset(seen, 0, sizeof(seen));
	for (; size >= ENTRY && fake_pci_count < FAKE_PCI_FUNCTIONS; size -= ENTRY, data += ENTRY)
		if (!fake_pci_find(load_le16(data)))
			add(data);
	pci_scan(&fake_pci_access, found, NULL);
	REQUIRE(seen_count <= fake_pci_count);
	REQUIRE(fake_pci_reads < 257ul * READS_A_BUS);
	if (pci_parse_mcfg(data, (uint32_t)size, &ecam))
		REQUIRE(ecam.base != 0 && ecam.first_bus == 0);
	return 0;
}
