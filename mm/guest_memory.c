// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checked access to the loaded guest's memory, as functions; what they do is in
 * mm/guest_memory_inline.h.  The window begins at address 0, so memcpy and memset may get a null
 * pointer, which the compiler must not draw conclusions from (the Makefile's
 * -fno-delete-null-pointer-checks).
 */
#include "mm/guest_memory_inline.h"

/* A name in parentheses is no macro: these are the functions themselves. */

bool (guest_locate)(struct guest_memory *memory, gpa_t gpa, uint32_t len, void **where)
{
	return guest_locate_inline(memory, gpa, len, where);
}

bool (guest_read)(struct guest_memory *memory, gpa_t gpa, void *to, uint32_t len)
{
	return guest_read_inline(memory, gpa, to, len);
}

bool (guest_write)(struct guest_memory *memory, gpa_t gpa, const void *from, uint32_t len)
{
	return guest_write_inline(memory, gpa, from, len);
}

bool guest_zero(struct guest_memory *memory, gpa_t gpa, uint32_t len)
{
	void *to;

	if (!guest_locate_inline(memory, gpa, len, &to))
		return false;
	memset(to, 0, len);
	return true;
}

bool (guest_read_u8)(struct guest_memory *memory, gpa_t gpa, uint8_t *value)
{
	return guest_read_u8_inline(memory, gpa, value);
}

bool (guest_read_u16)(struct guest_memory *memory, gpa_t gpa, uint16_t *value)
{
	return guest_read_u16_inline(memory, gpa, value);
}

bool (guest_write_u16)(struct guest_memory *memory, gpa_t gpa, uint16_t value)
{
	return guest_write_u16_inline(memory, gpa, value);
}
