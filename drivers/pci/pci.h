/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The PCI functions of the machine: finding them, their properties, and the registers that all of
 * them have (PCI Local Bus 3.0, chapter 6).  Bus numbers and addresses stay as the firmware
 * assigned them.
 */
#ifndef UMBRA_DRIVERS_PCI_PCI_H
#define UMBRA_DRIVERS_PCI_PCI_H

#include "drivers/pci/pci_access.h"
#include "lib/list.h"
#include "lib/pci_spec.h"

#include <stdbool.h>

#define PCI_BARS 6

enum pci_bar_kind { PCI_BAR_NONE, PCI_BAR_PORTS, PCI_BAR_MEMORY };

/* What a base address register decodes. */
struct pci_bar {
	enum pci_bar_kind kind;
	uint64_t address;	/* 0: the firmware gave it none */
	uint64_t size;		/* a power of two */
};

/* How a function notifies its driver. */
enum pci_interrupt {
	PCI_POLLED,	/* no interrupts: it is polled */
	PCI_LINE,	/* its own, INTA to INTD */
	PCI_ISA_LINES,
	PCI_MSI,
	PCI_MSIX,
};

/* Room for what pci_describe_driver says. */
#define PCI_DRIVER_TEXT 40

struct pci_driver;

struct pci_device {
	const struct pci_access *access;
	pci_function_t function;
	uint16_t vendor, id;
	uint8_t class_code, subclass, interface, revision;
	uint8_t line;		/* ISA line that the firmware routed it to; 255: none */
	uint8_t pin;		/* 1-4 for INTA-INTD, 0 when it raises none */
	struct pci_bar bars[PCI_BARS];
	bool no_messages;	/* set by its driver: MSI does not work on it */
	const struct pci_driver *driver;	/* NULL: none */
	enum pci_interrupt interrupt;		/* its driver says which, in attach */
	struct list_node node;	/* in the list of all */
};

/* What drives functions of a kind. */
struct pci_driver {
	const char *name;
	bool (*matches)(const struct pci_device *device);
	/*
	 * Takes the function into use: 0 or negative, and then the function is not used,
	 * and the log says why if anything is wrong with it.  Boot CPU, before others start.
	 */
	int (*attach)(struct pci_device *device);
};

/* --- pci_scan.c ----------------------------------------------------------------- */

/*
 * Calls found(context, function) for every function: on bus 0, on all buses behind bridges, and on
 * those of further host bridges, which are found by trying; each bus once.  Ends whatever bus
 * numbers the bridges have.
 */
void pci_scan(const struct pci_access *access,
	      void (*found)(void *context, pci_function_t function), void *context);

/*
 * Fills *device, except for the fields of drivers and node, from configuration space; decoding is
 * off meanwhile.  A bridge keeps decoding, and its bars are not read.
 */
void pci_read_device(const struct pci_access *access, pci_function_t function,
		     struct pci_device *device);

/* --- pci_bar.c ------------------------------------------------------------------- */

/*
 * Reads and sizes count base address registers (6, or 0 of what must not be touched) into bars; a
 * register that is unused or invalid becomes PCI_BAR_NONE.  The function decodes nothing meanwhile,
 * and is left as it was.
 */
void pci_read_bars(const struct pci_access *access, pci_function_t function, unsigned count,
		   struct pci_bar bars[PCI_BARS]);

/* --- pci_capability.c ------------------------------------------------------------ */

/* A walk along the chain of capabilities, which ends even if the chain does not. */
struct pci_walk {
	const struct pci_device *device;
	uint8_t next, left;
};

void pci_walk_start(struct pci_walk *walk, const struct pci_device *device);

/*
 * Where the next capability of that kind is, or 0 when there is none.  It need
 * not have room for all it should hold before the end of the 256 bytes.
 */
uint8_t pci_walk_next(struct pci_walk *walk, uint8_t kind);

/* The first of that kind, or 0. */
uint8_t pci_find_capability(const struct pci_device *device, uint8_t kind);

/* --- pci.c ------------------------------------------------------------------------- */

/*
 * Finds all functions.  Takes as long as some 8,000 reads of configuration space, so it is done
 * while something else must be waited for.  Boot CPU, once, before others start.
 */
void pci_find(void);

/*
 * Offers each function that was found to the count drivers in order.  One line of the log for each.
 * Boot CPU, once, with the interrupt lines in order and the timers running.
 */
void pci_attach(const struct pci_driver *const *drivers, unsigned count);

/* All functions, in the order in which they were found; for commands.  Never changes after boot. */
struct list *pci_devices(void);

/*
 * The function's driver and kind of interrupt, for messages: "ahci, msi" or "no driver".  Any CPU.
 */
void pci_describe_driver(const struct pci_device *device, char text[PCI_DRIVER_TEXT]);

/* Register access, as pci_access has it. */
uint32_t pci_read(const struct pci_device *device, unsigned offset, unsigned width);
void pci_write(const struct pci_device *device, unsigned offset, unsigned width, uint32_t value);

/*
 * Sets and clears bits PCI_COMMAND_* of the command register.  Without
 * PCI_COMMAND_BUS_MASTER a function touches no memory, whatever it was told before.
 * Any CPU, but not two at once for one function.
 */
void pci_change_command(const struct pci_device *device, uint16_t set, uint16_t clear);

/*
 * The registers behind a memory BAR, at least size bytes of them, mapped for ever;
 * NULL when there are not, or no room.  Boot CPU, before others start.
 */
void *pci_map_bar(const struct pci_device *device, unsigned bar, uint64_t size);

#endif
