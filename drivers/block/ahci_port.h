/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port of an AHCI controller, with a disk.  Between ahci.c, which knows the
 * controller, and ahci_port.c.  Registers and their bits have the names of the
 * specification (AHCI 1.3.1): PxCMD is the register, PxCMD_ST its bit ST.
 */
#ifndef UMBRA_DRIVERS_BLOCK_AHCI_PORT_H
#define UMBRA_DRIVERS_BLOCK_AHCI_PORT_H

#include "drivers/block/ata.h"
#include "drivers/pci/pci.h"

/* Registers of a port, AHCI 1.3.1, 3.3; they begin at 0x100 of the controller's. */
struct ahci_port_registers {
	uint32_t PxCLB, PxCLBU;		/* the command list */
	uint32_t PxFB, PxFBU;		/* where frames from the disk are stored */
	uint32_t PxIS;			/* interrupt status; writing ones clears */
	uint32_t PxIE;			/* interrupt enable */
	uint32_t PxCMD;
	uint32_t reserved;
	uint32_t PxTFD;			/* task file: the disk's status, and its error above */
	uint32_t PxSIG;
	uint32_t PxSSTS, PxSCTL, PxSERR;
	uint32_t PxSACT;
	uint32_t PxCI;			/* a bit for each command slot that is in flight */
	uint32_t others[17];
};

struct ahci_memory;

/* The steps of stopping a port, in this order; the last three only if needed. */
enum ahci_stop {
	AHCI_COMMANDS,		/* the command engine stops */
	AHCI_LINK_DOWN,		/* the link is in reset */
	AHCI_LINK_UP,		/* the link comes back from that */
	AHCI_COMMANDS_AGAIN,	/* the command engine stops, after the link was reset */
};

struct ahci_port {
	struct disk_port port;
	struct disk disk;
	struct ata_identity identity;
	volatile struct ahci_port_registers *registers;
	struct ahci_memory *memory;
	const struct pci_device *pci;
	unsigned number;		/* of the port, 0 to 31, in messages */
	uint32_t started;		/* a bit for each command slot that has a command */
	enum ahci_stop stop;		/* while it is stopped */
	uint64_t stop_end;		/* time_ns() until which that may last */
	bool is_stuck;			/* it did not stop by itself */
};

/* Is a device attached that may be a disk?  Waits a moment if the link was asleep. */
bool ahci_port_has_disk(volatile struct ahci_port_registers *registers);

/*
 * Brings up the port and identifies its disk: fills in identity, and all of disk but the name.
 * slots (command slots) and dma64 (64-bit addresses) are what the controller has.  False, with the
 * cause in the log and the port stopped, when the device cannot be used.  registers, pci, number
 * and the disk's name must be set.  Boot CPU, before others start.
 */
bool ahci_port_open(struct ahci_port *port, unsigned slots, bool dma64);

#endif
