// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of arch/cpu/lapic.c and arch/board/lapic_timer.c against a model of a local APIC,
 * whose registers are in memory or, as x2APIC, in MSRs.
 */
#define UMBRA_ARCH_CPU_X86_H /* the processor is made up, too */

#include "tests/unit/fake_mmio.h"

#include "lib/compiler.h"

#define MSR_APIC_BASE 0x1B
#define MSR_TSC_DEADLINE 0x6E0
#define APIC_BASE_X2APIC BIT(10)
#define APIC_BASE_ENABLE BIT(11)
#define PTE_FRAME 0x000FFFFFFFFFF000ull

static uint64_t read_msr(uint32_t msr);
static void write_msr(uint32_t msr, uint64_t value);
static void memory_barrier(void);
static uint64_t read_tsc(void);

#include "arch/cpu/lapic.c"
#undef READINGS
#include "arch/board/lapic_timer.c"
#include "tests/unit/unit.h"

#include <string.h>

#define BASE 0xFEE00000u
#define REGISTER(offset) registers[(offset) / 16]

static uint32_t registers[0x400 / 16];
static uint64_t base_msr, deadline_msr, command_msr;
static bool is_mapped;
static unsigned ends, errors_shown, error_writes, barriers, busy_reads;
static struct cpu_features features;

static uint64_t now;		 /* time_ns() */
static uint64_t timer_hz;	 /* what the counter really does */
static uint64_t counter_started;
static bool clock_is_tsc, raises_nothing, deadlines_are_broken;

const struct cpu_features *cpu_features(void)
{
	return &features;
}

uint64_t time_ns(void)
{
	return now += 100;
}

bool time_is_tsc(void)
{
	return clock_is_tsc;
}

uint64_t time_tsc_at(uint64_t deadline)
{
	return deadline * 3;
}

/* 3 GHz. */
static uint64_t read_tsc(void)
{
	return time_ns() * 3;
}

uint32_t time_tsc_khz(void)
{
	return 3000000;
}

static void memory_barrier(void)
{
	barriers++;
}

static uint32_t current_count(void)
{
	uint64_t gone = (now - counter_started) * timer_hz / NS_PER_SECOND;

	now += 500;
	return gone < REGISTER(LAPIC_INITIAL_COUNT) ? REGISTER(LAPIC_INITIAL_COUNT) - (uint32_t)gone
						    : 0;
}

/* Has the timer gone off, which is seen while interrupts are off? */
static bool has_gone_off(void)
{
	if (raises_nothing)
		return false;
	if (REGISTER(LAPIC_LVT_TIMER) & MODE_TSC_DEADLINE)
		return !deadlines_are_broken && deadline_msr != 0 && now * 3 >= deadline_msr;
	return REGISTER(LAPIC_INITIAL_COUNT) != 0 && current_count() == 0;
}

/* The highest interrupt in service. */
static void end_one(void)
{
	ends++;
	for (unsigned i = 8; i-- > 0;) {
		uint32_t *word = &REGISTER(REGISTER_IN_SERVICE + 16 * i);

		if (*word) {
			*word &= ~(1u << (31 - __builtin_clz(*word)));
			return;
		}
	}
}

static uint32_t get(uint32_t offset)
{
	if (offset == LAPIC_CURRENT_COUNT)
		return current_count();
	if (offset == REGISTER_REQUEST + VECTOR_TIMER / 32 * 16)
		return has_gone_off() ? BIT(VECTOR_TIMER % 32) : 0;
	if (offset == REGISTER_ERROR_STATUS)
		return errors_shown;
	if (offset == REGISTER_COMMAND && busy_reads > 0) {
		busy_reads--;
		return REGISTER(offset) | COMMAND_BUSY;
	}
	return REGISTER(offset);
}

