// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device registers in memory: every form of mov that a driver may use, those
 * that are reflected, windows that move, and the hole around them. Uses the
 * console's device_feature_select (32 bits) and queue_select (16 bits), which
 * keep what is written to them, with the device at rest.
 */
#include "guest/abi/memory.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/machine.h"
#include "guest/runtime/pci.h"
#include "guest/runtime/report.h"
#include "guest/runtime/virtio_pci.h"

#include <stddef.h>

#define SELECT32 VIRTIO_PCI_DEVICE_FEATURE_SELECT
#define SELECT16 VIRTIO_PCI_QUEUE_SELECT
#define PATTERN 0xC3D2E1F0u

#define HOLE_SIZE 0x100000u
#define MOVED 0x40000000u               /* far from everything */

static struct virtio_pci console;

static bool console_ready(void)
{
	CHECK_BOOL(console.device != 0 || virtio_pci_open(&console, LGUEST_DEVICE_CONSOLE),
		   "no console");
	virtio_pci_reset(&console);
	return true;
}

static uint32_t select32(void)
{
	return mmio_read32(console.common + SELECT32);
}

static void set_select32(uint32_t value)
{
	mmio_write32(console.common + SELECT32, value);
}

/* One store of a form, which must leave expected in the register. */
#define STORE(name, instruction, expected, ...) \
	do { \
		struct fault fault; \
		set_select32(0x01020304); \
		fault = fault_of(instruction, : __VA_ARGS__); \
		report_case(name, fault.vector == FAULT_NONE && select32() == (expected), \
			    "vector %u, 0x%x", fault.vector, select32()); \
	} while (0)

TEST(mmio, stores)
{
	volatile uint8_t *at;

	if (!console_ready())
		return;
	at = console.common + SELECT32;
	STORE("mov_eax", "movl %0, (%1)", PATTERN, "a"(PATTERN), "d"(at));
	STORE("mov_edi", "movl %0, (%1)", PATTERN, "D"(PATTERN), "S"(at));
	STORE("mov_disp8", "movl %0, -4(%1)", PATTERN, "c"(PATTERN), "b"(at + 4));
	STORE("mov_disp32", "movl %0, 0x12345(%1)", PATTERN, "c"(PATTERN), "b"(at - 0x12345));
	STORE("mov_sib", "movl %0, 8(%1,%2,4)", PATTERN, "d"(PATTERN), "b"(at - 24), "c"(4));
	STORE("mov_immediate", "movl $0x89ABCDEF, (%0)", 0x89ABCDEF, "d"(at));
	STORE("mov_offset", "movl %%eax, %%ds:0xF0000000(%1)", PATTERN, "a"(PATTERN),
	      "d"(at - 0xF0000000));
	/* A register takes its own width or nothing. */
	STORE("narrow_byte", "movb %0, (%1)", 0x01020304, "q"((uint8_t)0xAA), "d"(at));
	STORE("narrow_word", "movw %0, (%1)", 0x01020304, "r"((uint16_t)0xAAAA), "d"(at));
	STORE("odd", "movl %0, 1(%1)", 0x01020304, "r"(PATTERN), "d"(at));
}

/* A load into eax that held PATTERN. */
#define LOAD(name, instruction, offset, expected) \
	do { \
		uint32_t value = PATTERN; \
		struct fault fault = fault_of(instruction, "+a"(value) \
					      : "d"(console.common + (offset))); \
		report_case(name, fault.vector == FAULT_NONE && value == (expected), \
			    "vector %u, 0x%x", fault.vector, value); \
	} while (0)

