// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instruction decoders: fields of chosen instructions, and what holds for
 * every one of them.  test_decode_objdump.c compares them with a disassembler.
 */
#include "hv/emulate/decode.h"
#include "lib/compiler.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

struct privileged_case {
	const char *bytes; /* ends with the instruction */
	size_t length;
	struct decoded want;
};

#define CASE(text, ...) { text, sizeof(text) - 1, { .length = sizeof(text) - 1, __VA_ARGS__ } }

static const struct privileged_case privileged[] = {
	CASE("\xFA", .op = OP_CLI),
	CASE("\xFB", .op = OP_STI),
	CASE("\xF4", .op = OP_HLT),
	CASE("\x66\xF4", .op = OP_HLT),
	CASE("\xE4\x60", .op = OP_IN, .width = 1, .port = 0x60),
	CASE("\x66\xE4\x60", .op = OP_IN, .width = 1, .port = 0x60),
	CASE("\xE5\xFF", .op = OP_IN, .width = 4, .port = 0xFF),
	CASE("\x66\xE5\x10", .op = OP_IN, .width = 2, .port = 0x10),
	CASE("\xEC", .op = OP_IN, .width = 1, .port_is_dx = true),
	CASE("\xED", .op = OP_IN, .width = 4, .port_is_dx = true),
	CASE("\x66\xED", .op = OP_IN, .width = 2, .port_is_dx = true),
	CASE("\xE6\x21", .op = OP_OUT, .width = 1, .port = 0x21),
	CASE("\xE7\x21", .op = OP_OUT, .width = 4, .port = 0x21),
	CASE("\x66\xE7\x21", .op = OP_OUT, .width = 2, .port = 0x21),
	CASE("\xEE", .op = OP_OUT, .width = 1, .port_is_dx = true),
	CASE("\xF3\xEF", .op = OP_OUT, .width = 4, .port_is_dx = true),
	CASE("\x66\x66\xEF", .op = OP_OUT, .width = 2, .port_is_dx = true),
	CASE("\x6C", .op = OP_INS, .width = 1, .port_is_dx = true),
	CASE("\xF3\x6D", .op = OP_INS, .width = 4, .port_is_dx = true),
	CASE("\x66\xF2\x67\x6D", .op = OP_INS, .width = 2, .port_is_dx = true),
	CASE("\x2E\xF3\x6E", .op = OP_OUTS, .width = 1, .port_is_dx = true),
	CASE("\x6F", .op = OP_OUTS, .width = 4, .port_is_dx = true),
	CASE("\x0F\x30", .op = OP_WRMSR),
	CASE("\x0F\x32", .op = OP_RDMSR),
	CASE("\x0F\x21\xF3", .op = OP_READ_DR, .gpr = 3, .special = 6),
	CASE("\x0F\x23\x39", .op = OP_WRITE_DR, .gpr = 1, .special = 7), /* mod does not count */
	CASE("\x0F\x01\xC1", .op = OP_VMCALL),
	CASE("\x0F\x01\xD9", .op = OP_VMMCALL),
	CASE("\x26\x2E\x36\x3E\x64\x65\x26\x2E\x36\x3E\x64\x65\xF3\x66\xED", .op = OP_IN,
	     .width = 2, .port_is_dx = true),
};

/* As it would be with exactly length bytes in a page: the sanitizer sees one read too many. */
static enum decode_status decode_exactly(const char *bytes, size_t length, struct decoded *decoded)
{
	uint8_t *copy = malloc(length ? length : 1);
	enum decode_status status;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	status = decode_privileged(copy, length, decoded);
	free(copy);
	return status;
}

static void assert_decoded_equal(const struct decoded *got, const struct decoded *want)
{
	assert_int_equal(got->op, want->op);
	assert_int_equal(got->length, want->length);
	assert_int_equal(got->width, want->width);
	assert_int_equal(got->port_is_dx, want->port_is_dx);
	assert_int_equal(got->port, want->port);
	assert_int_equal(got->gpr, want->gpr);
	assert_int_equal(got->special, want->special);
}

