// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of arch/cpu/entry_msrs.c against the registers of made-up CPUs as firmware left them.
 */
#include "arch/cpu/entry_msrs.h"
#include "arch/cpu/x86.h"
#include "tests/unit/unit.h"

#define STAR 0xC0000081u
#define DEBUGCTL 0x1D9u
#define LEFT 0xABCD0003ull

enum { SYSENTER, SYSCALL, SEGMENTS, DEBUG, COUNT };

static const uint32_t numbers[COUNT] = { MSR_SYSENTER_CS, MSR_EFER, STAR, DEBUGCTL };
static uint64_t values[COUNT];
static bool exists[COUNT];

bool msr_try_write(uint32_t msr, uint32_t low)
{
	for (unsigned i = 0; i < COUNT; i++)
		if (numbers[i] == msr && exists[i]) {
			values[i] = low;
			return true;
		}
	return false;
}

static void start(bool sysenter, bool syscall, bool debug, struct cpu_features features)
{
	exists[SYSENTER] = sysenter;
	exists[SYSCALL] = exists[SEGMENTS] = syscall;
	exists[DEBUG] = debug;
	for (unsigned i = 0; i < COUNT; i++)
		values[i] = LEFT;
	entry_msrs_init_cpu(&features);
}

/* SYSCALL without NX: what firmware enabled would lead every guest to ring 0. */
static void test_k7(void **state)
{
	(void)state;
	start(true, true, true, (struct cpu_features){ .sep = true });
	assert_int_equal(values[SYSENTER], 0);
	assert_int_equal(values[SYSCALL], 0);
	assert_int_equal(values[SEGMENTS], 0);
	assert_int_equal(values[DEBUG], 0);
}

static void test_with_nx(void **state)
{
	(void)state;
	start(true, true, true, (struct cpu_features){ .sep = true, .nx = true });
	assert_int_equal(values[SYSCALL], EFER_NXE);
	assert_int_equal(values[SEGMENTS], 0);
	assert_int_equal(values[DEBUG], 0);
}

/* A Pentium III, and something that has no DEBUGCTL either. */
static void test_without(void **state)
{
	(void)state;
	start(true, false, true, (struct cpu_features){ .sep = true });
	assert_int_equal(values[SYSENTER], 0);
	assert_int_equal(values[DEBUG], 0);
	start(false, false, false, (struct cpu_features){ 0 });
	assert_int_equal(values[DEBUG], LEFT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_k7),
		cmocka_unit_test(test_with_nx),
		cmocka_unit_test(test_without),
	};

	return cmocka_run_group_tests_name("entry_msrs", tests, NULL, NULL);
}
