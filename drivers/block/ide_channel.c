// SPDX-License-Identifier: GPL-2.0-only
/*
 * IDE channels (ATA8-APT for the registers, "Programming Interface for Bus Master
 * IDE Controller" 1.0 for DMA).  The bus master reaches the low 4 GB, in pieces
 * that do not cross 64 KB.
 */
#include "drivers/block/ide_channel.h"

#include "arch/cpu/log.h"
#include "arch/cpu/port.h"
#include "arch/cpu/wait.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/host_map.h"

/* The command block. */
#define DATA 0
#define COUNT 2
#define LBA_LOW 3
#define LBA_MID 4
#define LBA_HIGH 5
#define DEVICE 6
#define STATUS 7		/* reading it ends the interrupt */
#define COMMAND 7

/*
 * The control block has one register: device control, and when it is read alternate status,
 * which ends no interrupt.
 */
#define DEVICE_CONTROL_NIEN 0x02	/* no interrupts */
#define DEVICE_CONTROL_SRST 0x04	/* software reset */

#define DEVICE_OBSOLETE 0xA0	/* bits that were once fixed */
#define DEVICE_DEV 0x10		/* the second disk of the channel */
#define FLOATING 0xFF		/* status without any disk */
#define FLOATING_LOW 0x7F	/* the same, where the bus pulls bit 7 down (ATA8-APT) */

/* The bus master's block: command, status, descriptor table pointer. */
#define BMIC 0
#define BMIS 2
#define BMIDTP 4
#define BMIC_SSBM 0x01		/* start */
#define BMIC_RWCON 0x08		/* towards memory */
#define BMIS_ACTIVE 0x01
#define BMIS_ERROR 0x02	/* this and the next are cleared by writing ones */
#define BMIS_INTERRUPT 0x04

/* Physical region descriptors. */
#define PRD_BOUNDARY 0x10000u	/* no region crosses a multiple of this */
#define PRD_EOT 0x80000000u	/* the last of the table */
#define PRDS_MAX 512u

/* Each fragment can have a border of 64 KB in it, and another one for each 64 KB of its length. */
#define BYTES_MAX (1u << 20)
#define FRAGMENTS_UNCUT 248u

#define READY_TIME (1000 * WAIT_MS)	/* at boot, when disks have spun up */
#define SETTLE_TIME 400ull		/* ns until the status is that of the disk selected */
#define RESET_TIME 5000ull		/* ns that the reset lasts */
#define STATUS_TIME (2 * WAIT_MS)	/* until a disk shows that it is busy with a reset */

struct prd_table {
	struct {
		uint32_t address;
		uint32_t length;	/* 0 for 64 KB; PRD_EOT in the last one */
	} list[PRDS_MAX];
} __aligned(4096);

_Static_assert(sizeof(struct prd_table) == 4096, "one page, which crosses no 64 KB");
_Static_assert(2 * FRAGMENTS_UNCUT + BYTES_MAX / PRD_BOUNDARY <= PRDS_MAX,
	       "room for all that a command is cut into");

static struct ide_channel *channel_of(struct disk_port *port)
{
	return container_of(port, struct ide_channel, port);
}

static struct ide_disk *ide_disk_of(struct disk *disk)
{
	return container_of(disk, struct ide_disk, disk);
}

static void write_register(const struct ide_channel *channel, unsigned reg, uint8_t value)
{
	port_out8((uint16_t)(channel->command + reg), value);
}

static uint8_t read_register(const struct ide_channel *channel, unsigned reg)
{
	return port_in8((uint16_t)(channel->command + reg));
}

static uint8_t alternate_status(const struct ide_channel *channel)
{
	return port_in8(channel->control);
}

static bool is_idle(uint8_t status)
{
	return !(status & (ATA_STATUS_BSY | ATA_STATUS_DRQ));
}

/* --- commands ----------------------------------------------------------------------------- */

static void select_disk(const struct ide_channel *channel, uint8_t device)
{
	write_register(channel, DEVICE, DEVICE_OBSOLETE | device);
	wait_until(false, SETTLE_TIME);
}

/* Registers with two bytes take the high one first. */
static void write_command(const struct ide_channel *channel, const struct ide_disk *disk,
			  const struct ata_registers *registers)
{
	select_disk(channel, disk->select | registers->device);
	if (registers->lba48) {
		write_register(channel, COUNT, (uint8_t)(registers->count >> 8));
		write_register(channel, LBA_LOW, (uint8_t)(registers->lba >> 24));
		write_register(channel, LBA_MID, (uint8_t)(registers->lba >> 32));
		write_register(channel, LBA_HIGH, (uint8_t)(registers->lba >> 40));
	}
	write_register(channel, COUNT, (uint8_t)registers->count);
	write_register(channel, LBA_LOW, (uint8_t)registers->lba);
	write_register(channel, LBA_MID, (uint8_t)(registers->lba >> 8));
	write_register(channel, LBA_HIGH, (uint8_t)(registers->lba >> 16));
	write_register(channel, COMMAND, registers->command);
}

