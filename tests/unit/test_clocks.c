// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/board/pit.c and arch/board/rtc.c against made-up chips. */
#include "tests/unit/fake_port.h"

#include "arch/board/pit.c"
#include "arch/board/rtc.c"
#include "tests/unit/unit.h"

static uint8_t cmos[128];
static uint8_t cmos_index;
static unsigned second_reads;
static unsigned busy_reads;  /* how often register A still says that an update is under way */
static unsigned ticks_after; /* the second changes with this read of it, when not 0 */
static uint8_t board = 0x03;
static bool board_is_fixed;

static uint32_t fake_port_read(uint16_t port)
{
	if (port == BOARD_PORT)
		return board;
	assert_int_equal(port, DATA_PORT);
	if (cmos_index == REGISTER_A && busy_reads > 0) {
		busy_reads--;
		return UPDATE_IN_PROGRESS | 0x26;
	}
	if (cmos_index == REGISTER_SECOND && ++second_reads == ticks_after)
		cmos[REGISTER_SECOND]++;
	return cmos[cmos_index];
}

static void fake_port_written(uint16_t port, uint32_t value)
{
	if (port == BOARD_PORT && !board_is_fixed)
		board = (uint8_t)value;
	if (port == INDEX_PORT)
		cmos_index = (uint8_t)value;
	/* Those are too many to keep. */
	fake_write_count = port == INDEX_PORT ? 0 : fake_write_count;
}

/* 2024-02-29 23:59:58 */
static int start(void **state)
{
	(void)state;
	memset(cmos, 0, sizeof(cmos));
	cmos[REGISTER_SECOND] = 0x58;
	cmos[REGISTER_MINUTE] = 0x59;
	cmos[REGISTER_HOUR] = 0x23;
	cmos[REGISTER_DAY] = 0x29;
	cmos[REGISTER_MONTH] = 0x02;
	cmos[REGISTER_YEAR] = 0x24;
	cmos[REGISTER_B] = RTC_24_HOURS;
	cmos[0x32] = 0x20;
	second_reads = busy_reads = ticks_after = 0;
	fake_write_count = 0;
	return 0;
}

static void rtc_is_read(void **state)
{
	uint64_t seconds = 0;

	(void)state;
	assert_int_equal(rtc_read(0x32, &seconds), 0);
	assert_int_equal(seconds, 1709251198);
	assert_int_equal(rtc_read(0, &seconds), 0);
	assert_int_equal(seconds, 1709251198);
	cmos[REGISTER_MONTH] = 0x13;
	assert_int_equal(rtc_read(0x32, &seconds), -E_RANGE);
}

static void rtc_waits_for_updates(void **state)
{
	uint64_t seconds = 0;

	(void)state;
	busy_reads = 100;
	ticks_after = 2; /* between the first and the second reading */
	assert_int_equal(rtc_read(0x32, &seconds), 0);
	assert_int_equal(seconds, 1709251199);
	assert_int_equal(second_reads, 4);

	busy_reads = UINT32_MAX;
	assert_int_equal(rtc_read(0x32, &seconds), -E_IO);
}

static uint32_t armed_ticks(uint64_t ns)
{
	fake_write_count = 0;
	pit_arm(ns);
	assert_int_equal(fake_write_count, 3);
	assert_int_equal(fake_writes[0].port, COMMAND);
	assert_int_equal(fake_writes[0].value, 0x30);
	assert_int_equal(fake_writes[1].port, CHANNEL0_DATA);
	assert_int_equal(fake_writes[2].port, CHANNEL0_DATA);
	/* Mode 0 raises its output one tick after the count ran out. */
	return (fake_writes[1].value | fake_writes[2].value << 8) + 1;
}

/* Never before its time, and not later than two ticks after it. */
static void pit_is_armed(void **state)
{
	(void)state;
	for (uint64_t ns = 0; ns <= PIT_MAX_NS; ns += 997) {
		uint64_t got = armed_ticks(ns) * 1000000000ull / PIT_HZ;

		assert_true(got >= ns);
		assert_true(got <= ns + 2 * 839);
	}
	assert_int_equal(armed_ticks(UINT64_MAX), armed_ticks(PIT_MAX_NS));
	assert_true(armed_ticks(UINT64_MAX) <= 65536);
}

static void pit_gate(void **state)
{
	static const struct fake_write wanted[] = {
		{ 0x61, 0x00 }, { 0x43, 0xB0 }, { 0x42, 0x34 }, { 0x42, 0x12 }, { 0x61, 0x01 },
	};

	(void)state;
	assert_true(pit_gate_load(0x1234));
	assert_int_equal(fake_write_count, ARRAY_SIZE(wanted) - 1);
	pit_gate_open();
	assert_int_equal(fake_write_count, ARRAY_SIZE(wanted));
	for (unsigned i = 0; i < fake_write_count; i++) {
		assert_int_equal(fake_writes[i].port, wanted[i].port);
		assert_int_equal(fake_writes[i].value, wanted[i].value);
	}
	board = 0x01;
	assert_false(pit_gate_done());
	board = 0x21;
	assert_true(pit_gate_done());
}

/* What is not there reads as all ones: a gate that stays open, an output that is high. */
static void pit_that_is_not_there(void **state)
{
	static const uint8_t boards[] = { 0xFF, BOARD_GATE2, BOARD_SPEAKER, BOARD_OUTPUT2 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(boards); i++) {
		board_is_fixed = true;
		board = boards[i];
		assert_false(pit_gate_load(1000));
	}
	board_is_fixed = false;
	board = 0x03;
	assert_true(pit_gate_load(1000));
}

static void rtc_that_is_not_there(void **state)
{
	uint64_t seconds = 5;

	(void)state;
	memset(cmos, 0xFF, sizeof(cmos));
	assert_false(rtc_is_there());
	assert_int_equal(rtc_read(0x32, &seconds), -E_NOENT);
	start(NULL);
	cmos[REGISTER_A] = 0x66;	/* its divider is held in reset */
	assert_int_equal(rtc_read(0x32, &seconds), -E_NOENT);
	start(NULL);
	assert_true(rtc_is_there());
	assert_int_equal(rtc_second(), 0x58);
	assert_int_equal(seconds, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rtc_is_read, start),
		cmocka_unit_test_setup(rtc_waits_for_updates, start),
		cmocka_unit_test_setup(pit_is_armed, start),
		cmocka_unit_test_setup(pit_gate, start),
		cmocka_unit_test_setup(pit_that_is_not_there, start),
		cmocka_unit_test_setup(rtc_that_is_not_there, start),
	};

	return cmocka_run_group_tests_name("clocks", tests, NULL, NULL);
}
