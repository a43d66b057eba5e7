// SPDX-License-Identifier: GPL-2.0-only
/*
 * LOAD_GDT_ENTRY and LOAD_TLS: the fix-ups that keep ring 0 away, entries that
 * belong to Umbra, and selectors whose descriptor went away while loaded.
 */
#include "guest/abi/instructions.h"
#include "guest/abi/segment.h"
#include "guest/runtime/compiler.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/report.h"
#include "guest/runtime/ring.h"
#include "guest/runtime/string.h"
#include "guest/runtime/user.h"

#define DATA(dpl) (SEGMENT_PRESENT | SEGMENT_DPL(dpl) | SEGMENT_DATA)
#define CODE(dpl) (SEGMENT_PRESENT | SEGMENT_DPL(dpl) | SEGMENT_CODE)

static const uint32_t words[4] = {0x11111111, 0x22222222, 0x33333333, 0x44444444};

static uint32_t address_of(const void *object)
{
	return (uint32_t)(uintptr_t)object;
}

TEST(segments, base_and_limit)
{
	struct fault fault;

	segment_load(SEGMENT_FREE, address_of(words), 0xFFFF, DATA(1));
	fault = segment_load_gs(SEGMENT_FREE_SELECTOR);
	CHECK(fault.vector == FAULT_NONE, "load: vector %u", fault.vector);
	CHECK(segment_read_gs(8) == 0x33333333, "read 0x%x through gs", segment_read_gs(8));
	(void)segment_load_gs(0);
}

/* DPL 0 and 2 become 1, the others stay; the accessed bit is set in advance. */
TEST(segments, fix_ups)
{
	static const uint32_t types[] = {SEGMENT_DATA, SEGMENT_CODE, 0x10, 0x16, 0x18, 0x1E};

	for (uint32_t i = 0; i < ARRAY_SIZE(types); i++) {
		for (uint32_t dpl = 0; dpl <= 3; dpl++) {
			uint32_t expected = SEGMENT_PRESENT | SEGMENT_DPL(dpl == 3 ? 3u : 1u) |
					    types[i] | SEGMENT_ACCESSED;
			uint32_t access;

			segment_load(SEGMENT_FREE, 0, 0xFFFF,
				     SEGMENT_PRESENT | SEGMENT_DPL(dpl) | types[i]);
			CHECK(segment_access(SEGMENT_FREE_SELECTOR, &access),
			      "type 0x%x dpl %u not visible", types[i], dpl);
			CHECK(access == expected, "type 0x%x dpl %u became 0x%x", types[i], dpl,
			      access);
		}
	}
}

/* Gates, task states and LDTs would lead to ring 0. */
TEST(segments, system_descriptors)
{
	for (uint32_t access = 0; access < 0x100; access++) {
		uint32_t shown;
		struct fault fault;

		if (access & SEGMENT_CODE_OR_DATA)
			continue;
		segment_load(SEGMENT_FREE, LGUEST_SELECTOR_KERNEL_CODE, 0xFFFF, access);
		CHECK(!segment_access(SEGMENT_FREE_SELECTOR, &shown),
		      "access byte 0x%x accepted as 0x%x", access, shown);
		fault = segment_load_gs(SEGMENT_FREE_SELECTOR);
		CHECK(fault_is(fault, TRAP_PROTECTION, SEGMENT_SELECTOR(SEGMENT_FREE, 0)),
		      "access byte 0x%x: vector %u error 0x%x", access, fault.vector, fault.error);
	}
}

TEST(segments, call_gate)
{
	static const struct {
		uint32_t offset;
		uint16_t selector;
	} __attribute__((packed)) target = {0, SEGMENT_FREE_SELECTOR};
	struct fault fault;

	/* A 32-bit call gate to offset 0 of Umbra's code segment, DPL 3. */
	hypercall(LGUEST_LOAD_GDT_ENTRY, SEGMENT_FREE,
		  SEGMENT_SELECTOR(LGUEST_GDT_HOST_CODE, 0) << 16, 0x0000EC00, 0);
	fault = fault_of("lcall *%0", : "m"(target));
	CHECK(fault_is(fault, TRAP_PROTECTION, SEGMENT_SELECTOR(SEGMENT_FREE, 0)),
	      "vector %u error 0x%x", fault.vector, fault.error);
}

