// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks on the few pages of Umbra that are mapped while a guest runs. sidt
 * and sgdt say where they are. Reading them is allowed: they hold nothing
 * but code and the descriptors in use. The registers page can be written by
 * ring 1, because the CPU pushes there; nothing may trust it.
 */
#include "guest/hostile/attack.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pages.h"
#include "guest/runtime/paging.h"
#include "guest/runtime/print.h"
#include "guest/runtime/user.h"

#include <stddef.h>

/* The code page, the registers page and the state page. */
#define PAGES_MAPPED_AT_MOST 3u

struct table_register {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

struct descriptor {
	uint32_t low, high;
};

static uint32_t idt_address(void)
{
	struct table_register table;

	__asm__ volatile("sidt %0" : "=m"(table));
	return table.base;
}

static uint32_t gdt_address(void)
{
	struct table_register table;

	__asm__ volatile("sgdt %0" : "=m"(table));
	return table.base;
}

/* Where the CPU enters Umbra on a page fault: an address of the code page. */
static uint32_t code_address(void)
{
	const volatile struct descriptor *gate = (struct descriptor *)(idt_address() + 14 * 8);

	return (gate->low & 0xFFFF) | (gate->high & 0xFFFF0000);
}

static bool is_readable(uint32_t page)
{
	uint32_t value;

	return fault_of("movl (%1), %0", "=r"(value) : "r"(page) : "memory").vector == FAULT_NONE;
}

/* The registers page is what can be read there and is neither code nor descriptor tables. */
static uint32_t registers_address(void)
{
	for (uint32_t page = 0 - lguest_data.common.reserve_mem; page != 0; page += PAGE_SIZE)
		if (is_readable(page) && page != (code_address() & PAGE_MASK) &&
		    page != (idt_address() & PAGE_MASK) && page != (gdt_address() & PAGE_MASK))
			return page;
	attack_fail("there is no registers page");
	return WINDOW_TEST;
}

static struct fault write_word(uint32_t address, uint32_t value)
{
	return fault_of("movl %1, (%0)", : "r"(address), "r"(value) : "memory");
}

ATTACK(switcher_read, "switcher-read", SURVIVES)
{
	uint32_t readable = 0;
	uint32_t page = 0 - lguest_data.common.reserve_mem;

	for (; page != 0; page += PAGE_SIZE)
		readable += is_readable(page);
	print("switcher-read: %u pages readable, code 0x%x idt 0x%x gdt 0x%x registers 0x%x\n",
	      readable, code_address(), idt_address(), gdt_address(), registers_address());
	if (readable > PAGES_MAPPED_AT_MOST)
		attack_fail("%u pages are readable", readable);
}

ATTACK(switcher_read_user, "switcher-read-user", SURVIVES)
{
	const uint32_t places[] = {code_address(), idt_address(), gdt_address(),
				   registers_address()};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (user_call(user_read, places[i], 0, NULL).vector != TRAP_PAGE)
			attack_fail("ring 3 reads 0x%x", places[i]);
}

ATTACK(switcher_write_code, "switcher-write-code", "Umbra's page")
{
	(void)write_word(code_address(), 0x90909090);
}

ATTACK(switcher_write_idt, "switcher-write-idt", "Umbra's page")
{
	(void)write_word(idt_address() + 6 * 8, 0);
}

ATTACK(switcher_write_gdt, "switcher-write-gdt", "Umbra's page")
{
	(void)write_word(gdt_address() + LGUEST_GDT_KERNEL_CODE * 8 + 4, 0x00CF9B00);
}

/* The rest of the page that holds the tables, as the TSS; word offset=N chooses. */
ATTACK(switcher_write_state, "switcher-write-state", "Umbra's page")
{
	(void)write_word((gdt_address() & PAGE_MASK) + machine_number("offset", 0), 0xC0001000);
}

static uint32_t jump(uint32_t address)
{
	__asm__ volatile("call *%0" : : "r"(address) : "memory", "eax", "ecx", "edx");
	return 0;
}

/* Ring 1 runs Umbra's code at every offset; word offset=N: from there on. */
ATTACK(switcher_execute, "switcher-execute", EITHER)
{
	uint32_t page = code_address() & PAGE_MASK;

	for (uint32_t i = machine_number("offset", 0); i < PAGE_SIZE; i++) {
		if (i % 256 == 0)
			print("switcher-execute: offset %u\n", i);
		(void)fault_in(jump, page + i, NULL);
	}
}

static void exercise(void)
{
	hypercall_flush_async();
	hypercall_send_interrupts();
	(void)fault_of("ud2", : );
	paging_flush_all();
	(void)user_call(user_nothing, 0, 0, NULL);
	(void)user_call(user_read, GUEST_KERNEL_BASE, 0, NULL);
}

/* Every word of the registers page, then every kind of way through it. */
ATTACK(switcher_registers, "switcher-registers", EITHER)
{
	static const uint32_t patterns[] = {0, 0xFFFFFFFF, 0x50, 0x58, 0x60, 0x80, 0x3202,
					    0x20202, 0xC0000000, 0xFFE00000};
	uint32_t page = registers_address();

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		for (uint32_t offset = 0; offset < PAGE_SIZE; offset += 4)
			if (write_word(page + offset, patterns[i]).vector != FAULT_NONE)
				return;
		exercise();
	}
}

