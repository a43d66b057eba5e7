// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options on the line of a boot module: which guest it is for, as what, and,
 * on a kernel's line, what that guest is to be like (config_guest.c).
 */
#include "hv/config/config_line.h"

#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/string.h"

/* In the order of enum module_role, without ROLE_NONE. */
static const char *const role_names[] = { "kernel", "initrd", "disk", "image", NULL };

/*
 * Only an image has a value, its name.  `disk=ro` is a role too; with any other value `disk=` names
 * a disk of the machine.
 */
static enum module_role role_of(const struct config_word *word)
{
	enum module_role role = (enum module_role)(config_find_name(word->key, role_names) + 1);

	if (role == ROLE_IMAGE)
		return word->value ? role : ROLE_NONE;
	if (!word->value || (role == ROLE_DISK && string_equal(word->value, "ro")))
		return role;
	return ROLE_NONE;
}

static bool names_role(const char *at)
{
	struct config_word word;

	while ((at = config_next_word(at, &word)) != NULL && !config_ends_words(&word)) {
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
static bool is_file_name(const struct config_word *word, const char *rest)
{
	if (strchr(word->key, '/'))
		return true;
	if (word->value || config_ends_words(word))
		return false;
	return role_of(word) == ROLE_NONE || names_role(rest);
}

/* The end of a path tells more than its start, so a long name loses its start. */
static void keep_file_name(struct module_line *module, const char *name)
{
	size_t length = strlen(name);
	size_t room = sizeof(module->file) - 1;

	string_copy(module->file, name + (length > room ? length - room : 0), sizeof(module->file));
}

#define ROLES "kernel, initrd, disk or image=NAME"
static void read_role(struct config_line *line, const struct config_word *word)
{
	enum module_role role = role_of(word);

	line->role_given = true;
	if (role == ROLE_NONE)
		config_complain(line, word, "no role that Umbra knows: " ROLES);
	else if (line->module->role != ROLE_NONE)
		config_complain(line, word, "the line names a role already");
	else
		line->module->role = role;
	line->module->read_only = role == ROLE_DISK && word->value;
	if (role == ROLE_IMAGE && !config_read_image(word->value, line->module->image))
		config_complain(line, word, CONFIG_IMAGE_FORM);
}

static void check_role(const struct config_line *line)
{
	const struct module_line *module = line->module;

	/* One mistake, one line: a role that is not known was reported as such. */
	if (module->disk_count > 0 && module->role != ROLE_KERNEL) {
		char word[CONFIG_WORD_SIZE];

		format_text(word, sizeof(word), "disk=%s%s", module->disks[0].name,
			    module->disks[0].read_only ? ",ro" : "");
		config_add_problem(line->problems, line->name, word, CONFIG_DISK_FORMS);
	} else if (!line->role_given) {
		config_add_problem(line->problems, line->name, "",
				   "the line names no role: " ROLES);
	}
	config_check_network(line);
	if (module->role == ROLE_IMAGE && module->guest_given)
		config_add_problem(line->problems, line->name, "guest",
				   "an image is for no guest of its own; 'create' names it");
	if (module->role == ROLE_NONE || module->role == ROLE_KERNEL)
		return;
	for (size_t i = 0; i < CONFIG_GUEST_ROWS; i++) {
		if (config_guest_rows[i].kernel_only && (line->seen & BIT(i)))
			config_add_problem(line->problems, line->name, config_guest_rows[i].key,
					   "the word belongs on the kernel's line");
	}
	if (module->options.command_line[0] != '\0')
		config_add_problem(line->problems, line->name, "--",
				   "the command line belongs on the kernel's line");
}

void config_parse_module(const char *line_text, unsigned number, struct module_line *module,
			 struct config_problems *problems)
{
	struct config_line line = { .name = module->file, .problems = problems, .module = module };
	const char *at = line_text ? line_text : "";
	struct config_word word;
	const char *rest;

	*module = (struct module_line){ .options = config_guest_defaults };
	format_text(module->file, sizeof(module->file), "module%u", number);
	rest = config_next_word(at, &word);
	if (rest && is_file_name(&word, rest)) {
		keep_file_name(module, word.text);
		at = rest;
	}
	while ((at = config_next_word(at, &word)) != NULL) {
		if (config_ends_words(&word)) {
			config_read_command_line(&line, at);
			break;
		}
		if (config_read_word(&line, &word, config_guest_rows, CONFIG_GUEST_ROWS))
			continue;
		if (!word.value || role_of(&word) != ROLE_NONE)
			read_role(&line, &word);
		else if (string_equal(word.key, "disk"))
			config_read_host_disk(&line, &word);
		else
			config_complain(&line, &word, "unknown word");
	}
	check_role(&line);
}
