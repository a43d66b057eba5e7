/* SPDX-License-Identifier: GPL-2.0-only */
/* A look at one page of a guest, for the commands `dump` and `walk`.  It changes nothing. */
#ifndef UMBRA_MM_SHADOW_VIEW_H
#define UMBRA_MM_SHADOW_VIEW_H

#include "mm/shadow.h"

/* What is said of one page of the current address space, for a person who looks at it. */
struct page_view {
	uint32_t root;			/* guest-physical address of the top level */
	const char *format;		/* of the guest's tables */
	bool is_umbras;			/* the address is not the guest's; nothing else is set */
	bool is_bad;			/* above is an entry that no guest may have */
	uint64_t above;			/* what the levels above the entry permit; 0: absent */
	uint64_t entry;			/* the guest's own, in PAE form */
	bool has_frame;			/* it names a page that the guest has */
	paddr_t frame;			/* which is there */
	bool has_leaf, is_awake;	/* there is a shadow table; the CPU sees it */
	uint64_t shadow_entry;		/* its entry */
};

/* Fills *view for the page of gva, and marks nothing.  The guest's window is loaded. */
void shadow_view_page(const struct shadow *shadow, gva_t gva, struct page_view *view);

#endif
