// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strict reading of numbers, for the configuration words and the commands.
 */
#include "lib/parse.h"

#include "lib/checked.h"

#include <stddef.h>

/* The value of a digit in that base, or the base itself when it is none. */
static uint32_t digit_value(char c, uint32_t base)
{
	uint32_t value = base;

	if (c >= '0' && c <= '9')
		value = (uint32_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		value = (uint32_t)(c - 'a') + 10;
	else if (c >= 'A' && c <= 'F')
		value = (uint32_t)(c - 'A') + 10;
	return MIN(value, base);
}

/*
 * Reads digits of that base, or hexadecimal ones behind 0x, up to the first other character, and
 * returns its place; NULL on none or overflow.
 */
static const char *parse_digits(const char *text, uint32_t base, uint64_t *value)
{
	uint64_t sum = 0;
	const char *at;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	for (at = text; digit_value(*at, base) < base; at++) {
		if (!checked_mul_u64(sum, base, &sum) ||
		    !checked_add_u64(sum, digit_value(*at, base), &sum))
			return NULL;
	}
	*value = sum;
	return at == text ? NULL : at;
}

static bool parse_word(const char *text, uint32_t base, uint32_t *value)
{
	uint64_t number;
	const char *end = parse_digits(text, base, &number);

	if (!end || *end != '\0' || number > UINT32_MAX)
		return false;
	*value = (uint32_t)number;
	return true;
}

bool parse_u32(const char *text, uint32_t *value)
{
	return parse_word(text, 10, value);
}

bool parse_address(const char *text, uint32_t *value)
{
	return parse_word(text, 16, value);
}

/* How far the suffix shifts; -1 when it is none. */
static int suffix_shift(char suffix)
{
	switch (suffix) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	default:
		return -1;
	}
}

bool parse_size(const char *text, uint64_t *bytes)
{
	uint64_t number;
	const char *end = parse_digits(text, 10, &number);
	int shift = 0;

	if (!end)
		return false;
	if (*end != '\0') {
		shift = suffix_shift(*end);
		if (shift < 0 || end[1] != '\0')
			return false;
	}
	return checked_mul_u64(number, BIT64(shift), bytes);
}