/* Umbra's own entries: a load is accepted and dropped, and nothing is visible there. */
TEST(segments, host_entries)
{
	static const uint32_t entries[] = {LGUEST_GDT_HOST_CODE, LGUEST_GDT_HOST_DATA,
					   LGUEST_GDT_TSS, LGUEST_GDT_DOUBLE_FAULT_TSS};
	uint32_t access;

	for (uint32_t i = 0; i < ARRAY_SIZE(entries); i++) {
		segment_load(entries[i], 0, 0xFFFFF, DATA(3));
		CHECK(!segment_access(SEGMENT_SELECTOR(entries[i], 3), &access),
		      "entry %u took a descriptor", entries[i]);
	}
}

/* Whatever Umbra keeps behind the guest's 32 entries must be out of ring 1's reach. */
TEST(segments, beyond_the_table)
{
	uint32_t access;

	for (uint32_t index = LGUEST_GDT_ENTRIES; index < 0x2000; index++)
		CHECK(!segment_access(SEGMENT_SELECTOR(index, 1), &access),
		      "entry %u is visible as 0x%x", index, access);
}

TEST(segments, not_present)
{
	struct fault fault;

	segment_load(SEGMENT_FREE, 0, 0xFFFF, DATA(1) & ~SEGMENT_PRESENT);
	fault = segment_load_gs(SEGMENT_FREE_SELECTOR);
	CHECK(fault_is(fault, TRAP_NOT_PRESENT, SEGMENT_SELECTOR(SEGMENT_FREE, 0)),
	      "gs: vector %u error 0x%x", fault.vector, fault.error);
	fault = fault_of("movw %w0, %%ss", : "r"(SEGMENT_FREE_SELECTOR));
	CHECK(fault_is(fault, TRAP_STACK, SEGMENT_SELECTOR(SEGMENT_FREE, 0)),
	      "ss: vector %u error 0x%x", fault.vector, fault.error);
}

TEST(segments, zero_descriptor)
{
	struct fault fault;

	hypercall(LGUEST_LOAD_GDT_ENTRY, SEGMENT_FREE, 0, 0, 0);
	fault = segment_load_gs(SEGMENT_FREE_SELECTOR);
	CHECK(fault.vector == TRAP_PROTECTION || fault.vector == TRAP_NOT_PRESENT,
	      "vector %u error 0x%x", fault.vector, fault.error);
}

TEST(segments, no_ldt)
{
	struct fault fault = segment_load_gs(0x0D);

	CHECK(fault_is(fault, TRAP_PROTECTION, 0x0C), "vector %u error 0x%x", fault.vector,
	      fault.error);
}

/* Linux loads its own segments again while it runs on them. */
TEST(segments, reload_in_use)
{
	hypercall(LGUEST_LOAD_GDT_ENTRY, LGUEST_GDT_KERNEL_CODE, LGUEST_DESCRIPTOR_FLAT_LOW,
		  0x00CF9A00, 0);
	hypercall(LGUEST_LOAD_GDT_ENTRY, LGUEST_GDT_KERNEL_DATA, LGUEST_DESCRIPTOR_FLAT_LOW,
		  0x00CF9200, 0);
	CHECK(user_call(user_nothing, 0, 0, NULL).vector == FAULT_NONE, "ring 3 does not run");
}

/* --- Thread-local storage --------------------------------------------------- */

struct descriptor {
	uint32_t low, high;
};

static struct descriptor tls[LGUEST_GDT_TLS_COUNT];

