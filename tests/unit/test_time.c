// SPDX-License-Identifier: GPL-2.0-only
/* Tests of arch/cpu/time.c and arch/board/clock.c with made-up TSC, counters and RTC. */
#define UMBRA_ARCH_CPU_X86_H /* the processor is made up, too */

#include <stdint.h>

static uint64_t read_tsc(void);
static void cpu_pause(void);

#include "arch/board/clock.c"
#include "arch/cpu/time.c"
#include "arch/cpu/time_limit.c"
#include "lib/error.h"
#include "tests/unit/unit.h"

#include <string.h>

static uint64_t tsc, tsc_step;
static uint64_t khz; /* what was measured */
static uint64_t first_khz; /* what was measured in the first millisecond */
static bool clock_is_dead, tsc_is_still, is_panicking;
static jmp_buf panicked;
static unsigned warnings;
static struct acpi_fixed tables;
static struct cpu_features features;

static uint64_t count; /* what the counters would show if they were wide enough */

static uint64_t count_step, other_count, other_step;

static uint32_t read_count(void)
{
	return (uint32_t)(count += count_step);
}

static uint32_t read_other_count(void)
{
	return (uint32_t)(other_count += other_step);
}

static const struct counter hpet = { "hpet", "fed00000", read_count, UINT32_MAX, 100000000 };
static const struct counter pm_timer = { "pmtimer", "port 0608", read_other_count, 0xFFFFFF,
					 3579545 };
static const struct counter *has_hpet, *has_pm_timer;

static uint64_t read_tsc(void)
{
	return tsc += tsc_step;
}

const struct counter *hpet_open(mmio_map_t *map)
{
	assert_null(map);
	return has_hpet;
}

const struct counter *pm_timer_open(void)
{
	return has_pm_timer;
}

uint32_t tsc_measure_first(const struct counter *first, const struct counter *second)
{
	assert_true(first == has_hpet && second == has_pm_timer);
	return (uint32_t)first_khz;
}

struct tsc_rate tsc_measure(const struct counter *first, const struct counter *second,
			    void (*meanwhile)(void))
{
	assert_true(first == has_hpet && second == has_pm_timer && meanwhile == cpu_pause);
	return (struct tsc_rate){
		.khz = (uint32_t)khz, .referee = "test", .stands_still = tsc_is_still,
		.usable = { first != NULL, second != NULL },
	};
}

const struct cpu_features *cpu_features(void)
{
	return &features;
}

int rtc_read(uint8_t century_register, uint64_t *seconds)
{
	assert_int_equal(century_register, 0x32);
	if (clock_is_dead)
		return -E_IO;
	*seconds = 1709251198;
	return 0;
}

const struct acpi_fixed *acpi_fixed(void)
{
	return &tables;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	(void)subsystem;
	(void)format;
	warnings += level == LOG_WARN;
}

void panic(const char *format, ...)
{
	(void)format;
	longjmp(panicked, 1);
}

bool panic_has_begun(void)
{
	return is_panicking;
}

static void cpu_pause(void)
{
}

static void start_clock(enum clock_source source, uint64_t when)
{
	clock_begin(source, NULL, when);
	clock_end(cpu_pause);
}

static int prepare(void **state)
{
	(void)state;
	memset(clocks, 0, sizeof(clocks));
	count_step = other_step = 0;
	other_count = 0x7654321;
	tsc_is_still = is_panicking = false;
	tsc = 0x123456789ABCull;
	tsc_step = 0;
	khz = 1000000;
	first_khz = 0;
	count = 0x12345678;
	clock_is_dead = false;
	warnings = 0;
	has_hpet = &hpet;
	has_pm_timer = &pm_timer;
	features = (struct cpu_features){ .constant_tsc = true };
	tables.century = 0x32;
	return 0;
}

static const uint64_t frequencies[] = { 90000,	 500000,  999999,  1000000, 1000001,
					2400000, 3999123, 6100000, 100000000 };

