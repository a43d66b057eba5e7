// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the TSC against counters, and the counters against it.  A counter is read between two
 * readings of the TSC, which shows how exact the reading is: the best of several is taken, so
 * neither system management mode nor an emulator that is not scheduled does harm.  Where no counter
 * works, tsc_without_counters.c measures.
 */
#include "arch/board/tsc.h"

#include "arch/cpu/log.h"
#include "arch/cpu/x86.h"
#include "lib/compiler.h"

#include <stddef.h>

#define READINGS 8u

/* A measurement lasts a second / SPAN; its first part, 1 ms, gives a rate to go on with. */
#define SPAN 50u
#define FIRST_SPAN 1000u

/* How far two counters may be apart that were read for FIRST_SPAN, badly at that. */
#define FIRST_PPM 10000u

/* For the first part alone: 1 ms of a processor of 100 GHz ends before. */
#define FIRST_GIVE_UP (TSC_GIVE_UP / 16)

/* A measurement that goes on for longer than a second may miss a counter's wrap. */
#define WHOLE_MS 1000u

/*
 * Two counters that are right differ by less than DISAGREE_PPM, as quartzes do, and one that is
 * wrong differs by more.  The parts of one measurement of a good counter differ by less than
 * UNEVEN_PPM, however badly it was read.
 */
#define DISAGREE_PPM 1000u
#define UNEVEN_PPM 100000u
#define TRIES 3u

/* A counter that takes so many times as long as the other one has another rate than it claims. */
#define LATE_FACTOR 4u

/* So many pairs of readings take far longer than 20 ms; a limit in case the TSC stands still. */
#define ROUNDS_MAX 2000000u

struct reading {
	uint64_t tsc;
	uint32_t count;
};

/* The state of one counter in a measurement. */
struct measured {
	const struct counter *counter;	/* NULL: there is none */
	struct reading start, middle, end;
	bool has_middle, has_end;
	uint32_t khz;			/* 0: not usable, and cause says why */
	const char *cause;
};

static struct reading read_both(const struct counter *counter)
{
	uint64_t best = UINT64_MAX;
	struct reading reading = { 0, 0 };

	for (unsigned i = 0; i < READINGS; i++) {
		uint64_t before = read_tsc();
		uint32_t count = counter->read();
		uint64_t width = read_tsc() - before;

		if (width < best) {
			best = width;
			reading = (struct reading){ before + width / 2, count };
		}
	}
	return reading;
}

static uint32_t ticks_between(const struct counter *counter, uint32_t from, uint32_t to)
{
	return (to - from) & counter->mask;
}

static void look(struct measured *measured)
{
	const struct counter *counter = measured->counter;
	uint32_t gone = ticks_between(counter, measured->start.count, counter->read());

	if (!measured->has_middle && gone >= counter->hz / FIRST_SPAN) {
		measured->middle = read_both(counter);
		measured->has_middle = true;
	} else if (measured->has_middle && gone >= counter->hz / SPAN) {
		measured->end = read_both(counter);
		measured->has_end = true;
	}
}

static bool is_over(const struct measured *measured)
{
	return !measured->counter || measured->has_end;
}

static uint32_t khz_between(const struct counter *counter, const struct reading *from,
			    const struct reading *to)
{
	uint32_t count = ticks_between(counter, from->count, to->count);
	uint64_t khz = count == 0 ? 0 : (to->tsc - from->tsc) * counter->hz / (count * 1000ull);

	return (uint32_t)MIN(khz, (uint64_t)UINT32_MAX);
}

/* How far other is off from khz, in millionths of it. */
static uint32_t ppm_between(uint32_t khz, uint32_t other)
{
	uint32_t difference = khz > other ? khz - other : other - khz;
	uint64_t ppm = difference * 1000000ull / MAX(khz, 1u);

	return (uint32_t)MIN(ppm, (uint64_t)UINT32_MAX);
}

/* NULL, with khz set, or why the counter cannot be used. */
static const char *judge(struct measured *measured)
{
	const struct counter *counter = measured->counter;
	uint32_t first, second;

	if (!measured->has_end)
		return counter->read() == measured->start.count ?
			"it stands still" : "it is far slower than it claims";
	first = khz_between(counter, &measured->start, &measured->middle);
	second = khz_between(counter, &measured->middle, &measured->end);
	if (ppm_between(first, second) > UNEVEN_PPM)
		return "it does not count evenly";
	measured->khz = khz_between(counter, &measured->start, &measured->end);
	if (tsc_is_plausible(measured->khz))
		return NULL;
	measured->khz = 0;
	return "it counts at no rate that can be right";
}

/* How many TSC ticks to wait: once a good counter is done, the other one must be done soon. */
static uint64_t patience(struct measured list[2])
{
	for (unsigned i = 0; i < 2; i++)
		if (list[i].counter && list[i].has_end && !judge(&list[i]))
			return (list[i].end.tsc - list[i].start.tsc) * LATE_FACTOR;
	return TSC_GIVE_UP;
}

static void begin_both(struct measured list[2], const struct counter *first,
		       const struct counter *second)
{
	list[0] = (struct measured){ .counter = first };
	list[1] = (struct measured){ .counter = second };
	for (unsigned i = 0; i < 2; i++)
		if (list[i].counter)
			list[i].start = read_both(list[i].counter);
}

/* Looks at both until they are done, or for so many TSC ticks, asked anew each time. */
static void measure_both(struct measured list[2], bool (*is_done)(const struct measured *measured),
			 uint64_t (*give_up)(struct measured list[2]), void (*meanwhile)(void))
{
	uint64_t begin = read_tsc();

	for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
		if ((is_done(&list[0]) && is_done(&list[1])) ||
		    read_tsc() - begin >= give_up(list))
			return;
		for (unsigned i = 0; i < 2; i++)
			if (!is_done(&list[i]))
				look(&list[i]);
		meanwhile();
	}
}

