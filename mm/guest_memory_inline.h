/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short functions of mm/guest_memory.h to be inlined, for files that call them many times in an
 * exit: where this is included, their names mean these.  Not for tests, which put a guest memory in
 * the place of mm/guest_memory.c that is no window.
 */
#ifndef UMBRA_MM_GUEST_MEMORY_INLINE_H
#define UMBRA_MM_GUEST_MEMORY_INLINE_H

#include "lib/index.h"
#include "lib/string.h"
#include "mm/guest_memory.h"
#include "mm/guest_window.h"

static inline __force_inline bool guest_locate_inline(struct guest_memory *memory, gpa_t gpa,
						      uint32_t len, void **where)
{
	uint64_t end = (uint64_t)gpa_value(gpa) + len;
	uint32_t limit = memory->pages << PAGE_SHIFT;	/* 3 GB at most */

	/* Limits the address for speculation too: Umbra's memory lies behind the window. */
	*where = memory->base + index_within(gpa_value(gpa), limit);
	return end <= limit;
}

/* A few bytes are moved here and now, and read once: not again where they are used. */
static inline __force_inline void guest_copy(void *to, const void *from, uint32_t len)
{
	if (__builtin_constant_p(len) && len <= 16) {
		__builtin_memcpy(to, from, len);
		compiler_barrier();
	} else {
		memcpy(to, from, len);
	}
}

static inline __force_inline bool guest_read_inline(struct guest_memory *memory, gpa_t gpa,
						    void *to, uint32_t len)
{
	void *from;

	if (!guest_locate_inline(memory, gpa, len, &from))
		return false;
	guest_copy(to, from, len);
	return true;
}

static inline __force_inline bool guest_write_inline(struct guest_memory *memory, gpa_t gpa,
						     const void *from, uint32_t len)
{
	void *to;

	if (!guest_locate_inline(memory, gpa, len, &to))
		return false;
	guest_copy(to, from, len);
	return true;
}

/* For accesses of 16 bits at any address: one instruction, which C has only for aligned ones. */
struct unaligned_u16 {
	uint16_t value;
} __packed;

static inline __force_inline bool guest_read_u8_inline(struct guest_memory *memory, gpa_t gpa,
						       uint8_t *value)
{
	void *from;

	if (!guest_locate_inline(memory, gpa, sizeof(*value), &from))
		return false;
	*value = READ_ONCE(*(uint8_t *)from);
	return true;
}

static inline __force_inline bool guest_read_u16_inline(struct guest_memory *memory, gpa_t gpa,
							uint16_t *value)
{
	void *from;

	if (!guest_locate_inline(memory, gpa, sizeof(*value), &from))
		return false;
	*value = ((const volatile struct unaligned_u16 *)from)->value;
	return true;
}

static inline __force_inline bool guest_write_u16_inline(struct guest_memory *memory, gpa_t gpa,
							 uint16_t value)
{
	void *to;

	if (!guest_locate_inline(memory, gpa, sizeof(value), &to))
		return false;
	((volatile struct unaligned_u16 *)to)->value = value;
	return true;
}

#define guest_locate(memory, gpa, length, where) \
	guest_locate_inline(memory, gpa, length, where)
#define guest_read(memory, gpa, bytes, length) \
	guest_read_inline(memory, gpa, bytes, length)
#define guest_write(memory, gpa, bytes, length) \
	guest_write_inline(memory, gpa, bytes, length)
#define guest_read_u8(memory, gpa, value) \
	guest_read_u8_inline(memory, gpa, value)
#define guest_read_u16(memory, gpa, value) \
	guest_read_u16_inline(memory, gpa, value)
#define guest_write_u16(memory, gpa, value) \
	guest_write_u16_inline(memory, gpa, value)

#endif