/* Against the exact quotient, for what a machine lives through and more. */
static void nanoseconds_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
		khz = frequencies[i];
		start_clock(CLOCK_TSC, tsc);
		for (uint64_t ticks = 1; ticks < 1ull << 58; ticks = ticks * 3 + 1) {
			uint64_t exact = (uint64_t)((unsigned __int128)ticks * 1000000 / khz);
			uint64_t got;

			tsc = current->start + ticks;
			got = time_ns();
			/* What the factor lacks makes time slower; it has 28 bits up to 16 GHz. */
			assert_true(got <= exact &&
				    exact - got <= (exact >> (khz > 16000000 ? 24 : 27)) + 1);
		}
	}
}

static void time_never_runs_back(void **state)
{
	uint64_t last = 0;

	(void)state;
	khz = 2999999;
	start_clock(CLOCK_AUTO, tsc);
	assert_true(time_is_tsc());
	assert_int_equal(clock_keep_ns(), 0);
	assert_int_equal(time_tsc_khz(), 2999999);
	tsc_step = 1;
	tsc = current->start + (1ull << 32) - 50000;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t now = time_ns();

		assert_true(now >= last);
		last = now;
	}
}

/* A clock event set by it is never early, and late by ticks only, days after the start. */
static void tsc_of_a_deadline(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
		khz = frequencies[i];
		start_clock(CLOCK_TSC, tsc);
		for (uint64_t ahead = 1; ahead <= 4000000000ull; ahead = ahead * 2 + 7) {
			uint64_t now, at;

			tsc += khz * 100000000ull; /* more than a day */
			now = time_ns();
			at = time_tsc_at(now + ahead);
			tsc = at;
			assert_true(time_ns() >= now + ahead);
			tsc -= 4 + at / (1ull << 58) + khz / 500000;
			assert_true(time_ns() <= now + ahead + (ahead >> 24));
		}
		/* What has passed is now. */
		assert_int_equal(time_tsc_at(0), tsc);
	}
}

static void wall_clock(void **state)
{
	(void)state;
	start_clock(CLOCK_AUTO, tsc);
	assert_int_equal(time_wall_ns(), 1709251198000000000ull);
	tsc += khz * 5000;
	assert_true(time_wall_ns() >= 1709251202999000000ull &&
		    time_wall_ns() <= 1709251203000000000ull);
	assert_int_equal(warnings, 0);
	clock_is_dead = true;
	start_clock(CLOCK_AUTO, tsc);
	assert_int_equal(time_wall_ns(), 0);
	assert_int_equal(warnings, 1);
}

/* Umbra has run for 25 ms when it knows what a tick is. */
static void time_began_before(void **state)
{
	static const enum clock_source sources[] = { CLOCK_TSC, CLOCK_HPET, CLOCK_PM_TIMER };

	(void)state;
	khz = 2999999;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		/* The counter has just wrapped around. */
		count = other_count = 3;
		start_clock(sources[i], tsc - 25 * khz);
		assert_in_range(time_ns(), 24999000, 25000001);
		assert_int_equal(time_wall_ns(), 1709251198000000000ull);
		tsc += 3000 * khz;
		count += i == 0 ? 7 : 3 * 100000000ull;
		other_count += 3 * 3579545;
		assert_in_range(time_ns(), 3024990000, 3025000001);
		/* The TSC turns out to be no clock: time goes on. */
		if (time_is_tsc() && clock_leave_tsc())
			assert_in_range(time_ns(), 3024990000, 3025000001);
	}
}

struct choice {
	enum clock_source wanted;
	bool constant, hypervisor, hpet, pm_timer;
	const struct counter *chosen;	/* NULL: the TSC */
	unsigned warnings;
};