static void tls_set(uint32_t slot, uint32_t base, uint32_t access)
{
	tls[slot].low = segment_low(base, 0xFFFF);
	tls[slot].high = segment_high(base, 0xFFFF, access);
}

static void tls_clear(void)
{
	memset(tls, 0, sizeof(tls));
	hypercall(LGUEST_LOAD_TLS, phys_of(tls), 0, 0, 0);
}

static struct fault read_tls(uint32_t slot, uint32_t offset, uint32_t *value)
{
	struct trap_frame frame;
	struct fault fault;

	user_prepare(&frame, abi_user_read_gs);
	frame.gs = SEGMENT_SELECTOR(LGUEST_GDT_TLS_FIRST + slot, 3);
	frame.ebx = offset;
	fault = user_run(&frame);
	*value = frame.ecx;
	return fault;
}

TEST(segments, tls)
{
	uint32_t *stack = (uint32_t *)(USER_STACK_TOP - PAGE_SIZE);

	for (uint32_t slot = 0; slot < LGUEST_GDT_TLS_COUNT; slot++) {
		stack[slot] = 0x5100 + slot;
		tls_set(slot, address_of(stack + slot), DATA(3));
	}
	hypercall(LGUEST_LOAD_TLS, phys_of(tls), 0, 0, 0);
	for (uint32_t slot = 0; slot < LGUEST_GDT_TLS_COUNT; slot++) {
		uint32_t value;
		struct fault fault = read_tls(slot, 0, &value);

		CHECK(fault.vector == FAULT_NONE, "slot %u: vector %u", slot, fault.vector);
		CHECK(value == 0x5100 + slot, "slot %u reads 0x%x", slot, value);
	}
	tls_clear();
}

/* A queued call points at live memory, which is read when the ring is drained. */
TEST(segments, tls_read_late)
{
	uint32_t limit = 0;

	tls_set(0, 0, DATA(3));
	ring_call(LGUEST_LOAD_TLS, phys_of(tls), 0, 0, 0);
	tls[0].low = segment_low(0, 0x777);
	hypercall_flush_async();
	CHECK(segment_limit(SEGMENT_SELECTOR(LGUEST_GDT_TLS_FIRST, 3), &limit), "not loaded");
	CHECK(limit == 0x777, "limit 0x%x", limit);
	tls_clear();
}

TEST(segments, tls_system_descriptors)
{
	uint32_t access;

	for (uint32_t type = 0; type < 16; type++) {
		tls_set(1, 0, SEGMENT_PRESENT | SEGMENT_DPL(3) | type);
		hypercall(LGUEST_LOAD_TLS, phys_of(tls), 0, 0, 0);
		CHECK(!segment_access(SEGMENT_SELECTOR(LGUEST_GDT_TLS_FIRST + 1, 3), &access),
		      "type %u accepted as 0x%x", type, access);
	}
	tls_clear();
}

/* After the descriptor has gone the register may keep the selector or become 0. */
TEST(segments, vanished_descriptor)
{
	static const struct descriptor nothing[LGUEST_GDT_TLS_COUNT];
	static const struct {
		const char *name;
		uint32_t (*vanish)(uint32_t selector, uint32_t descriptors);
	} registers[] = {
		{"ds", abi_vanish_ds}, {"es", abi_vanish_es},
		{"fs", abi_vanish_fs}, {"gs", abi_vanish_gs},
	};
	uint32_t selector = SEGMENT_SELECTOR(LGUEST_GDT_TLS_FIRST + 2, 3);

	for (uint32_t i = 0; i < ARRAY_SIZE(registers); i++) {
		uint32_t now;

		tls_set(2, 0, DATA(3));
		hypercall(LGUEST_LOAD_TLS, phys_of(tls), 0, 0, 0);
		now = registers[i].vanish(selector, phys_of(nothing));
		CHECK(now == 0 || now == selector, "%s 0x%x", registers[i].name, now);
	}
}
