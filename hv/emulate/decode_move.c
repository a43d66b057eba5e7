// SPDX-License-Identifier: GPL-2.0-only
/*
 * The moves between memory and a register or a constant, one row each (Intel
 * SDM vol. 2, MOV, MOVZX and MOVSX).  These are what compilers and kernels
 * reach device registers with.
 */
#include "hv/emulate/decode.h"

#include "hv/emulate/decode_cursor.h"
#include "lib/compiler.h"

enum move_flag {
	WRITE = BIT(0),
	OFFSET = BIT(1),    /* the address follows without modrm; the register is eax */
	IMMEDIATE = BIT(2), /* a constant follows; the register field has to be 0 */
	EXTEND_ZERO = BIT(3),
	EXTEND_SIGN = BIT(4),
};

#define ESCAPE 0x0F
#define TWO_BYTE 0x100u
#define OPERAND_SIZE 0u

struct move_row {
	uint16_t opcode; /* TWO_BYTE | second byte, or one byte */
	uint8_t width;	 /* of the memory access, or OPERAND_SIZE */
	uint8_t flags;	 /* enum move_flag */
};

static const struct move_row rows[] = {
	{ 0x88, 1, WRITE },
	{ 0x89, OPERAND_SIZE, WRITE },
	{ 0x8A, 1, 0 },
	{ 0x8B, OPERAND_SIZE, 0 },
	{ 0xA0, 1, OFFSET },
	{ 0xA1, OPERAND_SIZE, OFFSET },
	{ 0xA2, 1, OFFSET | WRITE },
	{ 0xA3, OPERAND_SIZE, OFFSET | WRITE },
	{ 0xC6, 1, IMMEDIATE | WRITE },
	{ 0xC7, OPERAND_SIZE, IMMEDIATE | WRITE },
	{ TWO_BYTE | 0xB6, 1, EXTEND_ZERO },
	{ TWO_BYTE | 0xB7, 2, EXTEND_ZERO },
	{ TWO_BYTE | 0xBE, 1, EXTEND_SIGN },
	{ TWO_BYTE | 0xBF, 2, EXTEND_SIGN },
};

static const struct move_row *find_row(unsigned opcode)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].opcode == opcode)
			return &rows[i];
	}
	return NULL;
}

/* Reads the operands; false when they make another instruction of it, or an invalid one. */
static bool decode_operands(struct decode_cursor *cursor, const struct move_row *row,
			    struct decoded_move *move)
{
	uint8_t modrm;

	if (row->flags & OFFSET) {
		decode_constant(cursor, cursor->prefixes & PREFIX_ADDRESS ? 2 : 4);
		return true;
	}
	modrm = decode_byte(cursor);
	if (cursor->status == DECODE_DONE &&
	    (!modrm_is_memory(modrm) || ((row->flags & IMMEDIATE) && modrm_reg(modrm) != 0)))
		return false;
	decode_skip_operand(cursor, modrm);
	if (row->flags & IMMEDIATE)
		move->value = decode_constant(cursor, move->width);
	else
		move->reg = (uint8_t)modrm_reg(modrm);
	return true;
}

enum decode_status decode_move(const uint8_t *bytes, size_t available, struct decoded_move *move)
{
	struct decode_cursor cursor = { .bytes = bytes, .available = available };
	const struct move_row *row;
	unsigned opcode;

	decode_prefixes(&cursor);
	opcode = decode_byte(&cursor);
	if (opcode == ESCAPE)
		opcode = TWO_BYTE | decode_byte(&cursor);
	if (cursor.status != DECODE_DONE)
		return cursor.status;
	row = find_row(opcode);
	/* None of these can be locked: the processor raises #UD. */
	if (!row || (cursor.prefixes & PREFIX_LOCK))
		return DECODE_UNKNOWN;

	*move = (struct decoded_move){
		.write = (row->flags & WRITE) != 0,
		.immediate = (row->flags & IMMEDIATE) != 0,
		.sign_extend = (row->flags & EXTEND_SIGN) != 0,
		.width = row->width == OPERAND_SIZE ? decode_operand_size(&cursor) : row->width,
	};
	move->reg_width = row->flags & (EXTEND_ZERO | EXTEND_SIGN) ? decode_operand_size(&cursor) :
								     move->width;
	if (!decode_operands(&cursor, row, move))
		return DECODE_UNKNOWN;
	move->length = (uint8_t)cursor.position;
	return cursor.status;
}
