// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF executables as guest kernels, and the search of their symbols for
 * lguest.  As in hv/load/image.c every number may be wrong: a table is used only
 * when all of it lies in the file, a segment only when it lies in the file and
 * in the guest's memory.  Offsets and sizes are those of the System V ABI for
 * the 386, "Object Files".
 */
#include "hv/load/image_elf.h"

#include "lib/bytes.h"
#include "lib/checked.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"

#include <stdbool.h>

/* The ELF header. */
enum elf_header {
	ELF_CLASS = 0x04,
	ELF_DATA = 0x05,
	ELF_TYPE = 0x10,
	ELF_MACHINE = 0x12,
	ELF_ENTRY = 0x18,
	ELF_PHOFF = 0x1C,
	ELF_SHOFF = 0x20,
	ELF_PHENTSIZE = 0x2A,
	ELF_PHNUM = 0x2C,
	ELF_SHENTSIZE = 0x2E,
	ELF_SHNUM = 0x30,
	ELF_HEADER_BYTES = 0x34,
};

enum { CLASS_32 = 1, CLASS_64 = 2, DATA_LITTLE = 1, TYPE_EXEC = 2, MACHINE_386 = 3 };

/* A program header. */
enum elf_segment {
	SEGMENT_TYPE = 0x00,
	SEGMENT_OFFSET = 0x04,
	SEGMENT_PADDR = 0x0C,
	SEGMENT_FILE_BYTES = 0x10,
	SEGMENT_MEMORY_BYTES = 0x14,
	SEGMENT_BYTES = 0x20,
};

enum { SEGMENT_TYPE_LOAD = 1 };

/* A section header and a symbol. */
enum elf_section {
	SECTION_TYPE = 0x04,
	SECTION_OFFSET = 0x10,
	SECTION_FILE_BYTES = 0x14,
	SECTION_LINK = 0x18,
	SECTION_BYTES = 0x28,
	SYMBOL_NAME = 0x00,
	SYMBOL_BYTES = 0x10,
};

enum { SECTION_TYPE_SYMBOLS = 2 };

/* Part of a file; inside it by construction. */
struct part {
	const uint8_t *bytes;
	size_t size;
};

static int refuse(int error, char *cause, const char *text)
{
	string_copy(cause, text, IMAGE_CAUSE_SIZE);
	return -error;
}

static int check_header(const uint8_t *file, size_t size, char *cause)
{
	if (size > ELF_CLASS && file[ELF_CLASS] == CLASS_64)
		return refuse(E_UNSUPPORTED, cause, "the file is a 64-bit ELF image; "
			      "lguest guests are 32-bit");
	if (size < ELF_HEADER_BYTES)
		return refuse(E_TRUNCATED, cause, "the ELF image is truncated in its header");
	if (file[ELF_CLASS] != CLASS_32 || file[ELF_DATA] != DATA_LITTLE ||
	    load_le16(file + ELF_MACHINE) != MACHINE_386)
		return refuse(E_UNSUPPORTED, cause, "the ELF image is not for the 386");
	if (load_le16(file + ELF_TYPE) != TYPE_EXEC)
		return refuse(E_UNSUPPORTED, cause, "the ELF image is not an executable "
			      "(relocatable, shared or position-independent)");
	if (load_le16(file + ELF_PHENTSIZE) != SEGMENT_BYTES)
		return refuse(E_INVAL, cause, "the ELF image has no usable program headers");
	if (!range_inside(load_le32(file + ELF_PHOFF),
			  (uint64_t)load_le16(file + ELF_PHNUM) * SEGMENT_BYTES, size))
		return refuse(E_TRUNCATED, cause, "the ELF image is truncated in its headers");
	return 0;
}

static int check_segment(const struct image_segment *segment, size_t size, uint32_t mem_bytes,
			 char *cause)
{
	uint32_t address = gpa_value(segment->address);

	if (segment->file_bytes > segment->memory_bytes)
		return refuse(E_INVAL, cause,
			      "an ELF segment has more bytes in the file than in memory");
	if (!range_inside(segment->offset, segment->file_bytes, size))
		return refuse(E_TRUNCATED, cause, "the ELF image is truncated in a segment");
	if (address < IMAGE_LOW_END)
		return refuse(E_INVAL, cause, "an ELF segment lies below 0x2000, "
			      "where the boot parameters go");
	if (range_inside(address, segment->memory_bytes, mem_bytes))
		return 0;
	format_text(cause, IMAGE_CAUSE_SIZE,
		    "an ELF segment, 0x%x bytes at 0x%x, does not fit into the guest's %u MB",
		    segment->memory_bytes, address, mem_bytes >> 20);
	return -E_NOSPC;
}

static int add_segment(const uint8_t *header, size_t size, uint32_t mem_bytes,
		       struct image *image, char *cause)
{
	struct image_segment segment = {
		.offset = load_le32(header + SEGMENT_OFFSET),
		.file_bytes = load_le32(header + SEGMENT_FILE_BYTES),
		.address = gpa_make(load_le32(header + SEGMENT_PADDR)),
		.memory_bytes = load_le32(header + SEGMENT_MEMORY_BYTES),
	};
	uint32_t address = gpa_value(segment.address);
	int error;