static uint32_t fault_on_stack(uint32_t esp)
{
	__asm__ volatile("movl %0, %%esp\n\tud2" : : "r"(esp) : "memory");
	return 0;
}

ATTACK(switcher_stack, "switcher-stack", "kernel stack")
{
	(void)fault_in(fault_on_stack, registers_address() + PAGE_SIZE, NULL);
}

ATTACK(switcher_stack_state, "switcher-stack-state", "kernel stack")
{
	(void)fault_in(fault_on_stack, (idt_address() & PAGE_MASK) + PAGE_SIZE, NULL);
}

ATTACK(switcher_set_stack, "switcher-set-stack", "kernel stack")
{
	hypercall(LGUEST_SET_STACK, LGUEST_SELECTOR_KERNEL_DATA, registers_address() + PAGE_SIZE,
		  1, 0);
	(void)user_call(user_nothing, 0, 0, NULL);
}

/* Tables that say that the reserved top belongs to the guest. */
ATTACK(switcher_map, "switcher-map", SURVIVES)
{
	uint32_t frame = page_alloc();
	uint32_t start = 0 - lguest_data.common.reserve_mem;
	uint32_t code = code_address() & PAGE_MASK;

	*(uint32_t *)virt_of(frame) = 0x5EC2E7;
	paging_map(paging_kernel_space(), start, frame, PTE_USER_DATA);
	paging_map(paging_kernel_space(), code, frame, PTE_USER_DATA);
	paging_flush_all();
	paging_switch(paging_kernel_space());
	if (write_word(start, 1).vector == FAULT_NONE)
		attack_fail("the reserved top is writable at 0x%x", start);
	if (*(volatile uint32_t *)code == 0x5EC2E7)
		attack_fail("our frame is mapped over the code page");
	if (user_call(user_read, code, 0, NULL).vector == FAULT_NONE)
		attack_fail("ring 3 reads the code page");
	exercise();
}

ATTACK(set_pte_reserved, "set-pte-reserved", EITHER)
{
	uint32_t frame = page_alloc();
	uint32_t code = code_address() & PAGE_MASK;

	paging_tell_pte(paging_kernel_space(), code, frame | PTE_KERNEL);
	paging_tell_pte(paging_kernel_space(), 0xFFFFF000, frame | PTE_KERNEL);
	paging_tell_pte(paging_kernel_space(), 0 - lguest_data.common.reserve_mem,
			frame | PTE_KERNEL);
	exercise();
}

/* Page by page, announced and not, then the whole directory of the top. */
ATTACK(switcher_directory, "switcher-directory", EITHER)
{
	uint32_t code = code_address() & PAGE_MASK;

	paging_put(paging_kernel_space(), code, PAGING_DIRECTORY, page_alloc() | PTE_TABLE);
	paging_tell_directory(paging_kernel_space(), code);
	exercise();
	paging_put(paging_kernel_space(), code, PAGING_DIRECTORY, 0);
	paging_tell_directory(paging_kernel_space(), code);
	exercise();
}
