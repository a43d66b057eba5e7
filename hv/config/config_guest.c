// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words that say what a guest is to be like, on the line of its kernel's module and where the
 * commands `create` and `set` have them.
 */
#include "hv/config/config_line.h"

#include "lib/compiler.h"
#include "lib/parse.h"
#include "lib/string.h"

#define PAGE_BYTES 4096u

static const char *read_guest(struct config_line *line, const char *value)
{
	line->module->guest_given = true;
	if (!config_is_name(value))
		return CONFIG_GUEST_FORM;
	string_copy(line->module->guest, value, sizeof(line->module->guest));
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

static const char *read_mem(struct config_line *line, const char *value)
{
	if (!read_pages(value, CONFIG_MEM_MIN, CONFIG_MEM_MAX, &line->module->options.mem_bytes))
		return "memory is 1M to 3070M, a multiple of 4K";
	return NULL;
}

static const char *read_shadow(struct config_line *line, const char *value)
{
	if (!read_pages(value, CONFIG_SHADOW_MIN, CONFIG_SHADOW_MAX,
			&line->module->options.shadow_bytes))
		return "shadow memory is 256K to 64M, a multiple of 4K";
	return NULL;
}

static const char *read_weight(struct config_line *line, const char *value)
{
	uint32_t weight;

	if (!parse_u32(value, &weight) || weight < 1 || weight > CONFIG_WEIGHT_MAX)
		return "the weight is a number from 1 to 1000";
	line->module->options.weight = weight;
	return NULL;
}

static const char *read_cap(struct config_line *line, const char *value)
{
	uint32_t cap;

	if (!parse_u32(value, &cap) || cap < 1 || cap > CONFIG_CAP_NONE)
		return "the cap is a number from 1 to 100, per cent of one CPU";
	line->module->options.cap = cap;
	return NULL;
}

/* A number below CONFIG_CPUS_MAX, at *text, which moves behind it. */
static bool take_cpu(const char **text, uint32_t *cpu)
{
	const char *c = *text;

	*cpu = 0;
	for (; *c >= '0' && *c <= '9' && *cpu < CONFIG_CPUS_MAX; c++)
		*cpu = *cpu * 10 + (uint32_t)(*c - '0');
	if (c == *text || *cpu >= CONFIG_CPUS_MAX)
		return false;
	*text = c;
	return true;
}

/* 0,2-3: numbers and ranges of them. */
static const char *read_cpus(struct config_line *line, const char *value)
{
	static const char *const problem = "CPUs are numbers below 32 and ranges: 1 or 0,2-3";
	uint32_t cpus = 0, first, last;

	for (;;) {
		if (!take_cpu(&value, &first))
			return problem;
		last = first;
		if (*value == '-') {
			value++;
			if (!take_cpu(&value, &last) || last < first)
				return problem;
		}
		cpus |= UINT32_MAX >> (31 - (last - first)) << first;
		if (*value == '\0')
			break;
		if (*value++ != ',')
			return problem;
	}
	line->module->options.cpus = cpus;
	return NULL;
}

static const char *read_net(struct config_line *line, const char *value)
{
	if (!config_is_name(value))
		return "a network's name is " CONFIG_NAME_FORM ", or it is none";
	if (string_equal(value, "none"))
		value = "";
	string_copy(line->module->options.net, value, sizeof(line->module->options.net));
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

static const char *read_mac(struct config_line *line, const char *value)
{
	static const uint8_t none[CONFIG_MAC_SIZE];
	uint8_t mac[CONFIG_MAC_SIZE];

	/* The lowest bit of the first byte marks a multicast address. */
	if (!parse_mac(value, mac) || mac[0] & 1 || memcmp(mac, none, sizeof(mac)) == 0)
		return "the address is xx:xx:xx:xx:xx:xx, that of one station";
	memcpy(line->module->options.mac, mac, sizeof(mac));
	line->module->options.mac_given = true;
	return NULL;
}

static const char *read_mac_spoof(struct config_line *line, const char *value)
{
	static const char *const names[] = { "deny", "allow", NULL };
	int choice = config_find_name(value, names);

	if (choice < 0)
		return "the value is allow or deny";
	line->module->options.mac_spoof = choice == 1;
	return NULL;
}

static const char *read_when_parked(struct config_line *line, const char *value)
{
	static const char *const names[] = { "stay", "end", "restart", NULL };
	int action = config_find_name(value, names);

	if (action < 0)
		return "the value is one of stay, end, restart";
	line->module->options.when_parked = (enum parked_action)action;
	return NULL;
}

const struct config_row config_guest_rows[CONFIG_GUEST_ROWS] = {
	{ "guest", read_guest, false },
	{ "mem", read_mem, true },
	{ "shadow", read_shadow, true },
	{ "weight", read_weight, true },
	{ "cap", read_cap, true },
	{ "cpus", read_cpus, true },
	{ "net", read_net, true },
	{ "mac", read_mac, true },
	{ "mac-spoof", read_mac_spoof, true },
	{ "when-parked", read_when_parked, true },
};

const struct guest_options config_guest_defaults = {
	.mem_bytes = CONFIG_MEM_DEFAULT, .weight = CONFIG_WEIGHT_DEFAULT, .cap = CONFIG_CAP_NONE,
	.cpus = CONFIG_CPUS_ALL, .net = CONFIG_NET_DEFAULT, .command_line = "",
};

bool config_ends_words(const struct config_word *word)
{
	return string_equal(word->text, "--");
}

bool config_read_image(const char *value, char image[CONFIG_NAME_SIZE])
{
	if (!config_is_name(value))
		return false;
	string_copy(image, value, CONFIG_NAME_SIZE);
	return true;
}

/* Reads a name and an optional `,ro`. */
static bool parse_host_disk(const char *value, struct host_disk_option *disk)
{
	const char *comma = strchr(value, ',');
	size_t length = comma ? (size_t)(comma - value) : strlen(value);

	if (length == 0 || length >= sizeof(disk->name) ||
	    (comma && !string_equal(comma, ",ro")))
		return false;
	string_copy(disk->name, value, length + 1);
	disk->read_only = comma != NULL;
	return config_is_name(disk->name);
}

void config_read_host_disk(struct config_line *line, const struct config_word *word)
{
	struct module_line *module = line->module;
	struct host_disk_option disk;

	if (word->length >= CONFIG_WORD_MAX || !parse_host_disk(word->value, &disk)) {
		config_complain(line, word, CONFIG_DISK_FORMS);
		line->role_given = true;	/* one mistake, one line */
	} else if (module->disk_count == CONFIG_DISKS_MAX) {
		config_complain(line, word, "a guest has not so many disks");
	} else {
		module->disks[module->disk_count++] = disk;
	}
}

/* What follows `--`, without leading blanks, is the guest's command line, unchanged. */
void config_read_command_line(struct config_line *line, const char *text)
{
	line->module->options.command_line = config_skip_blanks(text);
	if (strlen(line->module->options.command_line) >= CONFIG_COMMAND_LINE_SIZE)
		config_add_problem(line->problems, line->name, "--",
				   "the guest's command line is longer than %u bytes",
				   CONFIG_COMMAND_LINE_SIZE - 1);
}

void config_check_network(const struct config_line *line)
{
	const struct guest_options *options = &line->module->options;

	if (options->net[0] != '\0')
		return;
	if (options->mac_given)
		config_add_problem(line->problems, line->name, "mac", "the guest has no network");
	if (options->mac_spoof)
		config_add_problem(line->problems, line->name, "mac-spoof=allow",
				   "the guest has no network");
}