	if (load_le32(header + SEGMENT_TYPE) != SEGMENT_TYPE_LOAD || segment.memory_bytes == 0)
		return 0;
	error = check_segment(&segment, size, mem_bytes, cause);
	if (error != 0)
		return error;
	if (image->segment_count == IMAGE_SEGMENTS_MAX)
		return refuse(E_UNSUPPORTED, cause, "the ELF image has more than 16 segments");
	image->segments[image->segment_count++] = segment;
	image->memory_end = MAX(image->memory_end, address + segment.memory_bytes);
	return 0;
}

static bool is_in_segment(const struct image *image, gpa_t address)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct image_segment *segment = &image->segments[i];

		if (range_inside(gpa_value(address) - gpa_value(segment->address), 1,
				 segment->memory_bytes))
			return true;
	}
	return false;
}

int image_parse_elf(const uint8_t *file, size_t size, uint32_t mem_bytes, struct image *image,
		    char cause[IMAGE_CAUSE_SIZE])
{
	const uint8_t *header;
	int error = check_header(file, size, cause);

	if (error != 0)
		return error;
	*image = (struct image){
		.kind = IMAGE_ELF,
		.entry = gpa_make(load_le32(file + ELF_ENTRY)),
		.kernel_alignment = IMAGE_DEFAULT_ALIGNMENT,
	};
	header = file + load_le32(file + ELF_PHOFF);
	for (uint32_t left = load_le16(file + ELF_PHNUM); left > 0; left--) {
		error = add_segment(header, size, mem_bytes, image, cause);
		if (error != 0)
			return error;
		header += SEGMENT_BYTES;
	}
	if (image->segment_count == 0)
		return refuse(E_INVAL, cause, "the ELF image has nothing to load");
	if (is_in_segment(image, image->entry))
		return 0;
	format_text(cause, IMAGE_CAUSE_SIZE,
		    "the ELF image's entry 0x%x is not a physical address inside a segment",
		    gpa_value(image->entry));
	return -E_INVAL;
}

/* False when the section does not lie in the file. */
static bool section_part(const uint8_t *file, size_t size, const uint8_t *header,
			 struct part *part)
{
	uint32_t offset = load_le32(header + SECTION_OFFSET);
	uint32_t length = load_le32(header + SECTION_FILE_BYTES);

	if (!range_inside(offset, length, size))
		return false;
	*part = (struct part){ file + offset, length };
	return true;
}

/* Finds a symbol table and its names; false when there is none that can be used. */
static bool find_symbols(const uint8_t *file, size_t size, struct part *symbols,
			 struct part *names)
{
	uint32_t offset = load_le32(file + ELF_SHOFF);
	uint32_t count = load_le16(file + ELF_SHNUM);
	const uint8_t *sections;

	if (load_le16(file + ELF_SHENTSIZE) != SECTION_BYTES ||
	    !range_inside(offset, (uint64_t)count * SECTION_BYTES, size))
		return false;
	sections = file + offset;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *header = sections + (size_t)i * SECTION_BYTES;
		uint32_t link = load_le32(header + SECTION_LINK);

		if (load_le32(header + SECTION_TYPE) != SECTION_TYPE_SYMBOLS || link >= count)
			continue;
		return section_part(file, size, header, symbols) &&
		       section_part(file, size, sections + (size_t)link * SECTION_BYTES, names);
	}
	return false;
}

static bool has_symbol(const struct part *symbols, const struct part *names, const char *wanted)
{
	size_t length = strlen(wanted) + 1;

	for (size_t at = 0; range_inside(at, SYMBOL_BYTES, symbols->size); at += SYMBOL_BYTES) {
		uint32_t name = load_le32(symbols->bytes + at + SYMBOL_NAME);

		if (range_inside(name, length, names->size) &&
		    memcmp(names->bytes + name, wanted, length) == 0)
			return true;
	}
	return false;
}

static bool has_text(const uint8_t *file, size_t size, const char *wanted)
{
	size_t length = strlen(wanted);

	for (size_t at = 0; range_inside(at, length, size); at++) {
		if (file[at] == (uint8_t)wanted[0] && memcmp(file + at, wanted, length) == 0)
			return true;
	}
	return false;
}

enum image_answer image_has_lguest(const void *file, size_t size, const struct image *image)
{
	struct part symbols;
	struct part names;
	bool found;

	if (image->kind != IMAGE_ELF)
		return IMAGE_UNKNOWN;
	if (find_symbols(file, size, &symbols, &names))
		found = has_symbol(&symbols, &names, "lguest_entry") ||
			has_symbol(&symbols, &names, "lguest_data");
	else
		found = has_text(file, size, "lguest") || has_text(file, size, "LGUEST");
	return found ? IMAGE_YES : IMAGE_NO;
}
