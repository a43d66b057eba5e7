// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins modules into guests.  Every name that appears gets an entry, broken
 * or not, so that one bad line stops its guest wherever it stands; the entries
 * that are broken go at the end.
 */
#include "hv/config/guest_config.h"

#include "lib/checked.h"
#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/string.h"

#define SECTOR_BYTES 512u

static struct guest_config *find_plan(struct guest_configs *plans, const char *name)
{
	for (size_t i = 0; i < plans->count; i++) {
		if (string_equal(plans->list[i].name, name))
			return &plans->list[i];
	}
	return NULL;
}

/* The entry with that name, made if need be; NULL when there are too many. */
static struct guest_config *need_plan(struct guest_configs *plans, const struct module_words *words)
{
	struct guest_config *plan = find_plan(plans, words->guest);

	if (plan != NULL)
		return plan;
	if (plans->count == GUEST_PLANS_MAX) {
		config_add_problem(&plans->problems, words->file, words->guest,
				   "there are more than %u guests", GUEST_PLANS_MAX);
		return NULL;
	}
	plan = &plans->list[plans->count++];
	*plan = (struct guest_config){ 0 };
	string_copy(plan->name, words->guest, sizeof(plan->name));
	return plan;
}

static bool name_is_taken(const struct guest_configs *plans, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (string_equal(plans->words[i].guest, name) &&
		    plans->words[i].role == ROLE_KERNEL)
			return true;
	}
	return false;
}

/* Ends, since there are more numbers than modules. */
static void choose_name(struct guest_configs *plans, size_t count, struct module_words *words)
{
	char name[CONFIG_NAME_SIZE];
	unsigned int number = 1;

	do {
		format_text(name, sizeof(name), "guest%u", number++);
	} while (name_is_taken(plans, count, name));
	string_copy(words->guest, name, sizeof(words->guest));
}

static bool has_room_for_disk(struct guest_configs *plans, struct guest_config *plan, const char *file)
{
	if (plan->disk_count < GUEST_DISKS_MAX)
		return true;
	config_add_problem(&plans->problems, file, "disk", "guest %s has more than %u disks",
			   plan->name, GUEST_DISKS_MAX);
	plan->broken = true;
	return false;
}

static void add_host_disks(struct guest_configs *plans, struct guest_config *plan,
			   const struct module_words *words)
{
	for (unsigned i = 0; i < words->disk_count; i++) {
		struct guest_config_disk *disk;

		if (!has_room_for_disk(plans, plan, words->file))
			return;
		disk = &plan->disks[plan->disk_count++];
		*disk = (struct guest_config_disk){
			.file = words->file, .read_only = words->disks[i].read_only,
		};
		string_copy(disk->name, words->disks[i].name, sizeof(disk->name));
	}
}

static void add_kernel(struct guest_configs *plans, struct guest_config *plan,
		       const struct guest_module *module, const struct module_words *words)
{
	if (plan->kernel != NULL) {
		config_add_problem(&plans->problems, words->file, "kernel",
				   "guest %s has a kernel already, %s", plan->name,
				   plan->kernel_file);
		plan->broken = true;
		return;
	}
	plan->kernel = module;
	plan->kernel_file = words->file;
	plan->mem_bytes = words->mem_bytes;
	plan->shadow_bytes = words->shadow_bytes;
	plan->weight = words->weight;
	plan->cap = words->cap;
	plan->cpus = words->cpus;
	memcpy(plan->net, words->net, sizeof(plan->net));
	plan->mac_given = words->mac_given;
	memcpy(plan->mac, words->mac, sizeof(plan->mac));
	plan->mac_spoof = words->mac_spoof;
	plan->when_parked = words->when_parked;
	plan->command_line = words->command_line;
	add_host_disks(plans, plan, words);
}

static void add_initrd(struct guest_configs *plans, struct guest_config *plan,
		       const struct guest_module *module, const struct module_words *words)
{
	if (plan->initrd != NULL) {
		config_add_problem(&plans->problems, words->file, "initrd",
				   "guest %s has an initrd already, %s", plan->name,
				   plan->initrd_file);
		plan->broken = true;
		return;
	}
	plan->initrd = module;
	plan->initrd_file = words->file;
}

