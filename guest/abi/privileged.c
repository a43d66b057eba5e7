// SPDX-License-Identifier: GPL-2.0-only
/*
 * Privileged instructions of ring 1: those that Umbra answers for the guest,
 * and those that it hands back as #GP because the kernel ought not to use them.
 */
#include "guest/abi/debug_status.h"
#include "guest/abi/instructions.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"
#include "guest/runtime/report.h"
#include "guest/runtime/trap.h"

#include <stddef.h>

/* MSRs that Linux touches before it could recover from a fault, and some dangerous ones. */
static const uint32_t msrs[] = {0x17, 0x1B, 0x8B, 0x174, 0x175, 0x176, 0x277, 0xC0000080,
				0xC0000082};

TEST(privileged, cli_sti_skipped)
{
	struct fault fault = fault_of("cli", : );

	CHECK(fault.vector == FAULT_NONE, "cli: vector %u", fault.vector);
	fault = fault_of("sti", : );
	CHECK(fault.vector == FAULT_NONE, "sti: vector %u", fault.vector);
	CHECK(!irq_is_enabled(), "sti changed the virtual flag");
}

TEST(privileged, rdmsr_reads_zero)
{
	for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		uint32_t low = 1, high = 1;
		struct fault fault = fault_of("rdmsr", "+a"(low), "+d"(high) : "c"(msrs[i]));

		CHECK(fault.vector == FAULT_NONE, "0x%x: vector %u", msrs[i], fault.vector);
		CHECK(low == 0 && high == 0, "0x%x reads 0x%x 0x%x", msrs[i], high, low);
	}
}

TEST(privileged, wrmsr_dropped)
{
	for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		struct fault fault =
			fault_of("wrmsr", : "a"(0xFFFFFFFF), "d"(0), "c"(msrs[i]));

		CHECK(fault.vector == FAULT_NONE, "0x%x: vector %u", msrs[i], fault.vector);
	}
}

/* Reads a debug register, which has to work, and what is read has to be that. */
#define CHECK_REGISTER(name, wanted) \
	do { \
		uint32_t read_value = 1; \
		struct fault read_fault = fault_of("movl %%" name ", %0", "+r"(read_value)); \
		CHECK(read_fault.vector == FAULT_NONE && read_value == (wanted), \
		      name ": vector %u, value 0x%x", read_fault.vector, read_value); \
	} while (0)

TEST(privileged, debug_registers)
{
	uint32_t value = 1;
	struct fault fault = fault_of("movl %0, %%dr0", : "r"(&value));

	CHECK(fault.vector == FAULT_NONE, "mov dr0: vector %u", fault.vector);
	/* Break on reads and writes of value: it must not happen. */
	fault = fault_of("movl %0, %%dr7", : "r"(0x000F0703));
	CHECK(fault.vector == FAULT_NONE, "mov dr7: vector %u", fault.vector);
	fault = fault_of("movl %1, %0", "=r"(value) : "m"(value));
	CHECK(fault.vector == FAULT_NONE, "a breakpoint was set");
}

/* They were written above, and read as after a reset all the same. */
TEST(privileged, debug_registers_read)
{
	CHECK_REGISTER("dr0", 0);
	CHECK_REGISTER("dr7", DR7_RESET);
	CHECK_REGISTER("dr5", DR7_RESET);
}

static uint32_t status_after_writing(uint32_t value)
{
	write_dr6(value);
	return read_dr6();
}

/* Bits of DR6 that are always set stay so, and only causes of debug exceptions can be written. */
TEST(privileged, debug_status)
{
	uint32_t value = status_after_writing(0);

	CHECK(value == DR6_RESET, "0 written, 0x%x read", value);
	value = status_after_writing(0xFFFFFFFF);
	CHECK(value == (DR6_RESET | DR6_CAUSES), "ones written, 0x%x read", value);
}

/* Without CR4.DE, DR4 is another name of DR6. */
TEST(privileged, debug_status_alias)
{
	uint32_t value;

	write_dr6(DR6_RESET | DR6_CAUSES);
	__asm__ volatile("movl %%dr4, %0\n\tmovl %1, %%dr4" : "=&r"(value) : "r"(DR6_RESET));
	CHECK(value == (DR6_RESET | DR6_CAUSES), "dr4 0x%x", value);
	CHECK(read_dr6() == DR6_RESET, "dr6 0x%x after dr4 was written", read_dr6());
}

