// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the information structure of multiboot 1 (specification 0.6.96,
 * section 3.3): a head whose flags say which of its fields are valid, and
 * tables and strings anywhere in the first 4 GB.
 */
#include "boot/boot_info.h"
#include "boot/boot_info_build.h"
#include "lib/compiler.h"
#include "lib/string.h"

enum multiboot1_flag {
	HAS_BASIC_MEMORY = BIT(0),
	HAS_COMMAND_LINE = BIT(2),
	HAS_MODULES = BIT(3),
	HAS_MEMORY_MAP = BIT(6),
	HAS_LOADER_NAME = BIT(9),
	HAS_FRAMEBUFFER = BIT(12),
};

/* The head ends before the framebuffer: some loaders make it no longer than that. */
struct multiboot1_head {
	uint32_t flags;
	uint32_t lower_kb;
	uint32_t upper_kb;
	uint32_t boot_device;
	uint32_t command_line;
	uint32_t module_count;
	uint32_t modules;
	uint32_t symbols[4];
	uint32_t map_length;
	uint32_t map;
	uint32_t drives[2];
	uint32_t config_table;
	uint32_t loader_name;
	uint32_t apm_table;
	uint32_t vbe[4];
} __packed;

_Static_assert(sizeof(struct multiboot1_head) == 88, "the framebuffer fields follow at 88");

struct multiboot1_framebuffer {
	uint64_t address;
	uint32_t pitch;
	uint32_t width;
	uint32_t height;
	uint8_t depth;
	uint8_t type;
	struct boot_channel red, green, blue; /* with type 1 */
} __packed;

struct multiboot1_module {
	uint32_t start;
	uint32_t end;
	uint32_t words;
	uint32_t reserved;
} __packed;

/* size does not count itself, and may be larger than what is known of the entry. */
struct multiboot1_range {
	uint32_t size;
	uint64_t base;
	uint64_t length;
	uint32_t type;
} __packed;

#define RANGE_MIN_SIZE (sizeof(struct multiboot1_range) - sizeof(uint32_t))
#define RANGE_USABLE 1u

static void read_memory_map(struct boot_info *info, uint32_t address, uint32_t length,
			    boot_map_t *map)
{
	uint64_t position = address;
	uint64_t end = position + length;

	while (position + sizeof(struct multiboot1_range) <= end) {
		const struct multiboot1_range *range = map(position, sizeof(*range));

		if (!range || range->size < RANGE_MIN_SIZE) {
			boot_info_complain(info, "the memory map is damaged; the rest is ignored");
			return;
		}
		position += sizeof(uint32_t) + range->size;
		if (!boot_info_add_range(info, range->base, range->length,
					 range->type == RANGE_USABLE))
			return;
	}
}

static void read_modules(struct boot_info *info, uint32_t address, uint32_t count, boot_map_t *map)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct multiboot1_module *entry;
		struct boot_module *module;
		uint32_t words;
		const char *problem;

		entry = map(address + (uint64_t)i * sizeof(*entry), sizeof(*entry));
		if (!entry) {
			boot_info_complain(info, "the list of modules lies outside memory");
			return;
		}
		words = entry->words;
		module = boot_info_add_module(info, entry->start, entry->end);
		if (!module)
			return;
		if (words == 0)
			continue;
		problem = boot_info_copy_string(info, words, SIZE_MAX, map, &module->line);
		if (problem)
			module->problem = problem;
	}
}

static void read_string(struct boot_info *info, uint32_t address, boot_map_t *map,
			const char **copy)
{
	const char *problem = boot_info_copy_string(info, address, SIZE_MAX, map, copy);

	if (problem)
		boot_info_complain(info, problem);
}

static void read_framebuffer(struct boot_info *info, paddr_t address, boot_map_t *map)
{
	const struct multiboot1_framebuffer *found = map(address, sizeof(*found));

	if (!found)
		return;
	info->has_framebuffer = true;
	info->framebuffer = (struct boot_framebuffer){
		.address = found->address,
		.pitch = found->pitch,
		.width = found->width,
		.height = found->height,
		.depth = found->depth,
		.type = found->type,
	};
	if (found->type != BOOT_SCREEN_COLOUR)
		return;
	info->framebuffer.red = found->red;
	info->framebuffer.green = found->green;
	info->framebuffer.blue = found->blue;
}

/*
 * The specification does not say whether the command line begins with the file name.  With GRUB
 * Legacy, QEMU and SYSLINUX it does; GRUB 2, which calls itself "GRUB 2.06" or so, does not.
 */
static bool names_file(const struct boot_info *info)
{
	return strncmp(info->loader, "GRUB ", 5) != 0;
}

int boot_info_parse_multiboot1(struct boot_info *info, paddr_t address, boot_map_t *map)
{
	const struct multiboot1_head *mapped = map(address, sizeof(*mapped));
	struct multiboot1_head head;

	boot_info_clear(info);
	if (!mapped)
		return boot_info_complain(info, "the multiboot information lies outside memory");
	head = *mapped;

	/* The command line first: it must not starve when modules fill the arena. */
	if (head.flags & HAS_COMMAND_LINE)
		read_string(info, head.command_line, map, &info->command_line);
	if (head.flags & HAS_LOADER_NAME)
		read_string(info, head.loader_name, map, &info->loader);
	info->has_file_name = names_file(info);
	if (head.flags & HAS_MEMORY_MAP)
		read_memory_map(info, head.map, head.map_length, map);
	if (info->range_count == 0 && (head.flags & HAS_BASIC_MEMORY))
		boot_info_add_basic_memory(info, head.lower_kb, head.upper_kb);
	if (head.flags & HAS_MODULES)
		read_modules(info, head.modules, head.module_count, map);
	if (head.flags & HAS_FRAMEBUFFER)
		read_framebuffer(info, address + sizeof(head), map);
	return 0;
}
