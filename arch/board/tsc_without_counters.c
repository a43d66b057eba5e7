// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the TSC runs where no counter can be used: by the interval timer, the battery clock,
 * CPUID, or a guess, in this order.  Each answer is checked, since ports without a chip return
 * values too.
 */
#include "arch/board/tsc_without_counters.h"

#include "arch/board/pit.h"
#include "arch/board/rtc.h"
#include "arch/cpu/cpu_features.h"
#include "arch/cpu/log.h"
#include "arch/cpu/port.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"

/*
 * The interval timer runs for 20 ms: noticing the end 2 microseconds late is an error of 100 ppm.
 */
#define PIT_TICKS 23863u
#define PIT_TRIES 3u
#define PIT_READS_MAX 2000000u

/*
 * Limits for two seconds of the battery clock: 5 s on a processor of 3 GHz, or so many readings,
 * which take a microsecond each on a real bus.
 */
#define RTC_GIVE_UP (1ull << 34)
#define RTC_READS_MAX 20000000u

/* SDM vol. 2, CPUID: the TSC by its crystal, and the base frequency in MHz. */
#define CPUID_CRYSTAL 0x15u
#define CPUID_FREQUENCY 0x16u

/* By agreement of hypervisors: the highest leaf of theirs, and the TSC's kHz. */
#define CPUID_HYPERVISOR 0x40000000u
#define CPUID_HYPERVISOR_TIMING 0x40000010u

#define DIAGNOSTIC_PORT 0x80	/* reading it takes time, and does nothing else */
#define STILL_READS 100u

#define FALLBACK_KHZ 1000000u

static uint32_t plausible(uint64_t khz)
{
	return khz <= TSC_KHZ_MAX && tsc_is_plausible((uint32_t)khz) ? (uint32_t)khz : 0;
}

/* The TSC ticks during PIT_TICKS + 1 ticks of the interval timer; 0: it does not exist or count. */
static uint64_t measure_by_pit_once(void)
{
	uint64_t start, ticks = 0;

	if (!pit_gate_load(PIT_TICKS))
		return 0;
	start = read_tsc();
	pit_gate_open();
	for (uint32_t reads = 0; reads < PIT_READS_MAX && ticks < TSC_GIVE_UP; reads++) {
		bool done = pit_gate_done();

		ticks = read_tsc() - start;
		if (done)
			return ticks;
	}
	return 0;
}

/* A disturbance makes a measurement longer, never shorter, so the shortest is the best. */
uint32_t tsc_khz_by_pit(void)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < PIT_TRIES; i++) {
		uint64_t ticks = measure_by_pit_once();

		if (ticks == 0)
			return 0;
		best = MIN(best, ticks);
	}
	return plausible(best * PIT_HZ / ((PIT_TICKS + 1) * 1000ull));
}

/* Waits for the seconds to change; false when they do not. */
static bool wait_for_second(uint64_t *tsc)
{
	uint64_t begin = read_tsc();
	uint8_t before = rtc_second();

	for (uint32_t reads = 0; reads < RTC_READS_MAX; reads++) {
		if (read_tsc() - begin >= RTC_GIVE_UP)
			return false;
		if (rtc_second() != before) {
			*tsc = read_tsc();
			return true;
		}
	}
	return false;
}

/* The start of each second is seen some microseconds late, always by about as much. */
static uint32_t khz_by_rtc(void)
{
	uint64_t start, end;

	if (!rtc_is_there() || !wait_for_second(&start) || !wait_for_second(&end))
		return 0;
	return plausible((end - start) / 1000);
}

static uint32_t khz_by_crystal(void)
{
	struct cpuid r = cpuid(CPUID_CRYSTAL, 0);

	if (r.eax == 0 || r.ebx == 0 || r.ecx == 0)
		return 0;
	return plausible((uint64_t)r.ecx * r.ebx / r.eax / 1000);
}

static uint32_t khz_by_hypervisor(void)
{
	if (!cpu_features()->hypervisor || cpuid(CPUID_HYPERVISOR, 0).eax < CPUID_HYPERVISOR_TIMING)
		return 0;
	return plausible(cpuid(CPUID_HYPERVISOR_TIMING, 0).eax);
}

static uint32_t khz_by_cpuid(void)
{
	uint32_t highest = cpuid(0, 0).eax, khz = khz_by_hypervisor();

	if (khz == 0 && highest >= CPUID_CRYSTAL)
		khz = khz_by_crystal();
	if (khz == 0 && highest >= CPUID_FREQUENCY)
		khz = plausible((cpuid(CPUID_FREQUENCY, 0).eax & 0xFFFF) * 1000);
	return khz;
}

struct tsc_rate tsc_measure_without_counters(void)
{
	uint32_t khz = tsc_khz_by_pit();

	if (khz != 0)
		return (struct tsc_rate){ .khz = khz, .referee = "pit" };
	khz = khz_by_rtc();
	if (khz != 0)
		return (struct tsc_rate){ .khz = khz, .referee = "rtc" };
	khz = khz_by_cpuid();
	if (khz != 0) {
		log_warn("time", "no timer counts; using the frequency the processor claims");
		return (struct tsc_rate){ .khz = khz, .referee = "cpuid" };
	}
	log_error("time", "there is no timer to measure the TSC by: it is taken for 1 GHz, and "
		  "times will be wrong");
	return (struct tsc_rate){ .khz = FALLBACK_KHZ, .referee = "nobody" };
}

bool tsc_stands_still(void)
{
	uint64_t before = read_tsc();

	for (unsigned i = 0; i < STILL_READS; i++)
		port_in8(DIAGNOSTIC_PORT);
	return read_tsc() == before;
}

struct tsc_rate tsc_of_no_use(void)
{
	log_warn("time", "the TSC stands still");
	return (struct tsc_rate){ .khz = FALLBACK_KHZ, .referee = "nobody", .stands_still = true };
}
