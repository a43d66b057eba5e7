// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options on Umbra's own command line: a table of them, each row a name and a
 * function that reads the value.
 */
#include "hv/config/config_line.h"
#include "hv/config/trace_words.h"

#include "lib/compiler.h"
#include "lib/parse.h"
#include "lib/string.h"

#define UPLINK_FORMS "the value is a port of the machine, and perhaps a network: net0 or net0:lan"

_Static_assert(CONFIG_UPLINKS_MAX == 4, "as a message says");

static const char *read_consoles(struct config_line *line, const char *value)
{
	/* The last is an old name of the screen. */
	static const char *const names[] = { "com1", "com2", "screen", "vga", NULL };
	static const unsigned sets[] = {
		CONSOLE_COM1, CONSOLE_COM2, CONSOLE_SCREEN, CONSOLE_SCREEN,
	};
	unsigned consoles = 0;

	for (;;) {
		const char *comma = strchr(value, ',');
		size_t length = comma ? (size_t)(comma - value) : strlen(value);
		char name[8];
		int console;

		string_copy(name, value, MIN(length + 1, sizeof(name)));
		console = config_find_name(name, names);
		if (console < 0)
			return "a console is one of com1, com2, screen";
		consoles |= sets[console];
		if (!comma)
			break;
		value = comma + 1;
	}
	line->options->consoles = consoles;
	return NULL;
}

static const char *read_log(struct config_line *line, const char *value)
{
	static const char *const names[] = { "error", "warn", "info", "debug", NULL };
	int level = config_find_name(value, names);

	if (level < 0)
		return "the log level is one of error, warn, info, debug";
	line->options->log = (enum log_level)level;
	return NULL;
}

static const char *read_when_idle(struct config_line *line, const char *value)
{
	static const char *const names[] = { "stay", "poweroff", "halt", "reboot", NULL };
	int action = config_find_name(value, names);

	if (action < 0)
		return "the value is one of stay, poweroff, halt, reboot";
	line->options->when_idle = (enum idle_action)action;
	return NULL;
}

static const char *read_on_panic(struct config_line *line, const char *value)
{
	static const char *const names[] = { "halt", "reboot", "poweroff", "gdb", NULL };
	int action = config_find_name(value, names);

	if (action < 0)
		return "the value is one of halt, reboot, poweroff, gdb";
	line->options->on_panic = (enum panic_action)action;
	return NULL;
}

static const char *read_gdb(struct config_line *line, const char *value)
{
	static const char *const names[] = { "com1", "com2", NULL };
	int port = config_find_name(value, names);

	if (port < 0)
		return "the value is one of com1, com2";
	line->options->gdb = (unsigned)port + 1;
	return NULL;
}

static const char *read_power_button(struct config_line *line, const char *value)
{
	uint32_t seconds;

	if (string_equal(value, "firmware"))
		seconds = CONFIG_POWER_BUTTON_FIRMWARE;
	else if (!parse_u32(value, &seconds) || seconds > CONFIG_POWER_BUTTON_MAX)
		return "the value is a number of seconds from 0 to 3600, or firmware";
	line->options->power_button = seconds;
	return NULL;
}

static const char *read_clock(struct config_line *line, const char *value)
{
	static const char *const names[] = { "auto", "tsc", "hpet", "pmtimer", NULL };
	int source = config_find_name(value, names);

	if (source < 0)
		return "the clock is one of auto, tsc, hpet, pmtimer";
	line->options->clock = (enum clock_source)source;
	return NULL;
}

static const char *read_on_off(const char *value, bool *choice)
{
	static const char *const names[] = { "off", "on", NULL };
	int found = config_find_name(value, names);

	if (found < 0)
		return "the value is one of on, off";
	*choice = found == 1;
	return NULL;
}

static const char *read_apic(struct config_line *line, const char *value)
{
	return read_on_off(value, &line->options->apic);
}

