// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells the kinds of image apart and parses a bzImage; hv/load/image_elf.c parses ELF.  Every
 * number in the file may be hostile, so numbers are widened to 64 bits before they are added, and
 * compared before they are used.
 */
#include "hv/load/image.h"

#include "hv/load/image_elf.h"
#include "hv/load/setup_header.h"
#include "lib/bytes.h"
#include "lib/checked.h"
#include "lib/error.h"
#include "lib/format.h"
#include "lib/string.h"

#include <stdbool.h>

#define SECTOR_BYTES 512u

/* setup_sects 0 means this number, as in the oldest kernels. */
#define SETUP_SECTORS_DEFAULT 4u

/* The check of a bzImage reads only below this offset at first. */
#define HEADER_MIN_BYTES 0x264u

static uint32_t megabytes_up(uint64_t bytes)
{
	return (uint32_t)((bytes + (1u << 20) - 1) >> 20);
}

static int does_not_fit(uint64_t needed, uint32_t mem_bytes, char *cause)
{
	format_text(cause, IMAGE_CAUSE_SIZE,
		    "the kernel needs %u MB of memory to start, the guest has %u MB",
		    megabytes_up(needed), mem_bytes >> 20);
	return -E_NOSPC;
}

/* The boot sector, setup code and all: where the code that Umbra loads begins. */
static uint32_t setup_bytes(const uint8_t *file)
{
	uint32_t sectors = file[SETUP_HEADER];

	return ((sectors == 0 ? SETUP_SECTORS_DEFAULT : sectors) + 1) * SECTOR_BYTES;
}

static int check_protocol(const uint8_t *file, size_t size, char *cause)
{
	uint16_t version = load_le16(file + SETUP_VERSION);

	if (!(file[SETUP_LOADFLAGS] & SETUP_LOADED_HIGH)) {
		format_text(cause, IMAGE_CAUSE_SIZE, "the file is a zImage, not a bzImage");
		return -E_UNSUPPORTED;
	}
	if (version < SETUP_VERSION_SUBARCH) {
		format_text(cause, IMAGE_CAUSE_SIZE,
			    "the kernel's boot protocol %u.%02u is older than 2.07, "
			    "the first with hardware_subarch", version >> 8, version & 0xFF);
		return -E_UNSUPPORTED;
	}
	if (size < HEADER_MIN_BYTES) {
		format_text(cause, IMAGE_CAUSE_SIZE, "the bzImage is truncated in its header");
		return -E_TRUNCATED;
	}
	return 0;
}

/*
 * syssize counts what follows the setup sectors in units of 16 bytes; in old
 * kernels the last unit need not be whole.
 */
static int check_length(const uint8_t *file, size_t size, char *cause)
{
	uint64_t start = setup_bytes(file);
	uint64_t code = (uint64_t)load_le32(file + SETUP_SYSSIZE) * 16;

	if (code == 0) {
		format_text(cause, IMAGE_CAUSE_SIZE, "the bzImage has no code in it");
		return -E_INVAL;
	}
	if (size >= start + code - 15)
		return 0;
	format_text(cause, IMAGE_CAUSE_SIZE, "the bzImage is truncated: %llu bytes of %llu",
		    (unsigned long long)size, (unsigned long long)(start + code));
	return -E_TRUNCATED;
}

static uint32_t read_alignment(const uint8_t *file)
{
	uint32_t alignment = load_le32(file + SETUP_KERNEL_ALIGNMENT);
	bool power = alignment != 0 && (alignment & (alignment - 1)) == 0;

	/* With an alignment of 0 the decompressor would unpack to address 0, over boot_params. */
	return power ? alignment : IMAGE_DEFAULT_ALIGNMENT;
}

/*
 * The end of the memory that the kernel uses before it reads its memory map: the compressed code as
 * loaded and, if the header tells, what unpacking needs (the kernel first moves itself to an
 * aligned address).
 */
