// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares both decoders with binutils' disassembler over tens of thousands of
 * generated instructions: every opcode of the one-byte and two-byte maps with
 * many prefixes, every ModRM byte, chosen SIB bytes.  What the decoder claims
 * to know must have the disassembler's length and name and operand, and
 * nothing that it denies may have the name of one of its instructions.
 * Skipped where there is no objdump.
 */
#include "hv/emulate/decode.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each instruction has a slot of its own, filled up with nop: no mistake spreads to the next. */
#define SLOT 32u
#define MAX_SLOTS 100000u
#define FILLER 0x90

static uint8_t *image;
static unsigned slot_count;

/* What the disassembler said of the instruction in a slot. */
struct verdict {
	unsigned length;
	char text[96];
};

static struct verdict *verdicts;

static void add_slot(const uint8_t *bytes, size_t length)
{
	assert_true(slot_count < MAX_SLOTS && length < SLOT);
	memset(image + slot_count * SLOT, FILLER, SLOT);
	memcpy(image + slot_count * SLOT, bytes, length);
	slot_count++;
}

/* One line: `   1a0:\t66 ed  \tin (%dx),%ax`.  Lines that begin no slot are filler. */
static void take_line(const char *line)
{
	unsigned address, count = 0;
	int used = 0;
	char byte[3];
	struct verdict *verdict;

	/* %n is reached only when the colon is there, too. */
	if (sscanf(line, " %x:%n", &address, &used) != 1 || used == 0 || address % SLOT != 0)
		return;
	assert_true(address / SLOT < slot_count);
	verdict = &verdicts[address / SLOT];
	line = strchr(line + used, '\t');
	while (line && sscanf(line, " %2[0-9a-f]%n", byte, &used) == 1) {
		line += used;
		count++;
		if (line[0] == ' ' && line[1] == ' ')
			break;
	}
	verdict->length = count;
	line = line ? strchr(line, '\t') : NULL;
	snprintf(verdict->text, sizeof(verdict->text), "%s", line ? line + 1 : "");
	verdict->text[strcspn(verdict->text, "\n")] = '\0';
}

static bool disassemble(void)
{
	char name[] = "/tmp/decode-XXXXXX";
	char command[160], line[256];
	int file = mkstemp(name);
	FILE *output;

	assert_true(file >= 0);
	assert_int_equal(write(file, image, slot_count * SLOT), slot_count * SLOT);
	close(file);
	snprintf(command, sizeof(command),
		 "objdump -D -z -b binary -m i386 -M att,suffix --insn-width=16 %s 2>/dev/null",
		 name);
	output = popen(command, "r");
	assert_non_null(output);
	while (fgets(line, sizeof(line), output))
		take_line(line);
	unlink(name);
	return pclose(output) == 0;
}