static const char *read_smt(struct config_line *line, const char *value)
{
	return read_on_off(value, &line->options->smt);
}

static const char *read_mitigations(struct config_line *line, const char *value)
{
	static const char *const names[] = { "off", "auto", NULL };
	int choice = config_find_name(value, names);

	if (choice < 0)
		return "the value is one of auto, off";
	line->options->mitigations = choice == 1;
	return NULL;
}

static const char *read_watchdog(struct config_line *line, const char *value)
{
	uint32_t seconds;

	if (!parse_u32(value, &seconds) || seconds < 1 || seconds > CONFIG_WATCHDOG_MAX)
		return "the value is a number of seconds from 1 to 3600";
	line->options->watchdog_s = seconds;
	return NULL;
}

static const char *read_nmi_storm(struct config_line *line, const char *value)
{
	uint32_t period_us;

	if (!parse_u32(value, &period_us) || period_us < CONFIG_NMI_STORM_MIN ||
	    period_us > CONFIG_NMI_STORM_MAX)
		return "the value is a number of microseconds from 20 to 50000";
	line->options->nmi_storm_us = period_us;
	return NULL;
}

/* The kinds, and perhaps `:` and how many records each CPU has room for. */
static const char *read_trace(struct config_line *line, const char *value)
{
	struct umbra_options *options = line->options;
	const char *colon = strchr(value, ':');
	size_t length = colon ? (size_t)(colon - value) : strlen(value);
	uint32_t records = CONFIG_TRACE_DEFAULT;

	if (colon && (!parse_u32(colon + 1, &records) || records < CONFIG_TRACE_MIN ||
		      records > CONFIG_TRACE_MAX))
		return "behind the colon comes a number of records from 64 to 32768";
	if (!trace_parse_kinds(value, length, &options->trace_kinds))
		return TRACE_WORDS_FORMS;
	options->trace_records = records;
	return NULL;
}

static const char *read_trace_to(struct config_line *line, const char *value)
{
	static const char *const names[] = { "com1", "com2", NULL };
	int port = config_find_name(value, names);

	if (port < 0)
		return "the value is one of com1, com2";
	line->options->trace_port = (unsigned)port + 1;
	return NULL;
}

static const char *read_maxcpus(struct config_line *line, const char *value)
{
	uint32_t count;

	if (!parse_u32(value, &count) || count < 1 || count > CONFIG_CPUS_MAX)
		return "the value is a number of CPUs from 1 to 32";
	line->options->max_cpus = count;
	return NULL;
}

/* Reads a port and an optional `:` with a network's name; NULL, or what is wrong with them. */
static const char *parse_uplink(const char *value, struct uplink_option *uplink)
{
	const char *colon = strchr(value, ':');
	const char *net = colon ? colon + 1 : CONFIG_NET_DEFAULT;
	size_t length = colon ? (size_t)(colon - value) : strlen(value);

	if (length >= sizeof(uplink->port))
		return UPLINK_FORMS;
	string_copy(uplink->port, value, length + 1);
	if (!config_is_name(uplink->port) || !config_is_name(net) || string_equal(net, "none"))
		return UPLINK_FORMS;
	string_copy(uplink->net, net, sizeof(uplink->net));
	return NULL;
}

/* With two uplinks in one network, frames could circulate for ever. */
static const char *check_uplink(const struct umbra_options *options,
				const struct uplink_option *uplink)
{
	for (unsigned i = 0; i < options->uplink_count; i++) {
		if (string_equal(options->uplinks[i].port, uplink->port))
			return "the port is the uplink of a network already";
		if (string_equal(options->uplinks[i].net, uplink->net))
			return "the network has an uplink already";
	}
	return options->uplink_count == CONFIG_UPLINKS_MAX ? "there are more than 4 uplinks" : NULL;
}

