// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports of AHCI controllers.  Commands are not queued in the disk (NCQ): the controller hands them
 * over one after the other, so that after an error it is clear which one failed (AHCI 1.3.1,
 * 6.2.2.1).
 */
#include "drivers/block/ahci_port.h"

#include "arch/cpu/log.h"
#include "arch/cpu/wait.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/host_map.h"

/* Register bits, AHCI 1.3.1, 3.3. */
#define PxCMD_ST BIT(0)
#define PxCMD_SUD BIT(1)
#define PxCMD_POD BIT(2)
#define PxCMD_FRE BIT(4)
#define PxCMD_CCS(command) ((command) >> 8 & 31)
#define PxCMD_FR BIT(14)
#define PxCMD_CR BIT(15)
#define PxCMD_ICC_ACTIVE (1u << 28)
#define PxCMD_ICC_MASK (15u << 28)

#define PxIS_DHRS BIT(0)
#define PxIS_PSS BIT(1)
#define PxIS_PCS BIT(6)
#define PxIS_PRCS BIT(22)
#define PxIS_OFS BIT(24)
#define PxIS_IFS BIT(27)		/* of the link */
#define PxIS_HBDS BIT(28)		/* of the bus */
#define PxIS_HBFS BIT(29)
#define PxIS_TFES BIT(30)		/* the disk reports an error */
#define PxIS_ERRORS (PxIS_OFS | PxIS_IFS | PxIS_HBDS | PxIS_HBFS | PxIS_TFES)
#define PxIS_LINK_CHANGES (PxIS_PCS | PxIS_PRCS)
#define PxIE_USED (PxIS_DHRS | PxIS_PSS | PxIS_ERRORS | PxIS_LINK_CHANGES)

#define DET_MASK 0xFu			/* field DET of PxSSTS and of PxSCTL */
#define PxSSTS_DET_READY 3u		/* a device is there and the link is up */
#define PxSCTL_DET_COMRESET 1u		/* keeps the link in reset */
#define PxSERR_DIAG_N BIT(16)
#define PxSERR_DIAG_X BIT(26)
#define PxSIG_ATA 0x00000101u
#define PxSIG_ATAPI 0xEB140101u
#define ALL_ONES 0xFFFFFFFFu	/* what reads return when the controller was removed */

#define STOP_TIME (500 * WAIT_MS)	/* ibid. 10.1.2 */
#define LINK_RESET_TIME (1 * WAIT_MS)	/* ibid. 10.4.2 */
#define LINK_TIME (20 * WAIT_MS)	/* 10 ms are allowed for */
#define BOOT_READY_TIME (10000 * WAIT_MS)	/* a disk that spins up */
#define IDENTIFY_TIME (2000 * WAIT_MS)

/* Frame information structures, Serial ATA 3.0, 10.3.4. */
#define FIS_TYPE_REGISTER_H2D 0x27
#define FIS_C 0x80
#define FIS_DWORDS 5u

#define HEADER_W BIT(6)
#define HEADER_PRDTL_SHIFT 16
#define PRD_BYTES_MAX (4u << 20)

/* In memory, ibid. 4.2. */
struct command_header {
	uint32_t flags;		/* length of the FIS in dwords, HEADER_W, PRDTL */
	uint32_t PRDBC;
	uint32_t CTBA, CTBAU;
	uint32_t reserved[4];
};

/* An entry of the physical region descriptor table (PRDT). */
struct prd {
	uint32_t DBA, DBAU;
	uint32_t reserved;
	uint32_t DBC;		/* bytes less 1 */
};

struct command_table {
	uint8_t CFIS[64];
	uint8_t ACMD[16];
	uint8_t reserved[48];
	struct prd prdt[DISK_FRAGMENTS_MAX];
} __aligned(128);

/* The memory of a port that the controller accesses; all of it low. */
struct ahci_memory {
	struct command_header headers[32] __aligned(1024);
	uint8_t received_fis[256] __aligned(256);
	struct command_table tables[DISK_TAGS_MAX];
	uint16_t identity[ATA_IDENTIFY_WORDS];
};

#define MEMORY_PAGES ((sizeof(struct ahci_memory) + PAGE_SIZE - 1) / PAGE_SIZE)

_Static_assert(sizeof(struct command_header) == 32 && sizeof(struct prd) == 16, "4.2");
_Static_assert(sizeof(struct ahci_port_registers) == 0x80, "3.3");
_Static_assert(offsetof(struct command_table, prdt) == 128, "4.2.3");

static struct ahci_port *port_of(struct disk_port *port)
{
	return container_of(port, struct ahci_port, port);
}

static uint32_t address_of(const void *pointer)
{
	size_t run;

	return (uint32_t)host_physical(pointer, &run);
}

/* --- commands ---------------------------------------------------------------------------- */

