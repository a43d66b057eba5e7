/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the two multiboot parsers fill a struct boot_info: the checked, bounded
 * additions that both share.  Private to boot/.
 */
#ifndef UMBRA_BOOT_BOOT_INFO_BUILD_H
#define UMBRA_BOOT_BOOT_INFO_BUILD_H

#include "boot/boot_info.h"

/* Empties *info: no ranges, no modules, both strings "". */
void boot_info_clear(struct boot_info *info);

/* Remembers the problem unless an earlier one is there.  Returns -E_INVAL, to be passed on. */
int boot_info_complain(struct boot_info *info, const char *problem);

/*
 * Adds a memory range; an empty one is ignored, one that wraps is cut at the end of the address
 * space.  False when the table is full (info->problem says so): then the caller can stop.
 */
bool boot_info_add_range(struct boot_info *info, paddr_t base, uint64_t length, bool usable);

/* The two ranges that the old KB counters describe: from 0, and from 1 MB. */
void boot_info_add_basic_memory(struct boot_info *info, uint32_t lower_kb, uint32_t upper_kb);

/*
 * Adds a module without words; NULL when the table is full (info->problem says
 * so).  A module that ends before it starts is added empty, with its problem.
 */
struct boot_module *boot_info_add_module(struct boot_info *info, uint32_t start, uint32_t end);

/*
 * Copies the string at physical address, at most limit bytes with its NUL,
 * into the arena and points *copy to it.  Returns NULL, or a text saying
 * why not; *copy is untouched then.
 */
const char *boot_info_copy_string(struct boot_info *info, paddr_t address, size_t limit,
				  boot_map_t *map, const char **copy);

#endif
