/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest's kernel file is and where its parts go.  Pure: looks at bytes and copies nothing.
 * The file may be any bytes whatever; every number in it is checked against the file's size and the
 * guest's memory before it is used. Called by the loader, before a guest runs.
 */
#ifndef UMBRA_HV_LOAD_IMAGE_H
#define UMBRA_HV_LOAD_IMAGE_H

#include "lib/compiler.h"
#include "mm/address.h"

#include <stddef.h>
#include <stdint.h>

/* Guest-physical layout that the protocol fixes. */
#define IMAGE_BOOT_PARAMS 0x0u
#define IMAGE_COMMAND_LINE 0x1000u
#define IMAGE_LOW_END 0x2000u
#define IMAGE_BZIMAGE_START 0x100000u

/* The kernel_alignment of a default Linux build, for images that name none. */
#define IMAGE_DEFAULT_ALIGNMENT 0x1000000u

/* Loadable segments an ELF image may have; Linux has two to five. */
#define IMAGE_SEGMENTS_MAX 16

#define IMAGE_CAUSE_SIZE 128

enum image_kind { IMAGE_BZIMAGE, IMAGE_ELF };

/* file_bytes from offset go to address; the rest up to memory_bytes is zero. */
struct image_segment {
	uint32_t offset;
	uint32_t file_bytes;
	gpa_t address;
	uint32_t memory_bytes;
};

struct image {
	enum image_kind kind;
	gpa_t entry;			/* always inside a segment */
	uint32_t kernel_alignment;	/* a power of two, never 0 */
	uint16_t protocol;		/* of the boot protocol, 0x0207 or later; 0 for ELF */
	uint32_t setup_header_bytes;	/* of the setup header, from offset 0x1F1; 0 for ELF */
	uint32_t memory_end;		/* the kernel uses nothing at or above it while it starts */
	uint32_t segment_count;
	struct image_segment segments[IMAGE_SEGMENTS_MAX];
};

/*
 * Recognises file[size] as a bzImage or a 32-bit ELF kernel for a guest with
 * mem_bytes (1 MB to 3070 MB) of memory, and fills in *image.  Returns 0, or a
 * negative error and in cause one clause for the user (*image is undefined
 * then): -E_UNSUPPORTED when it is no kernel Umbra can start, -E_TRUNCATED
 * when the file is cut, -E_INVAL when it contradicts itself, -E_NOSPC when it
 * does not fit into the guest's memory.
 */
int __must_check image_parse(const void *file, size_t size, uint32_t mem_bytes,
			     struct image *image, char cause[IMAGE_CAUSE_SIZE]);

/*
 * Where an initrd of that size goes: at the top of memory, page-aligned.
 * Returns 0, or -E_NOSPC and a cause when it would overlap the kernel.
 */
int __must_check image_place_initrd(const struct image *image, uint32_t mem_bytes, size_t size,
				    gpa_t *address, char cause[IMAGE_CAUSE_SIZE]);

enum image_answer { IMAGE_NO, IMAGE_YES, IMAGE_UNKNOWN };

/*
 * Was the kernel built for lguest?  An ELF image tells by its symbols, a
 * stripped one by its strings; the code of a bzImage is compressed, so the
 * answer is IMAGE_UNKNOWN.  Reads the whole file in the worst case, so it is
 * for messages, not for every start.
 */
enum image_answer image_has_lguest(const void *file, size_t size, const struct image *image);

#endif