static void add_disk(struct guest_configs *plans, struct guest_config *plan,
		     const struct guest_module *module, const struct module_words *words)
{
	if (!has_room_for_disk(plans, plan, words->file))
		return;
	/* Rounding down would hide the end of a file from the guest, and up what lies behind it. */
	if (module->size == 0 || module->size % SECTOR_BYTES != 0) {
		config_add_problem(&plans->problems, words->file, "disk",
				   "a disk is a multiple of %u bytes, unlike these %u", SECTOR_BYTES,
				   module->size);
		plan->broken = true;
		return;
	}
	plan->disks[plan->disk_count++] = (struct guest_config_disk){
		.module = module, .file = words->file, .read_only = words->read_only,
	};
}

/* Parses all lines, and says in bad of each whether it has a problem by itself. */
static void parse_lines(struct guest_configs *plans, const struct guest_module *modules,
			size_t count, bool bad[BOOT_MODULES_MAX])
{
	for (size_t i = 0; i < count; i++) {
		size_t found = plans->problems.found;

		config_parse_module(modules[i].line, (unsigned int)i + 1, &plans->words[i],
				    &plans->problems);
		bad[i] = plans->problems.found != found;
	}
}

/*
 * Bad lines get their names too, or the names of the good ones would depend on
 * mistakes elsewhere, and an initrd could find itself with another kernel.
 */
static void name_kernels(struct guest_configs *plans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct module_words *words = &plans->words[i];

		if (!words->guest_given && words->role == ROLE_KERNEL)
			choose_name(plans, count, words);
	}
}

static void add_module(struct guest_configs *plans, const struct guest_module *module,
		       const struct module_words *words, bool bad)
{
	struct guest_config *plan;

	if (words->guest[0] == '\0') {
		/* A bad name and a missing role have been reported already. */
		if (!words->guest_given && words->role != ROLE_NONE)
			config_add_problem(&plans->problems, words->file, "",
					   "the line does not name its guest: guest=NAME");
		return;
	}
	plan = need_plan(plans, words);
	if (plan == NULL)
		return;
	plan->broken = plan->broken || bad;
	if (words->role == ROLE_KERNEL)
		add_kernel(plans, plan, module, words);
	else if (words->role == ROLE_INITRD)
		add_initrd(plans, plan, module, words);
	else if (words->role == ROLE_DISK)
		add_disk(plans, plan, module, words);
}

static void check_kernels(struct guest_configs *plans)
{
	for (size_t i = 0; i < plans->count; i++) {
		struct guest_config *plan = &plans->list[i];

		if (plan->broken || plan->kernel != NULL)
			continue;
		config_add_problem(&plans->problems,
				   plan->initrd ? plan->initrd_file : plan->disks[0].file,
				   plan->initrd ? "initrd" : "disk",
				   "guest %s has no kernel", plan->name);
		plan->broken = true;
	}
}

/* The other module that shares memory with this one, if the boot loader made such a thing; NULL for none. */
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

/* What a guest writes to must be nobody else's kernel, and no second disk. */
static void check_disks(struct guest_configs *plans, const struct guest_module *modules, size_t count)
{
	for (size_t i = 0; i < plans->count * GUEST_DISKS_MAX; i++) {
		struct guest_config *plan = &plans->list[i / GUEST_DISKS_MAX];
		const struct guest_config_disk *disk = &plan->disks[i % GUEST_DISKS_MAX];
		const struct guest_module *other;

		if (i % GUEST_DISKS_MAX >= plan->disk_count || disk->read_only || !disk->module)
			continue;
		other = find_overlap(modules, count, disk->module);
		if (other == NULL)
			continue;
		config_add_problem(&plans->problems, disk->file, "disk",
				   "the disk shares memory with %s",
				   plans->words[other - modules].file);
		plan->broken = true;
	}
}