/* The text behind the prefixes, which the disassembler prints as words of their own. */
static const char *skip_prefixes(const char *text)
{
	static const char *const prefixes[] = {
		"data16", "addr16", "repz", "repnz", "rep", "xacquire", "xrelease", "bnd",
		"es",	  "cs",	    "ss",   "ds",    "fs",  "gs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(text, prefixes[i], length) == 0 && text[length] == ' ')
			return skip_prefixes(text + length + 1);
	}
	return text;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool first_word_is(const char *text, const char *word)
{
	size_t length = strlen(word);

	return starts_with(text, word) && (text[length] == ' ' || text[length] == '\0');
}

static char suffix_of(unsigned width)
{
	return width == 1 ? 'b' : width == 2 ? 'w' : 'l';
}

static const char *const registers[3][8] = {
	{ "%al", "%cl", "%dl", "%bl", "%ah", "%ch", "%dh", "%bh" },
	{ "%ax", "%cx", "%dx", "%bx", "%sp", "%bp", "%si", "%di" },
	{ "%eax", "%ecx", "%edx", "%ebx", "%esp", "%ebp", "%esi", "%edi" },
};

static const char *register_name(unsigned width, unsigned reg)
{
	return registers[width / 2][reg];
}

/* Privileged instructions ------------------------------------------------- */

/* Mnemonics without the width that the disassembler appends to some. */
static const char *const names[OP_COUNT] = {
	[OP_CLI] = "cli",	  [OP_STI] = "sti",	 [OP_HLT] = "hlt",
	[OP_IN] = "in",		  [OP_OUT] = "out",	 [OP_INS] = "ins",
	[OP_OUTS] = "outs",	  [OP_RDMSR] = "rdmsr",	 [OP_WRMSR] = "wrmsr",
	[OP_READ_DR] = "mov",	  [OP_WRITE_DR] = "mov", [OP_VMCALL] = "vmcall",
	[OP_VMMCALL] = "vmmcall",
};

/* The text the disassembler should begin with, and contain. */
static void expected_text(const struct decoded *decoded, char *start, char *inside, size_t size)
{
	const char *name = names[decoded->op];
	const char *gpr = register_name(4, decoded->gpr);

	inside[0] = '\0';
	switch (decoded->op) {
	case OP_IN:
	case OP_OUT:
	case OP_INS:
	case OP_OUTS:
		snprintf(start, size, "%s%c ", name, suffix_of(decoded->width));
		if (decoded->port_is_dx)
			snprintf(inside, size, "(%%dx)");
		else
			snprintf(inside, size, "$0x%x", decoded->port);
		break;
	case OP_READ_DR:
		snprintf(start, size, "movl ");
		snprintf(inside, size, "%%db%u,%s", decoded->special, gpr);
		break;
	case OP_WRITE_DR:
		snprintf(start, size, "movl ");
		snprintf(inside, size, "%s,%%db%u", gpr, decoded->special);
		break;
	default:
		snprintf(start, size, "%s", name);
		break;
	}
}

/* True when the text is one of the instructions that the decoder has to know. */
static bool is_privileged_text(const char *text)
{
	for (unsigned op = 0; op < OP_COUNT; op++) {
		char wide[16];

		/* Plain mov is looked at below. */
		if (op == OP_READ_DR || op == OP_WRITE_DR)
			continue;
		if (first_word_is(text, names[op]))
			return true;
		for (unsigned width = 1; width <= 4; width *= 2) {
			snprintf(wide, sizeof(wide), "%s%c", names[op], suffix_of(width));
			if (first_word_is(text, wide))
				return true;
		}
	}
	return starts_with(text, "mov") && strstr(text, "%db");
}

/* vmcall and vmmcall are not valid with a prefix, though the disassembler says their names. */
static bool check_privileged(const uint8_t *bytes, const struct verdict *verdict)
{
	const char *text = skip_prefixes(verdict->text);
	char start[32], inside[32];
	struct decoded decoded;

	if (decode_privileged(bytes, DECODE_MAX_LENGTH, &decoded) != DECODE_DONE)
		return !is_privileged_text(text) ||
		       (text != verdict->text && (first_word_is(text, "vmcall") ||
						  first_word_is(text, "vmmcall")));
	if (decoded.length != verdict->length)
		return false;
	expected_text(&decoded, start, inside, sizeof(start));
	return is_privileged_text(text) && starts_with(text, start) &&
	       strstr(text, inside) != NULL;
}

/* Moves ------------------------------------------------------------------- */

static void expected_move(const struct decoded_move *move, char *start, char *inside, size_t size)
{
	const char *reg = register_name(move->reg_width, move->reg);
	char suffix = suffix_of(move->width);

	if (move->immediate) {
		snprintf(start, size, "mov%c", suffix);
		snprintf(inside, size, "$0x%x,", move->value);
	} else if (move->write) {
		snprintf(start, size, "mov%c", suffix);
		snprintf(inside, size, "%s,", reg);
	} else if (move->sign_extend || move->reg_width != move->width) {
		snprintf(start, size, "mov%c%c%c", move->sign_extend ? 's' : 'z', suffix,
			 suffix_of(move->reg_width));
		snprintf(inside, size, ",%s", reg);
	} else {
		snprintf(start, size, "mov%c", suffix);
		snprintf(inside, size, ",%s", reg);
	}
}

/* True when an operand is this register; as the segment of an address it has a colon behind it. */
static bool has_register(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	if (!found)
		return false;
	text = found + strlen(name);
	return text[0] == ',' || text[0] == '\0' || has_register(text, name);
}

/* A plain or extending move between memory and a general register or a constant. */
static bool is_move_text(const char *text)
{
	static const char *const words[] = { "movb",   "movw",	 "movl",   "movzbl", "movzbw",
	  "movzwl",
					     "movzww", "movsbl", "movsbw", "movswl", "movsww" };
	static const char *const segments[] = { "%es", "%cs", "%ss", "%ds", "%fs", "%gs", "%?" };
	bool is_move = false;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		is_move = is_move || first_word_is(text, words[i]);
	for (size_t i = 0; i < ARRAY_SIZE(segments); i++)
		is_move = is_move && !has_register(text, segments[i]);
	if (!is_move || strstr(text, "%cr") || strstr(text, "%db"))
		return false;
	return strchr(text, '(') || strstr(text, " 0x") || strstr(text, ",0x") ||
	       strstr(text, ":0x");
}

static bool check_move(const uint8_t *bytes, const struct verdict *verdict)
{
	const char *text = skip_prefixes(verdict->text);
	char start[32], inside[32];
	struct decoded_move move;

	if (decode_move(bytes, DECODE_MAX_LENGTH, &move) != DECODE_DONE)
		return !is_move_text(text);
	expected_move(&move, start, inside, sizeof(start));
	/* From 16 bits to 16 bits there is nothing to extend, and to us no difference. */
	return move.length == verdict->length && strstr(text, inside) != NULL &&
	       (first_word_is(text, start) || (move.reg_width == 2 && string_equal(start, "movw") &&
					       first_word_is(text, "movzww")));
}

/* The instructions -------------------------------------------------------- */

static const struct { const char *bytes; size_t length; } prefix_sets[] = {
	{ "", 0 },	   { "\x66", 1 },     { "\x67", 1 },	 { "\xF3", 1 },
	{ "\xF2", 1 },	   { "\x26", 1 },     { "\x64", 1 },	 { "\x66\x67", 2 },
	{ "\x67\x66", 2 }, { "\x65\x66", 2 }, { "\x66\x3E", 2 }, { "\x2E\x67\x66", 3 },
};

static const uint8_t tails[][8] = {
	{ 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 },
	{ 0x05, 0x81, 0x92, 0xA3, 0xB4, 0xC5, 0xD6, 0xE7 },
	{ 0x65, 0x7F, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06 },
	{ 0xE4, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70 },
};

/* opcode is 1 or 2 bytes; modrm and what follows it come behind it. */
static void add_instruction(size_t prefix, const uint8_t *opcode, size_t opcode_length,
			    uint8_t modrm, size_t tail)
{
	uint8_t bytes[SLOT];
	size_t length = prefix_sets[prefix].length;

	memcpy(bytes, prefix_sets[prefix].bytes, length);
	memcpy(bytes + length, opcode, opcode_length);
	length += opcode_length;
	bytes[length++] = modrm;
	memcpy(bytes + length, tails[tail], sizeof(tails[tail]));
	add_slot(bytes, length + sizeof(tails[tail]));
}

/* Every prefix set, every ModRM byte, and every tail where the tail begins with a SIB byte. */
static void add_thoroughly(const uint8_t *opcode, size_t opcode_length)
{
	for (size_t prefix = 0; prefix < ARRAY_SIZE(prefix_sets); prefix++) {
		for (unsigned modrm = 0; modrm < 256; modrm++) {
			size_t count = modrm < 0xC0 && (modrm & 7) == 4 ? ARRAY_SIZE(tails) : 1;

			for (size_t tail = 0; tail < count; tail++)
				add_instruction(prefix, opcode, opcode_length, (uint8_t)modrm,
						tail);
		}
	}
}

#define MAP_PREFIX_SETS 6u

/* Every opcode of a map with the first prefix sets and a few ModRM bytes. */
static void add_map(bool two_byte)
{
	static const uint8_t modrms[] = { 0x15, 0x5C, 0xC1, 0xD8, 0xF0, 0x38 };

	for (unsigned opcode = 0; opcode < 256; opcode++) {
		const uint8_t bytes[2] = { 0x0F, (uint8_t)opcode };

		for (size_t prefix = 0; prefix < MAP_PREFIX_SETS; prefix++) {
			for (size_t i = 0; i < ARRAY_SIZE(modrms); i++)
				add_instruction(prefix, two_byte ? bytes : bytes + 1,
						two_byte ? 2 : 1, modrms[i], i % ARRAY_SIZE(tails));
		}
	}
}

/* True when decoder and disassembler agree. */
typedef bool check_function(const uint8_t *bytes, const struct verdict *verdict);

/* Names the first mistakes, then fails. */
static void compare(check_function *check)
{
	unsigned mistakes = 0;

	if (!disassemble())
		skip();
	for (unsigned i = 0; i < slot_count; i++) {
		const uint8_t *bytes = image + i * SLOT;

		if (check(bytes, &verdicts[i]))
			continue;
		if (++mistakes > 20)
			continue;
		for (unsigned j = 0; j < DECODE_MAX_LENGTH; j++)
			fprintf(stderr, "%02x ", bytes[j]);
		fprintf(stderr, ": objdump: %u bytes, %s\n", verdicts[i].length, verdicts[i].text);
	}
	assert_int_equal(mistakes, 0);
}

static void privileged_as_objdump(void **state)
{
	static const uint8_t opcodes[][2] = {
		{ 0x0F, 0x00 }, { 0x0F, 0x01 }, { 0x0F, 0x20 },
		{ 0x0F, 0x21 }, { 0x0F, 0x22 }, { 0x0F, 0x23 },
	};

	(void)state;
	add_map(false);
	add_map(true);
	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++)
		add_thoroughly(opcodes[i], sizeof(opcodes[i]));
	compare(check_privileged);
}