static void put(uint32_t offset, uint32_t value)
{
	bool is_entry = (offset >= LAPIC_LVT_TIMER && offset <= REGISTER_LVT_ERROR) ||
			offset == REGISTER_LVT_CMCI;

	/* What the version says is not there. */
	assert_false(offset == REGISTER_LVT_CMCI &&
		     VERSION_LVT_COUNT(REGISTER(REGISTER_VERSION)) < 7);
	if (offset == REGISTER_END)
		end_one();
	if (offset == REGISTER_ERROR_STATUS)
		errors_shown = error_writes++ == 0 ? 0x80 : 0;
	if (offset == LAPIC_INITIAL_COUNT)
		counter_started = now;
	/* Entries stay masked while it is disabled. */
	if (is_entry && !(REGISTER(REGISTER_SPURIOUS) & SPURIOUS_ENABLE))
		value |= LAPIC_LVT_MASKED;
	REGISTER(offset) = value;
}

static uint32_t fake_mmio_read(const void *base, uint32_t offset)
{
	assert_ptr_equal(base, registers);
	assert_false(base_msr & APIC_BASE_X2APIC);
	return get(offset);
}

static void fake_mmio_write(void *base, uint32_t offset, uint32_t value)
{
	assert_ptr_equal(base, registers);
	assert_false(base_msr & APIC_BASE_X2APIC);
	put(offset, value);
}

static uint64_t read_msr(uint32_t msr)
{
	if (msr == MSR_APIC_BASE)
		return base_msr;
	assert_true(base_msr & APIC_BASE_X2APIC);
	assert_in_range(msr, 0x802, 0x83F);
	return get((msr - 0x800) * 16);
}

static void write_msr(uint32_t msr, uint64_t value)
{
	if (msr == MSR_APIC_BASE) {
		base_msr = value;
	} else if (msr == MSR_TSC_DEADLINE) {
		deadline_msr = value;
	} else {
		assert_true(base_msr & APIC_BASE_X2APIC);
		assert_in_range(msr, 0x802, 0x83F);
		/* There is no upper half in another register. */
		assert_int_not_equal(msr, 0x831);
		if (msr == 0x830)
			command_msr = value;
		else
			put((msr - 0x800) * 16, (uint32_t)value);
	}
}

static void *map(uint64_t address, size_t length)
{
	assert_int_equal(address, BASE);
	assert_int_equal(length, 4096);
	is_mapped = true;
	return registers;
}

static void *map_nothing(uint64_t address, size_t length)
{
	(void)address;
	(void)length;
	return NULL;
}

/* As firmware leaves it: enabled, with the 8259's line open, and something never ended. */
static int reset(void **state)
{
	(void)state;
	memset(registers, 0, sizeof(registers));
	memset(&lapic, 0, sizeof(lapic));
	memset(&timer, 0, sizeof(timer));
	base_msr = BASE | APIC_BASE_ENABLE | BIT(8);
	features = (struct cpu_features){ .apic = true };
	REGISTER(REGISTER_VERSION) = 0x50014; /* 6 entries */
	REGISTER(REGISTER_ID) = 5u << 24;
	REGISTER(REGISTER_SPURIOUS) = SPURIOUS_ENABLE | 0x0F;
	REGISTER(LAPIC_LVT_TIMER) = 0x200F0;
	REGISTER(REGISTER_LVT_LINT0) = 0x700;
	REGISTER(REGISTER_LVT_LINT1) = 0x400;
	REGISTER(REGISTER_LVT_THERMAL) = 0x200;
	REGISTER(REGISTER_LVT_COUNTERS) = 0x400;
	REGISTER(REGISTER_IN_SERVICE + 0x10) = 0x80000101;
	REGISTER(REGISTER_IN_SERVICE + 0x70) = 0x2;
	is_mapped = false;
	ends = errors_shown = error_writes = barriers = busy_reads = 0;
	now = 1000000;
	timer_hz = 1000000000;
	clock_is_tsc = true;
	deadline_msr = command_msr = 0;
	raises_nothing = deadlines_are_broken = false;
	return 0;
}

static void start_with_ids(bool large_ids)
{
	assert_int_equal(lapic_probe(large_ids, map), 0);
	lapic_init_cpu();
}