static void fill_fis(uint8_t *fis, const struct ata_registers *registers)
{
	memset(fis, 0, FIS_DWORDS * 4);
	fis[0] = FIS_TYPE_REGISTER_H2D;
	fis[1] = FIS_C;
	fis[2] = registers->command;
	fis[7] = registers->device;
	for (unsigned i = 0; i < 3; i++)
		fis[4 + i] = (uint8_t)(registers->lba >> 8 * i);
	fis[12] = (uint8_t)registers->count;
	if (!registers->lba48)
		return;
	for (unsigned i = 0; i < 3; i++)
		fis[8 + i] = (uint8_t)(registers->lba >> (24 + 8 * i));
	fis[13] = (uint8_t)(registers->count >> 8);
}

static void fill_slot(struct ahci_port *port, unsigned slot, const struct ata_registers *registers,
		      const struct disk_fragment *fragments, unsigned count, bool write)
{
	struct command_header *header = &port->memory->headers[slot];
	struct command_table *table = &port->memory->tables[slot];

	fill_fis(table->CFIS, registers);
	for (unsigned i = 0; i < count; i++)
		table->prdt[i] = (struct prd){
			.DBA = (uint32_t)fragments[i].address,
			.DBAU = (uint32_t)(fragments[i].address >> 32),
			.DBC = fragments[i].length - 1,
		};
	*header = (struct command_header){
		.flags = FIS_DWORDS | (write ? HEADER_W : 0) | count << HEADER_PRDTL_SHIFT,
		.CTBA = address_of(table),
	};
}

static void issue(struct ahci_port *port, unsigned slot)
{
	port->started |= BIT(slot);
	/* The controller reads what was written before; the CPU keeps the order of stores. */
	compiler_barrier();
	port->registers->PxCI = BIT(slot);
}

/* The tag is the command slot. */
static bool ahci_start(struct disk_port *disk_port, unsigned slot,
		       const struct disk_command *command)
{
	struct ahci_port *port = port_of(disk_port);
	struct ata_registers registers;

	if (!ata_make_command(&port->identity, command, &registers))
		return false;
	fill_slot(port, slot, &registers, command->fragments, command->count,
		  command->operation == BLOCK_WRITE);
	issue(port, slot);
	return true;
}

static void finish_slots(struct ahci_port *port, uint32_t slots, int error)
{
	port->started &= ~slots;
	for (unsigned i = 0; i < DISK_TAGS_MAX; i++)
		if (slots & BIT(i))
			disk_finished(&port->port, i, error);
}

/* The controller has stopped at the failed command; later ones have not begun. */
static void take_error(struct ahci_port *port, uint32_t what)
{
	uint32_t left = port->registers->PxCI & port->started;
	uint32_t slot = PxCMD_CCS(port->registers->PxCMD);

	finish_slots(port, port->started & ~left, 0);
	if (what & PxIS_TFES && slot < DISK_TAGS_MAX && left & BIT(slot))
		finish_slots(port, BIT(slot), -E_IO);
	disk_port_restart(&port->port);
}

/* The disk was reset by something else, and has lost its commands. */
static void begin_anew(struct ahci_port *port)
{
	finish_slots(port, port->started & ~port->registers->PxCI, 0);
	disk_port_restart(&port->port);
}

/*
 * Is the controller gone?  Then registers read as ones or zeroes, and zeroes would look like
 * finished commands.
 */
static bool is_gone(const volatile struct ahci_port_registers *registers, uint32_t interrupts)
{
	return interrupts == ALL_ONES || !(registers->PxCMD & PxCMD_ST);
}

static void ahci_poll(struct disk_port *disk_port)
{
	struct ahci_port *port = port_of(disk_port);
	volatile struct ahci_port_registers *registers = port->registers;
	uint32_t what = registers->PxIS;

	if (is_gone(registers, what)) {
		disk_port_give_up(disk_port, "its controller is gone");
		return;
	}
	/* PRCS and PCS only show bits of PxSERR, and stay until those are cleared (ibid. 3.3.5). */
	if (what & PxIS_LINK_CHANGES)
		registers->PxSERR = PxSERR_DIAG_X | PxSERR_DIAG_N;
	registers->PxIS = what;
	if (what & PxIS_LINK_CHANGES && (registers->PxSSTS & DET_MASK) != PxSSTS_DET_READY)
		disk_port_give_up(disk_port, "it is unplugged");
	else if (what & PxIS_ERRORS)
		take_error(port, what);
	else if (what & PxIS_PCS)
		begin_anew(port);
	else
		finish_slots(port, port->started & ~registers->PxCI, 0);
}

/* --- stopping and starting ------------------------------------------------------------------ */

