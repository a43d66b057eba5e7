// SPDX-License-Identifier: GPL-2.0-only
/*
 * AHCI controllers: taking them over from the firmware, and their interrupts.
 */
#include "drivers/block/ahci.h"

#include "arch/cpu/log.h"
#include "arch/cpu/wait.h"
#include "drivers/block/ahci_port.h"
#include "drivers/pci/pci_irq.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/format.h"
#include "mm/heap.h"

#define CLASS_STORAGE 0x01
#define SUBCLASS_SATA 0x06
#define INTERFACE_AHCI 0x01
#define REGISTERS_BAR 5
#define PORTS_MAX 32u

/* Register bits, AHCI 1.3.1, 3.1. */
#define CAP_NCS(cap) (((cap) >> 8 & 31) + 1)	/* command slots */
#define CAP_S64A BIT(31)			/* 64-bit addresses */
#define GHC_HR BIT(0)
#define GHC_IE BIT(1)
#define GHC_AE BIT(31)
#define CAP2_BOH BIT(0)		/* there is a handoff between firmware and system: */
#define BOHC_BOS BIT(0)		/* the firmware owns the controller */
#define BOHC_OOS BIT(1)		/* the system owns it */
#define BOHC_BB BIT(4)		/* the firmware is busy with it */

#define RESET_TIME (1000 * WAIT_MS)		/* ibid. 10.4.3 */
#define HANDOFF_TIME (25 * WAIT_MS)		/* ibid. 10.6.3 */
#define HANDOFF_BUSY_TIME (2000 * WAIT_MS)

struct hba_registers {
	uint32_t CAP;
	uint32_t GHC;
	uint32_t IS;		/* a bit for each port that has an interrupt pending */
	uint32_t PI;		/* a bit for each port that is implemented */
	uint32_t VS;
	uint32_t CCC_CTL, CCC_PORTS;
	uint32_t EM_LOC, EM_CTL;
	uint32_t CAP2;
	uint32_t BOHC;
	uint8_t others[0x100 - 0x2C];
	struct ahci_port_registers port[PORTS_MAX];
};

_Static_assert(offsetof(struct hba_registers, port) == 0x100, "AHCI 1.3.1, chapter 3");

/* The least that BAR 5 has: one port's. */
#define REGISTERS_MIN (0x100 + sizeof(struct ahci_port_registers))

struct ahci {
	struct pci_device *pci;
	volatile struct hba_registers *registers;
	unsigned ports_mapped;
	struct ahci_port *ports[PORTS_MAX];
};

static unsigned disk_number;

static bool ahci_raised(void *context)
{
	struct ahci *ahci = context;
	uint32_t raised = ahci->registers->IS;
	bool worked = false;

	for (unsigned i = 0; i < PORTS_MAX; i++)
		if (raised & BIT(i) && ahci->ports[i])
			worked |= disk_port_interrupt(&ahci->ports[i]->port);
	/* Cleared after the ports' bits, or these bits are set again at once (ibid. 5.6.2.1). */
	ahci->registers->IS = raised;
	return worked;
}

static void set_polled(void *context)
{
	struct ahci *ahci = context;

	for (unsigned i = 0; i < PORTS_MAX; i++)
		if (ahci->ports[i])
			disk_port_set_polled(&ahci->ports[i]->port);
}

static const struct pci_irq_ops ahci_irq_ops = { ahci_raised, set_polled };

/* Asks firmware to stop its own driver, which may run in system management mode. */
static void take_from_firmware(volatile struct hba_registers *registers)
{
	if (!(registers->CAP2 & CAP2_BOH))
		return;
	registers->BOHC |= BOHC_OOS;
	if (!wait_until(!(registers->BOHC & BOHC_BOS), HANDOFF_TIME) &&
	    registers->BOHC & BOHC_BB)
		wait_until(!(registers->BOHC & BOHC_BOS), HANDOFF_BUSY_TIME);
}

