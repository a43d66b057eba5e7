// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drives the local APIC, whose registers are in memory (xAPIC) or in MSRs (x2APIC).  Source:
 * Intel SDM vol. 3, chapter 10 ("Advanced Programmable Interrupt Controller"); 10.12 for
 * x2APIC.
 */
#include "arch/cpu/lapic.h"

#include "arch/cpu/cpu_features.h"
#include "arch/cpu/vectors.h"
#include "arch/cpu/x86.h"
#include "lib/error.h"

#define REGISTERS_SIZE 4096u
#define X2APIC_MSR 0x800u /* plus the register's offset / 16 */

#define REGISTER_ID 0x020u
#define REGISTER_VERSION 0x030u
#define REGISTER_TASK_PRIORITY 0x080u
#define REGISTER_END 0x0B0u
#define REGISTER_SPURIOUS 0x0F0u
#define REGISTER_IN_SERVICE 0x100u /* eight of them, 16 bytes apart */
#define REGISTER_REQUEST 0x200u /* likewise */
#define REGISTER_ERROR_STATUS 0x280u
#define REGISTER_LVT_CMCI 0x2F0u
#define REGISTER_COMMAND 0x300u
#define REGISTER_COMMAND_HIGH 0x310u
#define REGISTER_LVT_THERMAL 0x330u
#define REGISTER_LVT_COUNTERS 0x340u
#define REGISTER_LVT_LINT0 0x350u
#define REGISTER_LVT_LINT1 0x360u
#define REGISTER_LVT_ERROR 0x370u

#define ID_SHIFT 24
#define VERSION(version) ((version) & 0xFF)
#define VERSION_LVT_COUNT(version) (((version) >> 16 & 0xFF) + 1)
#define SPURIOUS_ENABLE BIT(8)

#define DELIVERY_FIXED (0u << 8)
#define DELIVERY_SMI (2u << 8)
#define DELIVERY_NMI (4u << 8)
#define DELIVERY_INIT (5u << 8)
#define DELIVERY_STARTUP (6u << 8)
#define DELIVERY_EXTERNAL (7u << 8)
#define DELIVERY_MASK (7u << 8)
#define COMMAND_BUSY BIT(12)
#define COMMAND_ASSERT BIT(14)

/*
 * The largest ids: the one behind each stands for all CPUs (SDM vol. 3, 10.6.2.1 and 10.12.9).
 * Local APICs from before the Pentium 4 have ids of 4 bits and do not look at the others, so that a
 * message to a larger id reaches another CPU; their version is below 14h, which it is on AMD's
 * later ones as well (AMD APM vol. 2, 16.3.3).
 */
#define OLD_ID_MAX 14u
#define X2APIC_ID_MAX 0xFFFFFFFEu
#define VERSION_XAPIC 0x14u
#define FAMILY_XAPIC 15u

/* A read of the register takes some ten cycles at least. */
#define BUSY_READS 100000u
#define IN_SERVICE_MAX 256u

static struct {
	void *registers;
	bool x2apic;
	uint32_t id_max;
} lapic;

uint32_t lapic_read(uint32_t offset)
{
	if (lapic.x2apic)
		return (uint32_t)read_msr(X2APIC_MSR + (offset >> 4));
	return mmio_read32(lapic.registers, offset);
}

void lapic_write(uint32_t offset, uint32_t value)
{
	if (lapic.x2apic)
		write_msr(X2APIC_MSR + (offset >> 4), value);
	else
		mmio_write32(lapic.registers, offset, value);
}

static uint32_t largest_id(void)
{
	if (lapic.x2apic)
		return X2APIC_ID_MAX;
	if (VERSION(lapic_read(REGISTER_VERSION)) < VERSION_XAPIC &&
	    cpu_features()->family < FAMILY_XAPIC)
		return OLD_ID_MAX;
	return LAPIC_XAPIC_ID_MAX;
}

int lapic_probe(bool large_ids, mmio_map_t *map)
{
	uint64_t base;

	/* CPUID does not report a local APIC that is switched off. */
	if (!cpu_features()->apic)
		return -E_UNSUPPORTED;
	base = read_msr(MSR_APIC_BASE);
	if (!(base & APIC_BASE_ENABLE))
		return -E_UNSUPPORTED;
	lapic.x2apic = (base & APIC_BASE_X2APIC) || (cpu_features()->x2apic && large_ids);
	/* As this processor says: the MADT has one address for all CPUs, and may be out of date. */
	if (!lapic.x2apic)
		lapic.registers = map(base & PTE_FRAME, REGISTERS_SIZE);
	if (!lapic.x2apic && !lapic.registers)
		return -E_NOSPC;
	lapic.id_max = largest_id();
	return 0;
}

/* An entry that raises an SMI is left alone: the firmware handles thermal events that way. */
static void mask_entry(uint32_t offset)
{
	uint32_t entry = lapic_read(offset);

	if ((entry & DELIVERY_MASK) != DELIVERY_SMI)
		lapic_write(offset, entry | LAPIC_LVT_MASKED);
}

static void mask_all(void)
{
	static const uint32_t entries[] = {	/* in the order in which processors got them */
		LAPIC_LVT_TIMER, REGISTER_LVT_LINT0, REGISTER_LVT_LINT1, REGISTER_LVT_ERROR,
		REGISTER_LVT_COUNTERS, REGISTER_LVT_THERMAL, REGISTER_LVT_CMCI,
	};
	uint32_t count = VERSION_LVT_COUNT(lapic_read(REGISTER_VERSION));

	for (uint32_t i = 0; i < MIN(count, ARRAY_SIZE(entries)); i++)
		mask_entry(entries[i]);
}