static const struct choice choices[] = {
	{ CLOCK_AUTO, true, false, true, true, NULL, 0 },
	{ CLOCK_AUTO, false, true, true, true, NULL, 0 },
	{ CLOCK_AUTO, false, false, true, true, &hpet, 1 },
	{ CLOCK_AUTO, false, false, false, true, &pm_timer, 1 },
	{ CLOCK_AUTO, false, false, false, false, NULL, 1 },
	{ CLOCK_TSC, true, false, true, true, NULL, 0 },
	{ CLOCK_TSC, false, false, true, true, NULL, 1 },
	{ CLOCK_HPET, true, true, true, true, &hpet, 0 },
	{ CLOCK_HPET, true, true, false, true, NULL, 1 },
	{ CLOCK_HPET, false, false, false, true, &pm_timer, 2 },
	{ CLOCK_PM_TIMER, true, true, true, true, &pm_timer, 0 },
	{ CLOCK_PM_TIMER, true, true, true, false, NULL, 1 },
	{ CLOCK_PM_TIMER, false, false, true, false, &hpet, 2 },
};

static void choice_of_the_clock(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		const struct choice *c = &choices[i];

		prepare(state);
		features.constant_tsc = c->constant;
		features.hypervisor = c->hypervisor;
		has_hpet = c->hpet ? &hpet : NULL;
		has_pm_timer = c->pm_timer ? &pm_timer : NULL;
		start_clock(c->wanted, tsc);
		assert_ptr_equal(current->counter, c->chosen);
		assert_int_equal(time_is_tsc(), c->chosen == NULL);
		assert_int_equal(warnings, c->warnings);
	}
}

/* Beyond the counter's width, as long as it is read now and then. */
static void counters_wrap(void **state)
{
	static const struct counter *const counters[] = { &hpet, &pm_timer };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		uint64_t keep, first = i == 0 ? count : other_count;

		start_clock(i == 0 ? CLOCK_HPET : CLOCK_PM_TIMER, tsc);
		assert_int_equal(time_ns(), 0);
		keep = keep_ns_of(counters[i]) * counters[i]->hz / 1000000000;
		assert_true(keep < counters[i]->mask && keep > counters[i]->mask / 4);
		for (unsigned step = 0; step < 1000; step++) {
			uint64_t exact;

			count += keep - step % 3;
			other_count += keep - step % 3;
			exact = (i == 0 ? count : other_count) - first;
			exact = (uint64_t)((unsigned __int128)exact * 1000000000 / counters[i]->hz);
			assert_true(time_ns() <= exact && exact - time_ns() <= (exact >> 28) + 1);
		}
	}
}

/* A clock that fails hands over where it stands; the next one may fail, too. */
static void clocks_one_after_the_other(void **state)
{
	uint64_t before;

	(void)state;
	features.constant_tsc = false;
	start_clock(CLOCK_AUTO, tsc);
	assert_string_equal(clock_name(), "hpet");
	count += 12345678;
	before = time_ns();
	other_step = tsc_step = 1;
	assert_true(clock_leave("a test"));
	assert_string_equal(clock_name(), "pmtimer");
	assert_in_range(time_ns(), before - 300, before + 3000);
	other_count += 3 * 3579545;
	assert_in_range(time_ns(), before + 2999999000, before + 3000005000);
	/* The TSC is the last: it runs, at whatever rate. */
	other_step = 0;
	before = time_ns();
	assert_true(clock_leave("a test"));
	assert_true(time_is_tsc());
	assert_in_range(time_ns(), before - 300, before + 3000);
	assert_false(clock_leave("a test"));
	assert_true(time_is_tsc());
}

/* What does not count when it is needed is left out. */
static void the_next_one_is_dead(void **state)
{
	(void)state;
	start_clock(CLOCK_TSC, tsc);
	assert_false(clock_leave_tsc());
	other_step = 1;
	assert_true(clock_leave_tsc());
	assert_string_equal(clock_name(), "pmtimer");
	other_step = 0;
	/* The TSC was left for good, and the HPET stands still. */
	tsc_step = 1;
	assert_false(clock_leave("a test"));
	assert_string_equal(clock_name(), "pmtimer");
}

