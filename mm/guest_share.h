/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that a guest and its clones share until one of them writes to it.
 *
 * A clone has directories of its own.  What their entries name (chunks of 2 MB, and tables of 512
 * frames) is shared at first, whole, and the entries of all who share it are read-only.  A write
 * takes a step down each time: a shared chunk gets a table, a shared table is copied, a shared
 * frame is copied (guest_memory_own).  Whoever is the last that uses something has it for itself,
 * and finds out at its next write.  Nobody is the owner of what is shared: guests end in any
 * order, and the last one frees it (mm/frame_users.h counts).
 *
 *   directory entry writable     what it names is this guest's alone
 *   table entry writable too     the frame is this guest's alone
 *
 * A guest writes by its shadow tables, which permit only what is writable here.  Umbra writes by
 * the window, where such a write faults (mm/window_fault.h).  A device writes to frames that
 * host_physical names, which makes them the guest's alone first.
 */
#ifndef UMBRA_MM_GUEST_SHARE_H
#define UMBRA_MM_GUEST_SHARE_H

#include "mm/guest_window.h"

/*
 * Frames kept back for each CPU as long as guests share memory: what one exit of a usual guest
 * makes Umbra write, which cannot wait (a read of 1 MB from a disk, twice, its queues, and
 * tables).
 */
#define SHARE_KEPT_FRAMES 768u

/*
 * Gives clone, which is empty, all of parent's memory, shared.  parent has all of its pages, is in
 * no CPU's window, and its shadow tables are shadow_protect_all's next.  On failure both are as
 * they were: -E_NOMEM; -E_NOSPC when too many guests share memory, or this machine cannot count
 * that.  Takes some 20 instructions for each 2 MB.
 */
int __must_check guest_memory_clone(struct guest_memory *clone, struct guest_memory *parent);

/*
 * Makes a page (below memory->frames) the guest's alone, and notes it in memory->moved if its frame
 * is another one now.  False when there is no frame for it, and nothing changed that matters.  If
 * the window is loaded on this CPU it is up to date.  Any CPU that the guest is at home on.
 */
bool __must_check guest_memory_own(struct guest_memory *memory, uint32_t page);

/* Sets what is called when fewer frames are left than are kept back.  Boot CPU, once. */
void guest_share_set_short(void (*is_short)(void));

/*
 * For mm/guest_window.c: gives up what a directory's entry names, and clears it.  True when that
 * was done frame by frame.
 */
bool guest_share_drop(uint64_t *entry);
/* Memory that was shared is gone. */
void guest_share_end(void);

#endif