TEST(mmio, loads)
{
	if (!console_ready())
		return;
	set_select32(0x89ABCDEF);
	mmio_write16(console.common + SELECT16, 0x8765);
	mmio_write8(console.common + VIRTIO_PCI_STATUS, 0x83);
	LOAD("dword", "movl (%1), %0", SELECT32, 0x89ABCDEF);
	LOAD("word", "movw (%1), %w0", SELECT16, 0xC3D28765);
	LOAD("al", "movb (%1), %%al", VIRTIO_PCI_STATUS, 0xC3D2E183);
	LOAD("ah", "movb (%1), %%ah", VIRTIO_PCI_STATUS, 0xC3D283F0);
	LOAD("movzx_byte", "movzbl (%1), %0", VIRTIO_PCI_STATUS, 0x83);
	LOAD("movzx_byte_word", "movzbw (%1), %w0", VIRTIO_PCI_STATUS, 0xC3D20083);
	LOAD("movzx_word", "movzwl (%1), %0", SELECT16, 0x8765);
	LOAD("movsx_byte", "movsbl (%1), %0", VIRTIO_PCI_STATUS, 0xFFFFFF83);
	LOAD("movsx_byte_word", "movsbw (%1), %w0", VIRTIO_PCI_STATUS, 0xC3D2FF83);
	LOAD("movsx_word", "movswl (%1), %0", SELECT16, 0xFFFF8765);
	LOAD("narrow", "movb (%1), %%al", SELECT32, 0xC3D2E1FF);
	LOAD("no_register", "movl (%1), %0", 0x800, 0xFFFFFFFF);
	virtio_pci_reset(&console);
}

/* Byte registers numbered 4 to 7 are the second bytes of the first four. */
TEST(mmio, high_bytes)
{
	uint32_t value = 0x0B00;

	if (!console_ready())
		return;
	__asm__ volatile("movb %%ah, (%1)"
			 : : "a"(value), "d"(console.common + VIRTIO_PCI_STATUS) : "memory");
	value = mmio_read8(console.common + VIRTIO_PCI_STATUS);
	virtio_pci_reset(&console);
	/* 0x0B less "features ok", since none were agreed on. */
	CHECK(value == 0x03, "status 0x%x", value);
}

TEST(mmio, reflected)
{
	uint32_t at, value = 1;
	struct fault fault;

	if (!console_ready())
		return;
	at = (uint32_t)(uintptr_t)console.common + SELECT32;
	set_select32(5);
	/* Whether that is a write first of all is up to the processor. */
	fault = fault_of("addl $1, (%0)", : "r"(at) : "memory");
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_PRESENT | (fault.error & PAGE_FAULT_WRITE)) &&
	      fault.cr2 == at,
	      "add: vector %u error 0x%x cr2 0x%x", fault.vector, fault.error, fault.cr2);
	fault = fault_of("xchgl %0, (%1)", "+r"(value) : "r"(at) : "memory");
	CHECK(fault.vector == TRAP_PAGE && value == 1, "xchg: vector %u", fault.vector);
	fault = fault_of("cmpl $0, (%0)", : "r"(at) : "memory", "cc");
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_PRESENT), "cmp: vector %u error 0x%x",
	      fault.vector, fault.error);
	CHECK(select32() == 5, "the register became 0x%x", select32());
}

static uint32_t call_there(uint32_t at)
{
	__asm__ volatile("call *%0" : : "r"(at) : "memory");
	return 0;
}

TEST(mmio, executed)
{
	struct fault fault;

	if (!console_ready())
		return;
	fault = fault_in(call_there, (uint32_t)(uintptr_t)console.common, NULL);
	CHECK(fault.vector == TRAP_PAGE, "vector %u", fault.vector);
}

/* Only kernels have drivers, whatever the tables permit. */
TEST(mmio, from_ring3)
{
	struct fault fault;
	uint32_t value = 0;

	if (!console_ready())
		return;
	paging_map(paging_kernel_space(), USER_TEST, console.base, PTE_USER_DATA);
	fault = user_call(user_read, USER_TEST, 0, &value);
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_PRESENT | PAGE_FAULT_USER),
	      "read: vector %u error 0x%x", fault.vector, fault.error);
	fault = user_call(user_write, USER_TEST, 0, NULL);
	unmap(USER_TEST);
	CHECK(fault.vector == TRAP_PAGE, "write: vector %u", fault.vector);
}

/* A page that the guest's own table makes read-only is no register to write to. */
TEST(mmio, read_only)
{
	struct fault fault;

	if (!console_ready())
		return;
	set_select32(7);
	paging_map(paging_kernel_space(), WINDOW_TEST, console.base, PTE_PRESENT);
	fault = kernel_write(WINDOW_TEST + SELECT32, 9);
	CHECK(peek(WINDOW_TEST + SELECT32) == 7, "reads 0x%x", peek(WINDOW_TEST + SELECT32));
	unmap(WINDOW_TEST);
	CHECK(fault_is(fault, TRAP_PAGE, PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE),
	      "vector %u error 0x%x", fault.vector, fault.error);
}

