// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the ACPI tables (ACPI 6.4, section 5.2) and reads the fixed description table.  Firmware is
 * not hostile but often wrong: a table is used only when its length is sane and its bytes add up to
 * 0.
 */
#include "arch/board/acpi.h"

#include "arch/board/acpi_ports.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/string.h"

#define RSDP_SIGNATURE "RSD PTR "
#define RSDP_OLD_SIZE 20u
#define RSDP_ALIGN 16u
#define SEARCH_WINDOW 512u /* a multiple of it */
#define EBDA_SEGMENT 0x40Eu /* BIOS data area: real-mode segment of the extended one */
#define EBDA_SEARCH 1024u
#define BIOS_START 0xE0000u
#define BIOS_SIZE 0x20000u

/* Far above any real table, so that a wrong length does not cost seconds. */
#define TABLE_MAX (8u << 20)
#define ROOT_MAX_ENTRIES 1024u

#define FADT_BUTTON_ELSEWHERE BIT(4) /* set: the power button is a device that only AML describes */
#define FADT_TIMER_32BIT BIT(8)
#define FADT_RESET_SUPPORTED BIT(10)
#define FADT_NO_FIXED_HARDWARE BIT(20)

/* Registers of the battery clock's chip: the first 14 are the clock, 128 are all (MC146818A). */
#define CMOS_CLOCK_LAST 0x0Du
#define CMOS_LAST 0x7Fu

#define MAP_UNIT 4096u /* no map request crosses a multiple of it */

/* The longest form of the S5 object that is understood is 30 bytes; it may straddle two windows. */
#define AML_WINDOW 1024u
#define AML_OVERLAP 64u

struct rsdp {
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length; /* from here on only with revision 2 and later */
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} __packed;

_Static_assert(sizeof(struct rsdp) == 36, "ACPI 6.4, table 5.3");

struct table_header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem[26];
} __packed;

_Static_assert(sizeof(struct table_header) == 36, "ACPI 6.4, table 5.4");

struct generic_address {
	uint8_t space;
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t access_size;
	uint64_t address;
} __packed;

struct fadt {
	struct table_header header;
	uint32_t facs;
	uint32_t dsdt;
	uint8_t interrupt_model;
	uint8_t profile;
	uint16_t sci_interrupt;
	uint32_t smi_command;
	uint8_t acpi_enable;
	uint8_t acpi_disable;
	uint8_t s4bios_request;
	uint8_t pstate_control;
	uint32_t pm1a_event;
	uint32_t pm1b_event;
	uint32_t pm1a_control;
	uint32_t pm1b_control;
	uint32_t pm2_control;
	uint32_t pm_timer;
	uint32_t gpe[2];
	uint8_t pm1_event_length;
	uint8_t pm1_control_length;
	uint8_t pm2_control_length;
	uint8_t pm_timer_length;
	uint8_t gpe_length[2];
	uint8_t other_fields[14];
	uint8_t century;
	uint8_t boot_flags[3];
	uint32_t flags;
	struct generic_address reset;
	uint8_t reset_value;
	uint8_t arm_flags[2];
	uint8_t minor_revision;
	uint64_t x_facs;
	uint64_t x_dsdt;
	struct generic_address x_pm1a_event;
	struct generic_address x_pm1b_event;
	struct generic_address x_pm1a_control;
	struct generic_address x_pm1b_control;
	struct generic_address x_pm2_control;
	struct generic_address x_pm_timer;
} __packed;

_Static_assert(offsetof(struct fadt, pm1_event_length) == 88, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, century) == 108, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, reset) == 116, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, x_pm1a_control) == 172, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, pm_timer) == 76, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, x_pm_timer) == 208, "ACPI 6.4, table 5.9");

/* Boot CPU only, written once. */
static struct {
	acpi_map_t *map;
	uint64_t root;		/* the RSDT or XSDT, 0 when there is none */
	uint32_t root_entries;
	uint32_t root_entry_size;
	struct acpi_fixed fixed;
} acpi;

/* How many of the size bytes at address one map request may ask for. */
static size_t map_part(uint64_t address, size_t size)
{
	size_t room = MAP_UNIT - (size_t)(address & (MAP_UNIT - 1));

	return MIN(size, room);
}

static bool copy_physical(uint64_t address, void *to, size_t size)
{
	uint8_t *next = to;

	while (size > 0) {
		size_t part = map_part(address, size);
		const void *from = acpi.map(address, part);

		if (!from)
			return false;
		memcpy(next, from, part);
		next += part;
		address += part;
		size -= part;
	}
	return true;
}

static uint8_t sum_bytes(const uint8_t *bytes, size_t length)
{
	unsigned sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += bytes[i];
	return (uint8_t)sum;
}

static bool sum_is_zero(uint64_t address, size_t length)
{
	unsigned sum = 0;

	while (length > 0) {
		size_t part = map_part(address, length);
		const uint8_t *bytes = acpi.map(address, part);

		if (!bytes)
			return false;
		sum += sum_bytes(bytes, part);
		address += part;
		length -= part;
	}
	return (uint8_t)sum == 0;
}

