/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts a guest's kernel, its initial RAM disk and its boot parameters into its
 * memory.
 */
#ifndef UMBRA_HV_LOAD_LOADER_H
#define UMBRA_HV_LOAD_LOADER_H

#include "hv/config/guest_config.h"
#include "hv/load/image.h"
#include "mm/guest_window.h"

/* Why a guest cannot be loaded: for event=module-error. */
struct load_problem {
	const char *module;	/* the guilty file, as the configuration names it */
	const char *word;	/* its role */
	char cause[IMAGE_CAUSE_SIZE];	/* one clause */
};

/*
 * Looks at the files that config names, before anything is taken for the guest.
 * 0 and where everything goes in *image and *initrd, or a negative error and
 * *problem.
 */
int loader_check(const struct guest_config *config, struct image *image, gpa_t *initrd,
		 struct load_problem *problem);

/* How far loading has come; all zero at first. */
struct load_progress {
	uint32_t part;		/* segments of the kernel, and then the initial RAM disk */
	uint32_t done;		/* bytes of that */
};

/*
 * Loads what loader_check approved of into memory, which is all zero at first and whose window is
 * loaded: one piece of it, a bounded one.  1 when there is more to do, 0 when that was the last.
 * -E_NOMEM when memory is out; -E_RANGE is impossible after loader_check.
 */
int __must_check loader_load(const struct guest_config *config, const struct image *image,
			     gpa_t initrd, struct guest_memory *memory,
			     struct load_progress *progress);

#endif
