// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks that go for ring 0 through segments and gates, or pull the segments
 * away that are in use.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/trap.h"

#include <stddef.h>

#define FREE_ENTRY 20u
#define FLAT_LOW 0x0000FFFFu

struct far_pointer {
	uint32_t offset;
	uint16_t selector;
} __attribute__((packed));

static void load(uint32_t index, uint32_t low, uint32_t high)
{
	hypercall(LGUEST_LOAD_GDT_ENTRY, index, low, high, 0);
}

static uint32_t read_cs(void)
{
	uint32_t cs;

	__asm__ volatile("movl %%cs, %0" : "=r"(cs));
	return cs;
}

static struct fault far_call(uint32_t selector)
{
	struct far_pointer target = {0, (uint16_t)selector};

	return fault_of("lcall *%0", : "m"(target) : "memory");
}

/* Calls and jumps to every selector, with every RPL: none may arrive anywhere below ring 1. */
ATTACK(far_calls, "far-calls", SURVIVES)
{
	for (uint32_t selector = 0; selector < 0x400; selector++) {
		uint32_t ring = selector & 3;

		/* Ring 1's own code segment is callable: nothing is gained. */
		if ((selector & ~3u) == (LGUEST_SELECTOR_KERNEL_CODE & ~3u))
			continue;
		if (far_call(selector).vector == FAULT_NONE)
			attack_fail("a call to 0x%x went through", selector);
		if ((read_cs() & 3) != LGUEST_GUEST_RING)
			attack_fail("cs is 0x%x after 0x%x, rpl %u", read_cs(), selector, ring);
	}
}

/* Every system type in every accessible entry, tried as a gate. */
ATTACK(system_gates, "system-gates", SURVIVES)
{
	for (uint32_t type = 0; type < 16; type++) {
		for (uint32_t dpl = 0; dpl < 4; dpl++) {
			load(FREE_ENTRY, LGUEST_GDT_HOST_CODE << 19 | 0x1000,
			     0xFFE08000 | dpl << 13 | type << 8);
			if (far_call(FREE_ENTRY << 3 | 1).vector == FAULT_NONE)
				attack_fail("type %u dpl %u is callable", type, dpl);
		}
	}
}

static uint32_t call_conforming(uint32_t selector)
{
	uint32_t cs;

	/* Far call to the lines behind it, which note cs and come back. */
	__asm__ volatile("pushl %%cs\n\tpushl $2f\n\tpushl %1\n\tpushl $1f\n\tlret\n"
			 "1:\tmovl %%cs, %0\n\tlret\n2:"
			 : "=r"(cs)
			 : "r"(selector)
			 : "memory");
	return cs;
}

/* Code that would run with the caller's ring, marked as ring 0's. */
ATTACK(conforming_code, "conforming-code", SURVIVES)
{
	load(FREE_ENTRY, FLAT_LOW, 0x00CF9E00);
	for (uint32_t rpl = 0; rpl < 4; rpl++) {
		uint32_t cs = LGUEST_GUEST_RING;

		(void)fault_in(call_conforming, FREE_ENTRY << 3 | rpl, &cs);
		if ((cs & 3) != LGUEST_GUEST_RING)
			attack_fail("cs is 0x%x", cs);
	}
}

ATTACK(gdt_index, "gdt-index", "LOAD_GDT_ENTRY")
{
	load(LGUEST_GDT_ENTRIES, FLAT_LOW, 0x00CFFB00);
}

ATTACK(gdt_index_huge, "gdt-index-huge", "LOAD_GDT_ENTRY")
{
	load(0x20000000, FLAT_LOW, 0x00CFFB00);
}

ATTACK(idt_task_gate, "idt-task-gate", "LOAD_IDT_ENTRY")
{
	trap_load_gate_raw(9, 0x00800000, 0x00008500);
}

ATTACK(idt_call_gate, "idt-call-gate", "LOAD_IDT_ENTRY")
{
	trap_load_gate_raw(3, LGUEST_GDT_HOST_CODE << 19, 0x0000EC00);
}

ATTACK(idt_vector, "idt-vector", "LOAD_IDT_ENTRY")
{
	trap_load_gate_raw(256, 0x00600000, 0x00008E00);
}

ATTACK(tls_outside, "tls-outside", "LOAD_TLS")
{
	hypercall(LGUEST_LOAD_TLS, 0xEFFFFFF0, 0, 0, 0);
}