/* Linux replaces all of these; using one is a mistake of the guest's own. */
TEST(privileged, reflected)
{
	static const uint8_t table[6];
	uint32_t value;

#define REFLECTED(name, ...) \
	do { \
		struct fault fault = fault_of(__VA_ARGS__); \
		report_case(name, fault_is(fault, TRAP_PROTECTION, 0), "vector %u error 0x%x", \
			    fault.vector, fault.error); \
	} while (0)

	REFLECTED("read_cr0", "movl %%cr0, %0", "=r"(value));
	REFLECTED("read_cr3", "movl %%cr3, %0", "=r"(value));
	REFLECTED("read_cr4", "movl %%cr4, %0", "=r"(value));
	REFLECTED("write_cr0", "movl %0, %%cr0", : "r"(0x11));
	REFLECTED("write_cr3", "movl %0, %%cr3", : "r"(0));
	REFLECTED("write_cr4", "movl %0, %%cr4", : "r"(0));
	REFLECTED("clts", "clts", : );
	REFLECTED("lmsw", "lmsw %w0", : "r"(1));
	REFLECTED("lgdt", "lgdt %0", : "m"(table));
	REFLECTED("lidt", "lidt %0", : "m"(table));
	REFLECTED("lldt", "lldt %w0", : "r"(0));
	REFLECTED("ltr", "ltr %w0", : "r"(LGUEST_GDT_TSS << 3));
	REFLECTED("invlpg", "invlpg %0", : "m"(table));
	REFLECTED("invd", "invd", : );
	REFLECTED("wbinvd", "wbinvd", : );
	REFLECTED("rdpmc", "rdpmc", "=a"(value) : "c"(0) : "edx");
	REFLECTED("sysexit", "sysexit", : "c"(0), "d"(0));
#undef REFLECTED
}

static uint32_t do_sysenter(uint32_t unused)
{
	__asm__ volatile("sysenter");
	return unused;
}

static uint32_t do_syscall(uint32_t unused)
{
	__asm__ volatile("syscall");
	return unused;
}

TEST(privileged, sysenter)
{
	struct fault fault = fault_in(do_sysenter, 0, NULL);

	CHECK(fault_is(fault, TRAP_PROTECTION, 0) || fault_is(fault, TRAP_INVALID_OPCODE, 0),
	      "vector %u error 0x%x", fault.vector, fault.error);
}

TEST(privileged, syscall)
{
	struct fault fault = fault_in(do_syscall, 0, NULL);

	CHECK(fault_is(fault, TRAP_INVALID_OPCODE, 0), "vector %u error 0x%x", fault.vector,
	      fault.error);
}

/* CR4.OSXSAVE is 0, whatever the CPU could do. */
TEST(privileged, no_xsave)
{
	uint32_t low, high;
	struct fault fault = fault_of("xgetbv", "=a"(low), "=d"(high) : "c"(0));

	CHECK(fault_is(fault, TRAP_INVALID_OPCODE, 0), "vector %u error 0x%x", fault.vector,
	      fault.error);
}

/* Unprivileged, and not hidden: TSD and UMIP are off. */
TEST(privileged, free_instructions)
{
	uint8_t table[6];
	uint32_t low, high;
	uint16_t selector;
	struct fault fault = fault_of("rdtsc", "=a"(low), "=d"(high));

	CHECK(fault.vector == FAULT_NONE, "rdtsc: vector %u", fault.vector);
	fault = fault_of("sgdt %0", "=m"(table));
	CHECK(fault.vector == FAULT_NONE, "sgdt: vector %u", fault.vector);
	fault = fault_of("sidt %0", "=m"(table));
	CHECK(fault.vector == FAULT_NONE, "sidt: vector %u", fault.vector);
	fault = fault_of("str %0", "=r"(selector));
	CHECK(fault.vector == FAULT_NONE, "str: vector %u", fault.vector);
	fault = fault_of("sldt %0", "=r"(selector));
	CHECK(fault.vector == FAULT_NONE && selector == 0, "sldt: vector %u, value 0x%x",
	      fault.vector, selector);
	fault = fault_of("smsw %0", "=r"(selector));
	CHECK(fault.vector == FAULT_NONE, "smsw: vector %u", fault.vector);
}