static void read_uplink(struct config_line *line, const struct config_word *word)
{
	struct umbra_options *options = line->options;
	struct uplink_option uplink;
	const char *cause;

	if (!word->value || word->length >= CONFIG_WORD_MAX)
		cause = UPLINK_FORMS;
	else
		cause = parse_uplink(word->value, &uplink);
	if (!cause)
		cause = check_uplink(options, &uplink);
	if (!cause)
		options->uplinks[options->uplink_count++] = uplink;
	else
		config_complain(line, word, cause);
}

static const struct config_row umbra_rows[] = {
	{ "console", read_consoles, false },
	{ "log", read_log, false },
	{ "when-idle", read_when_idle, false },
	{ "on-panic", read_on_panic, false },
	{ "gdb", read_gdb, false },
	{ "power-button", read_power_button, false },
	{ "clock", read_clock, false },
	{ "apic", read_apic, false },
	{ "watchdog", read_watchdog, false },
	{ "nmi-storm", read_nmi_storm, false },
	{ "maxcpus", read_maxcpus, false },
	{ "trace", read_trace, false },
	{ "trace-to", read_trace_to, false },
	{ "smt", read_smt, false },
	{ "mitigations", read_mitigations, false },
};

static unsigned console_of(unsigned port)
{
	static const unsigned consoles[] = { 0, CONSOLE_COM1, CONSOLE_COM2 };

	return consoles[port];
}

/* The port of a debugger is neither a console nor that of the trace. */
static void check_gdb(struct umbra_options *options, struct config_problems *problems)
{
	const char *word = options->gdb == 1 ? "gdb=com1" : "gdb=com2", *cause = NULL;

	if (options->consoles & console_of(options->gdb))
		cause = "the port is a console already";
	else if (options->gdb && options->gdb == options->trace_port)
		cause = "the trace goes to that port already";
	if (cause) {
		config_add_problem(problems, "umbra", word, "%s", cause);
		options->gdb = 0;
	}
	if (options->on_panic == PANIC_GDB && !options->gdb) {
		config_add_problem(problems, "umbra", "on-panic=gdb",
				   "there is no line for a debugger, as gdb=com2");
		options->on_panic = PANIC_HALT;
	}
}

/* What goes together whatever the order of the words. */
static void check_ports(struct umbra_options *options, struct config_problems *problems)
{
	if (options->consoles & console_of(options->trace_port)) {
		config_add_problem(problems, "umbra", options->trace_port == 1 ? "trace-to=com1" :
				   "trace-to=com2", "the port is a console already");
		options->trace_port = 0;
	}
	check_gdb(options, problems);
}

/* All options have a value, and none has a slash in front of its `=`. */
static bool is_file_name(const struct config_word *word, bool has_file_name)
{
	return strchr(word->key, '/') || (has_file_name && !word->value);
}

void config_parse_umbra(const char *line_text, bool has_file_name, struct umbra_options *options,
			struct config_problems *problems)
{
	struct config_line line = { .name = "umbra", .problems = problems, .options = options };
	const char *at = line_text ? line_text : "";
	const char *rest;
	struct config_word word;

	*options = (struct umbra_options){
		.consoles = CONSOLE_COM1 | CONSOLE_SCREEN, .log = LOG_INFO,
		.power_button = CONFIG_POWER_BUTTON_DEFAULT,
		.when_idle = IDLE_STAY, .on_panic = PANIC_HALT,
		.clock = CLOCK_AUTO, .apic = true, .max_cpus = CONFIG_CPUS_MAX,
		.smt = true, .mitigations = true,
	};
	rest = config_next_word(at, &word);
	if (rest && is_file_name(&word, has_file_name))
		at = rest;
	while ((at = config_next_word(at, &word)) != NULL) {
		if (string_equal(word.key, "uplink"))
			read_uplink(&line, &word);
		else if (!config_read_word(&line, &word, umbra_rows, ARRAY_SIZE(umbra_rows)))
			config_complain(&line, &word, "unknown word");
	}
	check_ports(options, problems);
}
