// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of the commands `create` and `set`: those of a kernel's module line, with images for
 * its files.
 */
#include "hv/config/config_line.h"

#include "lib/string.h"

/* kernel=IMAGE or initrd=IMAGE; false when the word is neither. */
static bool read_image_word(struct config_line *line, const struct config_word *word,
			    struct create_line *create)
{
	char *image;

	if (string_equal(word->key, "kernel"))
		image = create->kernel;
	else if (string_equal(word->key, "initrd"))
		image = create->initrd;
	else
		return false;
	if (image[0] != '\0')
		config_complain(line, word, "the word is given twice");
	else if (!word->value || !config_read_image(word->value, image))
		config_complain(line, word, CONFIG_IMAGE_FORM);
	return true;
}

bool config_parse_create(const char *text, struct create_line *create,
			 struct config_problems *problems)
{
	struct config_line line = {
		.name = "create", .problems = problems, .module = &create->guest,
	};
	size_t before = problems->found;
	struct config_word word;

	*create = (struct create_line){
		.guest = { .role = ROLE_KERNEL, .options = config_guest_defaults },
	};
	while ((text = config_next_word(text, &word)) != NULL) {
		if (config_ends_words(&word)) {
			config_read_command_line(&line, text);
			break;
		}
		if (string_equal(word.key, "guest"))
			config_complain(&line, &word, "the guest's name comes first, by itself");
		else if (read_image_word(&line, &word, create) ||
			 config_read_word(&line, &word, config_guest_rows, CONFIG_GUEST_ROWS))
			continue;
		else if (word.value && string_equal(word.key, "disk"))
			config_read_host_disk(&line, &word);
		else
			config_complain(&line, &word, "unknown word");
	}
	if (create->kernel[0] == '\0' && problems->found == before)
		config_add_problem(problems, line.name, "", "the line names no kernel=IMAGE");
	config_check_network(&line);
	return problems->found == before;
}

static bool can_change(const struct config_word *word)
{
	static const char *const keys[] = { "weight", "cap", "cpus", NULL };

	return config_find_name(word->key, keys) >= 0;
}

bool config_parse_settings(const char *text, struct guest_options *options,
			   struct config_problems *problems)
{
	struct module_line module = { .options = *options };
	struct config_line line = { .name = "set", .problems = problems, .module = &module };
	size_t before = problems->found;
	struct config_word word;

	while ((text = config_next_word(text, &word)) != NULL)
		if (!can_change(&word))
			config_complain(&line, &word, "weight=, cap= and cpus= can be changed");
		else
			(void)config_read_word(&line, &word, config_guest_rows, CONFIG_GUEST_ROWS);
	if (problems->found != before)
		return false;
	*options = module.options;
	return true;
}