/*
 * Firmware writes into CAP and PI what the controller can do and which ports are wired (ibid.
 * 10.1.1), and some controllers lose these values when they are reset.
 */
static bool reset_controller(volatile struct hba_registers *registers)
{
	uint32_t capabilities, ports;

	registers->GHC |= GHC_AE;
	capabilities = registers->CAP;
	ports = registers->PI;
	registers->GHC |= GHC_HR;
	if (!wait_until(!(registers->GHC & GHC_HR), RESET_TIME))
		return false;
	registers->GHC |= GHC_AE;
	registers->CAP = capabilities;
	registers->PI = ports;
	return true;
}

static void open_port(struct ahci *ahci, unsigned index)
{
	volatile struct hba_registers *registers = ahci->registers;
	struct ahci_port *port;

	if (!ahci_port_has_disk(&registers->port[index]))
		return;
	port = heap_alloc(sizeof(*port));
	if (!port) {
		log_error("ahci", PCI_FORMAT " port %u cannot be used: %s",
			  PCI_ARGUMENTS(ahci->pci->function), index, error_words(-E_NOMEM));
		return;
	}
	port->number = index;
	port->registers = &registers->port[index];
	port->pci = ahci->pci;
	format_text(port->disk.name, sizeof(port->disk.name), "ahci%u", disk_number);
	if (!ahci_port_open(port, CAP_NCS(registers->CAP),
			    registers->CAP & CAP_S64A)) {
		heap_free(port);
		return;
	}
	disk_number++;
	ahci->ports[index] = port;
}

static void add_disks(struct ahci *ahci)
{
	for (unsigned i = 0; i < PORTS_MAX; i++)
		if (ahci->ports[i])
			disk_add(&ahci->ports[i]->disk, &ahci->ports[i]->port);
}

/* NULL, or why the controller cannot be used. */
static const char *set_up(struct ahci *ahci)
{
	volatile struct hba_registers *registers = ahci->registers;

	take_from_firmware(registers);
	if (!reset_controller(registers))
		return "it does not come back from a reset";
	for (unsigned i = 0; i < ahci->ports_mapped; i++)
		if (registers->PI & BIT(i))
			open_port(ahci, i);
	if (pci_irq_attach(ahci->pci, &ahci_irq_ops, ahci) != 0)
		set_polled(ahci);
	registers->IS = registers->IS;
	registers->GHC |= GHC_IE;
	add_disks(ahci);
	return NULL;
}

static const char *open_controller(struct ahci *ahci, struct pci_device *device)
{
	uint64_t size = MIN(device->bars[REGISTERS_BAR].size, sizeof(struct hba_registers));

	if (size < REGISTERS_MIN)
		return "it has no registers";
	ahci->pci = device;
	ahci->ports_mapped = (unsigned)((size - 0x100) / sizeof(struct ahci_port_registers));
	ahci->registers = pci_map_bar(device, REGISTERS_BAR, size);
	if (!ahci->registers)
		return "its registers cannot be mapped";
	pci_change_command(device, PCI_COMMAND_MEMORY_SPACE | PCI_COMMAND_BUS_MASTER, 0);
	return set_up(ahci);
}

static int ahci_attach(struct pci_device *device)
{
	struct ahci *ahci = heap_alloc(sizeof(*ahci));
	const char *cause = ahci ? open_controller(ahci, device) : error_words(-E_NOMEM);

	if (!cause)
		return 0;
	log_warn("ahci", PCI_FORMAT ": the controller cannot be used: %s",
		 PCI_ARGUMENTS(device->function), cause);
	pci_change_command(device, 0, PCI_COMMAND_BUS_MASTER);
	heap_free(ahci);
	return -E_UNSUPPORTED;
}

static bool ahci_matches(const struct pci_device *device)
{
	return device->class_code == CLASS_STORAGE && device->subclass == SUBCLASS_SATA &&
	       device->interface == INTERFACE_AHCI;
}

const struct pci_driver ahci_driver = { "ahci", ahci_matches, ahci_attach };