static void start(void)
{
	start_with_ids(false);
}

static void taken_over(void **state)
{
	(void)state;
	start();
	lapic_open_nmi_input(1);
	assert_false(lapic_is_x2apic());
	assert_int_equal(lapic_id(), 5);
	assert_int_equal(REGISTER(REGISTER_SPURIOUS), 0x1FF);
	assert_int_equal(REGISTER(LAPIC_LVT_TIMER), 0x300F0);
	assert_int_equal(REGISTER(REGISTER_LVT_LINT0), 0x10700);
	assert_int_equal(REGISTER(REGISTER_LVT_LINT1), 0x400);
	assert_int_equal(REGISTER(REGISTER_LVT_COUNTERS), 0x10400);
	assert_int_equal(REGISTER(REGISTER_LVT_THERMAL), 0x200); /* SMI: the firmware's */
	assert_int_equal(REGISTER(REGISTER_LVT_ERROR), 0xFE);
	assert_int_equal(ends, 4);
	assert_int_equal(lapic_take_errors(), 0);
}

/* None comes in by an input that was not opened. */
static void nmi_inputs(void **state)
{
	(void)state;
	start();
	assert_int_equal(REGISTER(REGISTER_LVT_LINT1), 0x10400);
	lapic_open_nmi_input(0);
	assert_int_equal(REGISTER(REGISTER_LVT_LINT0), 0x400);
	assert_int_equal(REGISTER(REGISTER_LVT_LINT1), 0x10400);
}

/* The 8259's interrupts come in by LINT0, whatever firmware made of it. */
static void passed_through(void **state)
{
	(void)state;
	REGISTER(REGISTER_SPURIOUS) = 0x0F;
	REGISTER(REGISTER_LVT_LINT0) = 0x10000;
	assert_int_equal(lapic_probe(false, map), 0);
	lapic_pass_through();
	assert_int_equal(REGISTER(REGISTER_SPURIOUS), 0x1FF);
	assert_int_equal(REGISTER(REGISTER_LVT_LINT0), 0x700);
	assert_int_equal(REGISTER(REGISTER_LVT_LINT1), 0x400);
	assert_int_equal(REGISTER(LAPIC_LVT_TIMER), 0x300F0);
	assert_int_equal(ends, 4);
}

/* Something that stays in service must not stop the start. */
static void stuck_in_service(void **state)
{
	(void)state;
	REGISTER(REGISTER_VERSION) = 0x60015;
	for (unsigned i = 0; i < 8; i++)
		REGISTER(REGISTER_IN_SERVICE + 16 * i) = UINT32_MAX;
	start();
	assert_int_equal(ends, 256);
}

static void not_usable(void **state)
{
	(void)state;
	assert_int_equal(lapic_probe(false, map_nothing), -E_NOSPC);
	base_msr &= ~(uint64_t)APIC_BASE_ENABLE;
	assert_int_equal(lapic_probe(false, map), -E_UNSUPPORTED);
	features.apic = false;
	base_msr |= APIC_BASE_ENABLE;
	assert_int_equal(lapic_probe(false, map), -E_UNSUPPORTED);
}

static void commands(void **state)
{
	(void)state;
	start();
	busy_reads = 20;
	assert_int_equal(lapic_send_vector(3, 0xE1), 0);
	assert_int_equal(busy_reads, 0);
	assert_int_equal(REGISTER(REGISTER_COMMAND_HIGH), 3u << 24);
	assert_int_equal(REGISTER(REGISTER_COMMAND), 0x40E1);
	assert_int_equal(lapic_send_nmi(200), 0);
	assert_int_equal(REGISTER(REGISTER_COMMAND_HIGH), 200u << 24);
	assert_int_equal(REGISTER(REGISTER_COMMAND), 0x4400);
	assert_int_equal(lapic_send_init(1), 0);
	assert_int_equal(REGISTER(REGISTER_COMMAND), 0x4500);
	assert_int_equal(lapic_send_startup(1, 0x9F000), 0);
	assert_int_equal(REGISTER(REGISTER_COMMAND), 0x469F);
	busy_reads = UINT32_MAX;
	assert_int_equal(lapic_send_nmi(2), -E_IO);
	assert_int_equal(REGISTER(REGISTER_COMMAND), 0x469F);
}