static void fill_table(struct prd_table *table, const struct disk_command *command)
{
	unsigned count = 0;

	for (unsigned i = 0; i < command->count; i++) {
		uint32_t address = (uint32_t)command->fragments[i].address;
		uint32_t left = command->fragments[i].length;

		while (left > 0) {
			uint32_t here = MIN(left, PRD_BOUNDARY - address % PRD_BOUNDARY);

			table->list[count].address = address;
			table->list[count++].length = here % PRD_BOUNDARY;
			address += here;
			left -= here;
		}
	}
	table->list[count - 1].length |= PRD_EOT;
}

static void write_bmic(const struct ide_channel *channel, uint8_t command)
{
	port_out8((uint16_t)(channel->bus_master + BMIC), command);
}

static uint8_t read_bmis(const struct ide_channel *channel)
{
	return port_in8((uint16_t)(channel->bus_master + BMIS));
}

static void clear_bmis(const struct ide_channel *channel)
{
	uint16_t port = (uint16_t)(channel->bus_master + BMIS);

	port_out8(port, port_in8(port) | BMIS_ERROR | BMIS_INTERRUPT);
}

static bool ide_start(struct disk_port *port, unsigned tag, const struct disk_command *command)
{
	struct ide_channel *channel = channel_of(port);
	struct ide_disk *disk = ide_disk_of(command->disk);
	uint8_t direction = command->operation == BLOCK_READ ? BMIC_RWCON : 0;
	struct ata_registers registers;
	size_t run;

	(void)tag;
	if (!ata_make_command(&disk->identity, command, &registers))
		return false;
	channel->busy = true;
	channel->moves_data = command->length > 0;
	clear_bmis(channel);
	if (channel->moves_data) {
		fill_table(channel->table, command);
		port_out32((uint16_t)(channel->bus_master + BMIDTP),
			   (uint32_t)host_physical(channel->table, &run));
		write_bmic(channel, direction);
	}
	write_command(channel, disk, &registers);
	if (channel->moves_data)
		write_bmic(channel, direction | BMIC_SSBM);
	return true;
}

/*
 * A disk that has not begun yet shows the same status as one that is done, so only the interrupt
 * bit tells.  A disk that is gone looks busy, as one at work does: only a reset tells them apart.
 */
static bool is_finished(const struct ide_channel *channel)
{
	return read_bmis(channel) & BMIS_INTERRUPT && !(alternate_status(channel) & ATA_STATUS_BSY);
}

static void ide_poll(struct disk_port *port)
{
	struct ide_channel *channel = channel_of(port);
	uint8_t status, bmis;

	if (!channel->busy || !is_finished(channel))
		return;
	bmis = read_bmis(channel);
	write_bmic(channel, 0);
	status = read_register(channel, STATUS);
	clear_bmis(channel);
	channel->busy = false;
	/* A bus master that is still active has not moved all the bytes. */
	if (status & (ATA_STATUS_ERR | ATA_STATUS_DF) || bmis & BMIS_ERROR ||
	    (channel->moves_data && (status & ATA_STATUS_DRQ || bmis & BMIS_ACTIVE)))
		disk_finished(port, 0, -E_IO);
	else
		disk_finished(port, 0, 0);
}

/* --- stopping and starting ------------------------------------------------------------------ */

static void ide_stop(struct disk_port *port)
{
	struct ide_channel *channel = channel_of(port);

	/* Once SSBM is clear the bus master moves nothing more (1.0, 2.1). */
	write_bmic(channel, 0);
	channel->busy = false;
	port_out8(channel->control, DEVICE_CONTROL_SRST);
	wait_until(false, RESET_TIME);
	port_out8(channel->control, 0);
	channel->settled = time_ns() + STATUS_TIME;
}

static bool ide_has_stopped(struct disk_port *port)
{
	const struct ide_channel *channel = channel_of(port);

	if (time_ns() < channel->settled)
		return false;
	clear_bmis(channel);
	return true;
}

static int ide_revive(struct disk_port *port)
{
	const struct ide_channel *channel = channel_of(port);
	uint8_t status = alternate_status(channel);

	if (status == FLOATING)
		return -E_IO;
	return is_idle(status) ? 0 : BLOCK_LATER;
}

static const struct disk_port_ops ide_ops = {
	.start = ide_start, .poll = ide_poll,
	.stop = ide_stop, .has_stopped = ide_has_stopped, .revive = ide_revive,
};

