/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checked access to a guest's physical memory, for all code that handles addresses from the guest.
 * The memory lies linear in the guest window of Umbra's own address space, so an access is a bounds
 * check and a plain copy.
 *
 * All functions act on the guest whose window is loaded on this CPU.  They return false and do
 * nothing when any byte lies outside the guest's memory.  They take no lock: the guest's memory may
 * change during the call, so each value is read exactly once.
 */
#ifndef UMBRA_MM_GUEST_MEMORY_H
#define UMBRA_MM_GUEST_MEMORY_H

#include "lib/compiler.h"
#include "mm/address.h"

#include <stdbool.h>
#include <stdint.h>

struct guest_memory;

/* Copy len bytes (0 is allowed) from or to guest-physical gpa. */
bool __must_check guest_read(struct guest_memory *memory, gpa_t gpa, void *to, uint32_t len);
bool __must_check guest_write(struct guest_memory *memory, gpa_t gpa, const void *from,
			      uint32_t len);

/*
 * Where the len bytes from gpa on lie in Umbra's address space, for as long as the guest's window
 * is loaded.  For buffers that are copied as a whole and not interpreted.
 */
bool __must_check guest_locate(struct guest_memory *memory, gpa_t gpa, uint32_t len, void **where);

/* Fill len bytes with zeroes. */
bool __must_check guest_zero(struct guest_memory *memory, gpa_t gpa, uint32_t len);

/* One value in one access; gpa need not be aligned. */
bool __must_check guest_read_u8(struct guest_memory *memory, gpa_t gpa, uint8_t *value);
bool __must_check guest_read_u16(struct guest_memory *memory, gpa_t gpa, uint16_t *value);
bool __must_check guest_write_u16(struct guest_memory *memory, gpa_t gpa, uint16_t value);

#endif
