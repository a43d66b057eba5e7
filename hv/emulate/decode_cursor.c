// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks over the bytes of an x86 instruction (Intel SDM vol. 2, chapter 2) and never beyond the
 * bytes given, nor beyond the longest instruction.
 */
#include "hv/emulate/decode_cursor.h"

uint8_t decode_peek(struct decode_cursor *cursor)
{
	if (cursor->status != DECODE_DONE)
		return 0;
	if (cursor->position >= DECODE_MAX_LENGTH)
		cursor->status = DECODE_UNKNOWN;
	else if (cursor->position >= cursor->available)
		cursor->status = DECODE_MORE;
	else
		return cursor->bytes[cursor->position];
	return 0;
}

uint8_t decode_byte(struct decode_cursor *cursor)
{
	uint8_t byte = decode_peek(cursor);

	if (cursor->status == DECODE_DONE)
		cursor->position++;
	return byte;
}

uint32_t decode_constant(struct decode_cursor *cursor, unsigned count)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < count; i++)
		value |= (uint32_t)decode_byte(cursor) << (8 * i);
	return value;
}

/* Segment prefixes are skipped: they change nothing that is decoded here. */
static bool is_prefix(uint8_t byte, unsigned *prefix)
{
	*prefix = 0;
	switch (byte) {
	case 0x66:
		*prefix = PREFIX_OPERAND;
		return true;
	case 0x67:
		*prefix = PREFIX_ADDRESS;
		return true;
	case 0xF2:
	case 0xF3:
		*prefix = PREFIX_REPEAT;
		return true;
	case 0xF0:
		*prefix = PREFIX_LOCK;
		return true;
	case 0x26: /* es, cs, ss, ds, fs, gs */
	case 0x2E:
	case 0x36:
	case 0x3E:
	case 0x64:
	case 0x65:
		return true;
	default:
		return false;
	}
}

void decode_prefixes(struct decode_cursor *cursor)
{
	unsigned prefix;

	while (is_prefix(decode_peek(cursor), &prefix)) {
		cursor->prefixes |= prefix;
		decode_byte(cursor);
	}
}

/* SDM vol. 2, table 2-1. */
static unsigned displacement16(uint8_t modrm)
{
	switch (modrm_mod(modrm)) {
	case 0:
		return modrm_rm(modrm) == 6 ? 2 : 0;
	case 1:
		return 1;
	case 2:
		return 2;
	default:
		return 0;
	}
}

/* SDM vol. 2, tables 2-2 and 2-3; base is that of the SIB byte where there is one. */
static unsigned displacement32(uint8_t modrm, unsigned base)
{
	switch (modrm_mod(modrm)) {
	case 0:
		return base == 5 ? 4 : 0;
	case 1:
		return 1;
	case 2:
		return 4;
	default:
		return 0;
	}
}

void decode_skip_operand(struct decode_cursor *cursor, uint8_t modrm)
{
	unsigned base = modrm_rm(modrm);

	if (cursor->prefixes & PREFIX_ADDRESS) {
		decode_constant(cursor, displacement16(modrm));
		return;
	}
	/* rm 4 means that a SIB byte follows, whose lowest 3 bits are the base. */
	if (modrm_is_memory(modrm) && base == 4)
		base = modrm_rm(decode_byte(cursor));
	decode_constant(cursor, displacement32(modrm, base));
}