static void drop_broken(struct guest_configs *plans)
{
	size_t kept = 0;

	for (size_t i = 0; i < plans->count; i++) {
		if (!plans->list[i].broken)
			plans->list[kept++] = plans->list[i];
	}
	plans->count = kept;
}

/* Guests come in the order of their kernels' lines, wherever their initrds stand. */
static void sort_by_kernel(struct guest_configs *plans)
{
	for (size_t i = 1; i < plans->count; i++) {
		struct guest_config moved = plans->list[i];
		size_t at = i;

		for (; at > 0 && plans->list[at - 1].kernel > moved.kernel; at--)
			plans->list[at] = plans->list[at - 1];
		plans->list[at] = moved;
	}
}

/* --- addresses on networks ------------------------------------------------------------ */

/* A plan before place, on the same network, with that address; NULL when there is none. */
static const struct guest_config *find_mac(const struct guest_configs *plans, size_t place,
					 const struct guest_config *plan, bool given)
{
	for (size_t i = 0; i < place; i++) {
		const struct guest_config *other = &plans->list[i];

		if (other != plan && (other->mac_given || !given) &&
		    string_equal(other->net, plan->net) &&
		    memcmp(other->mac, plan->mac, sizeof(plan->mac)) == 0)
			return other;
	}
	return NULL;
}

/* The second guest with an address does not start: one of the two would not be reached. */
static void check_macs(struct guest_configs *plans)
{
	for (size_t i = 0; i < plans->count; i++) {
		struct guest_config *plan = &plans->list[i];
		const struct guest_config *other;

		if (plan->broken || !plan->mac_given)
			continue;
		other = find_mac(plans, i, plan, true);
		if (!other)
			continue;
		config_add_problem(&plans->problems, plan->kernel_file, "mac",
				   "guest %s has that address already", other->name);
		plan->broken = true;
	}
}

/*
 * Locally administered (bit 1 of the first byte); the last three are FNV-1a of
 * the name (Fowler, Noll, Vo).
 */
static void default_mac(struct guest_config *plan, uint32_t attempt)
{
	uint32_t hash = 0x811C9DC5u;

	for (const char *c = plan->name; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * 0x01000193u;
	hash += attempt;
	plan->mac[0] = 0x02;
	plan->mac[1] = 'U';
	plan->mac[2] = 'm';
	plan->mac[3] = (uint8_t)(hash >> 16 & 0xFF);
	plan->mac[4] = (uint8_t)(hash >> 8 & 0xFF);
	plan->mac[5] = (uint8_t)(hash & 0xFF);
}

/* Given ones are taken wherever their guest stands in the list, others only by earlier guests. */
static void choose_macs(struct guest_configs *plans)
{
	for (size_t i = 0; i < plans->count; i++) {
		struct guest_config *plan = &plans->list[i];
		uint32_t attempt = 0;

		if (plan->mac_given)
			continue;
		do {
			default_mac(plan, attempt++);
		} while (find_mac(plans, i, plan, false) ||
			 find_mac(plans, plans->count, plan, true));
	}
}

void guest_configs_make(struct guest_configs *plans, const struct guest_module *modules, size_t count)
{
	size_t used = MIN(count, (size_t)BOOT_MODULES_MAX);
	bool bad[BOOT_MODULES_MAX];

	plans->count = 0;
	plans->problems.kept = 0;
	plans->problems.found = 0;
	if (count > used)
		config_add_problem(&plans->problems, "umbra", "",
				   "there are more than %u modules; the rest is ignored",
				   BOOT_MODULES_MAX);
	parse_lines(plans, modules, used, bad);
	name_kernels(plans, used);
	for (size_t i = 0; i < used; i++)
		add_module(plans, &modules[i], &plans->words[i], bad[i]);
	check_kernels(plans);
	check_disks(plans, modules, used);
	drop_broken(plans);
	sort_by_kernel(plans);
	check_macs(plans);
	drop_broken(plans);
	choose_macs(plans);
}
