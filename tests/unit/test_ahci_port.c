// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of drivers/block/ahci_port.c with registers in plain memory, behind which a
 * small controller does its part whenever the driver looks at the clock.
 */
#include "drivers/block/ahci_port.c"
#include "tests/unit/unit.h"

#include <stdio.h>

static struct ahci_port port;
static struct pci_device pci = { .function = PCI_FUNCTION(0, 31, 2) };
static volatile struct ahci_port_registers registers;
static struct ahci_memory memory;
static uint64_t now;
static bool stuck, stuck_link, silent, unplugged, busy_disk;
static bool exchanged;		/* the disk has said hello (COMINIT), and PxSERR still says so */
static unsigned restarts, lost, freed, masters_taken, link_resets;
static uint32_t good, bad;	/* slots that finished */
static uint16_t identity[256];

/* --- what the driver stands on ---------------------------------------------------------- */

static void answer_identify(void)
{
	const struct command_table *table = &memory.tables[0];

	if (table->CFIS[2] == ATA_IDENTIFY_DEVICE)
		memcpy(memory.identity, identity, sizeof(identity));
}

/* The controller's step; time passes only here. */
uint64_t time_ns(void)
{
	const uint32_t running = PxCMD_CR, receiving = PxCMD_FR;

	if (registers.PxSCTL & DET_MASK) {
		link_resets++;
		exchanged = true;
		stuck_link = false;
	}
	/* Cleared by writing ones; what is written is seen here only. */
	if (registers.PxSERR == ALL_ONES)
		exchanged = false;
	registers.PxSERR = exchanged ? PxSERR_DIAG_X : 0;
	registers.PxSSTS = unplugged || registers.PxSCTL & DET_MASK ? 0 : 3;
	/* The disk's first words are taken in by who receives, and after that bit is cleared. */
	registers.PxTFD =
		busy_disk || exchanged || !(registers.PxCMD & PxCMD_FRE) ? ATA_STATUS_BSY : 0x50;
	if (registers.PxCMD & PxCMD_ST)
		registers.PxCMD |= running;
	else if (!stuck && !stuck_link)
		registers.PxCMD &= ~running;
	registers.PxCMD = registers.PxCMD & PxCMD_FRE ? registers.PxCMD | receiving
								: registers.PxCMD & ~receiving;
	if (!(registers.PxCMD & PxCMD_ST))
		registers.PxCI = 0;
	else if (!silent && registers.PxCI) {
		answer_identify();
		registers.PxCI = 0;
		/* Writing ones clears it, other than memory: undo the driver's last write. */
		registers.PxIS = PxIS_DHRS;
	}
	return now += 1000000;
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

void *pages_alloc(uint32_t count)
{
	assert_true(count * PAGE_SIZE >= sizeof(memory));
	memset(&memory, 0, sizeof(memory));
	return &memory;
}

void pages_free(void *pages, uint32_t count)
{
	assert_ptr_equal(pages, &memory);
	(void)count;
	freed++;
}

paddr_t host_physical(const void *pointer, size_t *run)
{
	*run = PAGE_SIZE;
	return (paddr_t)((const uint8_t *)pointer - (const uint8_t *)&memory) + 0x10000;
}

void pci_change_command(const struct pci_device *device, uint16_t set, uint16_t clear)
{
	(void)device;
	assert_int_equal(set, 0);
	assert_int_equal(clear, PCI_COMMAND_BUS_MASTER);
	masters_taken++;
}

const char ata_packet_drive[] = "it is a drive for CDs or other removable media";

const char *ata_parse_identity(const uint16_t words[ATA_IDENTIFY_WORDS], struct ata_identity *found)
{
	*found = (struct ata_identity){ "TEST", words[100], 512, true, true, true };
	return words[100] == 0 ? "it has no sectors" : NULL;
}

bool ata_make_command(const struct ata_identity *of, const struct disk_command *command,
		      struct ata_registers *made)
{
	(void)of;
	*made = (struct ata_registers){ 0x25, ATA_DEVICE_LBA, command->sector,
					(uint16_t)(command->length / 512), true };
	return command->operation != BLOCK_FLUSH;
}

uint32_t ata_bytes_max(const struct ata_identity *of)
{
	(void)of;
	return 1u << 25;
}

int disk_port_init(struct disk_port *of)
{
	(void)of;
	return 0;
}

void disk_finished(struct disk_port *of, unsigned slot, int error)
{
	assert_ptr_equal(of, &port.port);
	if (error)
		bad |= 1u << slot;
	else
		good |= 1u << slot;
}

void disk_port_restart(struct disk_port *of)
{
	(void)of;
	restarts++;
}

void disk_port_give_up(struct disk_port *of, const char *cause)
{
	(void)of;
	assert_non_null(cause);
	lost++;
}

static int setup(void **state)
{
	(void)state;
	memset((void *)(uintptr_t)&registers, 0, sizeof(registers));
	memset(&port, 0, sizeof(port));
	port.registers = &registers;
	port.pci = &pci;
	port.number = 5;
	registers.PxSIG = PxSIG_ATA;
	exchanged = true;
	stuck = stuck_link = silent = unplugged = busy_disk = false;
	restarts = lost = freed = masters_taken = link_resets = good = bad = 0;
	identity[100] = 1000;
	return 0;
}

/* --- at boot ---------------------------------------------------------------------------------- */

static void opened(void)
{
	assert_true(ahci_port_has_disk(&registers));
	assert_true(ahci_port_open(&port, 32, true));
	registers.PxIS = 0;
}

static void opens(void **state)
{
	(void)state;
	registers.PxCMD = PxCMD_ST | PxCMD_FRE;	/* firmware's, with memory of its own */
	opened();
	assert_int_equal(registers.PxCLB, 0x10000);
	assert_int_equal(registers.PxCLB % 1024, 0);
	assert_int_equal(registers.PxFB % 256, 0);
	assert_true(port.disk.device.sectors == 1000);
	assert_int_equal(port.port.depth, DISK_TAGS_MAX);
	assert_true(port.port.limits.end == UINT64_MAX);
	assert_true(registers.PxCMD & PxCMD_ST);
	assert_int_equal(registers.PxIE, PxIE_USED);
}

static void refuses(void **state)
{
	(void)state;
	unplugged = true;
	assert_false(ahci_port_has_disk(&registers));
	unplugged = false;
	identity[100] = 0;
	assert_false(ahci_port_open(&port, 1, false));
	assert_int_equal(freed, 1);
	identity[100] = 1;
	registers.PxSIG = 0xEB140101;
	assert_false(ahci_port_open(&port, 1, false));
	assert_string_equal(message, "00:1f.2 port 5 cannot be used: it is a drive for CDs or "
			    "other removable media");
	registers.PxSIG = 0x96690101;
	assert_false(ahci_port_open(&port, 1, false));
	assert_string_equal(message,
			    "00:1f.2 port 5 cannot be used: what is attached there is not a disk");
	registers.PxSIG = PxSIG_ATA;
	silent = true;
	assert_false(ahci_port_open(&port, 1, false));
	busy_disk = true;
	assert_false(ahci_port_open(&port, 1, false));
	assert_int_equal(freed, 5);
	/* What does not stop may still write to its memory. */
	stuck = true;
	registers.PxCMD = PxCMD_ST | PxCMD_CR;
	assert_false(close(&port, "test"));
	assert_int_equal(freed, 5);
}

/* --- commands --------------------------------------------------------------------------------- */

static bool start(unsigned slot, enum block_operation operation, uint64_t sector)
{
	static const struct disk_fragment fragments[] = { { 0x123456000, 1024 }, { 0x7000, 512 } };
	struct disk_command command = {
		.operation = operation, .sector = sector, .length = 1536, .fragments = fragments,
		.count = 2,
	};

	return ahci_ops.start(&port.port, slot, &command);
}

static void command_in_memory(void **state)
{
	const struct command_table *table = &memory.tables[3];
	static const uint8_t fis[16] = { 0x27, 0x80, 0x25, 0, 0xBC, 0x9A, 0x78, 0x40,
					 0x56, 0x34, 0x12, 0, 3, 0, 0, 0 };

	(void)state;
	opened();
	silent = true;
	assert_true(start(3, BLOCK_WRITE, 0x123456789ABC));
	assert_memory_equal(table->CFIS, fis, sizeof(fis));
	assert_int_equal(memory.headers[3].flags, 5 | 1 << 6 | 2 << 16);
	assert_int_equal(memory.headers[3].CTBA, address_of(table));
	assert_int_equal(memory.headers[3].CTBA % 128, 0);
	assert_int_equal(table->prdt[0].DBA, 0x23456000);
	assert_int_equal(table->prdt[0].DBAU, 1);
	assert_int_equal(table->prdt[0].DBC, 1023);
	assert_int_equal(table->prdt[1].DBC, 511);
	assert_int_equal(registers.PxCI, 8);
	assert_false(start(4, BLOCK_FLUSH, 0));	/* of a disk without a cache */
	assert_int_equal(registers.PxCI, 8);
	assert_int_equal(good, 0);
}

static void finishes(void **state)
{
	(void)state;
	opened();
	silent = true;
	start(0, BLOCK_READ, 1);
	start(5, BLOCK_READ, 2);
	registers.PxCI = 32;
	registers.PxIS = PxIS_DHRS;
	ahci_ops.poll(&port.port);
	assert_int_equal(good, 1);
	registers.PxCI = 0;
	ahci_ops.poll(&port.port);
	assert_int_equal(good, 33);
	ahci_ops.poll(&port.port);
	assert_int_equal(bad | restarts | lost, 0);
}

/* Of three the first is done, the second is at fault, and the third is to begin anew. */
static void one_at_fault(void **state)
{
	(void)state;
	opened();
	silent = true;
	for (unsigned i = 0; i < 3; i++)
		start(i, BLOCK_READ, i);
	registers.PxCI = 6;
	registers.PxCMD |= 1 << 8;
	registers.PxIS = PxIS_TFES;
	ahci_ops.poll(&port.port);
	assert_int_equal(good, 1);
	assert_int_equal(bad, 2);
	assert_int_equal(restarts, 1);
	assert_int_equal(port.started, 4);
}

/* What the link does wrong is no command's fault. */
static void link_at_fault(void **state)
{
	(void)state;
	opened();
	silent = true;
	start(0, BLOCK_READ, 0);
	registers.PxCI = 1;
	registers.PxIS = BIT(27);
	ahci_ops.poll(&port.port);
	assert_int_equal(good | bad, 0);
	assert_int_equal(restarts, 1);
}

static void unplugging(void **state)
{
	uint64_t before;

	(void)state;
	opened();
	registers.PxIS = PxIS_PRCS;
	ahci_ops.poll(&port.port);
	assert_int_equal(lost, 0);
	unplugged = true;
	time_ns();
	registers.PxIS = PxIS_PRCS;
	ahci_ops.poll(&port.port);
	assert_int_equal(lost, 1);
	registers.PxIS = UINT32_MAX;	/* not the disk alone, but all of the controller */
	ahci_ops.poll(&port.port);
	assert_int_equal(lost, 2);
	/* Nobody waits for what is not there. */
	memset((void *)(uintptr_t)&registers, 0xFF, sizeof(registers));
	before = now;
	assert_false(wait_stopped(&registers));
	assert_true(now - before < STOP_TIME / 2);
}

/*
 * The link was lost for a moment: what tells of it is not PxIS, but PxSERR, and must go there.
 * Commands under way begin anew, but for those that are done.
 */
static void glitch(void **state)
{
	(void)state;
	opened();
	silent = true;
	registers.PxSERR = PxSERR_DIAG_N | BIT(1);
	registers.PxIS = PxIS_PRCS;
	ahci_ops.poll(&port.port);
	assert_int_equal(registers.PxSERR, PxSERR_DIAG_X | PxSERR_DIAG_N);
	assert_int_equal(restarts | lost, 0);
	for (unsigned i = 0; i < 2; i++)
		start(i, BLOCK_READ, i);
	registers.PxCI = 2;
	registers.PxSERR = PxSERR_DIAG_X;
	registers.PxIS = PxIS_PCS;
	ahci_ops.poll(&port.port);
	assert_int_equal(registers.PxSERR, PxSERR_DIAG_X | PxSERR_DIAG_N);
	assert_int_equal(good, 1);
	assert_int_equal(restarts, 1);
	assert_int_equal(bad | lost, 0);
}

/* Where nothing answers there are zeroes on some machines: no commands that went well. */
static void gone(void **state)
{
	(void)state;
	opened();
	silent = true;
	start(0, BLOCK_READ, 0);
	memset((void *)(uintptr_t)&registers, 0, sizeof(registers));
	ahci_ops.poll(&port.port);
	assert_int_equal(lost, 1);
	assert_int_equal(good | bad, 0);
}

/* --- stopping --------------------------------------------------------------------------------- */

/* No step of it waits: looking at the clock is all that makes time pass here. */
static void stop(void)
{
	uint64_t begin = now, before = now;

	ahci_ops.stop(&port.port);
	for (bool stopped = false; !stopped;) {
		assert_true(now - before <= 10 * WAIT_MS);
		before = now;
		stopped = ahci_ops.has_stopped(&port.port);
	}
	assert_true(now - begin < 1100 * WAIT_MS);
}

static void stops_and_starts(void **state)
{
	(void)state;
	opened();
	silent = true;
	start(0, BLOCK_READ, 0);
	stop();
	assert_int_equal(registers.PxCI, 0);
	assert_int_equal(port.started, 0);
	assert_int_equal(masters_taken | link_resets, 0);
	/* Nobody would answer its interrupts. */
	assert_int_equal(registers.PxIE, 0);
	assert_int_equal(ahci_ops.revive(&port.port), 0);
	assert_true(registers.PxCMD & PxCMD_ST);
	assert_int_equal(registers.PxIE, PxIE_USED);
}

/* A disk that is still busy has its link reset, and is waited for. */
static void stops_a_busy_one(void **state)
{
	(void)state;
	opened();
	silent = busy_disk = true;
	start(0, BLOCK_READ, 0);
	stop();
	assert_true(link_resets > 0);
	assert_int_equal(masters_taken, 0);
	assert_int_equal(ahci_ops.revive(&port.port), BLOCK_LATER);
	busy_disk = false;
	time_ns();
	assert_int_equal(ahci_ops.revive(&port.port), 0);
}

/* One that says hello when its link was reset long ago. */
static void comes_late(void **state)
{
	(void)state;
	opened();
	silent = true;
	start(0, BLOCK_READ, 0);
	stop();
	exchanged = true;
	time_ns();
	assert_int_equal(ahci_ops.revive(&port.port), BLOCK_LATER);
	time_ns();
	assert_int_equal(ahci_ops.revive(&port.port), 0);
}

/* Others share the controller, so its right to memory is the last that is taken. */
static void stops_with_its_link(void **state)
{
	(void)state;
	opened();
	silent = stuck_link = true;
	start(0, BLOCK_READ, 0);
	stop();
	assert_true(link_resets > 0);
	assert_int_equal(masters_taken, 0);
	time_ns();
	assert_int_equal(ahci_ops.revive(&port.port), 0);
}

/* One that does not stop is kept from memory for good. */
static void cannot_be_stopped(void **state)
{
	(void)state;
	opened();
	silent = stuck = true;
	start(0, BLOCK_READ, 0);
	stop();
	assert_int_equal(masters_taken, 1);
	assert_int_equal(ahci_ops.revive(&port.port), -E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(opens, setup),
		cmocka_unit_test_setup(refuses, setup),
		cmocka_unit_test_setup(command_in_memory, setup),
		cmocka_unit_test_setup(finishes, setup),
		cmocka_unit_test_setup(one_at_fault, setup),
		cmocka_unit_test_setup(link_at_fault, setup),
		cmocka_unit_test_setup(unplugging, setup),
		cmocka_unit_test_setup(glitch, setup),
		cmocka_unit_test_setup(gone, setup),
		cmocka_unit_test_setup(stops_and_starts, setup),
		cmocka_unit_test_setup(stops_a_busy_one, setup),
		cmocka_unit_test_setup(comes_late, setup),
		cmocka_unit_test_setup(stops_with_its_link, setup),
		cmocka_unit_test_setup(cannot_be_stopped, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