static uint64_t memory_needed(const uint8_t *file, const struct image *image)
{
	const struct image_segment *code = &image->segments[0];
	uint64_t loaded_end = (uint64_t)gpa_value(code->address) + code->memory_bytes;
	uint64_t target;

	if (image->protocol < SETUP_VERSION_INIT_SIZE)
		return loaded_end;
	if (file[SETUP_RELOCATABLE])
		target = ALIGN_UP((uint64_t)IMAGE_BZIMAGE_START, (uint64_t)image->kernel_alignment);
	else
		target = load_le64(file + SETUP_PREF_ADDRESS);
	/* A size of 32 bits added to a nonsensical address might wrap. */
	target = MIN(target, (uint64_t)UINT32_MAX);
	return MAX(loaded_end, target + load_le32(file + SETUP_INIT_SIZE));
}

static int parse_bzimage(const uint8_t *file, size_t size, uint32_t mem_bytes,
			 struct image *image, char *cause)
{
	uint32_t start = setup_bytes(file);
	uint32_t header_end = SETUP_MAGIC + file[SETUP_JUMP_OFFSET];
	uint32_t entry;
	uint32_t code;
	uint64_t needed;
	int error = check_protocol(file, size, cause);

	if (error == 0)
		error = check_length(file, size, cause);
	if (error != 0)
		return error;
	if (size - start > mem_bytes)
		return does_not_fit(IMAGE_BZIMAGE_START + (uint64_t)(size - start), mem_bytes,
				    cause);
	code = (uint32_t)(size - start);
	entry = load_le32(file + SETUP_CODE32_START);
	*image = (struct image){
		.kind = IMAGE_BZIMAGE,
		.entry = gpa_make(entry),
		.kernel_alignment = read_alignment(file),
		.protocol = load_le16(file + SETUP_VERSION),
		.setup_header_bytes = MIN(header_end, (uint32_t)SETUP_HEADER_LIMIT) - SETUP_HEADER,
		.segment_count = 1,
		.segments[0] = {
			.offset = start,
			.file_bytes = code,
			.address = gpa_make(IMAGE_BZIMAGE_START),
			.memory_bytes = code,
		},
	};
	needed = memory_needed(file, image);
	if (needed > mem_bytes)
		return does_not_fit(needed, mem_bytes, cause);
	image->memory_end = (uint32_t)needed;
	if (entry >= IMAGE_BZIMAGE_START && entry - IMAGE_BZIMAGE_START < code)
		return 0;
	format_text(cause, IMAGE_CAUSE_SIZE, "the bzImage's entry 0x%x lies outside its code",
		    entry);
	return -E_INVAL;
}

int image_parse(const void *file, size_t size, uint32_t mem_bytes, struct image *image,
		char cause[IMAGE_CAUSE_SIZE])
{
	const uint8_t *bytes = file;

	if (size >= 4 && memcmp(bytes, "\177ELF", 4) == 0)
		return image_parse_elf(bytes, size, mem_bytes, image, cause);
	/* Up to loadflags, which tell a zImage. */
	if (size > SETUP_LOADFLAGS && load_le32(bytes + SETUP_MAGIC) == SETUP_MAGIC_HDRS)
		return parse_bzimage(bytes, size, mem_bytes, image, cause);
	if (size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B)
		format_text(cause, IMAGE_CAUSE_SIZE,
			    "the file is gzip-compressed data, not a kernel");
	else
		format_text(cause, IMAGE_CAUSE_SIZE,
			    "the file is not a kernel, neither a bzImage nor ELF");
	return -E_UNSUPPORTED;
}

int image_place_initrd(const struct image *image, uint32_t mem_bytes, size_t size,
		       gpa_t *address, char cause[IMAGE_CAUSE_SIZE])
{
	uint64_t room = mem_bytes - image->memory_end;
	uint64_t rounded = ALIGN_UP((uint64_t)size, (uint64_t)PAGE_SIZE);

	if (size <= room && rounded <= room) {
		*address = gpa_make(mem_bytes - (uint32_t)rounded);
		return 0;
	}
	format_text(cause, IMAGE_CAUSE_SIZE,
		    "the initrd of %u MB does not fit, the kernel leaves %u MB of %u MB",
		    megabytes_up(size), (uint32_t)(room >> 20), mem_bytes >> 20);
	return -E_NOSPC;
}