/* --- at boot ---------------------------------------------------------------------------------- */

static const char nothing_there[] = "nothing is attached";

/* Checks the signature that a packet (ATAPI) drive leaves when it refuses (ATA8-ACS 7.16.6). */
static bool is_packet_drive(const struct ide_channel *channel)
{
	return read_register(channel, LBA_MID) == 0x14 && read_register(channel, LBA_HIGH) == 0xEB;
}

/* Reads the answer to IDENTIFY, by the data register.  NULL, or why there is none. */
static const char *identify(const struct ide_channel *channel, const struct ide_disk *disk,
		     uint16_t words[ATA_IDENTIFY_WORDS])
{
	static const struct ata_registers registers = { .command = ATA_IDENTIFY_DEVICE };
	uint8_t status;

	select_disk(channel, disk->select);
	status = alternate_status(channel);
	if (status == FLOATING || status == FLOATING_LOW || status == 0)
		return nothing_there;
	if (!wait_until(is_idle(alternate_status(channel)), READY_TIME))
		return "it stays busy";
	write_command(channel, disk, &registers);
	wait_until(false, SETTLE_TIME);
	/* For a missing disk the other one answers, with zeroes. */
	if (alternate_status(channel) == 0)
		return nothing_there;
	if (!wait_until(!(alternate_status(channel) & ATA_STATUS_BSY), READY_TIME))
		return "it does not answer to IDENTIFY";
	status = read_register(channel, STATUS);
	if (status & ATA_STATUS_ERR && is_packet_drive(channel))
		return ata_packet_drive;
	if (status & ATA_STATUS_ERR || !(status & ATA_STATUS_DRQ))
		return "it does not answer to IDENTIFY";
	for (unsigned i = 0; i < ATA_IDENTIFY_WORDS; i++)
		words[i] = port_in16((uint16_t)(channel->command + DATA));
	return NULL;
}

static bool open_disk(struct ide_channel *channel, struct ide_disk *disk, unsigned number)
{
	uint16_t words[ATA_IDENTIFY_WORDS];
	const char *cause = identify(channel, disk, words);

	if (!cause)
		cause = ata_parse_identity(words, &disk->identity);
	if (cause == nothing_there)
		return false;
	/* The message names the disk's place, since a disk that cannot be used gets no name. */
	if (cause) {
		log_line(cause == ata_packet_drive ? LOG_INFO : LOG_WARN, "ide",
			 IDE_CHANNEL_FORMAT " %s cannot be used: %s",
			 IDE_CHANNEL_ARGUMENTS(channel), disk->select ? "slave" : "master",
			 cause);
		return false;
	}
	format_text(disk->disk.name, sizeof(disk->disk.name), "ide%u", number);
	disk->disk.device.sectors = disk->identity.sectors;
	disk->disk.device.block_size = disk->identity.block_size;
	string_copy(disk->disk.model, disk->identity.model, sizeof(disk->disk.model));
	return true;
}

static bool describe(struct ide_channel *channel)
{
	struct disk_port *port = &channel->port;

	port->ops = &ide_ops;
	port->depth = 1;
	port->limits = (struct disk_limits){
		.end = 1ull << 32, .alignment = 2, .fragments = FRAGMENTS_UNCUT, .bytes = BYTES_MAX,
	};
	for (unsigned i = 0; i < DISK_UNITS_MAX; i++) {
		const struct ide_disk *disk = &channel->disks[i];

		if (!disk->present)
			continue;
		if (!port->name)
			port->name = disk->disk.name;
		port->limits.bytes = MIN(port->limits.bytes, ata_bytes_max(&disk->identity));
	}
	channel->table = page_alloc();
	return channel->table && disk_port_init(port) == 0;
}

unsigned ide_channel_open(struct ide_channel *channel, unsigned *number)
{
	unsigned found = 0;

	port_out8(channel->control, DEVICE_CONTROL_NIEN);
	write_bmic(channel, 0);
	for (unsigned i = 0; i < DISK_UNITS_MAX; i++) {
		struct ide_disk *disk = &channel->disks[i];

		disk->select = i == 0 ? 0 : DEVICE_DEV;
		disk->present = open_disk(channel, disk, *number + found);
		found += disk->present;
	}
	if (found == 0)
		return 0;
	if (!describe(channel)) {
		log_error("ide", IDE_CHANNEL_FORMAT " channel cannot be used: %s",
			  IDE_CHANNEL_ARGUMENTS(channel), error_words(-E_NOMEM));
		return 0;
	}
	clear_bmis(channel);
	read_register(channel, STATUS);
	port_out8(channel->control, 0);
	*number += found;
	return found;
}