/* Its handler ran between the two writes of another command, which still goes to CPU 7. */
static void nmi_from_nmi(void **state)
{
	(void)state;
	start();
	REGISTER(REGISTER_COMMAND_HIGH) = 7u << 24;
	assert_int_equal(lapic_send_nmi_from_nmi(3), 0);
	assert_int_equal(REGISTER(REGISTER_COMMAND), 0x4400);
	assert_int_equal(REGISTER(REGISTER_COMMAND_HIGH), 7u << 24);
	assert_int_equal(lapic_send_nmi_from_nmi(0xFF), -E_RANGE);
	assert_int_equal(REGISTER(REGISTER_COMMAND_HIGH), 7u << 24);
}

/* Nothing goes out to an id that stands for all, or that the hardware cuts off. */
static void assert_not_sent(uint32_t apic_id)
{
	REGISTER(REGISTER_COMMAND) = 0x1234567;
	command_msr = 0x1234567;
	assert_false(lapic_can_reach(apic_id));
	assert_int_equal(lapic_send_vector(apic_id, 0xE1), -E_RANGE);
	assert_int_equal(lapic_send_nmi(apic_id), -E_RANGE);
	assert_int_equal(lapic_send_init(apic_id), -E_RANGE);
	assert_int_equal(lapic_send_startup(apic_id, 0x9F000), -E_RANGE);
	assert_int_equal(REGISTER(REGISTER_COMMAND), 0x1234567);
	assert_int_equal(command_msr, 0x1234567);
}

static void ids_that_reach_others(void **state)
{
	static const uint32_t too_large[] = { 0xFF, 0x100, 0x10005, 0xFF00, UINT32_MAX };

	(void)state;
	start();
	for (unsigned i = 0; i < ARRAY_SIZE(too_large); i++)
		assert_not_sent(too_large[i]);
	assert_int_equal(lapic_send_init(254), 0);
	/* Its own reset would be the end of it. */
	REGISTER(REGISTER_COMMAND) = 0x1234567;
	assert_int_equal(lapic_send_init(5), -E_RANGE);
	assert_int_equal(lapic_send_startup(5, 0x9F000), -E_RANGE);
	assert_int_equal(REGISTER(REGISTER_COMMAND), 0x1234567);

	reset(state);
	base_msr |= APIC_BASE_X2APIC;
	start();
	assert_not_sent(UINT32_MAX);
	assert_int_equal(lapic_send_init(0xFF), 0);
	assert_int_equal(lapic_send_init(UINT32_MAX - 1), 0);
}

/* Ids of 4 bits: 16 would be 0, and 15 is all of them. */
static void ids_of_the_first_ones(void **state)
{
	(void)state;
	features.family = 6;
	REGISTER(REGISTER_VERSION) = 0x40011;
	REGISTER(REGISTER_ID) = 0xF5u << 24;
	start();
	assert_int_equal(lapic_id(), 5);
	for (uint32_t id = 15; id <= 256; id++)
		assert_not_sent(id);
	assert_int_equal(lapic_send_init(14), 0);
	/* The version of AMD's stayed low when the ids grew. */
	reset(state);
	features.family = 15;
	REGISTER(REGISTER_VERSION) = 0x40010;
	start();
	assert_int_equal(lapic_send_init(254), 0);
	assert_not_sent(255);
}

