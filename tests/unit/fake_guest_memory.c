// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's memory that is a block of the heap, so that the sanitizer sees
 * every access behind its end.
 */
#include "tests/unit/fake_guest_memory.h"

#include "lib/bytes.h"

#include <stdlib.h>
#include <string.h>

struct guest_memory *fake_guest_memory_create(uint32_t size)
{
	struct guest_memory *memory = calloc(1, sizeof(*memory));
	uint8_t *bytes = calloc(1, size);

	if (!memory || !bytes)
		abort();
	memory->bytes = bytes;
	memory->size = size;
	return memory;
}

void fake_guest_memory_free(struct guest_memory *memory)
{
	free(memory->bytes);
	free(memory);
}

static bool inside(const struct guest_memory *memory, gpa_t gpa, uint32_t len)
{
	return (uint64_t)gpa_value(gpa) + len <= memory->size;
}

bool guest_read(struct guest_memory *memory, gpa_t gpa, void *to, uint32_t len)
{
	if (!inside(memory, gpa, len))
		return false;
	if (len > 0)
		memcpy(to, memory->bytes + gpa_value(gpa), len);
	if (memory->after_read)
		memory->after_read(memory, gpa_value(gpa), len);
	return true;
}

bool guest_write(struct guest_memory *memory, gpa_t gpa, const void *from, uint32_t len)
{
	if (!inside(memory, gpa, len))
		return false;
	if (len > 0)
		memcpy(memory->bytes + gpa_value(gpa), from, len);
	return true;
}

bool guest_locate(struct guest_memory *memory, gpa_t gpa, uint32_t len, void **where)
{
	if (!inside(memory, gpa, len))
		return false;
	*where = memory->bytes + gpa_value(gpa);
	return true;
}

bool guest_zero(struct guest_memory *memory, gpa_t gpa, uint32_t len)
{
	if (!inside(memory, gpa, len))
		return false;
	memset(memory->bytes + gpa_value(gpa), 0, len);
	return true;
}

bool guest_read_u8(struct guest_memory *memory, gpa_t gpa, uint8_t *value)
{
	return guest_read(memory, gpa, value, sizeof(*value));
}

bool guest_read_u16(struct guest_memory *memory, gpa_t gpa, uint16_t *value)
{
	return guest_read(memory, gpa, value, sizeof(*value));
}

bool guest_write_u16(struct guest_memory *memory, gpa_t gpa, uint16_t value)
{
	return guest_write(memory, gpa, &value, sizeof(value));
}

void fake_put16(struct guest_memory *memory, uint32_t address, uint16_t value)
{
	store_le16(memory->bytes + address, value);
}

void fake_put32(struct guest_memory *memory, uint32_t address, uint32_t value)
{
	store_le32(memory->bytes + address, value);
}

void fake_put64(struct guest_memory *memory, uint32_t address, uint64_t value)
{
	store_le64(memory->bytes + address, value);
}

uint16_t fake_get16(const struct guest_memory *memory, uint32_t address)
{
	return load_le16(memory->bytes + address);
}

uint32_t fake_get32(const struct guest_memory *memory, uint32_t address)
{
	return load_le32(memory->bytes + address);
}

void fake_put_descriptor(struct guest_memory *memory, uint32_t address, uint64_t buffer,
			 uint32_t length, uint16_t flags, uint16_t next)
{
	fake_put64(memory, address, buffer);
	fake_put32(memory, address + 8, length);
	fake_put16(memory, address + 12, flags);
	fake_put16(memory, address + 14, next);
}