/* Accessed and dirty are set as for memory. */
TEST(mmio, marks)
{
	uint32_t read, written;

	if (!console_ready())
		return;
	paging_map(paging_kernel_space(), WINDOW_TEST, console.base, PTE_PRESENT | PTE_WRITE);
	(void)peek(WINDOW_TEST);
	read = leaf(WINDOW_TEST) & (PTE_ACCESSED | PTE_DIRTY);
	(void)kernel_write(WINDOW_TEST, 0);
	written = leaf(WINDOW_TEST) & (PTE_ACCESSED | PTE_DIRTY);
	unmap(WINDOW_TEST);
	CHECK(read == PTE_ACCESSED, "after a read: 0x%x", read);
	CHECK(written == (PTE_ACCESSED | PTE_DIRTY), "after a write: 0x%x", written);
}

/* Between memory and windows there is nothing: ones, and no harm. */
TEST(mmio, hole)
{
	const uint32_t pages[] = {machine_memory(), machine_memory() + 0x1000,
				  machine_memory() + HOLE_SIZE - 0x1000};

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct fault fault;

		paging_map(paging_kernel_space(), WINDOW_TEST, pages[i], PTE_KERNEL);
		fault = kernel_write(WINDOW_TEST, 0x12345678);
		CHECK(fault.vector == FAULT_NONE, "0x%x: vector %u", pages[i], fault.vector);
		CHECK(peek(WINDOW_TEST) == 0xFFFFFFFF, "0x%x: reads 0x%x", pages[i],
		      peek(WINDOW_TEST));
		unmap(WINDOW_TEST);
	}
}

/* The last bytes of a page of memory and the first of a window: no whole register, so no effect. */
TEST(mmio, across_pages)
{
	struct fault fault;
	uint32_t frame, value = 0;

	if (!console_ready())
		return;
	frame = frame_with(0);
	set_select32(0x55667788);
	paging_map(paging_kernel_space(), WINDOW_TEST, frame, PTE_KERNEL);
	paging_map(paging_kernel_space(), WINDOW_TEST + PAGE_SIZE, console.base, PTE_KERNEL);
	fault = kernel_read(WINDOW_TEST + PAGE_SIZE - 2, &value);
	unmap(WINDOW_TEST);
	unmap(WINDOW_TEST + PAGE_SIZE);
	page_free(frame);
	CHECK(fault.vector == FAULT_NONE || fault.vector == TRAP_PAGE, "vector %u", fault.vector);
	CHECK(select32() == 0x55667788, "the register became 0x%x", select32());
}

/* --- windows that move ---------------------------------------------------------------- */

TEST(mmio, window_moves)
{
	uint32_t old_place, new_place;

	if (!console_ready())
		return;
	set_select32(0x1234);
	pci_write(console.device, PCI_BAR0, MOVED);
	paging_map(paging_kernel_space(), WINDOW_TEST, MOVED, PTE_KERNEL);
	new_place = peek(WINDOW_TEST + SELECT32);
	old_place = select32();
	pci_write(console.device, PCI_BAR0, console.base);
	unmap(WINDOW_TEST);
	CHECK(new_place == 0x1234, "reads 0x%x there", new_place);
	CHECK(old_place == 0xFFFFFFFF, "reads 0x%x where it was", old_place);
	CHECK(select32() == 0x1234, "reads 0x%x when it is back", select32());
}

/* Memory wins over a window that is put on top of it. */
TEST(mmio, window_over_memory)
{
	uint32_t frame = frame_with(0xCAFE);
	uint32_t value;

	if (!console_ready())
		return;
	pci_write(console.device, PCI_BAR0, frame);
	value = frame_word(frame);
	pci_write(console.device, PCI_BAR0, console.base);
	page_free(frame);
	CHECK(value == 0xCAFE, "memory reads 0x%x", value);
}

TEST(mmio, window_closed)
{
	uint32_t value;

	if (!console_ready())
		return;
	set_select32(0x4321);
	pci_write(console.device, PCI_COMMAND, 0);
	value = select32();
	pci_write(console.device, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	CHECK(value == 0xFFFFFFFF, "reads 0x%x", value);
	CHECK(select32() == 0x4321, "reads 0x%x afterwards", select32());
}
