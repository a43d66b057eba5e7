// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot parameters of a guest: the image's setup header with the fields
 * that a boot loader owns written over it, and a memory map of one entry.
 */
#include "hv/load/boot_params.h"

#include "hv/load/setup_header.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define E820_RAM 1u

/*
 * hardware_subarch is what takes the kernel down the lguest path instead of
 * the one for real machines; it has to find version 2.07 or later to look.
 * KEEP_SEGMENTS stops the entry code from loading selectors of its own, which
 * the guest's first GDT does not have.
 */
static void write_header(uint8_t *page, const struct image *image)
{
	uint16_t version = image->kind == IMAGE_ELF ? SETUP_VERSION_SUBARCH : image->protocol;

	store_le32(page + SETUP_MAGIC, SETUP_MAGIC_HDRS);
	store_le16(page + SETUP_VERSION, version);
	page[SETUP_TYPE_OF_LOADER] = SETUP_LOADER_UNDEFINED;
	page[SETUP_LOADFLAGS] = SETUP_LOADED_HIGH | SETUP_KEEP_SEGMENTS;
	store_le32(page + SETUP_CODE32_START, gpa_value(image->entry));
	store_le32(page + SETUP_CMD_LINE_PTR, IMAGE_COMMAND_LINE);
	store_le32(page + SETUP_KERNEL_ALIGNMENT, image->kernel_alignment);
	store_le32(page + SETUP_HARDWARE_SUBARCH, SETUP_SUBARCH_LGUEST);
	store_le64(page + SETUP_SUBARCH_DATA, 0);
	store_le64(page + SETUP_SETUP_DATA, 0);
}

/* The length is rounded up: generation A computes the place of its first page tables from it. */
static void write_initrd(uint8_t *page, const struct boot_facts *facts)
{
	uint32_t length = ALIGN_UP(facts->initrd_bytes, PAGE_SIZE);

	store_le32(page + SETUP_RAMDISK_IMAGE, length == 0 ? 0 : gpa_value(facts->initrd));
	store_le32(page + SETUP_RAMDISK_SIZE, length);
}

/* An entry is a 64-bit start, a 64-bit length and a 32-bit type. */
static void write_memory_map(uint8_t *page, const struct boot_facts *facts)
{
	uint8_t *entry = page + SETUP_E820_MAP;

	page[SETUP_E820_ENTRIES] = 1;
	store_le64(entry, 0);
	store_le64(entry + 8, facts->mem_bytes);
	store_le32(entry + 16, E820_RAM);
}

void boot_params_build(uint8_t page[BOOT_PARAMS_BYTES], const struct image *image,
		       const void *file, const struct boot_facts *facts)
{
	/*
	 * A zero in SETUP_SENTINEL, just in front of the header, tells the kernel that all bytes
	 * outside the header were cleared.
	 */
	memset(page, 0, BOOT_PARAMS_BYTES);
	memcpy(page + SETUP_HEADER, (const uint8_t *)file + SETUP_HEADER,
	       image->setup_header_bytes);
	write_header(page, image);
	write_initrd(page, facts);
	write_memory_map(page, facts);
}
