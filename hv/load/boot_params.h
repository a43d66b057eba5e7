/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds the page of boot parameters that a Linux guest finds at physical
 * address 0.  Pure: works in a buffer of the caller's, the loader, which then
 * copies it into the guest.
 */
#ifndef UMBRA_HV_LOAD_BOOT_PARAMS_H
#define UMBRA_HV_LOAD_BOOT_PARAMS_H

#include "hv/load/image.h"
#include "mm/address.h"

#include <stdint.h>

#define BOOT_PARAMS_BYTES 4096u

/* The contents of the page that do not come from the image. */
struct boot_facts {
	uint32_t mem_bytes;	/* all of it RAM from 0; page-aligned */
	gpa_t initrd;		/* from image_place_initrd() */
	uint32_t initrd_bytes;	/* 0: there is no initrd */
};

/*
 * Fills page[BOOT_PARAMS_BYTES].  file is the file that image was parsed from:
 * a bzImage's own setup header is taken over, for an ELF image one is made
 * up.  The command line belongs at IMAGE_COMMAND_LINE, and ESI is to hold
 * IMAGE_BOOT_PARAMS at the entry.
 */
void boot_params_build(uint8_t page[BOOT_PARAMS_BYTES], const struct image *image,
		       const void *file, const struct boot_facts *facts);

#endif
