// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clones by command: one command at a time, one clone at a time.  The boot CPU makes the
 * configuration, since it has all of them; the clone is made by the CPU that has the parent.
 */
#include "hv/console/command_clone.h"

#include "arch/cpu/log.h"
#include "arch/cpu/time.h"
#include "hv/config/config_line.h"
#include "hv/console/answer.h"
#include "hv/guest/guest_list.h"
#include "hv/life/configured_guests.h"
#include "hv/life/guest_clone.h"
#include "hv/run/housekeeping.h"
#include "lib/format.h"
#include "lib/parse.h"
#include "lib/string.h"

#define COUNT_MAX 1024u

/* How often disks are asked whether the parent's requests are done, and for how long. */
#define RETRY_NS 1000000ull
#define GIVE_UP_NS 60000000000ull

enum step {
	STEP_NONE,	/* no command goes on */
	STEP_NEXT,	/* the next clone is to be begun, or there is none */
	STEP_SEND,	/* its configuration is there */
	STEP_AWAY,	/* the parent's CPU works on it, or a timer waits */
	STEP_ANSWER,	/* the parent's CPU has set result */
};

/* Of the boot CPU, but for STEP_AWAY: then of the parent's. */
static struct {
	uint32_t step;			/* enum step; another CPU sets it, in one step */
	char parent[CONFIG_NAME_SIZE], base[CONFIG_NAME_SIZE], name[CONFIG_NAME_SIZE];
	uint32_t made, count;		/* count 0: one, and its name is base itself */
	const struct guest_config *config;
	uint64_t give_up;		/* time_ns(); 0: the parent is not held */
	enum clone_result result;
	char cause[CLONE_CAUSE_SIZE];
	struct cpu_call call;
	struct timer retry;
} job;

static void finish(void)
{
	log_event("clones", "guest=%s made=%u", job.parent, job.made);
	job.step = STEP_NONE;
}

static void fail(const char *cause)
{
	log_event("clone-failed", "guest=%s of=%s cause=\"%s\"", job.name, job.parent, cause);
	finish();
}

/* --- on the parent's CPU ------------------------------------------------------------------ */

static void answer(enum step step)
{
	/* All else is stored before. */
	__atomic_store_n(&job.step, step, __ATOMIC_SEQ_CST);
	housekeeping_wake();
}

static void give_up(struct guest *parent)
{
	guest_clone_give_up(parent);
	string_copy(job.cause, "its disks do not finish its requests", sizeof(job.cause));
	job.result = CLONE_FAILED;
}

static void clone_here(struct guest *parent)
{
	job.result = guest_clone(parent, job.config, job.cause);
	if (job.result != CLONE_LATER)
		job.give_up = 0;
	else if (job.give_up == 0)
		job.give_up = time_ns() + GIVE_UP_NS;
	else if (time_ns() > job.give_up)
		give_up(parent);
	answer(STEP_ANSWER);
}

/* When the call arrives the parent may have moved or ended. */
static void run_call(struct cpu_call *call)
{
	unsigned cpu;
	struct guest *parent = guest_list_find(job.parent, &cpu);

	(void)call;
	if (parent && cpu == this_cpu()->id)
		clone_here(parent);
	else
		answer(STEP_SEND);
}

/* --- on the boot CPU --------------------------------------------------------------------- */

static void send(void)
{
	unsigned cpu;
	struct guest *parent = guest_list_find(job.parent, &cpu);

	job.step = STEP_AWAY;
	if (!parent) {
		guest_clone_config_done(job.config, false);
		fail("it has ended");
	} else if (cpu == this_cpu()->id) {
		clone_here(parent);
	} else {
		cpu_call_init(&job.call, cpu, run_call);
		cpu_call_post(&job.call);
	}
}

static void retry_due(struct timer *timer)
{
	(void)timer;
	answer(STEP_SEND);
}

static void take_answer(void)
{
	if (job.result != CLONE_LATER)
		guest_clone_config_done(job.config, job.result == CLONE_DONE);
	if (job.result == CLONE_DONE) {
		job.made++;
		answer(STEP_NEXT);
	} else if (job.result == CLONE_FAILED) {
		fail(job.cause);
	} else {
		job.step = STEP_AWAY;
		timer_init(&job.retry, retry_due);
		timer_start(&job.retry, time_ns() + RETRY_NS);
	}
}

static void begin_next(void)
{
	if (job.made == MAX(job.count, 1u)) {
		finish();
		return;
	}
	if (job.count == 0)
		string_copy(job.name, job.base, sizeof(job.name));
	else
		format_text(job.name, sizeof(job.name), "%s%u", job.base, job.made + 1);
	if (guest_list_has(job.name)) {
		fail("a guest of that name is there already");
		return;
	}
	job.config = guest_clone_config(job.parent, job.name);
	if (!job.config)
		fail("it has ended, or no memory is left");
	else
		answer(STEP_SEND);
}

void clone_work(void)
{
	switch (__atomic_load_n(&job.step, __ATOMIC_SEQ_CST)) {
	case STEP_NEXT:
		begin_next();
		break;
	case STEP_SEND:
		send();
		break;
	case STEP_ANSWER:
		take_answer();
		break;
	case STEP_NONE:
	case STEP_AWAY:
		break;
	}
}

/* --- the command -------------------------------------------------------------------------- */

/* NEW [COUNT]; says what is wrong with it. */
static bool parse(const char *words)
{
	size_t length = 0;
	char longest[32];

	while (words[length] && words[length] != ' ')
		length++;
	string_copy(job.base, words, MIN(length + 1, sizeof(job.base)));
	job.count = 0;
	while (words[length] == ' ')
		length++;
	if (words[length] && (!parse_u32(words + length, &job.count) || job.count == 0 ||
			      job.count > COUNT_MAX)) {
		answer_print("%s: must be a number of clones from 1 to %u\n", words + length,
			     COUNT_MAX);
		return false;
	}
	format_text(longest, sizeof(longest), "%s%u", job.base, job.count);
	if (!config_is_name(job.base) || (job.count && !config_is_name(longest))) {
		answer_print("%s: " CONFIG_GUEST_FORM "\n", job.count ? longest : job.base);
		return false;
	}
	return true;
}

static void find_config(struct guest *guest, void *context)
{
	const struct guest_config **config = context;

	if (string_equal(guest->name, job.parent))
		*config = guest->config;
}

/* The disk that more than one guest would write to; NULL: none. */
static const struct guest_config_disk *written_disk(const struct guest_config *config)
{
	for (unsigned i = 0; i < config->disk_count; i++)
		if (!config->disks[i].read_only)
			return &config->disks[i];
	return NULL;
}

void command_clone(const char *name, const char *words)
{
	const struct guest_config *config = NULL;
	const struct guest_config_disk *disk;

	if (__atomic_load_n(&job.step, __ATOMIC_SEQ_CST) != STEP_NONE) {
		answer_print("clones of guest '%s' are being made: %u so far\n", job.parent,
			     job.made);
		return;
	}
	guest_configs_tidy();
	string_copy(job.parent, name, sizeof(job.parent));
	guest_list_visit(find_config, &config);
	if (!config) {
		answer_print("no guest is called '%s'; 'guests' lists them\n", name);
		return;
	}
	disk = written_disk(config);
	if (disk) {
		answer_print("guest '%s' cannot be cloned: it writes to disk %s\n", name,
			     disk->module ? disk->file : disk->name);
		return;
	}
	if (!parse(words))
		return;
	job.made = 0;
	job.give_up = 0;
	answer(STEP_NEXT);
}
