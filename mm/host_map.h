/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Umbra's own address space (arch/cpu/layout.h draws it): the direct map with the image's
 * sections protected, device registers, and a way to read and write any physical memory.  The
 * guest window below 3 GB belongs to mm/guest_window.h.
 */
#ifndef UMBRA_MM_HOST_MAP_H
#define UMBRA_MM_HOST_MAP_H

#include "arch/cpu/cpu.h"
#include "mm/address.h"

#include <stdbool.h>
#include <stddef.h>

/* Makes the shared tables from static memory.  Boot CPU, once, on the boot tables. */
void host_map_init(void);

/*
 * Makes the tables of one CPU around its pages, which are in low memory, with its
 * Switcher pages mapped and the page below its stack not mapped anywhere.
 * *top_level gets the physical address of the top level.  0, or -E_NOMEM, which
 * cannot be for pages inside the image.  Boot CPU.
 */
int __must_check host_map_prepare_cpu(struct cpu_pages *pages, uint32_t *top_level);

/* Makes this CPU use the tables at top_level. */
void host_map_activate(uint32_t top_level);

/*
 * A guest's memory is taken out of the direct map, so that speculation in Umbra cannot read it for
 * another guest.  The code that gives a guest a frame or a whole chunk hides it, and shows it again
 * before freeing it.  Both do nothing for memory above the direct map.  No CPU's TLB is flushed:
 * until its next exit from a guest, which loads CR3, a CPU may still see what was hidden.
 *
 * direct_map_hide_frame may need a table, which it takes from frames that its caller has set aside
 * (frames_reserve), and returns true then.  All tables together that it may ever need are
 * direct_map_tables_missing().  Any CPU, no lock of LOCK_DIRECT_MAP's rank or later held.
 */
uint32_t direct_map_tables_missing(void);
bool __must_check direct_map_hide_frame(paddr_t frame);
void direct_map_show_frame(paddr_t frame);
void direct_map_hide_chunk(paddr_t chunk);
void direct_map_show_chunk(paddr_t chunk);

/*
 * For frames that guests share (mm/guest_share.c): hides a frame that is shown, or has the frames
 * of a hidden chunk shown one by one from now on.  Either may need a table, of those kept back
 * (frame_alloc_kept): false when there is none, and nothing has changed.
 */
bool __must_check direct_map_hide_kept(paddr_t frame);
bool __must_check direct_map_hide_by_frames(paddr_t chunk);

/*
 * The 2 MB of physical memory around address, readable and writable until the
 * next call on this CPU; returns a pointer to address itself.
 */
void *temporary_map(paddr_t address);

/*
 * Copy length bytes of physical memory from, or to, anywhere: by the direct map where possible,
 * else through temporary_map, whose mapping is removed then.
 */
void physical_read(paddr_t from, void *to, size_t length);
void physical_write(paddr_t to, const void *from, size_t length);

/* Copies a frame to another one, wherever they are. */
void frame_copy(paddr_t to, paddr_t from);

/*
 * The physical address behind pointer, which is in the direct map or in the guest window loaded on
 * this CPU; *run gets how many bytes from there on are contiguous in physical memory too.  A device
 * may write there: a page of the window is made the guest's alone first.
 */
paddr_t host_physical(const void *pointer, size_t *run);

/*
 * length bytes of memory from anywhere, in one piece, to be read.  What the direct map does not
 * reach is mapped once and for ever: a second call returns the same address.  NULL when there is no
 * room. The first call for an address on the boot CPU; later ones on any CPU.
 */
const void *map_module(paddr_t address, size_t length);

/*
 * Device registers, not cached; they stay mapped.  NULL when the window for them is full, and
 * for an address where memory is, or that no device can have.  Boot CPU, before others start.
 */
void *map_mmio(paddr_t address, size_t length);

/*
 * Maps video memory, which is only written: write-combining where the CPU can do that.  NULL when
 * the window is full, or the CPU has no such address.  Boot CPU, before others start.
 */
void *map_video(paddr_t address, size_t length);

#endif