static void privileged_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(privileged); i++) {
		const struct privileged_case *c = &privileged[i];
		struct decoded decoded;

		assert_int_equal(decode_exactly(c->bytes, c->length, &decoded), DECODE_DONE);
		assert_decoded_equal(&decoded, &c->want);
	}
}

static void privileged_prefixes_of_instructions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(privileged); i++) {
		struct decoded decoded;

		for (size_t length = 0; length < privileged[i].length; length++)
			assert_int_equal(decode_exactly(privileged[i].bytes, length, &decoded),
					 DECODE_MORE);
	}
}

static void others_are_unknown(void **state)
{
	static const struct { const char *bytes; size_t length; } others[] = {
		{ "\x90", 1 },		   /* nop */
		/* Privileged, but none that Umbra carries out. */
		{ "\x0F\x20\xD8", 3 },
		{ "\x0F\x22\xE7", 3 },
		{ "\x0F\x06", 2 },
		{ "\x0F\x08", 2 },
		{ "\x0F\x09", 2 },
		{ "\x0F\x01\x10", 3 },
		{ "\x0F\x01\x15\x78\x56\x34\x12", 7 },
		{ "\x0F\x01\x5C\x24\x10", 5 },
		{ "\x67\x0F\x01\x1E\x34\x12", 6 },
		{ "\x0F\x01\xF0", 3 },
		{ "\x0F\x01\xB4\x85\x01\x02\x03\x04", 8 },
		{ "\x0F\x01\x38", 3 },
		{ "\x0F\x00\xD0", 3 },
		{ "\x0F\x00\x58\x7F", 4 },
		{ "\xF0\xFA", 2 },	   /* lock cli */
		{ "\xF0\x0F\x20\xC0", 4 }, /* lock mov %cr0: cr8 on some processors */
		{ "\x0F\x01\xC0", 3 },
		{ "\x0F\x01\xD0", 3 },	   /* xgetbv */
		{ "\x0F\x01\xD8", 3 },	   /* vmrun */
		{ "\x0F\x01\xF8", 3 },	   /* swapgs */
		{ "\x0F\x01\x00", 3 },	   /* sgdt */
		{ "\x0F\x01\xE0", 3 },	   /* smsw */
		{ "\x0F\x00\xC8", 3 },	   /* str */
		{ "\x66\x0F\x01\xC1", 4 }, /* another instruction */
		{ "\xF3\x0F\x01\xD9", 4 },
		{ "\x0F\x0B", 2 },	   /* ud2 */
		{ "\x0F\x31", 2 },	   /* rdtsc */
	};
	struct decoded decoded;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(decode_exactly(others[i].bytes, others[i].length, &decoded),
				 DECODE_UNKNOWN);
}

static void longest_is_fifteen_bytes(void **state)
{
	char bytes[20];
	struct decoded decoded;

	(void)state;
	memset(bytes, 0x26, sizeof(bytes));
	bytes[14] = '\xFA';
	assert_int_equal(decode_exactly(bytes, 15, &decoded), DECODE_DONE);
	assert_int_equal(decoded.length, 15);
	bytes[14] = '\x26';
	bytes[15] = '\xFA';
	assert_int_equal(decode_exactly(bytes, 14, &decoded), DECODE_MORE);
	assert_int_equal(decode_exactly(bytes, 15, &decoded), DECODE_UNKNOWN);
	assert_int_equal(decode_exactly(bytes, 20, &decoded), DECODE_UNKNOWN);

	/* in $port: the 15th byte is the opcode, the port would be the 16th. */
	bytes[14] = '\xE4';
	assert_int_equal(decode_exactly(bytes, 20, &decoded), DECODE_UNKNOWN);
}

struct move_case {
	const char *bytes;
	size_t length;
	struct decoded_move want;
};

