/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts a guest's kernel, its initial RAM disk and its boot parameters into its
 * memory.
 */
#ifndef UMBRA_HV_LOADER_H
#define UMBRA_HV_LOADER_H

#include "hv/guest_plan.h"
#include "hv/image.h"
#include "mm/guest_window.h"

/*
 * Loads what plan names into memory, which is all zero and whose window is
 * loaded.  0 with what was loaded in *image, or a negative error with one
 * clause in cause and the guilty module in *module.
 */
int load_guest(const struct guest_plan *plan, struct guest_memory *memory, struct image *image,
	       const char **module, char cause[IMAGE_CAUSE_SIZE]);

#endif