static bool wait_ends(struct time_limit *limit)
{
	for (unsigned i = 1; i < TIME_LIMIT_SAME; i++)
		assert_false(time_limit_is_over(limit));
	return time_limit_is_over(limit);
}

/* Who waits on it finds out, and goes on waiting by another clock, or panics. */
static void stops_under_a_wait(void **state)
{
	struct time_limit limit;

	(void)state;
	start_clock(CLOCK_HPET, tsc);
	limit = time_limit(1000000000);
	tsc_step = 1;
	is_panicking = true;
	assert_true(wait_ends(&limit));
	assert_string_equal(clock_name(), "hpet");
	is_panicking = false;
	limit = time_limit(1000000000);
	assert_false(wait_ends(&limit));
	assert_string_equal(clock_name(), "tsc");
	tsc_step = 0;
	if (!setjmp(panicked)) {
		(void)wait_ends(&limit);
		fail_msg("it goes on without a clock");
	}
}

/* A counter that steps back does not take time to where it will be a turn later. */
static void step_back(void **state)
{
	uint64_t before;

	(void)state;
	start_clock(CLOCK_PM_TIMER, tsc);
	other_count += 1000000;
	before = time_ns();
	other_count -= 500000;
	assert_int_equal(time_ns(), before);
	other_count += 500000 + 3579545;
	assert_in_range(time_ns(), before + 999999000, before + 1000001000);
}

static void nothing_at_all(void **state)
{
	(void)state;
	tsc_is_still = true;
	start_clock(CLOCK_AUTO, tsc);
	assert_string_equal(clock_name(), "hpet");
	has_hpet = has_pm_timer = NULL;
	if (!setjmp(panicked)) {
		start_clock(CLOCK_AUTO, tsc);
		fail_msg("it goes on without a clock");
	}
}

/* Before the measurement ends there is a time already, and it goes on without a jump. */
static void first_rate(void **state)
{
	uint64_t before;

	(void)state;
	first_khz = 990000;
	clock_begin(CLOCK_AUTO, NULL, tsc - 300 * first_khz);
	assert_in_range(time_ns(), 300 * NS_PER_MS - 1, 300 * NS_PER_MS);
	tsc += 20 * khz;
	before = time_ns();
	assert_in_range(before, 320202020 - 10, 320202020 + 10);
	clock_end(cpu_pause);
	assert_in_range(time_ns(), before, before + 1);
	tsc += 1000 * khz;
	assert_in_range(time_ns() - before, 1000 * NS_PER_MS - 10, 1000 * NS_PER_MS + 1);
	assert_int_equal(time_tsc_khz(), khz);
	/* What needs no TSC goes on in the same way. */
	clock_begin(CLOCK_HPET, NULL, tsc);
	tsc += 20 * khz;
	before = time_ns();
	clock_end(cpu_pause);
	assert_string_equal(clock_name(), "hpet");
	assert_in_range(time_ns(), before - 10, before + 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nanoseconds_are_exact, prepare),
		cmocka_unit_test_setup(first_rate, prepare),
		cmocka_unit_test_setup(time_never_runs_back, prepare),
		cmocka_unit_test_setup(tsc_of_a_deadline, prepare),
		cmocka_unit_test_setup(wall_clock, prepare),
		cmocka_unit_test_setup(time_began_before, prepare),
		cmocka_unit_test_setup(choice_of_the_clock, prepare),
		cmocka_unit_test_setup(counters_wrap, prepare),
		cmocka_unit_test_setup(clocks_one_after_the_other, prepare),
		cmocka_unit_test_setup(the_next_one_is_dead, prepare),
		cmocka_unit_test_setup(stops_under_a_wait, prepare),
		cmocka_unit_test_setup(step_back, prepare),
		cmocka_unit_test_setup(nothing_at_all, prepare),
	};

	return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