ATTACK(tls_wraps, "tls-wraps", "LOAD_TLS")
{
	hypercall(LGUEST_LOAD_TLS, 0xFFFFFFF8, 0, 0, 0);
}

/* The guest cannot be returned to: its code segment is gone. */
ATTACK(cs_vanishes, "cs-vanishes", "cannot return")
{
	load(LGUEST_GDT_KERNEL_CODE, 0, 0);
}

ATTACK(cs_not_present, "cs-not-present", "cannot return")
{
	load(LGUEST_GDT_KERNEL_CODE, FLAT_LOW, 0x00CF3B00);
}

ATTACK(cs_becomes_data, "cs-becomes-data", "cannot return")
{
	load(LGUEST_GDT_KERNEL_CODE, FLAT_LOW, 0x00CFB300);
}

ATTACK(cs_becomes_user, "cs-becomes-user", "cannot return")
{
	load(LGUEST_GDT_KERNEL_CODE, FLAT_LOW, 0x00CFFB00);
}

ATTACK(ss_vanishes, "ss-vanishes", "cannot return")
{
	load(LGUEST_GDT_KERNEL_DATA, 0, 0);
}

ATTACK(ss_read_only, "ss-read-only", "cannot return")
{
	load(LGUEST_GDT_KERNEL_DATA, FLAT_LOW, 0x00CFB100);
}

/* A limit that the code has already passed: the next fetch faults, and so does the handler's. */
ATTACK(cs_limit, "cs-limit", EITHER)
{
	load(LGUEST_GDT_KERNEL_CODE, 0x00000FFF, 0x0040BB00);
}

/* A base that makes every address another one. */
ATTACK(ss_base, "ss-base", EITHER)
{
	load(LGUEST_GDT_KERNEL_DATA, FLAT_LOW, 0x80CFB300);
	(void)far_call(0);
}

/* Every software interrupt there is, from ring 1. */
#define SOFTWARE_INTERRUPTS 256u

static uint32_t run_code(uint32_t address)
{
	__asm__ volatile("call *%0" : : "r"(address) : "memory", "eax", "ecx", "edx");
	return 0;
}

ATTACK(software_interrupts, "software-interrupts", SURVIVES)
{
	static uint8_t code[3] = {0xCD, 0, 0xC3};

	for (uint32_t vector = 0; vector < SOFTWARE_INTERRUPTS; vector++) {
		if (vector == LGUEST_HYPERCALL_VECTOR || vector == TRAP_SYSTEM_CALL)
			continue;
		code[1] = (uint8_t)vector;
		compiler_barrier();
		(void)fault_in(run_code, (uint32_t)(uintptr_t)code, NULL);
	}
}

/* A data segment whose selector, mistaken for a vector, would be a machine check. */
#define TRICK_ENTRY 2u
#define TRICK_SELECTOR 0x12u

static uint32_t run_with_trick(uint32_t address)
{
	__asm__ volatile("movw %w0, %%ds\n\tcall *%1"
			 :
			 : "r"(TRICK_SELECTOR), "r"(address)
			 : "memory", "eax", "ecx", "edx");
	return 0;
}

/*
 * Gates for exceptions with an error code, opened for `int`, which pushes none:
 * whoever counts on it takes the word next to it, a segment of the guest's
 * choice, for something of the CPU's.  And one for the machine check.
 */
ATTACK(open_gates, "open-gates", SURVIVES)
{
	static const uint8_t vectors[] = {10, 11, 12, 13, 14, 17, 18};
	static uint8_t code[3] = {0xCD, 0, 0xC3};

	load(TRICK_ENTRY, FLAT_LOW, 0x00CFF300);
	for (uint32_t i = 0; i < sizeof(vectors); i++) {
		struct fault fault;

		trap_load_gate(vectors[i], 0xEE);
		code[1] = vectors[i];
		compiler_barrier();
		fault = fault_in(run_with_trick, (uint32_t)(uintptr_t)code, NULL);
		__asm__ volatile("movw %w0, %%ds" : : "r"(LGUEST_SELECTOR_KERNEL_DATA));
		if (fault.vector != TRAP_PROTECTION)
			attack_fail("int %u ended as vector %u", vectors[i], fault.vector);
	}
}
