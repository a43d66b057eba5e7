// SPDX-License-Identifier: GPL-2.0-only
/*
 * The privileged instructions of 32-bit code that Umbra carries out, one row each (Intel SDM
 * vol. 2; vmmcall: AMD APM vol. 3).  All others are unknown here, and reflected to the guest.
 */
#include "hv/emulate/decode.h"

#include "hv/emulate/decode_cursor.h"
#include "lib/compiler.h"

/* What the byte behind the opcode has to be for the row to match. */
enum modrm_rule {
	NO_MODRM,
	ANY_MODRM,    /* always two registers, whatever mod says */
	EXACT,	      /* the whole byte is part of the opcode: argument */
};

enum row_flag {
	PORT_CONSTANT = BIT(0), /* a byte with the port number follows */
	PORT_DX = BIT(1),
	BYTE_WIDE = BIT(2),
	OPERAND_WIDE = BIT(3), /* 4 bytes, or 2 with the operand prefix */
	REGISTERS = BIT(4), /* modrm names a special and a general register */
	NO_PREFIX = BIT(5), /* with an operand or repeat prefix it is another instruction */
};

#define ESCAPE 0x0F /* first byte of a two-byte opcode */
#define TWO_BYTE 0x100u

struct row {
	uint16_t opcode; /* TWO_BYTE | second byte, or one byte */
	uint8_t rule;	 /* enum modrm_rule */
	uint8_t argument;
	uint8_t flags; /* enum row_flag */
	enum decode_op op;
};

/* The most frequent first: they are looked for in this order. */
static const struct row rows[] = {
	{ 0xE4, NO_MODRM, 0, PORT_CONSTANT | BYTE_WIDE, OP_IN },
	{ 0xE5, NO_MODRM, 0, PORT_CONSTANT | OPERAND_WIDE, OP_IN },
	{ 0xEC, NO_MODRM, 0, PORT_DX | BYTE_WIDE, OP_IN },
	{ 0xED, NO_MODRM, 0, PORT_DX | OPERAND_WIDE, OP_IN },
	{ 0xE6, NO_MODRM, 0, PORT_CONSTANT | BYTE_WIDE, OP_OUT },
	{ 0xE7, NO_MODRM, 0, PORT_CONSTANT | OPERAND_WIDE, OP_OUT },
	{ 0xEE, NO_MODRM, 0, PORT_DX | BYTE_WIDE, OP_OUT },
	{ 0xEF, NO_MODRM, 0, PORT_DX | OPERAND_WIDE, OP_OUT },
	{ 0xFA, NO_MODRM, 0, 0, OP_CLI },
	{ 0xFB, NO_MODRM, 0, 0, OP_STI },
	{ 0xF4, NO_MODRM, 0, 0, OP_HLT },
	{ 0x6C, NO_MODRM, 0, PORT_DX | BYTE_WIDE, OP_INS },
	{ 0x6D, NO_MODRM, 0, PORT_DX | OPERAND_WIDE, OP_INS },
	{ 0x6E, NO_MODRM, 0, PORT_DX | BYTE_WIDE, OP_OUTS },
	{ 0x6F, NO_MODRM, 0, PORT_DX | OPERAND_WIDE, OP_OUTS },
	{ TWO_BYTE | 0x01, EXACT, 0xC1, NO_PREFIX, OP_VMCALL },
	{ TWO_BYTE | 0x01, EXACT, 0xD9, NO_PREFIX, OP_VMMCALL },
	{ TWO_BYTE | 0x21, ANY_MODRM, 0, REGISTERS, OP_READ_DR },
	{ TWO_BYTE | 0x23, ANY_MODRM, 0, REGISTERS, OP_WRITE_DR },
	{ TWO_BYTE | 0x30, NO_MODRM, 0, 0, OP_WRMSR },
	{ TWO_BYTE | 0x32, NO_MODRM, 0, 0, OP_RDMSR },
};

/* The row that fits, or NULL.  Means nothing when cursor->status says that a byte is missing. */
static const struct row *find_row(struct decode_cursor *cursor, unsigned opcode)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].opcode != opcode)
			continue;
		if (rows[i].rule != EXACT || decode_peek(cursor) == rows[i].argument)
			return &rows[i];
	}
	return NULL;
}

static bool prefixes_allowed(const struct row *row, unsigned prefixes)
{
	/* None of these instructions can be locked: the processor raises #UD. */
	if (prefixes & PREFIX_LOCK)
		return false;
	return !(row->flags & NO_PREFIX) || !(prefixes & (PREFIX_OPERAND | PREFIX_REPEAT));
}

static void decode_operands(struct decode_cursor *cursor, const struct row *row,
			    struct decoded *decoded)
{
	uint8_t modrm = row->rule == NO_MODRM ? 0 : decode_byte(cursor);

	if (row->flags & REGISTERS) {
		decoded->gpr = (uint8_t)modrm_rm(modrm);
		decoded->special = (uint8_t)modrm_reg(modrm);
	}
	if (row->flags & PORT_CONSTANT)
		decoded->port = decode_byte(cursor);
	decoded->port_is_dx = (row->flags & PORT_DX) != 0;
	if (row->flags & BYTE_WIDE)
		decoded->width = 1;
	else if (row->flags & OPERAND_WIDE)
		decoded->width = decode_operand_size(cursor);
}

enum decode_status decode_privileged(const uint8_t *bytes, size_t available,
				     struct decoded *decoded)
{
	struct decode_cursor cursor = { .bytes = bytes, .available = available };
	const struct row *row;
	unsigned opcode;

	decode_prefixes(&cursor);
	opcode = decode_byte(&cursor);
	if (opcode == ESCAPE)
		opcode = TWO_BYTE | decode_byte(&cursor);
	row = cursor.status == DECODE_DONE ? find_row(&cursor, opcode) : NULL;
	if (cursor.status != DECODE_DONE)
		return cursor.status;
	if (!row || !prefixes_allowed(row, cursor.prefixes))
		return DECODE_UNKNOWN;

	*decoded = (struct decoded){ .op = row->op };
	decode_operands(&cursor, row, decoded);
	decoded->length = (uint8_t)cursor.position;
	return cursor.status;
}
