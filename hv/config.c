// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration words.  Each kind of line has a table of its words, each
 * row a name and a function that reads the value; one loop walks a line.
 */
#include "hv/config.h"

#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/parse.h"
#include "lib/string.h"

#include <stdarg.h>

#define PAGE_BYTES 4096u

/* Longer words mean nothing, but are still skipped as a whole. */
#define WORD_SIZE 256

/* A word of a line, cut at its first '=' if it has one. */
struct word {
	char text[WORD_SIZE];	/* the whole word */
	char key[WORD_SIZE];	/* what precedes the '=' */
	char *value;		/* what follows it, inside text; NULL without one */
	size_t length;		/* of the whole word; WORD_SIZE or more if text was cut */
};

/* What a line's words are read into, and where complaints about them go. */
struct line {
	const char *name;
	struct config_problems *problems;
	uint32_t seen;		/* a bit for each row of the table that had its word */
	struct umbra_options *options;
	struct module_words *words;
	bool role_given;	/* some word stood where the role does */
};

/* One known word.  read() returns NULL, or what is wrong with the value. */
struct row {
	const char *key;
	const char *(*read)(struct line *line, const char *value);
	bool kernel_only;
};

/* Texts come from the boot loader: nothing of them may break the form of a log line. */
static void make_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"')
			*text = '\'';
		else if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