/* An interrupt that the firmware never acknowledged would block all of lower priority for ever. */
static void end_leftovers(void)
{
	uint32_t left = IN_SERVICE_MAX;

	for (uint32_t i = 0; i < 8; i++)
		while (lapic_read(REGISTER_IN_SERVICE + 16 * i) != 0 && left-- > 0)
			lapic_end();
}

void lapic_init_cpu(void)
{
	if (lapic.x2apic)
		write_msr(MSR_APIC_BASE, read_msr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
	mask_all();
	lapic_write(REGISTER_TASK_PRIORITY, 0);
	/* While it is disabled, its entries cannot be unmasked (SDM vol. 3, 10.4.7.2). */
	lapic_write(REGISTER_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	end_leftovers();
	lapic_take_errors();
	lapic_take_errors();
	lapic_write(REGISTER_LVT_ERROR, DELIVERY_FIXED | VECTOR_APIC_ERROR);
}

void lapic_open_nmi_input(unsigned lint)
{
	lapic_write(lint ? REGISTER_LVT_LINT1 : REGISTER_LVT_LINT0, DELIVERY_NMI);
}

/* MultiProcessor Specification 1.4, 3.6.2.2; SDM vol. 3, 10.5.1. */
void lapic_pass_through(void)
{
	mask_all();
	lapic_write(REGISTER_TASK_PRIORITY, 0);
	lapic_write(REGISTER_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	end_leftovers();
	lapic_write(REGISTER_LVT_LINT0, DELIVERY_EXTERNAL);
	lapic_write(REGISTER_LVT_LINT1, DELIVERY_NMI);
}

uint32_t lapic_id(void)
{
	uint32_t id = lapic_read(REGISTER_ID);

	if (lapic.x2apic)
		return id;
	/* The upper half of an id of 4 bits is reserved. */
	return lapic.id_max == OLD_ID_MAX ? id >> ID_SHIFT & 0xF : id >> ID_SHIFT;
}

bool lapic_can_reach(uint32_t apic_id)
{
	return apic_id <= lapic.id_max;
}

bool lapic_is_x2apic(void)
{
	return lapic.x2apic;
}

bool lapic_is_pending(unsigned vector)
{
	return lapic_read(REGISTER_REQUEST + vector / 32 * 16) & BIT(vector % 32);
}

void lapic_end(void)
{
	lapic_write(REGISTER_END, 0);
}

static int send_xapic(uint32_t apic_id, uint32_t command)
{
	uint32_t reads = BUSY_READS;

	while (lapic_read(REGISTER_COMMAND) & COMMAND_BUSY)
		if (reads-- == 0)
			return -E_IO;
	lapic_write(REGISTER_COMMAND_HIGH, apic_id << ID_SHIFT);
	lapic_write(REGISTER_COMMAND, command);
	return 0;
}

static int send(uint32_t apic_id, uint32_t command)
{
	if (!lapic_can_reach(apic_id))
		return -E_RANGE;
	if (!lapic.x2apic)
		return send_xapic(apic_id, command | COMMAND_ASSERT);
	/* A write to this MSR does not wait for stores before it (SDM vol. 3, 10.12.3). */
	memory_barrier();
	write_msr(X2APIC_MSR + (REGISTER_COMMAND >> 4),
		  (uint64_t)apic_id << 32 | command | COMMAND_ASSERT);
	return 0;
}

int lapic_send_vector(uint32_t apic_id, unsigned vector)
{
	return send(apic_id, DELIVERY_FIXED | vector);
}

int lapic_send_nmi(uint32_t apic_id)
{
	return send(apic_id, DELIVERY_NMI);
}

static void wait_until_sent(void)
{
	for (uint32_t reads = BUSY_READS; reads > 0; reads--)
		if (!(lapic_read(REGISTER_COMMAND) & COMMAND_BUSY))
			return;
}

/*
 * The code that the NMI interrupted may have seen that nothing is being sent, and have written the
 * upper half but not yet the lower one.  So this waits until the NMI was sent, and restores the
 * upper half.
 */
int lapic_send_nmi_from_nmi(uint32_t apic_id)
{
	uint32_t high = lapic.x2apic ? 0 : lapic_read(REGISTER_COMMAND_HIGH);
	int error = lapic_send_nmi(apic_id);

	if (!lapic.x2apic) {
		wait_until_sent();
		lapic_write(REGISTER_COMMAND_HIGH, high);
	}
	return error;
}

/* A CPU must not reset itself: nothing that runs on it would go on. */
static bool is_own(uint32_t apic_id)
{
	return apic_id == lapic_id();
}

int lapic_send_init(uint32_t apic_id)
{
	return is_own(apic_id) ? -E_RANGE : send(apic_id, DELIVERY_INIT);
}

int lapic_send_startup(uint32_t apic_id, uint32_t address)
{
	return is_own(apic_id) ? -E_RANGE
			       : send(apic_id, DELIVERY_STARTUP | (address >> 12 & 0xFF));
}

uint32_t lapic_take_errors(void)
{
	/*
	 * The write latches the errors since the last write into the register (SDM vol. 3, 10.5.3).
	 */
	lapic_write(REGISTER_ERROR_STATUS, 0);
	return lapic_read(REGISTER_ERROR_STATUS);
}
