/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port of an AHCI controller, with a disk.  Between ahci.c, which knows the
 * controller, and ahci_port.c.
 */
#ifndef UMBRA_DRIVERS_BLOCK_AHCI_PORT_H
#define UMBRA_DRIVERS_BLOCK_AHCI_PORT_H

#include "drivers/block/ata.h"
#include "drivers/pci/pci.h"

/* Registers of a port, AHCI 1.3.1, 3.3; they begin at 0x100 of the controller's. */
struct ahci_port_registers {
	uint32_t command_list, command_list_high;
	uint32_t fis, fis_high;
	uint32_t interrupts;		/* what has happened; writing ones clears */
	uint32_t interrupt_enable;
	uint32_t command;
	uint32_t reserved;
	uint32_t task_file;		/* the disk's status, and its error above it */
	uint32_t signature;
	uint32_t sata_status, sata_control, sata_error;
	uint32_t sata_active;
	uint32_t issue;			/* a bit for each command that is under way */
	uint32_t others[17];
};

struct ahci_memory;

/* What is waited for while a port is stopped, in this order; the last three are not always needed. */
enum ahci_stop {
	AHCI_COMMANDS,		/* it goes on with its list of commands */
	AHCI_LINK_DOWN,		/* the link is in reset */
	AHCI_LINK_UP,		/* the link comes back from that */
	AHCI_COMMANDS_AGAIN,	/* it has not stopped before the link was reset */
};

struct ahci_port {
	struct disk_port port;
	struct disk disk;
	struct ata_identity identity;
	volatile struct ahci_port_registers *registers;
	struct ahci_memory *memory;
	const struct pci_device *pci;
	unsigned number;		/* of the port, 0 to 31, in messages */
	uint32_t started;		/* a bit for each slot that has a command */
	enum ahci_stop stop;		/* while it is stopped */
	uint64_t stop_end;		/* time_ns() until which that may last */
	bool is_stuck;			/* it did not stop by itself */
};

/* Is anything attached there that may be a disk?  Waits for a moment if the port was asleep. */
bool ahci_port_has_disk(volatile struct ahci_port_registers *registers);

/*
 * Brings up the port and asks its disk who it is: identity, and all of disk but the
 * name.  slots and wide are what the controller has: commands at once, and addresses
 * of 64 bits.  False, with the cause in the log and the port at rest, when what is there
 * is not for us.  registers, pci, number and the disk's name must be set.  Boot CPU,
 * before others start.
 */
bool ahci_port_open(struct ahci_port *port, unsigned slots, bool wide);

#endif
