// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/block/ide_channel.c against a channel with two disks: registers
 * that take two bytes one after the other, a bus master that reads its table, and
 * time that passes when somebody looks at the clock.
 */
#include "tests/unit/fake_port.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "drivers/block/ide_channel.c"

#define COMMAND_BLOCK 0x1F0
#define CONTROL_PORT 0x3F6
#define MASTER_BLOCK 0xC000
#define TABLE_PHYSICAL 0x5000u
#define READY 0x50
#define SECTORS 0x200000u

enum attached { NOTHING, DISK, OLD_DISK, PACKET_DRIVE, UNREADY_DISK, REFUSING_DISK };

static struct pci_device pci = { .function = PCI_FUNCTION(0, 31, 2) };
static struct ide_channel channel;
static struct prd_table table;
static enum attached attached[2];
static uint64_t now;
static bool no_page, no_port;
static unsigned finished, resets;
static int last_error;

/* The channel's registers. */
static uint8_t older[8], newer[8];	/* what was written to each last, and before */
static uint8_t status, control, master, master_state;
static uint32_t table_address;
static unsigned words_left, commands;
static bool floating, floats_low, in_reset;

/* --- the channel -------------------------------------------------------------------------- */

static enum attached selected(void)
{
	return attached[newer[DEVICE] & DEVICE_DEV ? 1 : 0];
}

static uint8_t status_now(void)
{
	if (floating || (attached[0] == NOTHING && attached[1] == NOTHING))
		return floats_low ? FLOATING_LOW : FLOATING;
	if (selected() == NOTHING)
		return 0;
	if (in_reset || selected() == UNREADY_DISK)
		return ATA_STATUS_BSY;
	return status;
}

static uint16_t identity_word(void)
{
	unsigned word = ATA_IDENTIFY_WORDS - words_left--;

	if (words_left == 0)
		status = READY;
	switch (word) {
	case 49:
		return 0x0300;		/* LBA and DMA */
	case 60:
		return SECTORS & 0xFFFF;
	case 61:
		return SECTORS >> 16;
	case 82:
		return 0x0020;		/* a cache */
	case 83:
		return selected() == DISK ? 0x4000 | 0x0400 | 0x1000 | 0x2000 : 0x4000;
	case 100:
		return SECTORS & 0xFFFF;
	case 101:
		return SECTORS >> 16;
	default:
		return 0;
	}
}

static uint32_t fake_port_read(uint16_t port)
{
	switch (port) {
	case COMMAND_BLOCK + DATA:
		assert_true(words_left > 0);
		return identity_word();
	case COMMAND_BLOCK + STATUS:
		return status_now();
	case COMMAND_BLOCK + LBA_MID:
		return selected() == PACKET_DRIVE ? 0x14 : 0;
	case COMMAND_BLOCK + LBA_HIGH:
		return selected() == PACKET_DRIVE ? 0xEB : 0;
	case CONTROL_PORT:
		return status_now();
	case MASTER_BLOCK + BMIS:
		return master_state;
	default:
		fail_msg("a read of port %x", port);
		return 0;
	}
}

static bool refuses(void)
{
	return selected() == PACKET_DRIVE || selected() == REFUSING_DISK;
}

static void begin(uint8_t command)
{
	assert_false(status_now() & ATA_STATUS_BSY);
	if (command == ATA_IDENTIFY_DEVICE) {
		status = READY | (refuses() ? ATA_STATUS_ERR : ATA_STATUS_DRQ);
		words_left = ATA_IDENTIFY_WORDS;
	} else {
		status = ATA_STATUS_BSY;
		commands++;
	}
}

static void fake_port_written(uint16_t port, uint32_t value)
{
	unsigned reg = port - COMMAND_BLOCK;

	fake_write_count = 0;	/* nobody looks at the list */
	if (reg < 8) {
		older[reg] = newer[reg];
		newer[reg] = (uint8_t)value;
		if (reg == COMMAND && selected() != NOTHING)
			begin((uint8_t)value);
	} else if (port == CONTROL_PORT) {
		resets += value & DEVICE_CONTROL_SRST && !(control & DEVICE_CONTROL_SRST);
		control = (uint8_t)value;
		if (value & DEVICE_CONTROL_SRST)
			status = ATA_STATUS_BSY;
	} else if (port == MASTER_BLOCK + BMIC) {
		master = (uint8_t)value;
		master_state = (uint8_t)((master_state & ~BMIS_ACTIVE) |
					 (value & BMIC_SSBM ? BMIS_ACTIVE : 0));
	} else if (port == MASTER_BLOCK + BMIS) {
		master_state &= (uint8_t)~(value & (BMIS_ERROR | BMIS_INTERRUPT));
	} else if (port == MASTER_BLOCK + BMIDTP) {
		table_address = value;
	} else {
		fail_msg("a write to port %x", port);
	}
}

