// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O of ring 1: reading gives ones in the width asked and keeps the rest
 * of eax, writing is dropped, and no real device is ever reached.
 */
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/report.h"
#include "guest/runtime/trap.h"

#include <stddef.h>

#define EAX_PATTERN 0x12345678u

static const uint16_t ports[] = {0x20, 0x21, 0x40, 0x61, 0x70, 0x71, 0x80, 0x1F7,
				 0x3C0, 0x3D4, 0x3F8, 0x3FD, 0x510, 0xC00, 0xFFFF};

TEST(ports, in_dx)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		uint32_t eax = EAX_PATTERN;
		struct fault fault = fault_of("inb %%dx, %%al", "+a"(eax) : "d"(ports[i]));

		CHECK(fault.vector == FAULT_NONE && eax == 0x123456FF,
		      "byte of 0x%x: vector %u eax 0x%x", ports[i], fault.vector, eax);
		eax = EAX_PATTERN;
		fault = fault_of("inw %%dx, %%ax", "+a"(eax) : "d"(ports[i]));
		CHECK(fault.vector == FAULT_NONE && eax == 0x1234FFFF,
		      "word of 0x%x: vector %u eax 0x%x", ports[i], fault.vector, eax);
		eax = EAX_PATTERN;
		fault = fault_of("inl %%dx, %%eax", "+a"(eax) : "d"(ports[i]));
		CHECK(fault.vector == FAULT_NONE && eax == 0xFFFFFFFF,
		      "dword of 0x%x: vector %u eax 0x%x", ports[i], fault.vector, eax);
	}
}

TEST(ports, in_immediate)
{
	uint32_t eax = EAX_PATTERN;
	struct fault fault = fault_of("inb $0x70, %%al", "+a"(eax));

	CHECK(fault.vector == FAULT_NONE && eax == 0x123456FF, "byte: vector %u eax 0x%x",
	      fault.vector, eax);
	eax = EAX_PATTERN;
	fault = fault_of("inw $0x70, %%ax", "+a"(eax));
	CHECK(fault.vector == FAULT_NONE && eax == 0x1234FFFF, "word: vector %u eax 0x%x",
	      fault.vector, eax);
	eax = EAX_PATTERN;
	fault = fault_of("inl $0x70, %%eax", "+a"(eax));
	CHECK(fault.vector == FAULT_NONE && eax == 0xFFFFFFFF, "dword: vector %u eax 0x%x",
	      fault.vector, eax);
}

/* Were one of these to reach the machine, it would reset it or mask its interrupts. */
TEST(ports, out)
{
	uint32_t eax = EAX_PATTERN;
	struct fault fault = fault_of("outb %%al, %%dx", "+a"(eax) : "d"(0xCF9));

	CHECK(fault.vector == FAULT_NONE, "outb dx: vector %u", fault.vector);
	fault = fault_of("outw %%ax, %%dx", "+a"(eax) : "d"(0x20));
	CHECK(fault.vector == FAULT_NONE, "outw dx: vector %u", fault.vector);
	fault = fault_of("outl %%eax, %%dx", "+a"(eax) : "d"(0x3F8));
	CHECK(fault.vector == FAULT_NONE, "outl dx: vector %u", fault.vector);
	fault = fault_of("outb %%al, $0x64", "+a"(eax));
	CHECK(fault.vector == FAULT_NONE, "outb imm: vector %u", fault.vector);
	fault = fault_of("outw %%ax, $0x21", "+a"(eax));
	CHECK(fault.vector == FAULT_NONE, "outw imm: vector %u", fault.vector);
	fault = fault_of("outl %%eax, $0x80", "+a"(eax));
	CHECK(fault.vector == FAULT_NONE, "outl imm: vector %u", fault.vector);
	CHECK(eax == EAX_PATTERN, "eax became 0x%x", eax);
}

/* String forms need not work, but must do no harm: skipped, or reflected as #GP. */
TEST(ports, strings)
{
	static uint8_t buffer[16];
	void *to = buffer;
	const void *from = buffer;
	uint32_t count = 4;
	struct fault fault = fault_of("insb", "+D"(to) : "d"(0x70) : "memory");

	CHECK(fault.vector == FAULT_NONE || fault.vector == TRAP_PROTECTION, "insb: vector %u",
	      fault.vector);
	fault = fault_of("rep outsb", "+S"(from), "+c"(count) : "d"(0x80) : "memory");
	CHECK(fault.vector == FAULT_NONE || fault.vector == TRAP_PROTECTION,
	      "rep outsb: vector %u", fault.vector);
}

/* The code at an address as a function of eax. */
static uint32_t run_code(uint32_t address)
{
	uint32_t eax = EAX_PATTERN;

	__asm__ volatile("call *%1" : "+a"(eax) : "r"(address), "d"(0x70) : "memory");
	return eax;
}

/* The bytes of an emulated instruction may lie in two frames that are not neighbours. */
TEST(ports, instruction_crosses_page)
{
	static const uint8_t code[] = {0x66, 0xED, 0xC3}; /* in ax, dx; ret */
	uint32_t second = page_alloc();
	uint32_t unused = page_alloc();
	uint32_t first = page_alloc();
	uint32_t value = 0;
	struct fault fault;

	((uint8_t *)virt_of(first))[PAGE_SIZE - 1] = code[0];
	((uint8_t *)virt_of(second))[0] = code[1];
	((uint8_t *)virt_of(second))[1] = code[2];
	paging_set(paging_kernel_space(), WINDOW_TEST, first | PTE_KERNEL);
	paging_set(paging_kernel_space(), WINDOW_TEST + PAGE_SIZE, second | PTE_KERNEL);
	fault = fault_in(run_code, WINDOW_TEST + PAGE_SIZE - 1, &value);
	paging_set(paging_kernel_space(), WINDOW_TEST, 0);
	paging_set(paging_kernel_space(), WINDOW_TEST + PAGE_SIZE, 0);
	page_free(first);
	page_free(unused);
	page_free(second);
	CHECK(fault.vector == FAULT_NONE, "vector %u error 0x%x", fault.vector, fault.error);
	CHECK(value == 0x1234FFFF, "eax 0x%x", value);
}
