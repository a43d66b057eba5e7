// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of arch/cpu/ap_start.c: what is sent to CPUs and when, and CPUs that come at once, after
 * the second startup interrupt, at the last moment, too late, or never.
 */
#define UMBRA_ARCH_CPU_X86_H /* the processors are made up, and memory below 1 MB */
#define UMBRA_ARCH_CPU_LAYOUT_H
#define UMBRA_ARCH_CPU_CPU_H

#include "lib/compiler.h"

#include <stdbool.h>
#include <stdint.h>

struct cpu {
	unsigned id;
};

static void cpu_pause(void);
static void __noreturn cpu_halt_forever(void);
static void *direct_map(uint64_t physical);

#include "arch/cpu/ap_start.c"
#include "lib/error.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define PAGE 0x9E000u
#define US 1000ull
#define MS 1000000ull
#define NEVER UINT64_MAX

enum kind { INIT, STARTUP };

static struct {
	enum kind kind;
	uint32_t apic_id;
	uint64_t at;
} sent[16];

static unsigned sent_count;
static uint64_t now;			/* time_ns() */
static uint64_t comes_at;		/* when a CPU takes what is offered */
static bool sending_fails;
static struct cpu *taken;
static uint8_t page[4096];

const uint8_t ap_start[AP_CODE_SIZE] = { 1, 2, 3 };
static const uint8_t firmware[AP_CODE_SIZE] = { 7, 8, 9 };

uint64_t time_ns(void)
{
	return now;
}

static void *direct_map(uint64_t physical)
{
	assert_int_equal(physical, PAGE);
	return page;
}

/* As arch/cpu/ap_start.asm does. */
static void come(void)
{
	taken = __atomic_exchange_n(&ap_offered, NULL, __ATOMIC_SEQ_CST);
}

static void cpu_pause(void)
{
	now += US;
	if (now < comes_at)
		return;
	comes_at = NEVER;
	come();
}

static void __noreturn cpu_halt_forever(void)
{
	fail();
	abort();
}

static int note(enum kind kind, uint32_t apic_id)
{
	if (sending_fails)
		return -E_IO;
	assert_true(sent_count < ARRAY_SIZE(sent));
	sent[sent_count].kind = kind;
	sent[sent_count].apic_id = apic_id;
	sent[sent_count++].at = now;
	return 0;
}

int lapic_send_init(uint32_t apic_id)
{
	return note(INIT, apic_id);
}

int lapic_send_startup(uint32_t apic_id, uint32_t address)
{
	assert_int_equal(address, PAGE);
	/* What a CPU finds that starts now. */
	assert_memory_equal(page, ap_start, sizeof(ap_start));
	return note(STARTUP, apic_id);
}

static void entry(struct cpu *cpu)
{
	(void)cpu;
}

static struct cpu one = { 1 }, two = { 2 };

static int start(void **state)
{
	(void)state;
	now = 5 * MS;
	comes_at = NEVER;
	sending_fails = somebody_is_late = false;
	sent_count = 0;
	taken = NULL;
	memcpy(page, firmware, sizeof(firmware));
	ap_start_open(PAGE, 0x1000, entry);
	return 0;
}

static void assert_sent(unsigned index, enum kind kind, uint32_t apic_id, uint64_t at)
{
	assert_true(index < sent_count);
	assert_int_equal(sent[index].kind, kind);
	assert_int_equal(sent[index].apic_id, apic_id);
	assert_in_range(sent[index].at, at, at + 2 * US);
}

/* All are reset at once, each by itself, and the wait is one for all. */
static void reset_together(void **state)
{
	uint64_t begin = now;

	(void)state;
	assert_true(ap_reset(4) && ap_reset(6));
	assert_int_equal(now, begin);
	comes_at = begin + 10 * MS + 50 * US;
	assert_true(ap_start_cpu(&one, 4));
	assert_ptr_equal(taken, &one);
	comes_at = now + 50 * US;
	assert_true(ap_start_cpu(&two, 6));
	assert_ptr_equal(taken, &two);
	assert_int_equal(sent_count, 4);
	assert_sent(0, INIT, 4, begin);
	assert_sent(1, INIT, 6, begin);
	assert_sent(2, STARTUP, 4, begin + 10 * MS);
	assert_sent(3, STARTUP, 6, begin + 10 * MS + 50 * US);
	ap_start_close();
	assert_memory_equal(page, firmware, sizeof(firmware));
}

/* What was done meanwhile counts for the wait; the last reset is what it counts from. */
static void time_has_passed(void **state)
{
	(void)state;
	assert_true(ap_reset(4));
	now += 9 * MS;
	assert_true(ap_reset(6));
	now += 9 * MS;
	comes_at = now + 2 * MS;
	assert_true(ap_start_cpu(&one, 6));
	assert_sent(2, STARTUP, 6, 5 * MS + 19 * MS);
}

static void second_interrupt(void **state)
{
	(void)state;
	assert_true(ap_reset(4));
	comes_at = now + 10 * MS + 4000 * MS;
	assert_true(ap_start_cpu(&one, 4));
	assert_ptr_equal(taken, &one);
	assert_int_equal(sent_count, 3);
	assert_sent(1, STARTUP, 4, 15 * MS);
	assert_sent(2, STARTUP, 4, 15 * MS + 200 * US);
	ap_start_close();
	assert_memory_equal(page, firmware, sizeof(firmware));
}

/* It is reset; should it come all the same, it finds code, and nothing that it could run as. */
static void never_comes(void **state)
{
	(void)state;
	assert_true(ap_reset(4));
	assert_false(ap_start_cpu(&one, 4));
	assert_in_range(now, 5020 * MS, 5040 * MS);
	assert_int_equal(sent_count, 4);
	assert_int_equal(sent[3].kind, INIT);
	come();
	assert_null(taken);
	/* Nobody has it, so the next may. */
	assert_true(ap_reset(6));
	comes_at = now + 10 * MS + 50 * US;
	assert_true(ap_start_cpu(&one, 6));
	assert_ptr_equal(taken, &one);
	ap_start_close();
	assert_memory_equal(page, ap_start, sizeof(ap_start));
}

/* The CPU that was given up comes instead of the next one: one of the two runs, not both. */
static void comes_instead(void **state)
{
	(void)state;
	assert_true(ap_reset(4));
	assert_false(ap_start_cpu(&one, 4));
	assert_true(ap_reset(6));
	comes_at = now + 10 * MS + 50 * US;
	assert_true(ap_start_cpu(&one, 6));
	assert_ptr_equal(taken, &one);
	come();
	assert_null(taken);
}

static void cannot_be_sent(void **state)
{
	(void)state;
	sending_fails = true;
	assert_false(ap_reset(4));
	assert_false(ap_start_cpu(&one, 4));
	assert_int_equal(sent_count, 0);
	assert_null(ap_offered);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_together, start),
		cmocka_unit_test_setup(time_has_passed, start),
		cmocka_unit_test_setup(second_interrupt, start),
		cmocka_unit_test_setup(never_comes, start),
		cmocka_unit_test_setup(comes_instead, start),
		cmocka_unit_test_setup(cannot_be_sent, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
