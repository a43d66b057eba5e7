// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration of one more guest, for the command `create`: its files are images, its words
 * those of a kernel's line.
 */
#include "hv/config/guest_config.h"
#include "hv/config/guest_mac.h"

#include "lib/string.h"

#define CREATE "create"		/* stands for the module in problems */

/* Copies what the guest needs of the words, since those go. */
static void keep_words(struct created_config *created, const struct create_line *line)
{
	struct guest_config *config = &created->config;

	config->options = line->guest.options;
	string_copy(created->command_line, line->guest.options.command_line,
		    sizeof(created->command_line));
	config->options.command_line = created->command_line;
	/* A line has no more disks than a guest. */
	for (unsigned i = 0; i < line->guest.disk_count; i++)
		guest_config_add_host_disk(config, &line->guest.disks[i], CREATE);
}

static bool find_image(const struct guest_configs *configs, const char *name,
		       const struct guest_module **module, const char **file,
		       struct config_problems *problems)
{
	const struct guest_image *image = guest_configs_image(configs, name);

	if (!image) {
		config_add_problem(problems, CREATE, name,
				   "no module is an image of that name; 'images' lists them");
		return false;
	}
	*module = image->module;
	*file = image->file;
	return true;
}

static bool find_images(const struct guest_configs *configs, const struct create_line *line,
			struct guest_config *config, struct config_problems *problems)
{
	bool found = find_image(configs, line->kernel, &config->kernel, &config->kernel_file,
				problems);

	if (line->initrd[0] != '\0')
		found &= find_image(configs, line->initrd, &config->initrd, &config->initrd_file,
				    problems);
	return found;
}

/* --- its address ---------------------------------------------------------------------- */

/* Another guest's configuration, that may start again, with the same address; NULL for none. */
static const struct guest_config *find_mac(const struct guest_configs *configs,
					   const struct guest_config *config)
{
	const struct created_config *created;

	for (size_t i = 0; i < configs->count; i++)
		if (guest_mac_is_same(&configs->list[i], config))
			return &configs->list[i];
	list_for_each(created, &configs->created, node)
		if (guest_mac_is_same(&created->config, config))
			return &created->config;
	return NULL;
}

static bool choose_mac(const struct guest_configs *configs, struct guest_config *config,
		       struct config_problems *problems)
{
	uint32_t attempt = 0;

	if (config->options.mac_given) {
		const struct guest_config *other = find_mac(configs, config);

		if (other)
			config_add_problem(problems, CREATE, "mac",
					   "guest %s has that address already", other->name);
		return !other;
	}
	do {
		guest_mac_default(config, attempt++);
	} while (find_mac(configs, config));
	return true;
}

bool guest_configs_create(struct guest_configs *configs, const char *name, const char *words,
			  struct created_config *created, struct config_problems *problems)
{
	struct guest_config *config = &created->config;
	struct create_line line;

	*config = (struct guest_config){ .unused = &created->unused };
	created->unused = false;
	string_copy(config->name, name, sizeof(config->name));
	if (!config_parse_create(words, &line, problems))
		return false;
	keep_words(created, &line);
	if (!find_images(configs, &line, config, problems) ||
	    !choose_mac(configs, config, problems))
		return false;
	config->number = ++configs->numbered;
	list_add_last(&configs->created, &created->node);
	return true;
}

void guest_configs_clone(struct guest_configs *configs, const char *name,
			 const struct guest_config *like, struct created_config *created)
{
	struct guest_config *config = &created->config;
	uint32_t attempt = 0;

	*config = *like;
	string_copy(config->name, name, sizeof(config->name));
	/* A command line of `create` goes with the guest that it was for. */
	string_copy(created->command_line, like->options.command_line,
		    sizeof(created->command_line));
	config->options.command_line = created->command_line;
	config->options.mac_given = false;
	config->forgotten = false;
	config->unused = &created->unused;
	created->unused = false;
	do {
		guest_mac_default(config, attempt++);
	} while (find_mac(configs, config));
	config->number = ++configs->numbered;
	list_add_last(&configs->created, &created->node);
}