/* True, with *table, when a good table with this signature stands at address. */
static bool check_table(uint64_t address, const char *signature, struct acpi_table *table)
{
	struct table_header header;

	if (address == 0 || address > UINT64_MAX - TABLE_MAX ||
	    !copy_physical(address, &header, sizeof(header)))
		return false;
	if (memcmp(header.signature, signature, sizeof(header.signature)) != 0)
		return false;
	if (header.length < sizeof(header) || header.length > TABLE_MAX ||
	    !sum_is_zero(address, header.length))
		return false;
	table->address = address;
	table->length = header.length;
	return true;
}

static bool use_root(uint64_t address, const char *signature, uint32_t entry_size)
{
	struct acpi_table table;

	if (!check_table(address, signature, &table))
		return false;
	acpi.root = address;
	acpi.root_entry_size = entry_size;
	acpi.root_entries = (uint32_t)(table.length - sizeof(struct table_header)) / entry_size;
	acpi.root_entries = MIN(acpi.root_entries, ROOT_MAX_ENTRIES);
	return true;
}

/* bytes holds length bytes that may be an RSDP.  True when it led to a root table. */
static bool use_rsdp(const void *bytes, size_t length)
{
	struct rsdp rsdp = { 0 };

	if (length < RSDP_OLD_SIZE)
		return false;
	memcpy(&rsdp, bytes, MIN(length, sizeof(rsdp)));
	if (memcmp(rsdp.signature, RSDP_SIGNATURE, sizeof(rsdp.signature)) != 0 ||
	    sum_bytes((const uint8_t *)&rsdp, RSDP_OLD_SIZE) != 0)
		return false;
	if (rsdp.revision >= 2 && length >= sizeof(rsdp) &&
	    sum_bytes((const uint8_t *)&rsdp, sizeof(rsdp)) == 0 &&
	    use_root(rsdp.xsdt, "XSDT", sizeof(uint64_t)))
		return true;
	return use_root(rsdp.rsdt, "RSDT", sizeof(uint32_t));
}

/* Looks at every 16th byte, in windows that overlap by the size of an RSDP. */
static bool search_rsdp(uint64_t start, size_t size)
{
	uint8_t bytes[SEARCH_WINDOW + sizeof(struct rsdp)];

	for (size_t done = 0; done < size; done += SEARCH_WINDOW) {
		size_t length = MIN(size - done, sizeof(bytes));

		if (!copy_physical(start + done, bytes, length))
			continue;
		for (size_t offset = 0;
		     offset < SEARCH_WINDOW && offset + RSDP_OLD_SIZE <= length;
		     offset += RSDP_ALIGN) {
			/* Thousands of places are none, at each start. */
			if (bytes[offset] == RSDP_SIGNATURE[0] &&
			    use_rsdp(bytes + offset, length - offset))
				return true;
		}
	}
	return false;
}

static bool search_bios(void)
{
	uint16_t segment;

	if (copy_physical(EBDA_SEGMENT, &segment, sizeof(segment)) && segment != 0 &&
	    search_rsdp((uint64_t)segment << 4, EBDA_SEARCH))
		return true;
	return search_rsdp(BIOS_START, BIOS_SIZE);
}

int acpi_find_table(const char *signature, unsigned index, struct acpi_table *table)
{
	for (uint32_t i = 0; i < acpi.root_entries; i++) {
		uint64_t entry = 0;
		uint64_t place = acpi.root + sizeof(struct table_header) +
				 (uint64_t)i * acpi.root_entry_size;

		if (!copy_physical(place, &entry, acpi.root_entry_size))
			break;
		if (check_table(entry, signature, table) && index-- == 0)
			return 0;
	}
	return -E_NOENT;
}

bool acpi_read_table(const struct acpi_table *table, uint32_t offset, void *to, size_t size)
{
	return offset <= table->length && size <= table->length - offset &&
	       copy_physical(table->address + offset, to, size);
}

/* Looks through one definition block in overlapping windows. */
static bool find_s5(const struct acpi_table *table)
{
	uint8_t aml[AML_WINDOW];

	for (uint32_t done = 0; done < table->length; done += AML_WINDOW - AML_OVERLAP) {
		uint32_t part = MIN(table->length - done, AML_WINDOW);

		if (!copy_physical(table->address + done, aml, part))
			return false;
		if (acpi_parse_s5(aml, part, &acpi.fixed.s5_type_a, &acpi.fixed.s5_type_b))
			return true;
	}
	return false;
}

static bool find_s5_anywhere(const struct fadt *fadt)
{
	struct acpi_table table;

	if (check_table(fadt->x_dsdt, "DSDT", &table) || check_table(fadt->dsdt, "DSDT", &table)) {
		if (find_s5(&table))
			return true;
	}
	for (unsigned i = 0; acpi_find_table("SSDT", i, &table) == 0; i++) {
		if (find_s5(&table))
			return true;
	}
	return false;
}

