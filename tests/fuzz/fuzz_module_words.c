// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of hv/config/config.h and hv/config/guest_config.h: the first line of the input is
 * Umbra's own command line, each other one is a module's.  Plans that come out
 * must be complete, and problems printable.
 */
#include "hv/config/guest_config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_text(const char *text, size_t size)
{
	REQUIRE(memchr(text, '\0', size) != NULL);
	for (; *text != '\0'; text++)
		REQUIRE(*text >= ' ' && *text <= '~' && *text != '"');
}

static void check_problems(const struct config_problems *problems)
{
	REQUIRE(problems->kept <= problems->found && problems->kept <= CONFIG_PROBLEMS_MAX);
	for (size_t i = 0; i < problems->kept; i++) {
		check_text(problems->list[i].module, CONFIG_FILE_SIZE);
		check_text(problems->list[i].word, CONFIG_WORD_SIZE);
		check_text(problems->list[i].cause, CONFIG_CAUSE_SIZE);
		REQUIRE(problems->list[i].module[0] != '\0' && problems->list[i].cause[0] != '\0');
	}
}

static void check_config(const struct guest_config *config, const struct guest_module *modules,
		       size_t count)
{
	REQUIRE(config->name[0] != '\0' && strlen(config->name) < CONFIG_NAME_SIZE);
	REQUIRE(config->kernel >= modules && config->kernel < modules + count);
	REQUIRE(config->initrd == NULL ||
		(config->initrd >= modules && config->initrd < modules + count));
	REQUIRE(config->disk_count <= GUEST_DISKS_MAX);
	for (unsigned i = 0; i < config->disk_count; i++) {
		const struct guest_module *module = config->disks[i].module;

		if (module == NULL) {
			check_text(config->disks[i].name, CONFIG_NAME_SIZE);
			REQUIRE(config->disks[i].name[0] != '\0');
			continue;
		}
		REQUIRE(module > modules - 1 && module < modules + count);
		REQUIRE(module != config->kernel && module != config->initrd);
		REQUIRE(module->size > 0 && module->size % 512 == 0);
	}
	REQUIRE(config->options.mem_bytes >= CONFIG_MEM_MIN &&
		config->options.mem_bytes <= CONFIG_MEM_MAX);
	REQUIRE(config->options.mem_bytes % 4096 == 0 && config->options.shadow_bytes % 4096 == 0);
	REQUIRE(config->options.weight >= 1 && config->options.weight <= CONFIG_WEIGHT_MAX);
	REQUIRE(config->options.cap >= 1 && config->options.cap <= CONFIG_CAP_NONE);
	REQUIRE(strlen(config->options.command_line) < CONFIG_COMMAND_LINE_SIZE);
}

static void check_configs(const struct guest_configs *configs, const struct guest_module *modules,
			size_t count)
{
	REQUIRE(configs->count <= GUEST_CONFIGS_MAX);
	for (size_t i = 0; i < configs->count; i++) {
		check_config(&configs->list[i], modules, count);
		REQUIRE(configs->list[i].initrd != configs->list[i].kernel);
		for (size_t k = 0; k < i; k++) {
			REQUIRE(strcmp(configs->list[i].name, configs->list[k].name) != 0);
			REQUIRE(configs->list[i].kernel > configs->list[k].kernel);
		}
	}
}

/* The line as what the commands `create` and `set` are followed by. */
static void check_commands(struct guest_configs *configs, const char *line,
			   const struct guest_module *modules, size_t count)
{
	struct config_problems *problems = calloc(1, sizeof(*problems));
	struct created_config *created = calloc(1, sizeof(*created));
	struct guest_options options = { .weight = 100, .cap = 100, .cpus = 1 };

	REQUIRE(problems != NULL && created != NULL);
	REQUIRE(config_parse_settings(line, &options, problems) == (problems->found == 0));
	REQUIRE(options.weight >= 1 && options.weight <= CONFIG_WEIGHT_MAX);
	REQUIRE(options.cap >= 1 && options.cap <= CONFIG_CAP_NONE && options.cpus != 0);
	problems->kept = problems->found = 0;
	if (guest_configs_create(configs, "new", line, created, problems)) {
		REQUIRE(problems->found == 0);
		check_config(&created->config, modules, count);
		list_remove(&created->node);
	} else {
		REQUIRE(problems->found > 0);
	}
	check_problems(problems);
	free(created);
	free(problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guest_configs configs;
	static struct guest_module modules[BOOT_MODULES_MAX + 8];
	struct config_problems problems = { 0 };
	struct umbra_options options;
	char *text = malloc(size + 1);
	char *line = text;
	size_t count = 0;

	REQUIRE(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	config_parse_umbra(strsep(&line, "\n"), size % 2 == 0, &options, &problems);
	check_problems(&problems);
	/* Sizes and places come out of the lines too, so that there are good and bad ones. */
	while (line != NULL && count < sizeof(modules) / sizeof(modules[0])) {
		const char *words = strsep(&line, "\n");
		uint32_t last = *words ? (uint8_t)words[strlen(words) - 1] : 0;

		modules[count] = (struct guest_module){
			.start = count * 0x10000u,
			.size = last % 4 == 0 ? 0x1000 : last % 4 * 0x8000u + last / 128,
			.line = words,
		};
		count++;
	}
	guest_configs_make(&configs, modules, count);
	check_problems(&configs.problems);
	check_configs(&configs, modules, count);
	for (size_t i = 0; i < count; i++)
		check_commands(&configs, modules[i].line, modules, count);
	free(text);
	return 0;
}