static void moves_as_objdump(void **state)
{
	static const uint8_t short_opcodes[] = { 0x88, 0x89, 0x8A, 0x8B, 0xC6, 0xC7 };
	static const uint8_t long_opcodes[][2] = {
		{ 0x0F, 0xB6 }, { 0x0F, 0xB7 }, { 0x0F, 0xBE }, { 0x0F, 0xBF },
	};

	(void)state;
	add_map(false);
	add_map(true);
	for (size_t i = 0; i < ARRAY_SIZE(short_opcodes); i++)
		add_thoroughly(&short_opcodes[i], 1);
	for (size_t i = 0; i < ARRAY_SIZE(long_opcodes); i++)
		add_thoroughly(long_opcodes[i], sizeof(long_opcodes[i]));
	compare(check_move);
}

static int allocate(void **state)
{
	(void)state;
	slot_count = 0;
	image = malloc((size_t)MAX_SLOTS * SLOT);
	verdicts = calloc(MAX_SLOTS, sizeof(*verdicts));
	return image && verdicts ? 0 : -1;
}

static int release(void **state)
{
	(void)state;
	free(image);
	free(verdicts);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(privileged_as_objdump, allocate, release),
		cmocka_unit_test_setup_teardown(moves_as_objdump, allocate, release),
	};

	return cmocka_run_group_tests_name("decode_objdump", tests, NULL, NULL);
}
