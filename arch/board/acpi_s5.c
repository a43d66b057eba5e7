// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the \_S5 object in AML without interpreting it (ACPI 6.4, chapter 20):
 *
 *	NameOp ['\'] '_S5_' PackageOp PkgLength NumElements element element ...
 *
 * Compilers always emit this object as constants, so its bytes can be matched.
 */
#include "arch/board/acpi.h"

#include "lib/string.h"

enum aml_opcode {
	AML_ZERO = 0x00,
	AML_ONE = 0x01,
	AML_NAME = 0x08,
	AML_BYTE = 0x0A,
	AML_WORD = 0x0B,
	AML_DWORD = 0x0C,
	AML_QWORD = 0x0E,
	AML_PACKAGE = 0x12,
	AML_ONES = 0xFF,
};

#define AML_ROOT '\\'
#define SLEEP_TYPE_MASK 7u

/* What is left of the AML being matched. */
struct aml {
	const uint8_t *next;
	size_t left;
};

static bool aml_byte(struct aml *aml, uint8_t *value)
{
	if (aml->left == 0)
		return false;
	*value = *aml->next++;
	aml->left--;
	return true;
}

static bool aml_expect(struct aml *aml, uint8_t wanted)
{
	uint8_t value;

	return aml_byte(aml, &value) && value == wanted;
}

static bool aml_skip(struct aml *aml, size_t count)
{
	if (aml->left < count)
		return false;
	aml->next += count;
	aml->left -= count;
	return true;
}

/* Reads one constant and returns its lowest byte.  Constants are little-endian. */
static bool aml_constant(struct aml *aml, uint8_t *value)
{
	uint8_t opcode;

	if (!aml_byte(aml, &opcode))
		return false;
	switch (opcode) {
	case AML_ZERO:
	case AML_ONE:
	case AML_ONES:
		*value = opcode;
		return true;
	case AML_BYTE:
		return aml_byte(aml, value);
	case AML_WORD:
		return aml_byte(aml, value) && aml_skip(aml, 1);
	case AML_DWORD:
		return aml_byte(aml, value) && aml_skip(aml, 3);
	case AML_QWORD:
		return aml_byte(aml, value) && aml_skip(aml, 7);
	default:
		return false;
	}
}

/*
 * Enters the package: cuts *aml to what PkgLength says.  The length counts its
 * own bytes; bits 7-6 of the first say how many follow, which then hold the
 * higher bits, and the first only the lowest 4.
 */
static bool aml_enter_package(struct aml *aml)
{
	const uint8_t *start = aml->next;
	size_t length, own, inside;
	uint8_t first, more;

	if (!aml_byte(aml, &first))
		return false;
	length = first >> 6 ? first & 0x0Fu : first & 0x3Fu;
	for (unsigned i = 0; i < first >> 6; i++) {
		if (!aml_byte(aml, &more))
			return false;
		length |= (size_t)more << (4 + 8 * i);
	}
	own = (size_t)(aml->next - start);
	if (length < own)
		return false;
	inside = length - own;
	if (aml->left > inside)
		aml->left = inside;
	return true;
}

static bool match_s5(struct aml aml, uint8_t *type_a, uint8_t *type_b)
{
	uint8_t count, a, b;

	if (!aml_expect(&aml, AML_NAME))
		return false;
	if (aml.left > 0 && *aml.next == AML_ROOT)
		aml_skip(&aml, 1);
	if (aml.left < 4 || memcmp(aml.next, "_S5_", 4) != 0)
		return false;
	aml_skip(&aml, 4);
	if (!aml_expect(&aml, AML_PACKAGE) || !aml_enter_package(&aml))
		return false;
	if (!aml_byte(&aml, &count) || count < 2 || !aml_constant(&aml, &a) ||
	    !aml_constant(&aml, &b))
		return false;
	*type_a = a & SLEEP_TYPE_MASK;
	*type_b = b & SLEEP_TYPE_MASK;
	return true;
}

bool acpi_parse_s5(const uint8_t *aml, size_t length, uint8_t *type_a, uint8_t *type_b)
{
	for (size_t i = 0; i < length; i++) {
		if (match_s5((struct aml){ aml + i, length - i }, type_a, type_b))
			return true;
	}
	return false;
}
