// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checked access to the loaded guest's memory.  The window begins at address 0, so memcpy and
 * memset may get a null pointer here, which the compiler must not draw conclusions from (the
 * Makefile's -fno-delete-null-pointer-checks).
 */
#include "mm/guest_memory.h"

#include "lib/index.h"
#include "lib/string.h"
#include "mm/guest_window.h"

bool guest_locate(struct guest_memory *memory, gpa_t gpa, uint32_t len, void **where)
{
	uint64_t end = (uint64_t)gpa_value(gpa) + len;
	uint32_t limit = memory->pages << PAGE_SHIFT;	/* 3 GB at most */

	/* Limits the address for speculation too: Umbra's memory lies behind the window. */
	*where = memory->base + index_within(gpa_value(gpa), limit);
	return end <= limit;
}

bool guest_read(struct guest_memory *memory, gpa_t gpa, void *to, uint32_t len)
{
	void *from;

	if (!guest_locate(memory, gpa, len, &from))
		return false;
	memcpy(to, from, len);
	return true;
}

bool guest_write(struct guest_memory *memory, gpa_t gpa, const void *from, uint32_t len)
{
	void *to;

	if (!guest_locate(memory, gpa, len, &to))
		return false;
	memcpy(to, from, len);
	return true;
}

bool guest_zero(struct guest_memory *memory, gpa_t gpa, uint32_t len)
{
	void *to;

	if (!guest_locate(memory, gpa, len, &to))
		return false;
	memset(to, 0, len);
	return true;
}

/* For accesses of 16 bits at any address: one instruction, which C has only for aligned ones. */
struct unaligned_u16 {
	uint16_t value;
} __packed;

bool guest_read_u8(struct guest_memory *memory, gpa_t gpa, uint8_t *value)
{
	void *from;

	if (!guest_locate(memory, gpa, sizeof(*value), &from))
		return false;
	*value = READ_ONCE(*(uint8_t *)from);
	return true;
}

bool guest_read_u16(struct guest_memory *memory, gpa_t gpa, uint16_t *value)
{
	void *from;

	if (!guest_locate(memory, gpa, sizeof(*value), &from))
		return false;
	*value = ((const volatile struct unaligned_u16 *)from)->value;
	return true;
}

bool guest_write_u16(struct guest_memory *memory, gpa_t gpa, uint16_t value)
{
	void *to;

	if (!guest_locate(memory, gpa, sizeof(value), &to))
		return false;
	((volatile struct unaligned_u16 *)to)->value = value;
	return true;
}
