/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What both decoders share: walking over the bytes of an instruction, its
 * prefixes and its memory operand.  Private to hv/emulate/decode_*.c.
 */
#ifndef UMBRA_HV_EMULATE_DECODE_CURSOR_H
#define UMBRA_HV_EMULATE_DECODE_CURSOR_H

#include "hv/emulate/decode.h"

/* Prefixes, Intel SDM vol. 2, 2.1.1; in any number and order. */
enum decode_prefix {
	PREFIX_OPERAND = 1,  /* 66 */
	PREFIX_ADDRESS = 2,  /* 67 */
	PREFIX_REPEAT = 4,   /* F2, F3 */
	PREFIX_LOCK = 8,     /* F0 */
};

/* status is DECODE_DONE until a byte was asked for that is not there. */
struct decode_cursor {
	const uint8_t *bytes;
	size_t available;
	unsigned position; /* of the next byte, 0..15 */
	unsigned prefixes; /* enum decode_prefix */
	enum decode_status status;
};

/* Fields of the byte behind the opcode, SDM vol. 2, 2.1.3. */
static inline unsigned modrm_mod(uint8_t modrm)
{
	return modrm >> 6;
}

static inline unsigned modrm_reg(uint8_t modrm)
{
	return modrm >> 3 & 7u;
}

static inline unsigned modrm_rm(uint8_t modrm)
{
	return modrm & 7u;
}

static inline bool modrm_is_memory(uint8_t modrm)
{
	return modrm_mod(modrm) != 3;
}

/* The next byte, without stepping over it; 0 with cursor->status set when there is none. */
uint8_t decode_peek(struct decode_cursor *cursor);

/* The same, and steps over it. */
uint8_t decode_byte(struct decode_cursor *cursor);

/* A little-endian constant of count (0..4) bytes; steps over it. */
uint32_t decode_constant(struct decode_cursor *cursor, unsigned count);

/* Steps over the prefixes and collects them. */
void decode_prefixes(struct decode_cursor *cursor);

/* Steps over what follows modrm in the encoding of its operand: SIB byte and displacement. */
void decode_skip_operand(struct decode_cursor *cursor, uint8_t modrm);

/* 2 or 4: the operand size that the prefixes choose in 32-bit code. */
static inline uint8_t decode_operand_size(const struct decode_cursor *cursor)
{
	return cursor->prefixes & PREFIX_OPERAND ? 2 : 4;
}

#endif
