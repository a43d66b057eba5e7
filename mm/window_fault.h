/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Umbra's own writes to pages of the guest window that are shared (mm/guest_share.h).  The window
 * is read-only there, so such a write faults, whatever code makes it: by guest_write, by a mark in
 * the guest's tables, by a field of its shared structure, or for a device.  The page becomes the
 * guest's own, and the write is made again.
 */
#ifndef UMBRA_MM_WINDOW_FAULT_H
#define UMBRA_MM_WINDOW_FAULT_H

struct guest_memory;

/*
 * Has page faults served.  moved is called when a page has another frame now: before the guest is
 * entered again, shadow_follow is due.  lost is called when there was no frame for a page, though
 * frames are kept back: what Umbra writes for the guest is lost from now on, and it must never run
 * again.  Both on the CPU whose window it is, amid any code of Umbra's that writes to a guest's
 * memory: so they only leave a note.  Boot CPU, once.
 */
void window_fault_init(void (*moved)(struct guest_memory *memory),
		       void (*lost)(struct guest_memory *memory));

#endif