static void refuse_port(const char *what, uint32_t port)
{
	struct acpi_fixed *fixed = &acpi.fixed;

	if (fixed->refusal_count < ACPI_REFUSALS)
		fixed->refusals[fixed->refusal_count++] = (struct acpi_refusal){ what, port };
}

/* The first port of a block of length ports; 0 when there is none, or none can be there. */
static uint16_t sane_block(const char *what, uint32_t port, unsigned length)
{
	if (port == 0 || acpi_ports_are_free(port, length))
		return (uint16_t)port;
	refuse_port(what, port);
	return 0;
}

/* The old field, or the address that later firmware fills instead; only ports are of use. */
static uint16_t register_block(const char *what, uint32_t port,
			       const struct generic_address *extended, unsigned length)
{
	if (port != 0 && port <= UINT16_MAX)
		return sane_block(what, port, length);
	if (extended->space == ACPI_SPACE_PORT && extended->address <= UINT16_MAX)
		return sane_block(what, (uint32_t)extended->address, length);
	if (port != 0)
		refuse_port(what, port);
	return 0;
}

static void read_events(struct acpi_fixed *fixed, const struct fadt *fadt)
{
	unsigned length = MAX(fadt->pm1_event_length, 4u);

	fixed->pm1_event_length = fadt->pm1_event_length;
	fixed->pm1a_event = register_block("the PM1a event block", fadt->pm1a_event,
					   &fadt->x_pm1a_event, length);
	fixed->pm1b_event = register_block("the PM1b event block", fadt->pm1b_event,
					   &fadt->x_pm1b_event, length);
	for (unsigned i = 0; i < ARRAY_SIZE(fixed->gpe_blocks); i++) {
		fixed->gpe_lengths[i] = fadt->gpe_length[i];
		if (fadt->gpe_length[i] >= 2)
			fixed->gpe_blocks[i] = sane_block("a block of general events", fadt->gpe[i],
							  fadt->gpe_length[i]);
	}
	fixed->sci_line = fadt->sci_interrupt;
	fixed->has_power_button = fixed->pm1a_event != 0 && fixed->pm1_event_length >= 4 &&
				  !(fadt->flags & (FADT_BUTTON_ELSEWHERE | FADT_NO_FIXED_HARDWARE));
}

static void read_reset(struct acpi_fixed *fixed, const struct fadt *fadt)
{
	fixed->has_reset = (fadt->flags & FADT_RESET_SUPPORTED) != 0;
	fixed->reset_space = fadt->reset.space;
	fixed->reset_address = fadt->reset.address;
	fixed->reset_value = fadt->reset_value;
	if (fixed->has_reset && fixed->reset_space == ACPI_SPACE_PORT &&
	    !acpi_reset_port_is_sane(fixed->reset_address)) {
		refuse_port("the reset register",
			    (uint32_t)MIN(fixed->reset_address, (uint64_t)UINT32_MAX));
		fixed->has_reset = false;
	}
}

static void read_smi(struct acpi_fixed *fixed, const struct fadt *fadt)
{
	if (fadt->smi_command == 0)
		return;
	if (acpi_smi_port_is_sane(fadt->smi_command))
		fixed->smi_command = (uint16_t)fadt->smi_command;
	else
		refuse_port("the SMI command port", fadt->smi_command);
	fixed->acpi_enable = fadt->acpi_enable;
}

/* An index among the clock's own registers would take its seconds for the century. */
static void read_century(struct acpi_fixed *fixed, const struct fadt *fadt)
{
	if (fadt->century > CMOS_CLOCK_LAST && fadt->century <= CMOS_LAST)
		fixed->century = fadt->century;
}

static void read_fixed(void)
{
	struct acpi_fixed *fixed = &acpi.fixed;
	struct acpi_table table;
	struct fadt fadt = { 0 };

	/* Early revisions end before the reset register: missing fields read as 0. */
	if (acpi_find_table("FACP", 0, &table) != 0 ||
	    !copy_physical(table.address, &fadt, MIN(table.length, (uint32_t)sizeof(fadt))))
		return;
	fixed->pm1a_control = register_block("the PM1a control register", fadt.pm1a_control,
					     &fadt.x_pm1a_control, 2);
	fixed->pm1b_control = register_block("the PM1b control register", fadt.pm1b_control,
					     &fadt.x_pm1b_control, 2);
	read_events(fixed, &fadt);
	fixed->pm_timer = register_block("the PM timer", fadt.pm_timer, &fadt.x_pm_timer, 4);
	fixed->pm_timer_is_32bit = (fadt.flags & FADT_TIMER_32BIT) != 0;
	read_smi(fixed, &fadt);
	read_century(fixed, &fadt);
	read_reset(fixed, &fadt);
	fixed->has_s5 = find_s5_anywhere(&fadt);
}

int acpi_init(const void *rsdp, size_t rsdp_length, acpi_map_t *map)
{
	memset(&acpi, 0, sizeof(acpi));
	acpi.map = map;
	if (!use_rsdp(rsdp, rsdp_length) && !search_bios())
		return -E_NOENT;
	read_fixed();
	return 0;
}

const struct acpi_fixed *acpi_fixed(void)
{
	return &acpi.fixed;
}