static bool disk_is_busy(const volatile struct ahci_port_registers *registers)
{
	return registers->PxTFD & (ATA_STATUS_BSY | ATA_STATUS_DRQ);
}

/*
 * After a reset a disk first sends its status and its signature; until then it counts as busy.  The
 * controller accepts these only while DIAG.X (the link is new) is clear in PxSERR.
 */
static bool disk_is_ready(volatile struct ahci_port_registers *registers)
{
	if (!disk_is_busy(registers))
		return true;
	registers->PxSERR = ALL_ONES;
	return false;
}

static void wait_for(struct ahci_port *port, enum ahci_stop what, uint64_t nanoseconds)
{
	port->stop = what;
	port->stop_end = time_ns() + nanoseconds;
}

/* Clearing PxCMD.ST empties PxCI: the controller has forgotten all commands. */
static void ahci_stop(struct disk_port *disk_port)
{
	struct ahci_port *port = port_of(disk_port);

	port->registers->PxCMD &= ~PxCMD_ST;
	port->started = 0;
	/* No interrupts until the port runs again. */
	port->registers->PxIE = 0;
	wait_for(port, AHCI_COMMANDS, STOP_TIME);
}

/* Has the command engine stopped?  A port that is gone reads as ones, so it never has. */
static bool commands_stopped(const volatile struct ahci_port_registers *registers)
{
	return !(registers->PxCMD & PxCMD_CR);
}

static void set_link(volatile struct ahci_port_registers *registers, uint32_t detect)
{
	registers->PxSCTL = (registers->PxSCTL & ~DET_MASK) | detect;
}

/*
 * Does the next step of stopping.  If the port does not stop (ibid. 10.4.2), or the disk is still
 * busy then (6.2.2.1), the link is reset: the disk restarts as after power-on, and does not answer
 * before it is ready.  True when it was the last step.
 */
static bool step(struct ahci_port *port)
{
	volatile struct ahci_port_registers *registers = port->registers;

	switch (port->stop) {
	case AHCI_COMMANDS:
		port->is_stuck = !commands_stopped(registers);
		if (!port->is_stuck && !disk_is_busy(registers) && port->port.resets == 0)
			return true;
		set_link(registers, PxSCTL_DET_COMRESET);
		wait_for(port, AHCI_LINK_DOWN, LINK_RESET_TIME);
		return false;
	case AHCI_LINK_DOWN:
		set_link(registers, 0);
		wait_for(port, AHCI_LINK_UP, LINK_TIME);
		return false;
	case AHCI_LINK_UP:
		registers->PxSERR = ALL_ONES;
		wait_for(port, AHCI_COMMANDS_AGAIN, STOP_TIME);
		return !port->is_stuck;
	case AHCI_COMMANDS_AGAIN:
		/* If the port still does not stop, its whole controller is cut off from memory. */
		if (!commands_stopped(registers))
			pci_change_command(port->pci, 0, PCI_COMMAND_BUS_MASTER);
		return true;
	}
	return true;
}

static bool has_come(const struct ahci_port *port)
{
	const volatile struct ahci_port_registers *registers = port->registers;

	switch (port->stop) {
	case AHCI_COMMANDS:
	case AHCI_COMMANDS_AGAIN:
		return commands_stopped(registers) || registers->PxCMD == ALL_ONES;
	case AHCI_LINK_UP:
		return (registers->PxSSTS & DET_MASK) == PxSSTS_DET_READY;
	case AHCI_LINK_DOWN:
		return false;	/* just time has to pass */
	}
	return true;
}

static bool ahci_has_stopped(struct disk_port *disk_port)
{
	struct ahci_port *port = port_of(disk_port);

	while (has_come(port) || time_ns() >= port->stop_end)
		if (step(port))
			return true;
	return false;
}

static void start_commands(volatile struct ahci_port_registers *registers)
{
	registers->PxSERR = ALL_ONES;
	registers->PxIS = ALL_ONES;
	registers->PxCMD |= PxCMD_ST;
}

static int ahci_revive(struct disk_port *disk_port)
{
	struct ahci_port *port = port_of(disk_port);
	volatile struct ahci_port_registers *registers = port->registers;

	if (registers->PxCMD == ALL_ONES || registers->PxCMD & PxCMD_CR)
		return -E_IO;
	if ((registers->PxSSTS & DET_MASK) != PxSSTS_DET_READY || !disk_is_ready(registers))
		return BLOCK_LATER;
	start_commands(registers);
	registers->PxIE = PxIE_USED;
	return 0;
}

static const struct disk_port_ops ahci_ops = {
	.start = ahci_start, .poll = ahci_poll,
	.stop = ahci_stop, .has_stopped = ahci_has_stopped, .revive = ahci_revive,
};

/* --- at boot ---------------------------------------------------------------------------------- */

