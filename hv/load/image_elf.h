/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF half of hv/load/image.h, which alone calls it.  Umbra starts executables
 * (ET_EXEC) for the 386: a Linux vmlinux, or a small kernel of one's own.
 */
#ifndef UMBRA_HV_LOAD_IMAGE_ELF_H
#define UMBRA_HV_LOAD_IMAGE_ELF_H

#include "hv/load/image.h"

#include <stddef.h>
#include <stdint.h>

/* As image_parse(), for a file that begins with the ELF magic. */
int __must_check image_parse_elf(const uint8_t *file, size_t size, uint32_t mem_bytes,
				 struct image *image, char cause[IMAGE_CAUSE_SIZE]);

#endif