/* The disk is done with its command. */
static void answer(uint8_t with)
{
	status = with;
	master_state = (uint8_t)((master_state & ~BMIS_ACTIVE) | BMIS_INTERRUPT);
}

/* --- what the driver stands on ------------------------------------------------------------ */

uint64_t time_ns(void)
{
	return now += 50000;
}

static char message[128];	/* the last that was logged */

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	va_list arguments;

	(void)level;
	(void)subsystem;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
}

void *page_alloc(void)
{
	return no_page ? NULL : memset(&table, 0xEE, sizeof(table));
}

paddr_t host_physical(const void *pointer, size_t *run)
{
	assert_ptr_equal(pointer, &table);
	*run = sizeof(table);
	return TABLE_PHYSICAL;
}

int disk_port_init(struct disk_port *port)
{
	assert_ptr_equal(port, &channel.port);
	return no_port ? -E_NOMEM : 0;
}

void disk_finished(struct disk_port *port, unsigned tag, int error)
{
	assert_ptr_equal(port, &channel.port);
	assert_int_equal(tag, 0);
	finished++;
	last_error = error;
}

static int setup(void **state)
{
	(void)state;
	channel = (struct ide_channel){
		.pci = &pci, .number = 1, .command = COMMAND_BLOCK, .control = CONTROL_PORT,
		.bus_master = MASTER_BLOCK,
	};
	attached[0] = DISK;
	attached[1] = NOTHING;
	status = READY;
	control = master = master_state = 0;
	message[0] = '\0';
	words_left = commands = finished = resets = 0;
	floating = floats_low = in_reset = no_page = no_port = false;
	return 0;
}

static void opened(unsigned count)
{
	unsigned number = 3;

	assert_int_equal(ide_channel_open(&channel, &number), count);
	assert_int_equal(number, 3 + count);
}

/* --- at boot --------------------------------------------------------------------------------- */

static void one_disk(void **state)
{
	(void)state;
	opened(1);
	assert_true(channel.disks[0].present);
	assert_false(channel.disks[1].present);
	assert_string_equal(channel.disks[0].disk.name, "ide3");
	assert_true(channel.disks[0].disk.device.sectors == SECTORS);
	assert_ptr_equal(channel.port.name, channel.disks[0].disk.name);
	assert_int_equal(channel.port.depth, 1);
	assert_true(channel.port.limits.end == 1ull << 32);
	assert_int_equal(channel.port.limits.bytes, BYTES_MAX);
	assert_int_equal(control, 0);	/* interrupts are let through */
}

static void two_disks(void **state)
{
	(void)state;
	attached[1] = OLD_DISK;
	opened(2);
	assert_string_equal(channel.disks[1].disk.name, "ide4");
	/* The port's commands fit either. */
	assert_int_equal(channel.port.limits.bytes, 256 * 512);
}

static void only_the_second(void **state)
{
	(void)state;
	attached[0] = PACKET_DRIVE;
	attached[1] = DISK;
	opened(1);
	assert_false(channel.disks[0].present);
	assert_string_equal(channel.disks[1].disk.name, "ide3");
	assert_ptr_equal(channel.port.name, channel.disks[1].disk.name);
}

static void no_disks(void **state)
{
	static const enum attached rows[][2] = {
		{ NOTHING, NOTHING }, { PACKET_DRIVE, NOTHING }, { UNREADY_DISK, NOTHING },
		{ NOTHING, PACKET_DRIVE }, { REFUSING_DISK, NOTHING },
	};
	static const char *const messages[] = {
		"",
		"00:1f.2 secondary master cannot be used: it is a drive for CDs or other removable "
		"media",
		"00:1f.2 secondary master cannot be used: it stays busy",
		"00:1f.2 secondary slave cannot be used: it is a drive for CDs or other removable "
		"media",
		"00:1f.2 secondary master cannot be used: it does not answer to IDENTIFY",
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		setup(NULL);
		memcpy(attached, rows[i], sizeof(attached));
		opened(0);
		assert_string_equal(message, messages[i]);
		assert_int_equal(control, DEVICE_CONTROL_NIEN);
	}
	setup(NULL);
	attached[0] = NOTHING;
	floats_low = true;
	opened(0);
	assert_string_equal(message, "");
}