static bool wait_stopped(const volatile struct ahci_port_registers *registers)
{
	uint32_t command;

	wait_until(!((command = registers->PxCMD) & PxCMD_CR) || command == ALL_ONES, STOP_TIME);
	return !(command & PxCMD_CR);
}

static bool stop_commands(volatile struct ahci_port_registers *registers)
{
	registers->PxCMD &= ~PxCMD_ST;
	return wait_stopped(registers);
}

static bool stop_receiving(volatile struct ahci_port_registers *registers)
{
	registers->PxCMD &= ~PxCMD_FRE;
	return wait_until(!(registers->PxCMD & PxCMD_FR), STOP_TIME);
}

bool ahci_port_has_disk(volatile struct ahci_port_registers *registers)
{
	uint32_t command = registers->PxCMD & ~PxCMD_ICC_MASK;

	/* Turns on power, spin-up and the link, in case firmware has not. */
	registers->PxCMD = command | PxCMD_POD | PxCMD_SUD | PxCMD_ICC_ACTIVE;
	return wait_until((registers->PxSSTS & DET_MASK) == PxSSTS_DET_READY, LINK_TIME);
}

static bool set_up_memory(struct ahci_port *port)
{
	volatile struct ahci_port_registers *registers = port->registers;

	port->memory = pages_alloc(MEMORY_PAGES);
	if (!port->memory)
		return false;
	registers->PxCLB = address_of(port->memory->headers);
	registers->PxCLBU = 0;
	registers->PxFB = address_of(port->memory->received_fis);
	registers->PxFBU = 0;
	registers->PxSERR = ALL_ONES;
	registers->PxCMD |= PxCMD_FRE;
	return true;
}

/* NULL, or why there is no answer. */
static const char *identify(struct ahci_port *port)
{
	static const struct ata_registers registers = { .command = ATA_IDENTIFY_DEVICE };
	struct disk_fragment fragment = {
		address_of(port->memory->identity), sizeof(port->memory->identity),
	};
	volatile struct ahci_port_registers *regs = port->registers;

	if (!wait_until(disk_is_ready(regs), BOOT_READY_TIME))
		return "it stays busy";
	if (regs->PxSIG == PxSIG_ATAPI)
		return ata_packet_drive;
	if (regs->PxSIG != PxSIG_ATA)
		return "what is attached there is not a disk";
	start_commands(regs);
	fill_slot(port, 0, &registers, &fragment, 1, false);
	issue(port, 0);
	wait_until(!(regs->PxCI & BIT(0)) || regs->PxIS & PxIS_ERRORS, IDENTIFY_TIME);
	if (regs->PxCI & BIT(0) || regs->PxIS & PxIS_ERRORS)
		return "it does not answer to IDENTIFY";
	port->started = 0;
	return ata_parse_identity(port->memory->identity, &port->identity);
}

static void describe(struct ahci_port *port, unsigned slots, bool dma64)
{
	port->port.ops = &ahci_ops;
	port->port.name = port->disk.name;
	port->port.depth = MIN(slots, DISK_TAGS_MAX);
	port->port.limits = (struct disk_limits){
		.end = dma64 ? UINT64_MAX : 1ull << 32,
		.alignment = 2,
		.fragments = DISK_FRAGMENTS_MAX,
		.bytes = MIN(ata_bytes_max(&port->identity), PRD_BYTES_MAX),
	};
	port->disk.device.sectors = port->identity.sectors;
	port->disk.device.block_size = port->identity.block_size;
	string_copy(port->disk.model, port->identity.model, sizeof(port->disk.model));
}

/* The message names the port's place: the disk's name goes to the next disk. */
static bool close(struct ahci_port *port, const char *cause)
{
	log_line(cause == ata_packet_drive ? LOG_INFO : LOG_WARN, "ahci",
		 PCI_FORMAT " port %u cannot be used: %s", PCI_ARGUMENTS(port->pci->function),
		 port->number, cause);
	port->registers->PxIE = 0;
	/* Memory that the port may still write to is not freed. */
	if (stop_commands(port->registers) && stop_receiving(port->registers) && port->memory)
		pages_free(port->memory, MEMORY_PAGES);
	return false;
}

bool ahci_port_open(struct ahci_port *port, unsigned slots, bool dma64)
{
	const char *cause;

	port->registers->PxIE = 0;
	if (!stop_commands(port->registers) || !stop_receiving(port->registers))
		return close(port, "it does not stop");
	if (!set_up_memory(port))
		return close(port, error_words(-E_NOMEM));
	cause = identify(port);
	if (cause)
		return close(port, cause);
	describe(port, slots, dma64);
	if (disk_port_init(&port->port) != 0)
		return close(port, error_words(-E_NOMEM));
	port->registers->PxIS = ALL_ONES;
	port->registers->PxIE = PxIE_USED;
	return true;
}
