// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins modules into guests.  Every guest name gets an entry, even from a bad line: so one bad line
 * stops its guest, wherever the guest's other lines are.  The broken entries are dropped at the
 * end.
 */
#include "hv/config/guest_config.h"

#include "hv/config/guest_mac.h"
#include "lib/checked.h"
#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/string.h"

#define SECTOR_BYTES 512u

static struct guest_config *find_config(struct guest_configs *configs, const char *name)
{
	for (size_t i = 0; i < configs->count; i++)
		if (string_equal(configs->list[i].name, name))
			return &configs->list[i];
	return NULL;
}

/* The entry with that name, made if need be; NULL when there are too many. */
static struct guest_config *need_config(struct guest_configs *configs,
					const struct module_line *line)
{
	struct guest_config *config = find_config(configs, line->guest);

	if (config)
		return config;
	if (configs->count == GUEST_CONFIGS_MAX) {
		config_add_problem(&configs->problems, line->file, line->guest,
				   "there are more than %u guests", GUEST_CONFIGS_MAX);
		return NULL;
	}
	config = &configs->list[configs->count++];
	*config = (struct guest_config){ 0 };
	string_copy(config->name, line->guest, sizeof(config->name));
	return config;
}

static bool name_is_taken(const struct guest_configs *configs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (string_equal(configs->lines[i].guest, name) &&
		    configs->lines[i].role == ROLE_KERNEL)
			return true;
	}
	return false;
}

/* The loop ends: there are more numbers than modules. */
static void choose_name(struct guest_configs *configs, size_t count, struct module_line *line)
{
	char name[CONFIG_NAME_SIZE];
	unsigned number = 1;

	do {
		format_text(name, sizeof(name), "guest%u", number++);
	} while (name_is_taken(configs, count, name));
	string_copy(line->guest, name, sizeof(line->guest));
}

static bool has_room_for_disk(struct guest_configs *configs, struct guest_config *config,
			      const char *file)
{
	if (config->disk_count < GUEST_DISKS_MAX)
		return true;
	config_add_problem(&configs->problems, file, "disk", "guest %s has more than %u disks",
			   config->name, GUEST_DISKS_MAX);
	config->broken = true;
	return false;
}

void guest_config_add_host_disk(struct guest_config *config, const struct host_disk_option *option,
				const char *file)
{
	struct guest_config_disk *disk = &config->disks[config->disk_count++];

	*disk = (struct guest_config_disk){ .file = file, .read_only = option->read_only };
	string_copy(disk->name, option->name, sizeof(disk->name));
}

static void add_host_disks(struct guest_configs *configs, struct guest_config *config,
			   const struct module_line *line)
{
	for (unsigned i = 0; i < line->disk_count; i++) {
		if (!has_room_for_disk(configs, config, line->file))
			return;
		guest_config_add_host_disk(config, &line->disks[i], line->file);
	}
}

static void add_kernel(struct guest_configs *configs, struct guest_config *config,
		       const struct guest_module *module, const struct module_line *line)
{
	if (config->kernel) {
		config_add_problem(&configs->problems, line->file, "kernel",
				   "guest %s has a kernel already, %s", config->name,
				   config->kernel_file);
		config->broken = true;
		return;
	}
	config->kernel = module;
	config->kernel_file = line->file;
	config->options = line->options;
	add_host_disks(configs, config, line);
}

static void add_initrd(struct guest_configs *configs, struct guest_config *config,
		       const struct guest_module *module, const struct module_line *line)
{
	if (config->initrd) {
		config_add_problem(&configs->problems, line->file, "initrd",
				   "guest %s has an initrd already, %s", config->name,
				   config->initrd_file);
		config->broken = true;
		return;
	}
	config->initrd = module;
	config->initrd_file = line->file;
}

