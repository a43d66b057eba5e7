// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts are kept only while somebody looks (hv/trace/trace_filter.h).  Before each sample the
 * guests that run are made to exit, since their accounts are up to date only then; so a period is:
 * a timer for its length, then one for a moment, then the sample.
 */
#include "hv/console/top.h"

#include "arch/board/timer.h"
#include "arch/cpu/time.h"
#include "hv/console/answer.h"
#include "hv/console/consoles.h"
#include "hv/console/guest_state_name.h"
#include "hv/console/rates.h"
#include "hv/guest/guest_list.h"
#include "hv/run/housekeeping.h"
#include "hv/trace/trace_filter.h"
#include "lib/format.h"
#include "lib/string.h"

#define PERIOD_NS 1000000000ull
#define NUDGE_NS 2000000ull
#define ROWS 20u		/* of 24 of the smallest terminals */
#define LINE_SIZE 96u

/* A guest that is shown. */
struct row {
	char name[CONFIG_NAME_SIZE];
	const char *state;
	unsigned cpu;
	struct rates rates;
};

enum step { STEP_NONE, STEP_NUDGE, STEP_SAMPLE };

static struct {
	bool panel;			/* `top` is shown */
	struct timer timer;
	bool timer_is_made;
	volatile bool timer_is_over;
	enum step next;			/* when the timer is over */
	struct row rows[ROWS];		/* the busiest, in their order */
	unsigned count, all;		/* in rows; guests that there are */
	struct rates sum;
} top;

/* `stats NAME`: the guest is known by its name, since it may end meanwhile. */
static struct {
	char name[CONFIG_NAME_SIZE];	/* empty: none is asked for */
	volatile bool is_new;		/* written by any CPU when name is complete */
	struct guest_sample before;
	bool has_before;
} one;

/* --- samples ------------------------------------------------------------------------------- */

static void take_sample(const struct guest *guest, struct guest_sample *sample)
{
	const struct guest_account *from = &guest->account;
	struct guest_account *to = &sample->account;

	*to = *from;
	to->guest_ticks = account_read(&from->guest_ticks);
	to->umbra_ticks = account_read(&from->umbra_ticks);
	for (unsigned class = 0; class < EXIT_CLASSES; class++)
		to->cost[class] = account_read(&from->cost[class]);
	sample->time = time_ns();
	sample->stolen = account_read(&guest->task.entity.waited);
}

static uint32_t busy(const struct rates *rates)
{
	return rates->guest + rates->umbra;
}

/* Puts a row where it belongs among the busiest; the least busy one may fall out. */
static void insert(const struct row *row)
{
	unsigned at = top.count < ROWS ? top.count++ : ROWS;

	while (at > 0 && busy(&row->rates) > busy(&top.rows[at - 1].rates)) {
		if (at < ROWS)
			top.rows[at] = top.rows[at - 1];
		at--;
	}
	if (at < ROWS)
		top.rows[at] = *row;
}

static void add_to_sum(const struct rates *rates)
{
	top.sum.guest += rates->guest;
	top.sum.umbra += rates->umbra;
	top.sum.all_exits += rates->all_exits;
}

/* A guest's first sample only begins: it has no row yet. */
static void visit(struct guest *guest, void *context)
{
	struct guest_sample now;
	struct row row;

	(void)context;
	take_sample(guest, &now);
	top.all++;
	if (guest->seen.time) {
		rates_between(&guest->seen, &now, time_tsc_khz(), &row.rates);
		string_copy(row.name, guest->name, sizeof(row.name));
		row.state = guest_state_name(guest);
		row.cpu = guest_home(guest);
		add_to_sum(&row.rates);
		insert(&row);
	}
	guest->seen = now;
}

/* --- top ------------------------------------------------------------------------------------- */

static size_t add_row(char *text, size_t size, const struct row *row)
{
	const struct rates *r = &row->rates;

	return format_text(text, size,
			   "%-15s %-7.7s %3u %3u.%u %3u.%u %3u.%u %6u %5u %6u %6u %6u\n",
			   row->name, row->state, row->cpu, r->guest / 10, r->guest % 10,
			   r->umbra / 10, r->umbra % 10, r->stolen / 10, r->stolen % 10,
			   r->all_exits, MIN(r->all_cost_ns, 99999u), r->exits[EXIT_FAULT],
			   r->frames, r->requests);
}