static void no_memory(void **state)
{
	(void)state;
	no_page = true;
	opened(0);
	setup(NULL);
	no_port = true;
	opened(0);
	assert_int_equal(control, DEVICE_CONTROL_NIEN);
}

/* --- commands --------------------------------------------------------------------------------- */

static bool start(unsigned disk, enum block_operation operation, uint64_t sector,
		  const struct disk_fragment *fragments, unsigned count)
{
	struct disk_command command = {
		.disk = &channel.disks[disk].disk, .operation = operation, .sector = sector,
		.fragments = fragments, .count = count,
	};

	for (unsigned i = 0; i < count; i++)
		command.length += fragments[i].length;
	return ide_ops.start(&channel.port, 0, &command);
}

static const struct disk_fragment page[] = { { 0x123000, 4096 } };

static void wide_command(void **state)
{
	static const uint8_t high[] = { 0, 0, 0, 0x01, 0, 0 },
			     low[] = { 0, 0, 8, 0x56, 0x34, 0x12 };

	(void)state;
	opened(1);
	start(0, BLOCK_READ, 0x01123456, page, 1);
	assert_memory_equal(older + COUNT, high + 2, 4);
	assert_memory_equal(newer + COUNT, low + 2, 4);
	assert_int_equal(newer[DEVICE], DEVICE_OBSOLETE | ATA_DEVICE_LBA);
	assert_int_equal(newer[COMMAND], 0x25);
	assert_int_equal(master, BMIC_SSBM | BMIC_RWCON);
	assert_int_equal(table_address, TABLE_PHYSICAL);
	assert_int_equal(finished, 0);
}

static void old_command(void **state)
{
	(void)state;
	attached[1] = OLD_DISK;
	opened(2);
	start(1, BLOCK_WRITE, 0x01123456, page, 1);
	assert_int_equal(newer[COUNT], 8);
	assert_int_equal(newer[LBA_LOW], 0x56);
	assert_int_equal(newer[LBA_HIGH], 0x12);
	assert_int_equal(newer[DEVICE], DEVICE_OBSOLETE | ATA_DEVICE_LBA | DEVICE_DEV | 0x01);
	assert_int_equal(newer[COMMAND], 0xCA);
	assert_int_equal(master, BMIC_SSBM);
}

/* The table has a line for each piece between two borders of 64 KB; 0 stands for all of that. */
static void cut_at_borders(void **state)
{
	static const struct disk_fragment fragments[] = {
		{ 0x1FF00, 0x200 }, { 0x40000, 0x10000 }, { 0x5FFFE, 0x20004 },
	};
	static const uint32_t wanted[][2] = {
		{ 0x1FF00, 0x100 }, { 0x20000, 0x100 }, { 0x40000, 0 }, { 0x5FFFE, 2 },
		{ 0x60000, 0 }, { 0x70000, 0 }, { 0x80000, 2 | PRD_EOT },
	};

	(void)state;
	opened(1);
	start(0, BLOCK_WRITE, 0, fragments, ARRAY_SIZE(fragments));
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(table.list[i].address, wanted[i][0]);
		assert_int_equal(table.list[i].length, wanted[i][1]);
	}
	assert_int_equal(table.list[ARRAY_SIZE(wanted)].address, 0xEEEEEEEE);
}

/* As many as the port takes, all across a border. */
static void most_fragments(void **state)
{
	static struct disk_fragment fragments[FRAGMENTS_UNCUT];
	uint32_t length = BYTES_MAX / FRAGMENTS_UNCUT & ~1u;

	(void)state;
	opened(1);
	for (unsigned i = 0; i < FRAGMENTS_UNCUT; i++)
		fragments[i] = (struct disk_fragment){ 0x10000 * (i + 1) - 2, length };
	assert_int_equal(channel.port.limits.fragments, FRAGMENTS_UNCUT);
	start(0, BLOCK_READ, 0, fragments, FRAGMENTS_UNCUT);
	assert_true(table.list[2 * FRAGMENTS_UNCUT - 1].length & PRD_EOT);
}