static void add_disk(struct guest_configs *configs, struct guest_config *config,
		     const struct guest_module *module, const struct module_line *line)
{
	if (!has_room_for_disk(configs, config, line->file))
		return;
	/*
	 * Rounding down would hide the end of the file from the guest; rounding up would show it
	 * other memory.
	 */
	if (module->size == 0 || module->size % SECTOR_BYTES != 0) {
		config_add_problem(&configs->problems, line->file, "disk",
				   "a disk is a multiple of %u bytes, unlike these %u",
				   SECTOR_BYTES, module->size);
		config->broken = true;
		return;
	}
	config->disks[config->disk_count++] = (struct guest_config_disk){
		.module = module, .file = line->file, .read_only = line->read_only,
	};
}

/* Parses all lines, and sets bad for each line that has a problem by itself. */
static void parse_lines(struct guest_configs *configs, const struct guest_module *modules,
			size_t count, bool bad[BOOT_MODULES_MAX])
{
	for (size_t i = 0; i < count; i++) {
		size_t found = configs->problems.found;

		config_parse_module(modules[i].line, (unsigned)i + 1, &configs->lines[i],
				    &configs->problems);
		bad[i] = configs->problems.found != found;
	}
}

/*
 * Bad lines get names too: else the names of good ones would depend on mistakes elsewhere, and an
 * initrd could be joined to another kernel.
 */
static void name_kernels(struct guest_configs *configs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct module_line *line = &configs->lines[i];

		if (!line->guest_given && line->role == ROLE_KERNEL)
			choose_name(configs, count, line);
	}
}

const struct guest_image *guest_configs_image(const struct guest_configs *configs, const char *name)
{
	for (size_t i = 0; i < configs->image_count; i++)
		if (string_equal(configs->images[i].name, name))
			return &configs->images[i];
	return NULL;
}

static void add_image(struct guest_configs *configs, const struct guest_module *module,
		      const struct module_line *line, bool bad)
{
	const struct guest_image *other = guest_configs_image(configs, line->image);
	struct guest_image *image;

	if (bad)
		return;
	if (other) {
		config_add_problem(&configs->problems, line->file, line->image,
				   "the image of that name is %s", other->file);
		return;
	}
	image = &configs->images[configs->image_count++];
	*image = (struct guest_image){ .module = module, .file = line->file };
	string_copy(image->name, line->image, sizeof(image->name));
}

static void add_module(struct guest_configs *configs, const struct guest_module *module,
		       const struct module_line *line, bool bad)
{
	struct guest_config *config;

	if (line->role == ROLE_IMAGE) {
		add_image(configs, module, line, bad);
		return;
	}
	if (line->guest[0] == '\0') {
		/* A bad name and a missing role have been reported already. */
		if (!line->guest_given && line->role != ROLE_NONE)
			config_add_problem(&configs->problems, line->file, "",
					   "the line does not name its guest: guest=NAME");
		return;
	}
	config = need_config(configs, line);
	if (!config)
		return;
	config->broken = config->broken || bad;
	if (line->role == ROLE_KERNEL)
		add_kernel(configs, config, module, line);
	else if (line->role == ROLE_INITRD)
		add_initrd(configs, config, module, line);
	else if (line->role == ROLE_DISK)
		add_disk(configs, config, module, line);
}

static void check_kernels(struct guest_configs *configs)
{
	for (size_t i = 0; i < configs->count; i++) {
		struct guest_config *config = &configs->list[i];

		if (config->broken || config->kernel)
			continue;
		config_add_problem(&configs->problems,
				   config->initrd ? config->initrd_file : config->disks[0].file,
				   config->initrd ? "initrd" : "disk",
				   "guest %s has no kernel", config->name);
		config->broken = true;
	}
}

/* Another module that overlaps this one in memory, a mistake of the boot loader; or NULL. */
static const struct guest_module *find_overlap(const struct guest_module *modules, size_t count,
					       const struct guest_module *module)
{
	for (size_t i = 0; i < count; i++) {
		if (&modules[i] != module && ranges_overlap(modules[i].start, modules[i].size,
							    module->start, module->size))
			return &modules[i];
	}
	return NULL;
}