static void x2apic_left_on(void **state)
{
	(void)state;
	base_msr |= APIC_BASE_X2APIC;
	REGISTER(REGISTER_ID) = 0x12345;
	start();
	assert_false(is_mapped);
	assert_true(lapic_is_x2apic());
	assert_int_equal(lapic_id(), 0x12345);
	assert_int_equal(REGISTER(REGISTER_SPURIOUS), 0x1FF);
	assert_int_equal(ends, 4);
	assert_int_equal(lapic_send_vector(0x10005, 0xE0), 0);
	assert_int_equal(command_msr, 0x10005000040E0ull);
	/* Stores before it are seen by whom it wakes. */
	assert_int_equal(barriers, 1);
}

static void x2apic_for_large_ids(void **state)
{
	(void)state;
	start_with_ids(true);
	assert_false(lapic_is_x2apic());
	reset(NULL);
	features.x2apic = true;
	start_with_ids(true);
	assert_true(lapic_is_x2apic());
	assert_true(base_msr & APIC_BASE_X2APIC);
	/* It is no end in itself. */
	reset(NULL);
	features.x2apic = true;
	start();
	assert_false(lapic_is_x2apic());
	assert_false(base_msr & APIC_BASE_X2APIC);
}

/* --- the timer ---------------------------------------------------------------------------- */

static const uint64_t rates[] = { 6250000, 25000000, 99999999, 100000000, 1000000000, 3000000000 };

static unsigned times_meanwhile;

static void meanwhile(void)
{
	times_meanwhile++;
	now += 50000;
}

static void counter_measured(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++) {
		reset(state);
		start();
		timer_hz = rates[i];
		times_meanwhile = 0;
		assert_int_equal(lapic_timer_init(meanwhile), 0);
		assert_true(times_meanwhile > 0);
		assert_false(lapic_timer_is_deadline());
		assert_true(lapic_timer_khz() * 1000ull <= rates[i] + rates[i] / 20000 &&
			    lapic_timer_khz() * 1000ull >= rates[i] - rates[i] / 20000);
		assert_int_equal(REGISTER(LAPIC_LVT_TIMER), VECTOR_TIMER);
		assert_int_equal(REGISTER(LAPIC_DIVIDE), 0xB);
		/* It was tried for a tenth of a millisecond. */
		assert_in_range(REGISTER(LAPIC_INITIAL_COUNT), rates[i] / 10100, rates[i] / 9800);
	}
}

/* What has counted meanwhile is not waited for. */
static void counter_begun(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++) {
		reset(state);
		start();
		timer_hz = rates[i];
		lapic_timer_begin();
		now += 20000000;
		times_meanwhile = 0;
		assert_int_equal(lapic_timer_init(meanwhile), 0);
		assert_int_equal(times_meanwhile, 0);
		assert_true(lapic_timer_khz() * 1000ull <= rates[i] + rates[i] / 20000 &&
			    lapic_timer_khz() * 1000ull >= rates[i] - rates[i] / 20000);
		assert_int_equal(REGISTER(LAPIC_LVT_TIMER), VECTOR_TIMER);
	}
}

/* Too short, run down already, or by a TSC that is no clock: as if it had not begun. */
static void counter_begun_in_vain(void **state)
{
	static const uint64_t waits[] = { 3000000, 5000000000, 20000000 };

	for (unsigned i = 0; i < ARRAY_SIZE(waits); i++) {
		reset(state);
		start();
		clock_is_tsc = i != 2;
		timer_hz = 1000000000;
		lapic_timer_begin();
		now += waits[i];
		times_meanwhile = 0;
		assert_int_equal(lapic_timer_init(meanwhile), 0);
		assert_true(times_meanwhile > 0);
		assert_in_range(lapic_timer_khz(), 999950, 1000050);
	}
}

/* Never early, late by 200 ppm at most, and never farther than the counter reaches. */
static void counter_armed(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++) {
		reset(state);
		start();
		timer_hz = rates[i];
		lapic_timer_init(meanwhile);
		for (uint64_t ns = 1; ns < 1ull << 62; ns = ns * 3 + 1) {
			uint64_t before = now, armed = lapic_timer_arm(now + ns);
			uint64_t fires = REGISTER(LAPIC_INITIAL_COUNT) * NS_PER_SECOND / rates[i];

			assert_true(armed <= before + MAX(ns, 100ull));
			assert_true(fires + now >= armed);
			assert_true(fires <= armed - before + (armed - before) / 5000 + 200);
			if (ns < 1000000000)
				assert_true(armed == before + MAX(ns, 100ull));
		}
		/* What has passed fires at once. */
		lapic_timer_arm(0);
		assert_int_equal(REGISTER(LAPIC_INITIAL_COUNT), 1);
	}
}

