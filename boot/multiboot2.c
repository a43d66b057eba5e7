// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the boot information of multiboot 2 (specification 2.0, section 3.6):
 * one block of memory that holds a list of tags, each with its type and size,
 * each starting at a multiple of 8.
 */
#include "boot/boot_info.h"
#include "boot/boot_info_build.h"
#include "lib/compiler.h"
#include "lib/string.h"

enum multiboot2_tag_type {
	TAG_END = 0,
	TAG_COMMAND_LINE = 1,
	TAG_LOADER_NAME = 2,
	TAG_MODULE = 3,
	TAG_BASIC_MEMORY = 4,
	TAG_MEMORY_MAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_ACPI_OLD = 14,
	TAG_ACPI_NEW = 15,
};

#define TAG_ALIGN 8u
#define RANGE_USABLE 1u
#define RSDP_OLD_SIZE 20u

struct multiboot2_head {
	uint32_t size; /* of everything, with this head */
	uint32_t reserved;
} __packed;

struct multiboot2_tag {
	uint32_t type;
	uint32_t size; /* with these two words, without the padding behind it */
} __packed;

struct multiboot2_module {
	struct multiboot2_tag tag;
	uint32_t start;
	uint32_t end;
} __packed;

struct multiboot2_basic_memory {
	struct multiboot2_tag tag;
	uint32_t lower_kb;
	uint32_t upper_kb;
} __packed;

struct multiboot2_map {
	struct multiboot2_tag tag;
	uint32_t entry_size;
	uint32_t entry_version;
} __packed;

struct multiboot2_range {
	uint64_t base;
	uint64_t length;
	uint32_t type;
	uint32_t reserved;
} __packed;

struct multiboot2_framebuffer {
	struct multiboot2_tag tag;
	uint64_t address;
	uint32_t pitch;
	uint32_t width;
	uint32_t height;
	uint8_t depth;
	uint8_t type;
} __packed;

/* Follows if the type is direct colour. */
struct multiboot2_colours {
	struct multiboot2_framebuffer screen;
	uint16_t reserved; /* two bytes in multiboot2.h and GRUB, one in the text's table */
	struct boot_channel red, green, blue;
} __packed;

/* One tag to read: where it is, how long it is, and how to reach it. */
struct tag_reader {
	struct boot_info *info;
	boot_map_t *map;
	paddr_t address;
	uint32_t type;
	uint32_t size; /* at least that of struct multiboot2_tag */
};

/* The first size bytes of the tag, or NULL (and a complaint) when it is shorter. */
static const void *tag_body(const struct tag_reader *reader, size_t size)
{
	const void *body = reader->size < size ? NULL : reader->map(reader->address, size);

	if (!body)
		boot_info_complain(reader->info, "a tag of the boot information is damaged");
	return body;
}

/* Copies the string that fills the tag behind its first offset bytes. */
static const char *tag_string(const struct tag_reader *reader, uint32_t offset, const char **copy)
{
	return boot_info_copy_string(reader->info, reader->address + offset, reader->size - offset,
				     reader->map, copy);
}

static void read_string(const struct tag_reader *reader, const char **copy)
{
	const char *problem = tag_string(reader, sizeof(struct multiboot2_tag), copy);

	if (problem)
		boot_info_complain(reader->info, problem);
}

static void read_module(const struct tag_reader *reader)
{
	const struct multiboot2_module *found = tag_body(reader, sizeof(*found));
	struct boot_module *module;
	const char *problem;

	if (!found)
		return;
	module = boot_info_add_module(reader->info, found->start, found->end);
	if (!module)
		return;
	problem = tag_string(reader, sizeof(*found), &module->line);
	if (problem)
		module->problem = problem;
}

static void read_memory_map(const struct tag_reader *reader)
{
	const struct multiboot2_map *found = tag_body(reader, sizeof(*found));
	uint32_t step;

	if (!found)
		return;
	step = found->entry_size;
	if (step < sizeof(struct multiboot2_range)) {
		boot_info_complain(reader->info, "the memory map is damaged and is ignored");
		return;
	}
	for (uint64_t offset = sizeof(*found);
	     offset + sizeof(struct multiboot2_range) <= reader->size; offset += step) {
		const struct multiboot2_range *range;

		range = reader->map(reader->address + offset, sizeof(*range));
		if (!range || !boot_info_add_range(reader->info, range->base, range->length,
						   range->type == RANGE_USABLE))
			return;
	}
}