/* A disk that a guest may write to must not overlap any other module. */
static void check_disks(struct guest_configs *configs, const struct guest_module *modules,
			size_t count)
{
	for (size_t i = 0; i < configs->count * GUEST_DISKS_MAX; i++) {
		struct guest_config *config = &configs->list[i / GUEST_DISKS_MAX];
		const struct guest_config_disk *disk = &config->disks[i % GUEST_DISKS_MAX];
		const struct guest_module *other;

		if (i % GUEST_DISKS_MAX >= config->disk_count || disk->read_only || !disk->module)
			continue;
		other = find_overlap(modules, count, disk->module);
		if (!other)
			continue;
		config_add_problem(&configs->problems, disk->file, "disk",
				   "the disk shares memory with %s",
				   configs->lines[other - modules].file);
		config->broken = true;
	}
}

static void drop_broken(struct guest_configs *configs)
{
	size_t kept = 0;

	for (size_t i = 0; i < configs->count; i++)
		if (!configs->list[i].broken)
			configs->list[kept++] = configs->list[i];
	configs->count = kept;
}

/* Guests come in the order of their kernels' lines, wherever their initrds stand. */
static void sort_by_kernel(struct guest_configs *configs)
{
	for (size_t i = 1; i < configs->count; i++) {
		struct guest_config moved = configs->list[i];
		size_t at = i;

		for (; at > 0 && configs->list[at - 1].kernel > moved.kernel; at--)
			configs->list[at] = configs->list[at - 1];
		configs->list[at] = moved;
	}
}

/* --- addresses on networks ------------------------------------------------------------ */

/* A configuration before place, on the same network, with that address; NULL when there is none. */
static const struct guest_config *find_mac(const struct guest_configs *configs, size_t place,
					 const struct guest_config *config, bool given)
{
	for (size_t i = 0; i < place; i++) {
		const struct guest_config *other = &configs->list[i];

		if (other != config && (other->options.mac_given || !given) &&
		    guest_mac_is_same(config, other))
			return other;
	}
	return NULL;
}

/* The second guest with an address does not start: one of the two would not be reached. */
static void check_macs(struct guest_configs *configs)
{
	for (size_t i = 0; i < configs->count; i++) {
		struct guest_config *config = &configs->list[i];
		const struct guest_config *other;

		if (config->broken || !config->options.mac_given)
			continue;
		other = find_mac(configs, i, config, true);
		if (!other)
			continue;
		config_add_problem(&configs->problems, config->kernel_file, "mac",
				   "guest %s has that address already", other->name);
		config->broken = true;
	}
}

/*
 * An address given by mac= is reserved for its guest, wherever that is in the list; others go to
 * guests in order.
 */
static void choose_macs(struct guest_configs *configs)
{
	for (size_t i = 0; i < configs->count; i++) {
		struct guest_config *config = &configs->list[i];
		uint32_t attempt = 0;

		if (config->options.mac_given)
			continue;
		do {
			guest_mac_default(config, attempt++);
		} while (find_mac(configs, i, config, false) ||
			 find_mac(configs, configs->count, config, true));
	}
}

void guest_configs_make(struct guest_configs *configs, const struct guest_module *modules,
			size_t count)
{
	size_t used = MIN(count, (size_t)BOOT_MODULES_MAX);
	bool bad[BOOT_MODULES_MAX];

	configs->count = 0;
	configs->image_count = 0;
	configs->numbered = 0;
	list_init(&configs->created);
	configs->problems.kept = 0;
	configs->problems.found = 0;
	if (count > used)
		config_add_problem(&configs->problems, "umbra", "",
				   "there are more than %u modules; the rest is ignored",
				   BOOT_MODULES_MAX);
	parse_lines(configs, modules, used, bad);
	name_kernels(configs, used);
	for (size_t i = 0; i < used; i++)
		add_module(configs, &modules[i], &configs->lines[i], bad[i]);
	check_kernels(configs);
	check_disks(configs, modules, used);
	drop_broken(configs);
	sort_by_kernel(configs);
	check_macs(configs);
	drop_broken(configs);
	choose_macs(configs);
	for (size_t i = 0; i < configs->count; i++)
		configs->list[i].number = ++configs->numbered;
}