static void counter_stands_still(void **state)
{
	(void)state;
	start();
	timer_hz = 0;
	assert_int_equal(lapic_timer_init(meanwhile), -E_IO);
}

static void tsc_deadline(void **state)
{
	uint64_t deadline;

	(void)state;
	features.tsc_deadline = true;
	start();
	assert_int_equal(lapic_timer_init(meanwhile), 0);
	assert_true(lapic_timer_is_deadline());
	assert_int_equal(REGISTER(LAPIC_LVT_TIMER), 2u << 17 | VECTOR_TIMER);
	assert_int_equal(barriers, 1);
	deadline = now + 12345;
	assert_int_equal(lapic_timer_arm(deadline), deadline);
	assert_int_equal(deadline_msr, deadline * 3);
	deadline = lapic_timer_arm(UINT64_MAX);
	assert_int_equal(deadline, now + 4000000000ull);
	deadline = lapic_timer_arm(5);
	assert_int_equal(deadline, now);
	assert_int_equal(deadline_msr, now * 3);
	assert_int_equal(REGISTER(LAPIC_INITIAL_COUNT), 0);
}

/* Rates that nothing runs at, and a timer of which nobody ever hears. */
static void timer_that_is_none(void **state)
{
	static const uint64_t wrong[] = { 1, 50000, 30000000000 };

	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		reset(state);
		start();
		timer_hz = wrong[i];
		assert_int_equal(lapic_timer_init(meanwhile), -E_IO);
	}
	reset(state);
	start();
	raises_nothing = true;
	assert_int_equal(lapic_timer_init(meanwhile), -E_IO);
	/* Where deadlines do not work, the counter may. */
	reset(state);
	features.tsc_deadline = true;
	deadlines_are_broken = true;
	start();
	assert_int_equal(lapic_timer_init(meanwhile), 0);
	assert_false(lapic_timer_is_deadline());
	assert_int_equal(REGISTER(LAPIC_LVT_TIMER), VECTOR_TIMER);
}

/* Where the TSC is no clock, it is no alarm clock either. */
static void tsc_that_is_no_clock(void **state)
{
	(void)state;
	features.tsc_deadline = true;
	clock_is_tsc = false;
	start();
	assert_int_equal(lapic_timer_init(meanwhile), 0);
	assert_false(lapic_timer_is_deadline());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(taken_over, reset),
		cmocka_unit_test_setup(nmi_inputs, reset),
		cmocka_unit_test_setup(stuck_in_service, reset),
		cmocka_unit_test_setup(passed_through, reset),
		cmocka_unit_test_setup(not_usable, reset),
		cmocka_unit_test_setup(commands, reset),
		cmocka_unit_test_setup(nmi_from_nmi, reset),
		cmocka_unit_test_setup(ids_that_reach_others, reset),
		cmocka_unit_test_setup(ids_of_the_first_ones, reset),
		cmocka_unit_test_setup(x2apic_left_on, reset),
		cmocka_unit_test_setup(x2apic_for_large_ids, reset),
		cmocka_unit_test(counter_measured),
		cmocka_unit_test(counter_begun),
		cmocka_unit_test(counter_begun_in_vain),
		cmocka_unit_test(counter_armed),
		cmocka_unit_test_setup(counter_stands_still, reset),
		cmocka_unit_test(timer_that_is_none),
		cmocka_unit_test_setup(tsc_deadline, reset),
		cmocka_unit_test_setup(tsc_that_is_no_clock, reset),
	};

	return cmocka_run_group_tests_name("lapic", tests, NULL, NULL);
}