static void show_panel(void)
{
	static char text[(ROWS + 3) * LINE_SIZE];
	size_t used;

	used = format_text(text, sizeof(text),
			   "top: %u guests on %u CPUs: run %u.%u %%, Umbra %u.%u %%, %u exits/s, "
			   "a key ends\n\n"
			   "%-15s %-7s %3s %5s %5s %5s %6s %5s %6s %6s %6s\n", top.all, cpu_count(),
			   top.sum.guest / 10, top.sum.guest % 10, top.sum.umbra / 10,
			   top.sum.umbra % 10, top.sum.all_exits, "guest", "state", "cpu", "%run",
			   "%umbr", "%stol", "exit/s", "ns/ex", "flts/s", "frms/s", "reqs/s");
	for (unsigned i = 0; i < top.count && used < sizeof(text) - LINE_SIZE; i++)
		used += add_row(text + used, sizeof(text) - used, &top.rows[i]);
	consoles_panel_show(text);
}

static void forget(struct guest *guest, void *context)
{
	(void)context;
	guest->seen.time = 0;
}

static void sample_all(void)
{
	top.count = top.all = 0;
	top.sum = (struct rates){ 0 };
	guest_list_visit(visit, NULL);
	show_panel();
}

/* --- stats of one guest ---------------------------------------------------------------------- */

static void show_exits(const struct rates *r)
{
	static const char *const names[EXIT_CLASSES] = {
		[EXIT_HYPERCALL] = "hypercalls", [EXIT_FAULT] = "page faults",
		[EXIT_EMULATED] = "#GP and #UD", [EXIT_INTERRUPT] = "interrupts",
		[EXIT_OTHER] = "others",
	};

	answer_print("exits a second: %u, of %u ns each", r->all_exits, r->all_cost_ns);
	for (unsigned class = 0; class < EXIT_CLASSES; class++)
		if (r->exits[class])
			answer_print("; %s %u, %u ns", names[class], r->exits[class],
				     r->cost_ns[class]);
	answer_print("\n");
}

static void show_one(const struct rates *r)
{
	answer_print("%s in this second: in the guest %u.%u %%, in Umbra %u.%u %%, "
		     "stolen %u.%u %%, waiting %u.%u %%\n", one.name, r->guest / 10, r->guest % 10,
		     r->umbra / 10, r->umbra % 10, r->stolen / 10, r->stolen % 10, r->waiting / 10,
		     r->waiting % 10);
	show_exits(r);
	answer_print("network frames a second %u, other requests %u\n", r->frames, r->requests);
	answer_flush();
}

/* Only the guest that is asked for. */
static void sample_one(struct guest *guest, void *context)
{
	if (string_equal(guest->name, one.name)) {
		take_sample(guest, context);
		one.has_before = true;
	}
}

static void finish_one(void)
{
	struct guest_sample before = one.before, after = { .time = 0 };
	struct rates rates;

	guest_list_visit(sample_one, &after);
	if (one.has_before && after.time) {
		rates_between(&before, &after, time_tsc_khz(), &rates);
		show_one(&rates);
	}
	one.name[0] = '\0';
}

void top_ask(const struct guest *guest)
{
	string_copy(one.name, guest->name, sizeof(one.name));
	one.has_before = false;
	one.is_new = true;
	housekeeping_wake();
}

/* --- when ------------------------------------------------------------------------------------ */

static void expired(struct timer *timer)
{
	(void)timer;
	top.timer_is_over = true;
	housekeeping_wake();
}

static void wait_for(enum step next, uint64_t ns)
{
	if (!top.timer_is_made)
		timer_init(&top.timer, expired);
	top.timer_is_made = true;
	top.next = next;
	timer_start(&top.timer, time_ns() + ns);
}

static void begin_period(void)
{
	if (top.next == STEP_NONE)
		trace_account(true);
	wait_for(STEP_NUDGE, PERIOD_NS);
}

static void begin_one(void)
{
	one.is_new = false;
	if (top.next == STEP_NONE)
		begin_period();
	guest_list_visit(sample_one, &one.before);
}

static void end_if_unused(void)
{
	if (top.panel)
		return;
	trace_account(false);
	top.next = STEP_NONE;
}

static void take_step(void)
{
	enum step step = top.next;

	top.timer_is_over = false;
	if (step == STEP_NUDGE) {
		trace_account_nudge();
		wait_for(STEP_SAMPLE, NUDGE_NS);
	} else if (step == STEP_SAMPLE) {
		if (one.name[0])
			finish_one();
		if (top.panel) {
			sample_all();
			begin_period();
		}
		end_if_unused();
	}
}

void top_service(void)
{
	if (one.is_new)
		begin_one();
	if (top.timer_is_over)
		take_step();
}

void command_top(const char *argument)
{
	(void)argument;
	if (top.panel)
		return;
	guest_list_visit(forget, NULL);
	top.panel = true;
	begin_period();
	consoles_panel_begin();
	sample_all();
}

void top_key(void)
{
	top.panel = false;
	consoles_panel_end();
	timer_stop(&top.timer);
	top.timer_is_over = false;
	one.name[0] = '\0';
	end_if_unused();
}
