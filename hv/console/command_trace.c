// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the command `trace` says and does.  `show` prints the records of all CPUs in the order of
 * their times, as far as they are there: while it reads, the others go on writing.
 */
#include "hv/console/command_trace.h"

#include "arch/cpu/log.h"
#include "arch/cpu/panic.h"
#include "arch/cpu/trace.h"
#include "hv/config/config_line.h"
#include "hv/config/trace_words.h"
#include "hv/console/answer.h"
#include "hv/console/trace_output.h"
#include "hv/guest/guest_list.h"
#include "hv/trace/trace_filter.h"
#include "hv/trace/trace_text.h"
#include "lib/parse.h"
#include "lib/string.h"

#define SHOW_DEFAULT 20u
#define SHOW_MOST 4096u
#define SHOW_PIECE 16u		/* lines at once, and */
#define SHOW_STEPS 512u		/* records that are looked at */
_Static_assert(SHOW_PIECE * (TRACE_TEXT_SIZE + 1) <= ANSWER_PIECE, "a piece has room");
#define KINDS_SIZE 96

static void usage(void)
{
	answer_print("usage: trace on KINDS [guest=NAME], trace off, trace show [RECORDS], "
		     "trace clear, trace\n" TRACE_WORDS_FORMS "\n");
}

/* --- on ---------------------------------------------------------------------------------- */

static void turn_on(const char *words)
{
	struct config_word word;
	uint32_t kinds;
	const char *guest = "", *at = config_next_word(words, &word);

	if (!at || !trace_parse_kinds(word.text, strlen(word.text), &kinds)) {
		usage();
		return;
	}
	at = config_next_word(at, &word);
	if (at) {
		if (!string_equal(word.key, "guest") || !word.value ||
		    !config_is_name(word.value) || *config_skip_blanks(at)) {
			usage();
			return;
		}
		guest = word.value;
		if (!guest_list_has(guest))
			answer_print("no guest is called '%s' yet\n", guest);
	}
	if (!trace_prepare(CONFIG_TRACE_DEFAULT)) {
		answer_print("there is no memory for the trace\n");
		return;
	}
	trace_filter_set(kinds, guest);
}

static void report_panic(void (*print)(const char *text, size_t length))
{
	trace_print_last(print);
	trace_output_finish();
}

void trace_begin_as_told(const struct umbra_options *options)
{
	panic_set_report(report_panic);
	if (options->trace_port)
		trace_output_start(options->trace_port);
	if (!options->trace_kinds)
		return;
	if (trace_prepare(options->trace_records))
		trace_filter_set(options->trace_kinds, "");
	else
		log_error("trace", "there is no memory for %u records on each CPU",
			  options->trace_records);
}

/* --- show -------------------------------------------------------------------------------- */

/* Of each CPU: the next record to be shown, and how many there are. */
struct reader {
	struct trace_record record;
	uint32_t next, left;
};

/* Reads the next record that is still there; left is 0 when there is none. */
static void advance(unsigned cpu, struct reader *reader)
{
	while (reader->left > 0) {
		reader->left--;
		if (trace_ring_copy(trace_ring_of(cpu), reader->next++, &reader->record))
			return;
	}
	reader->record.time = UINT64_MAX;
}

static struct reader *earliest(struct reader *readers, unsigned *cpu)
{
	unsigned best = 0;

	for (unsigned id = 1; id < cpu_count(); id++)
		if (readers[id].record.time < readers[best].record.time)
			best = id;
	*cpu = best;
	return &readers[best];
}

/* The last `wanted` records of each CPU; returns how many these are in all. */
static uint32_t begin_reading(struct reader *readers, uint32_t wanted)
{
	uint32_t all = 0;

	for (unsigned id = 0; id < cpu_count(); id++) {
		uint32_t first, count = trace_ring_count(trace_ring_of(id), &first);
		uint32_t shown = MIN(count, wanted);

		/* One more is left by the call below, which takes the first. */
		readers[id] = (struct reader){ .next = first + count - shown, .left = shown };
		advance(id, &readers[id]);
		all += shown;
	}
	return all;
}

struct name_search {
	unsigned number;
	char name[CONFIG_NAME_SIZE];
};

static void compare_number(struct guest *guest, void *context)
{
	struct name_search *search = context;

	if (guest->number == search->number)
		string_copy(search->name, guest->name, sizeof(search->name));
}

static void show_record(const struct trace_record *record)
{
	struct name_search search = { .number = record->guest };
	char text[TRACE_TEXT_SIZE];

	if (record->guest)
		guest_list_visit(compare_number, &search);
	trace_text(text, record, search.name);
	answer_print("%s\n", text);
}

static struct {
	struct reader readers[MAX_CPUS];
	uint32_t left, wanted;		/* records that are to be read, and the last to be shown */
} shown;

static bool show_piece(void)
{
	unsigned cpu, lines = 0;

	for (unsigned step = 0; step < SHOW_STEPS && lines < SHOW_PIECE; step++) {
		struct reader *reader = earliest(shown.readers, &cpu);

		if (reader->record.time == UINT64_MAX)
			return false;
		if (shown.left-- <= shown.wanted) {
			show_record(&reader->record);
			lines++;
		}
		advance(cpu, reader);
	}
	return true;
}

static void show(const char *words)
{
	uint32_t wanted = SHOW_DEFAULT;
	struct config_word word;

	if (config_next_word(words, &word) &&
	    (!parse_u32(word.text, &wanted) || wanted < 1 || wanted > SHOW_MOST)) {
		answer_print("behind show comes a number of records, 1 to %u\n", SHOW_MOST);
		return;
	}
	if (!trace_ring_of(0)) {
		answer_print("nothing was traced yet\n");
		return;
	}
	shown.wanted = wanted;
	shown.left = begin_reading(shown.readers, wanted);
	answer_in_pieces(show_piece);
}

/* --- what is traced ---------------------------------------------------------------------- */

static void show_state(void)
{
	char kinds[KINDS_SIZE];

	if (!trace_ring_of(0)) {
		answer_print("nothing is traced, or was\n");
		return;
	}
	trace_print_kinds(kinds, sizeof(kinds), trace_filter_kinds());
	answer_print("traced: %s%s%s\n", kinds[0] ? kinds : "nothing",
		     trace_filter_guest()[0] ? ", of guest " : "", trace_filter_guest());
	for (unsigned id = 0; id < cpu_count(); id++) {
		const struct trace_ring *ring = trace_ring_of(id);
		uint32_t first;

		answer_print("cpu%u: %u records, room for %u, %u overwritten\n", id,
			     trace_ring_count(ring, &first), ring->size - 1, ring->overwritten);
	}
}

void command_trace(const char *words)
{
	struct config_word word;
	const char *at = config_next_word(words, &word);

	if (!at)
		show_state();
	else if (string_equal(word.text, "on"))
		turn_on(at);
	else if (string_equal(word.text, "show"))
		show(at);
	else if (string_equal(word.text, "off") && trace_ring_of(0))
		trace_filter_set(0, "");
	else if (string_equal(word.text, "clear") && trace_ring_of(0))
		trace_clear();
	else if (!string_equal(word.text, "off") && !string_equal(word.text, "clear"))
		usage();
}