static void flushes(void **state)
{
	(void)state;
	opened(1);
	assert_true(start(0, BLOCK_FLUSH, 0, NULL, 0));
	assert_int_equal(newer[COMMAND], 0xEA);
	assert_int_equal(master, 0);
	answer(READY);
	ide_ops.poll(&channel.port);
	assert_int_equal(finished, 1);
	assert_int_equal(last_error, 0);
	/* A disk without a cache has nothing to do. */
	channel.disks[0].identity.can_flush = false;
	assert_false(start(0, BLOCK_FLUSH, 0, NULL, 0));
	assert_int_equal(finished, 1);
	assert_int_equal(commands, 1);
}

static void finishes(void **state)
{
	(void)state;
	opened(1);
	ide_ops.poll(&channel.port);	/* nothing was asked */
	start(0, BLOCK_READ, 0, page, 1);
	ide_ops.poll(&channel.port);	/* not begun, and not done */
	status = READY;			/* done without an interrupt: not yet begun, rather */
	ide_ops.poll(&channel.port);
	master_state |= BMIS_INTERRUPT;
	status = ATA_STATUS_BSY;	/* somebody else's interrupt */
	ide_ops.poll(&channel.port);
	assert_int_equal(finished, 0);
	answer(READY);
	ide_ops.poll(&channel.port);
	assert_int_equal(finished, 1);
	assert_int_equal(last_error, 0);
	assert_int_equal(master, 0);
	assert_int_equal(master_state & BMIS_INTERRUPT, 0);
	ide_ops.poll(&channel.port);
	assert_int_equal(finished, 1);
}

static void fails(void **state)
{
	static const struct {
		uint8_t status, master;
	} rows[] = {
		{ READY | ATA_STATUS_ERR, 0 }, { READY | ATA_STATUS_DF, 0 }, { READY, BMIS_ERROR },
		{ READY | ATA_STATUS_DRQ, 0 },	/* it wants more than there was */
		{ READY, BMIS_ACTIVE },	/* it moved less */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		setup(NULL);
		opened(1);
		start(0, BLOCK_READ, 0, page, 1);
		answer(rows[i].status);
		master_state |= rows[i].master;
		ide_ops.poll(&channel.port);
		assert_int_equal(finished, 1);
		assert_int_equal(last_error, -E_IO);
	}
}

/* The reset itself is waited for, some microseconds; what the disks make of it is not. */
static void stop(void)
{
	uint64_t begin = now, before = now;

	ide_ops.stop(&channel.port);
	for (bool stopped = false; !stopped;) {
		assert_true(now - before <= 4 * 50000);
		before = now;
		stopped = ide_ops.has_stopped(&channel.port);
	}
	assert_true(now - begin >= STATUS_TIME);
}

static void unplugged(void **state)
{
	(void)state;
	opened(1);
	start(0, BLOCK_READ, 0, page, 1);
	floating = true;
	master_state = BMIS_INTERRUPT;
	ide_ops.poll(&channel.port);	/* all ones look busy: there is no answer in time */
	assert_int_equal(finished, 0);
	stop();
	assert_int_equal(ide_ops.revive(&channel.port), -E_IO);
}

/* --- stopping --------------------------------------------------------------------------------- */

static void stops_and_starts(void **state)
{
	(void)state;
	opened(1);
	start(0, BLOCK_READ, 0, page, 1);
	stop();
	assert_int_equal(master, 0);
	assert_int_equal(resets, 1);
	assert_int_equal(control, 0);
	/* What the reset raises is nobody's answer. */
	master_state |= BMIS_INTERRUPT;
	status = READY;
	ide_ops.poll(&channel.port);
	assert_int_equal(finished, 0);
	status = ATA_STATUS_BSY;
	assert_int_equal(ide_ops.revive(&channel.port), BLOCK_LATER);
	status = READY;
	assert_int_equal(ide_ops.revive(&channel.port), 0);
	start(0, BLOCK_READ, 0, page, 1);
	assert_int_equal(commands, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_disk, setup),
		cmocka_unit_test_setup(two_disks, setup),
		cmocka_unit_test_setup(only_the_second, setup),
		cmocka_unit_test_setup(no_disks, setup),
		cmocka_unit_test_setup(no_memory, setup),
		cmocka_unit_test_setup(wide_command, setup),
		cmocka_unit_test_setup(old_command, setup),
		cmocka_unit_test_setup(cut_at_borders, setup),
		cmocka_unit_test_setup(most_fragments, setup),
		cmocka_unit_test_setup(flushes, setup),
		cmocka_unit_test_setup(finishes, setup),
		cmocka_unit_test_setup(fails, setup),
		cmocka_unit_test_setup(unplugged, setup),
		cmocka_unit_test_setup(stops_and_starts, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