void config_add_problem(struct config_problems *problems, const char *module, const char *word,
			const char *cause, ...)
{
	struct config_problem *problem;
	va_list args;

	problems->found++;
	if (problems->kept == CONFIG_PROBLEMS_MAX)
		return;
	problem = &problems->list[problems->kept++];
	string_copy(problem->module, module, sizeof(problem->module));
	string_copy(problem->word, word, sizeof(problem->word));
	va_start(args, cause);
	format_text_v(problem->cause, sizeof(problem->cause), cause, args);
	va_end(args);
	make_printable(problem->module);
	make_printable(problem->word);
	make_printable(problem->cause);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_blanks(const char *at)
{
	while (is_blank(*at))
		at++;
	return at;
}

/* Reads the next word and returns the place behind it; NULL when there is none. */
static const char *next_word(const char *at, struct word *word)
{
	size_t kept;
	char *equals;

	at = skip_blanks(at);
	for (word->length = 0; at[word->length] != '\0' && !is_blank(at[word->length]);)
		word->length++;
	if (word->length == 0)
		return NULL;
	kept = MIN(word->length, WORD_SIZE - 1);
	memcpy(word->text, at, kept);
	word->text[kept] = '\0';
	string_copy(word->key, word->text, sizeof(word->key));
	equals = strchr(word->key, '=');
	word->value = equals == NULL ? NULL : word->text + (equals - word->key) + 1;
	if (equals != NULL)
		*equals = '\0';
	return at + word->length;
}

static bool ends_words(const struct word *word)
{
	return string_equal(word->text, "--");
}

/* The place of text in names, which ends with NULL; -1 when it is not among them. */
static int find_name(const char *text, const char *const *names)
{
	for (int i = 0; names[i] != NULL; i++) {
		if (string_equal(text, names[i]))
			return i;
	}
	return -1;
}

static const char *read_consoles(struct line *line, const char *value)
{
	/* The last one is what the screen was called when text mode was all that Umbra knew. */
	static const char *const names[] = { "com1", "com2", "screen", "vga", NULL };
	static const unsigned int sets[] = {
		CONSOLE_COM1, CONSOLE_COM2, CONSOLE_SCREEN, CONSOLE_SCREEN,
	};
	unsigned int consoles = 0;

	for (;;) {
		const char *comma = strchr(value, ',');
		size_t length = comma == NULL ? strlen(value) : (size_t)(comma - value);
		char name[8];
		int console;

		string_copy(name, value, MIN(length + 1, sizeof(name)));
		console = find_name(name, names);
		if (console < 0)
			return "a console is one of com1, com2, screen";
		consoles |= sets[console];
		if (comma == NULL)
			break;
		value = comma + 1;
	}
	line->options->consoles = consoles;
	return NULL;
}

static const char *read_log(struct line *line, const char *value)
{
	static const char *const names[] = { "error", "warn", "info", "debug", NULL };
	int level = find_name(value, names);

	if (level < 0)
		return "the log level is one of error, warn, info, debug";
	line->options->log = (enum log_level)level;
	return NULL;
}

static const char *read_when_idle(struct line *line, const char *value)
{
	static const char *const names[] = { "stay", "poweroff", "halt", "reboot", NULL };
	int action = find_name(value, names);

	if (action < 0)
		return "the value is one of stay, poweroff, halt, reboot";
	line->options->when_idle = (enum idle_action)action;
	return NULL;
}

static const char *read_on_panic(struct line *line, const char *value)
{
	static const char *const names[] = { "halt", "reboot", "poweroff", NULL };
	int action = find_name(value, names);

	if (action < 0)
		return "the value is one of halt, reboot, poweroff";
	line->options->on_panic = (enum panic_action)action;
	return NULL;
}

static const char *read_power_button(struct line *line, const char *value)
{
	uint32_t seconds;

	if (string_equal(value, "firmware"))
		seconds = CONFIG_POWER_BUTTON_FIRMWARE;
	else if (!parse_u32(value, &seconds) || seconds > CONFIG_POWER_BUTTON_MAX)
		return "the value is a number of seconds from 0 to 3600, or firmware";
	line->options->power_button = seconds;
	return NULL;
}

static const char *read_clock(struct line *line, const char *value)
{
	static const char *const names[] = { "auto", "tsc", "hpet", "pmtimer", NULL };
	int source = find_name(value, names);

	if (source < 0)
		return "the clock is one of auto, tsc, hpet, pmtimer";
	line->options->clock = (enum clock_source)source;
	return NULL;
}

static const char *read_apic(struct line *line, const char *value)
{
	static const char *const names[] = { "off", "on", NULL };
	int choice = find_name(value, names);

	if (choice < 0)
		return "the value is one of on, off";
	line->options->apic = choice == 1;
	return NULL;
}

static const char *read_watchdog(struct line *line, const char *value)
{
	uint32_t seconds;

	if (!parse_u32(value, &seconds) || seconds < 1 || seconds > CONFIG_WATCHDOG_MAX)
		return "the value is a number of seconds from 1 to 3600";
	line->options->watchdog_s = seconds;
	return NULL;
}

static const struct row umbra_rows[] = {
	{ "console", read_consoles, false },
	{ "log", read_log, false },
	{ "when-idle", read_when_idle, false },
	{ "on-panic", read_on_panic, false },
	{ "power-button", read_power_button, false },
	{ "clock", read_clock, false },
	{ "apic", read_apic, false },
	{ "watchdog", read_watchdog, false },
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

static bool is_name(const char *value)
{
	size_t length = strlen(value);
	bool good = length > 0 && length < CONFIG_NAME_SIZE;

	for (size_t i = 0; good && i < length; i++)
		good = is_name_char(value[i]);
	return good;
}

static const char *read_guest(struct line *line, const char *value)
{
	line->words->guest_given = true;
	if (!is_name(value))
		return "a guest's name is 1 to 15 of a-z, 0-9, '-', '_', '.'";
	string_copy(line->words->guest, value, sizeof(line->words->guest));
	return NULL;
}

static bool read_pages(const char *value, uint32_t min, uint32_t max, uint32_t *bytes)
{
	uint64_t size;

	if (!parse_size(value, &size) || size % PAGE_BYTES != 0 || size < min || size > max)
		return false;
	*bytes = (uint32_t)size;
	return true;
}

static const char *read_mem(struct line *line, const char *value)
{
	if (!read_pages(value, CONFIG_MEM_MIN, CONFIG_MEM_MAX, &line->words->mem_bytes))
		return "memory is 1M to 3070M, a multiple of 4K";
	return NULL;
}

static const char *read_shadow(struct line *line, const char *value)
{
	if (!read_pages(value, CONFIG_SHADOW_MIN, CONFIG_SHADOW_MAX, &line->words->shadow_bytes))
		return "shadow memory is 256K to 64M, a multiple of 4K";
	return NULL;
}

static const char *read_weight(struct line *line, const char *value)
{
	uint32_t weight;

	if (!parse_u32(value, &weight) || weight < 1 || weight > CONFIG_WEIGHT_MAX)
		return "the weight is a number from 1 to 1000";
	line->words->weight = weight;
	return NULL;
}

static const char *read_cap(struct line *line, const char *value)
{
	uint32_t cap;

	if (!parse_u32(value, &cap) || cap < 1 || cap > CONFIG_CAP_NONE)
		return "the cap is a number from 1 to 100, per cent of one CPU";
	line->words->cap = cap;
	return NULL;
}

static const char *read_net(struct line *line, const char *value)
{
	if (!is_name(value))
		return "a network's name is 1 to 15 of a-z, 0-9, '-', '_', '.', or it is none";
	if (string_equal(value, "none"))
		value = "";
	string_copy(line->words->net, value, sizeof(line->words->net));
	return NULL;
}

/* Two hexadecimal digits; -1 when they are not. */
static int read_byte(const char *text)
{
	int byte = 0;

	for (int i = 0; i < 2; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			byte = byte * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			byte = byte * 16 + (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			byte = byte * 16 + (c - 'A' + 10);
		else
			return -1;
	}
	return byte;
}

static bool parse_mac(const char *value, uint8_t mac[CONFIG_MAC_SIZE])
{
	for (unsigned i = 0; i < CONFIG_MAC_SIZE; i++, value += 3) {
		int byte = read_byte(value);

		if (byte < 0 || value[2] != (i + 1 < CONFIG_MAC_SIZE ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)byte;
	}
	return true;
}

static const char *read_mac(struct line *line, const char *value)
{
	static const uint8_t none[CONFIG_MAC_SIZE];
	uint8_t mac[CONFIG_MAC_SIZE];

	/* The lowest bit of the first byte says "to many". */
	if (!parse_mac(value, mac) || mac[0] & 1 || memcmp(mac, none, sizeof(mac)) == 0)
		return "the address is xx:xx:xx:xx:xx:xx, that of one station";
	memcpy(line->words->mac, mac, sizeof(mac));
	line->words->mac_given = true;
	return NULL;
}

static const struct row module_rows[] = {
	{ "guest", read_guest, false },
	{ "mem", read_mem, true },
	{ "shadow", read_shadow, true },
	{ "weight", read_weight, true },
	{ "cap", read_cap, true },
	{ "net", read_net, true },
	{ "mac", read_mac, true },
};

/* In the order of enum module_role, without ROLE_NONE. */
static const char *const role_names[] = { "kernel", "initrd", "disk", NULL };

/* With any other value, `disk` is no role but a disk of the machine. */
static enum module_role role_of(const struct word *word)
{
	enum module_role role = (enum module_role)(find_name(word->key, role_names) + 1);

	if (word->value == NULL || (role == ROLE_DISK && string_equal(word->value, "ro")))
		return role;
	return ROLE_NONE;
}

static void complain(const struct line *line, const struct word *word, const char *cause)
{
	config_add_problem(line->problems, line->name, word->text, "%s", cause);
}

/* Reads one word by the table it belongs to; false when it is not in there. */
static bool read_word(struct line *line, const struct word *word, const struct row *rows,
		      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *cause;

		if (!string_equal(word->key, rows[i].key))
			continue;
		if (word->value == NULL)
			cause = "the word needs a value";
		else if (word->length >= WORD_SIZE)
			cause = "the word is too long";
		else if (line->seen & BIT(i))
			cause = "the word is given twice";
		else
			cause = rows[i].read(line, word->value);
		line->seen |= BIT(i);
		if (cause != NULL)
			complain(line, word, cause);
		return true;
	}
	return false;
}

void config_parse_umbra(const char *line_text, struct umbra_options *options,
			struct config_problems *problems)
{
	struct line line = { .name = "umbra", .problems = problems, .options = options };
	const char *at = line_text == NULL ? "" : line_text;
	const char *rest;
	struct word word;

	*options = (struct umbra_options){
		.consoles = CONSOLE_COM1 | CONSOLE_SCREEN, .log = LOG_INFO,
		.power_button = CONFIG_POWER_BUTTON_DEFAULT,
		.when_idle = IDLE_STAY, .on_panic = PANIC_HALT,
		.clock = CLOCK_AUTO, .apic = true,
	};
	/* Multiboot 1 loaders put the file name in front. */
	rest = next_word(at, &word);
	if (rest != NULL && (word.value == NULL || strchr(word.key, '/') != NULL))
		at = rest;
	while ((at = next_word(at, &word)) != NULL) {
		if (!read_word(&line, &word, umbra_rows, ARRAY_SIZE(umbra_rows)))
			complain(&line, &word, "unknown word");
	}
}

static bool names_role(const char *at)
{
	struct word word;

	while ((at = next_word(at, &word)) != NULL && !ends_words(&word)) {
		if (role_of(&word) != ROLE_NONE)
			return true;
	}
	return false;
}

/*
 * Loaders disagree about whether a module's line begins with its file name.
 * A first word is one if it cannot be anything else, or if the line names a
 * role once more (a file may well be called "kernel").
 */
static bool is_file_name(const struct word *word, const char *rest)
{
	if (strchr(word->key, '/') != NULL)
		return true;
	if (word->value != NULL || ends_words(word))
		return false;
	return role_of(word) == ROLE_NONE || names_role(rest);
}

/* Of a name that is too long the end tells more than the start. */
static void keep_file_name(struct module_words *words, const char *name)
{
	size_t length = strlen(name);
	size_t room = sizeof(words->file) - 1;

	string_copy(words->file, name + (length > room ? length - room : 0), sizeof(words->file));
}

static void read_role(struct line *line, const struct word *word)
{
	enum module_role role = role_of(word);

	line->role_given = true;
	if (role == ROLE_NONE)
		complain(line, word, "no role that Umbra knows: kernel, initrd or disk");
	else if (line->words->role != ROLE_NONE)
		complain(line, word, "the line names a role already");
	else
		line->words->role = role;
	line->words->read_only = word->value != NULL;
}

#define DISK_FORMS "a module is disk or disk=ro; disks of the machine, disk=ahci0 or " \
	"disk=ahci0p2,ro, go on a kernel's line"

/* A name, and perhaps `,ro` behind it. */
static bool parse_host_disk(const char *value, struct host_disk_words *disk)
{
	const char *comma = strchr(value, ',');
	size_t length = comma == NULL ? strlen(value) : (size_t)(comma - value);

	if (length == 0 || length >= sizeof(disk->name) ||
	    (comma != NULL && !string_equal(comma, ",ro")))
		return false;
	string_copy(disk->name, value, length + 1);
	disk->read_only = comma != NULL;
	for (size_t i = 0; i < length; i++)
		if (!is_name_char(value[i]))
			return false;
	return true;
}

static void read_host_disk(struct line *line, const struct word *word)
{
	struct module_words *words = line->words;
	struct host_disk_words disk;

	if (word->length >= WORD_SIZE || !parse_host_disk(word->value, &disk)) {
		complain(line, word, DISK_FORMS);
		line->role_given = true;	/* one mistake, one line */
	} else if (words->disk_count == CONFIG_DISKS_MAX) {
		complain(line, word, "a guest has not so many disks");
	} else {
		words->disks[words->disk_count++] = disk;
	}
}

/* What follows `--` is the guest's own, to the letter, but for blanks in front. */
static void read_command_line(struct line *line, const char *text)
{
	line->words->command_line = skip_blanks(text);
	if (strlen(line->words->command_line) >= CONFIG_COMMAND_LINE_SIZE)
		config_add_problem(line->problems, line->name, "--",
				   "the guest's command line is longer than %u bytes",
				   CONFIG_COMMAND_LINE_SIZE - 1);
}

static void check_role(const struct line *line)
{
	const struct module_words *words = line->words;

	/* One mistake, one line: a role that is not known was reported as such. */
	if (words->disk_count > 0 && words->role != ROLE_KERNEL) {
		char word[CONFIG_WORD_SIZE];

		format_text(word, sizeof(word), "disk=%s%s", words->disks[0].name,
			    words->disks[0].read_only ? ",ro" : "");
		config_add_problem(line->problems, line->name, word, DISK_FORMS);
	} else if (!line->role_given) {
		config_add_problem(line->problems, line->name, "",
				   "the line names no role: kernel, initrd or disk");
	}
	if (words->mac_given && words->net[0] == '\0')
		config_add_problem(line->problems, line->name, "mac", "the guest has no network");
	if (words->role == ROLE_NONE || words->role == ROLE_KERNEL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(module_rows); i++) {
		if (module_rows[i].kernel_only && (line->seen & BIT(i)))
			config_add_problem(line->problems, line->name, module_rows[i].key,
					   "the word belongs on the kernel's line");
	}
	if (words->command_line[0] != '\0')
		config_add_problem(line->problems, line->name, "--",
				   "the command line belongs on the kernel's line");
}

void config_parse_module(const char *line_text, unsigned int number, struct module_words *words,
			 struct config_problems *problems)
{
	struct line line = { .name = words->file, .problems = problems, .words = words };
	const char *at = line_text == NULL ? "" : line_text;
	struct word word;
	const char *rest;

	*words = (struct module_words){
		.mem_bytes = CONFIG_MEM_DEFAULT, .weight = CONFIG_WEIGHT_DEFAULT,
		.cap = CONFIG_CAP_NONE,
		.net = CONFIG_NET_DEFAULT,
		.command_line = "",
	};
	format_text(words->file, sizeof(words->file), "module%u", number);
	rest = next_word(at, &word);
	if (rest != NULL && is_file_name(&word, rest)) {
		keep_file_name(words, word.text);
		at = rest;
	}
	while ((at = next_word(at, &word)) != NULL) {
		if (ends_words(&word)) {
			read_command_line(&line, at);
			break;
		}
		if (read_word(&line, &word, module_rows, ARRAY_SIZE(module_rows)))
			continue;
		if (word.value == NULL || role_of(&word) != ROLE_NONE)
			read_role(&line, &word);
		else if (string_equal(word.key, "disk"))
			read_host_disk(&line, &word);
		else
			complain(&line, &word, "unknown word");
	}
	check_role(&line);
}