/* --- the first part ---------------------------------------------------------------------- */

/* What tsc_measure_first has begun. */
static struct measured begun[2];
static uint32_t begun_khz;	/* 0: nothing */

static bool is_first_over(const struct measured *measured)
{
	return !measured->counter || measured->has_middle;
}

static uint64_t first_patience(struct measured list[2])
{
	(void)list;
	return FIRST_GIVE_UP;
}

/* 0 unless all counters that there are agree more or less. */
static uint32_t first_khz(const struct measured list[2])
{
	uint32_t khz = 0;

	for (unsigned i = 0; i < 2; i++) {
		uint32_t other;

		if (!list[i].counter)
			continue;
		if (!list[i].has_middle)
			return 0;
		other = khz_between(list[i].counter, &list[i].start, &list[i].middle);
		if (!tsc_is_plausible(other) || (khz && ppm_between(khz, other) > FIRST_PPM))
			return 0;
		khz = khz ? khz : other;
	}
	return khz;
}

uint32_t tsc_measure_first(const struct counter *first, const struct counter *second)
{
	begun_khz = 0;
	if ((!first && !second) || tsc_stands_still())
		return 0;
	begin_both(begun, first, second);
	measure_both(begun, is_first_over, first_patience, cpu_pause);
	begun_khz = first_khz(begun);
	return begun_khz;
}

/* Goes on with what has begun, once; false when that was something else, or too long ago. */
static bool take_begun(struct measured list[2])
{
	uint32_t khz = begun_khz;

	begun_khz = 0;
	if (khz == 0 || list[0].counter != begun[0].counter ||
	    list[1].counter != begun[1].counter)
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (begun[i].counter &&
		    read_tsc() - begun[i].start.tsc > (uint64_t)khz * WHOLE_MS)
			return false;
	list[0] = begun[0];
	list[1] = begun[1];
	return true;
}

/* --- the whole --------------------------------------------------------------------------- */

/* A disturbance in one part makes the parts differ; a second try will hardly be disturbed too. */
static void measure_by_counters(struct measured list[2], void (*meanwhile)(void))
{
	bool all_good = false;

	for (unsigned i = 0; i < TRIES && !all_good; i++) {
		all_good = true;
		if (i > 0 || !take_begun(list))
			begin_both(list, list[0].counter, list[1].counter);
		measure_both(list, is_over, patience, meanwhile);
		for (unsigned j = 0; j < 2; j++) {
			list[j].cause = list[j].counter ? judge(&list[j]) : NULL;
			/* A counter that did not finish will not finish in the next try. */
			all_good &= !list[j].cause || !list[j].has_end;
		}
	}
}

static void report_unusable(const struct measured *measured)
{
	if (measured->counter && measured->cause)
		log_warn("time", "the %s at %s is not used: %s", measured->counter->name,
			 measured->counter->place, measured->cause);
}

/*
 * Of two counters that disagree, takes the one that is closer to the interval timer, or the first.
 */
static unsigned choose(struct measured list[2])
{
	uint32_t pit = tsc_khz_by_pit();
	unsigned right = pit != 0 && ppm_between(pit, list[1].khz) < ppm_between(pit, list[0].khz);

	log_warn("time", "the TSC runs at %u kHz by %s, at %u by %s, at %u by pit; taking %s",
		 list[0].khz, list[0].counter->name, list[1].khz, list[1].counter->name, pit,
		 list[right].counter->name);
	list[!right].cause = "it does not count at the rate that it claims";
	return right;
}

static struct tsc_rate rate_of_both(struct measured list[2])
{
	uint32_t ppm = ppm_between(list[0].khz, list[1].khz);
	unsigned right = ppm > DISAGREE_PPM ? choose(list) : 0;

	return (struct tsc_rate){
		.khz = list[right].khz, .referee = list[right].counter->name,
		.second = list[!right].counter->name,
		.second_ppm = ppm_between(list[right].khz, list[!right].khz),
	};
}

static bool moves(const struct counter *counter)
{
	uint32_t before = counter->read();

	/* Called only as a delay, which is far longer than a tick of the slowest counter. */
	(void)tsc_stands_still();
	return counter->read() != before;
}

/* The TSC stands still, so nothing can be measured: a counter is usable if it counts at all. */
static struct tsc_rate without_tsc(struct measured list[2])
{
	struct tsc_rate rate = tsc_of_no_use();

	for (unsigned i = 0; i < 2; i++) {
		if (list[i].counter && !moves(list[i].counter))
			list[i].cause = "it stands still";
		report_unusable(&list[i]);
		rate.usable[i] = list[i].counter && !list[i].cause;
	}
	return rate;
}

struct tsc_rate tsc_measure(const struct counter *first, const struct counter *second,
			    void (*meanwhile)(void))
{
	struct measured list[2] = { { .counter = first }, { .counter = second } };
	struct tsc_rate rate;

	if (tsc_stands_still())
		return without_tsc(list);
	if (first || second)
		measure_by_counters(list, meanwhile);
	if (list[0].khz != 0 && list[1].khz != 0)
		rate = rate_of_both(list);
	else if (list[0].khz != 0 || list[1].khz != 0)
		rate = (struct tsc_rate){
			.khz = MAX(list[0].khz, list[1].khz),
			.referee = list[list[0].khz == 0].counter->name,
		};
	else
		rate = tsc_measure_without_counters();
	for (unsigned i = 0; i < 2; i++) {
		report_unusable(&list[i]);
		rate.usable[i] = list[i].counter && !list[i].cause;
	}
	return rate;
}