static void read_colours(const struct tag_reader *reader)
{
	const struct multiboot2_colours *found = tag_body(reader, sizeof(*found));
	struct boot_framebuffer *screen = &reader->info->framebuffer;

	if (!found)
		return;
	screen->red = found->red;
	screen->green = found->green;
	screen->blue = found->blue;
}

static void read_framebuffer(const struct tag_reader *reader)
{
	const struct multiboot2_framebuffer *found = tag_body(reader, sizeof(*found));

	if (!found)
		return;
	reader->info->has_framebuffer = true;
	reader->info->framebuffer = (struct boot_framebuffer){
		.address = found->address,
		.pitch = found->pitch,
		.width = found->width,
		.height = found->height,
		.depth = found->depth,
		.type = found->type,
	};
	if (found->type == BOOT_SCREEN_COLOUR)
		read_colours(reader);
}

/* The longer copy wins, whatever the order of the tags: it has the address of the XSDT too. */
static void read_rsdp(const struct tag_reader *reader, size_t size)
{
	struct boot_info *info = reader->info;
	const uint8_t *body = tag_body(reader, sizeof(struct multiboot2_tag) + size);

	if (!body || info->rsdp_length > size)
		return;
	memcpy(info->rsdp, body + sizeof(struct multiboot2_tag), size);
	info->rsdp_length = size;
}

static void read_tag(const struct tag_reader *reader)
{
	switch (reader->type) {
	case TAG_COMMAND_LINE:
		read_string(reader, &reader->info->command_line);
		break;
	case TAG_LOADER_NAME:
		read_string(reader, &reader->info->loader);
		break;
	case TAG_MODULE:
		read_module(reader);
		break;
	case TAG_MEMORY_MAP:
		read_memory_map(reader);
		break;
	case TAG_FRAMEBUFFER:
		read_framebuffer(reader);
		break;
	case TAG_ACPI_OLD:
		read_rsdp(reader, RSDP_OLD_SIZE);
		break;
	case TAG_ACPI_NEW:
		read_rsdp(reader, BOOT_RSDP_SIZE);
		break;
	default:
		break;
	}
}

/* The KB counters are used only if there is no memory map. */
static void read_basic_memory(const struct tag_reader *reader)
{
	const struct multiboot2_basic_memory *found = tag_body(reader, sizeof(*found));

	if (found)
		boot_info_add_basic_memory(reader->info, found->lower_kb, found->upper_kb);
}

/* Moves reader to the next tag; false at the end of the list. */
static bool next_tag(struct tag_reader *reader, paddr_t end)
{
	const struct multiboot2_tag *tag;

	reader->address += ALIGN_UP((uint64_t)reader->size, (uint64_t)TAG_ALIGN);
	if (reader->address + sizeof(*tag) > end)
		return false;
	tag = reader->map(reader->address, sizeof(*tag));
	if (!tag || tag->size < sizeof(*tag) || tag->size > end - reader->address) {
		boot_info_complain(reader->info, "a tag of the boot information is damaged");
		return false;
	}
	reader->type = tag->type;
	reader->size = tag->size;
	return reader->type != TAG_END;
}

int boot_info_parse_multiboot2(struct boot_info *info, paddr_t address, boot_map_t *map)
{
	const struct multiboot2_head *head = map(address, sizeof(*head));
	const struct tag_reader start = { info, map, address, TAG_END, sizeof(*head) };
	struct tag_reader reader = start;
	paddr_t end;

	boot_info_clear(info);
	if (!head)
		return boot_info_complain(info, "the multiboot information lies outside memory");
	if (head->size < sizeof(*head) || head->size > BOOT_MAX_MULTIBOOT2)
		return boot_info_complain(info,
					  "the size of the multiboot information makes no sense");
	end = address + head->size;
	while (next_tag(&reader, end))
		read_tag(&reader);
	if (info->range_count != 0)
		return 0;
	reader = start;
	while (next_tag(&reader, end)) {
		if (reader.type == TAG_BASIC_MEMORY)
			read_basic_memory(&reader);
	}
	return 0;
}