static const struct move_case moves[] = {
	/* The six that Linux uses. */
	CASE("\x88\x02", .write = true, .width = 1, .reg_width = 1),
	CASE("\x66\x89\x02", .write = true, .width = 2, .reg_width = 2),
	CASE("\x89\x02", .write = true, .width = 4, .reg_width = 4),
	CASE("\x8A\x00", .width = 1, .reg_width = 1),
	CASE("\x66\x8B\x00", .width = 2, .reg_width = 2),
	CASE("\x8B\x00", .width = 4, .reg_width = 4),

	CASE("\x88\x25\x44\x33\x22\x11", .write = true, .width = 1, .reg_width = 1, .reg = 4),
	CASE("\x8B\x7C\x24\x04", .width = 4, .reg_width = 4, .reg = 7),
	CASE("\x8B\x0C\x25\x44\x33\x22\x11", .width = 4, .reg_width = 4, .reg = 1),
	CASE("\x67\x8B\x0E\x22\x11", .width = 4, .reg_width = 4, .reg = 1),
	CASE("\xA0\x44\x33\x22\x11", .width = 1, .reg_width = 1),
	CASE("\x66\xA1\x44\x33\x22\x11", .width = 2, .reg_width = 2),
	CASE("\x67\xA3\x22\x11", .write = true, .width = 4, .reg_width = 4),
	CASE("\xC6\x00\x80", .write = true, .immediate = true, .width = 1, .reg_width = 1,
	     .value = 0x80),
	CASE("\xC7\x40\x08\x44\x33\x22\x11", .write = true, .immediate = true, .width = 4,
	     .reg_width = 4, .value = 0x11223344),
	CASE("\x66\xC7\x05\x01\x02\x03\x04\x22\x11", .write = true, .immediate = true, .width = 2,
	     .reg_width = 2, .value = 0x1122),
	CASE("\x0F\xB6\x10", .width = 1, .reg_width = 4, .reg = 2),
	CASE("\x66\x0F\xB6\x10", .width = 1, .reg_width = 2, .reg = 2),
	CASE("\x0F\xB7\x10", .width = 2, .reg_width = 4, .reg = 2),
	CASE("\x0F\xBE\x38", .width = 1, .reg_width = 4, .reg = 7, .sign_extend = true),
	CASE("\x0F\xBF\x38", .width = 2, .reg_width = 4, .reg = 7, .sign_extend = true),
};

static enum decode_status move_exactly(const char *bytes, size_t length, struct decoded_move *move)
{
	uint8_t *copy = malloc(length ? length : 1);
	enum decode_status status;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	status = decode_move(copy, length, move);
	free(copy);
	return status;
}

static void move_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		const struct decoded_move *want = &moves[i].want;
		struct decoded_move got;

		assert_int_equal(move_exactly(moves[i].bytes, moves[i].length, &got), DECODE_DONE);
		assert_int_equal(got.length, want->length);
		assert_int_equal(got.write, want->write);
		assert_int_equal(got.immediate, want->immediate);
		assert_int_equal(got.width, want->width);
		assert_int_equal(got.reg_width, want->reg_width);
		assert_int_equal(got.sign_extend, want->sign_extend);
		assert_int_equal(got.reg, want->reg);
		assert_int_equal(got.value, want->value);
		for (size_t length = 0; length < moves[i].length; length++)
			assert_int_equal(move_exactly(moves[i].bytes, length, &got), DECODE_MORE);
	}
}

static void other_moves_are_unknown(void **state)
{
	static const struct { const char *bytes; size_t length; } others[] = {
		{ "\x89\xC0", 2 },		     /* registers only */
		{ "\x0F\xB6\xC0", 3 },
		{ "\xC7\xC0\x00\x00\x00\x00", 6 },
		{ "\xC7\x08\x00\x00\x00\x00", 6 },   /* reg is not 0 */
		{ "\xF0\x89\x02", 3 },		     /* lock */
		{ "\x01\x02", 2 },		     /* add */
		{ "\x0F\xC3\x02", 3 },
	};
	struct decoded_move move;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(move_exactly(others[i].bytes, others[i].length, &move),
				 DECODE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(privileged_fields),
		cmocka_unit_test(privileged_prefixes_of_instructions),
		cmocka_unit_test(others_are_unknown),
		cmocka_unit_test(longest_is_fifteen_bytes),
		cmocka_unit_test(move_fields),
		cmocka_unit_test(other_moves_are_unknown),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
