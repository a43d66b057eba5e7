// SPDX-License-Identifier: GPL-2.0-only
/*
 * The formatter behind every message.  One structure holds where output goes,
 * one holds the conversion being worked on; digits are made backwards in a
 * small buffer and then padded.
 */
#include "lib/format.h"

#include "lib/compiler.h"
#include "lib/div64.h"
#include "lib/string.h"

#include <stdbool.h>
#include <stdint.h>

/* 2^64 has 20 decimal digits. */
#define DIGITS_MAX 20

struct output {
	char *to;
	size_t size;
	size_t length;	/* of the whole text, also of what did not fit */
};

enum length { LENGTH_CHAR, LENGTH_SHORT, LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG, LENGTH_SIZE };

struct conversion {
	bool left;
	bool zeroes;
	size_t width;
	size_t precision;	/* SIZE_MAX when there is none */
	enum length length;
};

/* va_list may be an array type, which only inside a structure can be passed by address. */
struct arguments {
	va_list list;
};

static void put_char(struct output *out, char c)
{
	if (out->length + 1 < out->size)
		out->to[out->length] = c;
	out->length++;
}

static void put_repeated(struct output *out, char c, size_t count)
{
	while (count-- > 0)
		put_char(out, c);
}

static void put_bytes(struct output *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		put_char(out, text[i]);
}

/* prefix is the sign or "0x", which zeroes follow and blanks precede. */
static void put_padded(struct output *out, const struct conversion *conv, const char *prefix,
		       const char *text, size_t length)
{
	size_t prefix_length = strlen(prefix);
	size_t used = prefix_length + length;
	size_t padding = conv->width > used ? conv->width - used : 0;

	if (!conv->left && !conv->zeroes)
		put_repeated(out, ' ', padding);
	put_bytes(out, prefix, prefix_length);
	if (!conv->left && conv->zeroes)
		put_repeated(out, '0', padding);
	put_bytes(out, text, length);
	if (conv->left)
		put_repeated(out, ' ', padding);
}

static void put_number(struct output *out, const struct conversion *conv, const char *prefix,
		       uint64_t value, uint32_t base, char letter_a)
{
	char digits[DIGITS_MAX];
	size_t at = DIGITS_MAX;

	do {
		uint32_t digit;

		value = div_u64_u32(value, base, &digit);
		digits[--at] = (char)(digit < 10 ? '0' + digit : (uint32_t)letter_a + digit - 10);
	} while (value != 0);
	put_padded(out, conv, prefix, digits + at, DIGITS_MAX - at);
}

static uint64_t next_unsigned(struct arguments *args, enum length length)
{
	switch (length) {
	case LENGTH_CHAR:
		return (unsigned char)va_arg(args->list, unsigned);
	case LENGTH_SHORT:
		return (unsigned short)va_arg(args->list, unsigned);
	case LENGTH_INT:
		return va_arg(args->list, unsigned);
	case LENGTH_LONG:
		return va_arg(args->list, unsigned long);
	case LENGTH_LONG_LONG:
		return va_arg(args->list, unsigned long long);
	case LENGTH_SIZE:
		return va_arg(args->list, size_t);
	}
	return 0;
}

static int64_t next_signed(struct arguments *args, enum length length)
{
	switch (length) {
	case LENGTH_CHAR:
		return (signed char)va_arg(args->list, int);
	case LENGTH_SHORT:
		return (short)va_arg(args->list, int);
	case LENGTH_INT:
		return va_arg(args->list, int);
	case LENGTH_LONG:
		return va_arg(args->list, long);
	case LENGTH_LONG_LONG:
		return va_arg(args->list, long long);
	case LENGTH_SIZE:
		return va_arg(args->list, ptrdiff_t);
	}
	return 0;
}

static void put_signed(struct output *out, const struct conversion *conv, int64_t value)
{
	/* Negated as unsigned, so that the least value does not overflow. */
	if (value < 0)
		put_number(out, conv, "-", 0 - (uint64_t)value, 10, 'a');
	else
		put_number(out, conv, "", (uint64_t)value, 10, 'a');
}

static void put_string(struct output *out, struct conversion *conv, const char *text)
{
	if (text == NULL)
		text = "(null)";
	conv->zeroes = false;
	put_padded(out, conv, "", text, strnlen(text, conv->precision));
}

static void put_pointer(struct output *out, struct conversion *conv, const void *pointer)
{
	size_t full = 2 + 2 * sizeof(pointer);

	conv->zeroes = true;
	conv->width = MAX(conv->width, full);
	put_number(out, conv, "0x", (uintptr_t)pointer, 16, 'a');
}

static const char *parse_number(const char *at, struct arguments *args, size_t *number)
{
	*number = 0;
	if (*at == '*') {
		int given = va_arg(args->list, int);

		*number = given > 0 ? (size_t)given : 0;
		return at + 1;
	}
	for (; *at >= '0' && *at <= '9'; at++)
		*number = *number * 10 + (size_t)(*at - '0');
	return at;
}

static const char *parse_length(const char *at, enum length *length)
{
	*length = LENGTH_INT;
	switch (*at) {
	case 'h':
		*length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
		return at + (at[1] == 'h' ? 2 : 1);
	case 'l':
		*length = at[1] == 'l' ? LENGTH_LONG_LONG : LENGTH_LONG;
		return at + (at[1] == 'l' ? 2 : 1);
	case 'z':
		*length = LENGTH_SIZE;
		return at + 1;
	default:
		return at;
	}
}

/* Flags, width, precision and length; returns the place of the conversion's letter. */
static const char *parse_conversion(const char *at, struct arguments *args,
				    struct conversion *conv)
{
	*conv = (struct conversion){ .precision = SIZE_MAX };
	for (; *at == '-' || *at == '0'; at++) {
		if (*at == '-')
			conv->left = true;
		else
			conv->zeroes = true;
	}
	at = parse_number(at, args, &conv->width);
	if (*at == '.')
		at = parse_number(at + 1, args, &conv->precision);
	return parse_length(at, &conv->length);
}

/* False when letter is no conversion. */
static bool put_conversion(struct output *out, char letter, struct arguments *args,
			   struct conversion *conv)
{
	char c;

	switch (letter) {
	case '%':
		put_char(out, '%');
		return true;
	case 'c':
		c = (char)va_arg(args->list, int);
		put_padded(out, conv, "", &c, 1);
		return true;
	case 's':
		put_string(out, conv, va_arg(args->list, const char *));
		return true;
	case 'd':
	case 'i':
		put_signed(out, conv, next_signed(args, conv->length));
		return true;
	case 'u':
		put_number(out, conv, "", next_unsigned(args, conv->length), 10, 'a');
		return true;
	case 'x':
		put_number(out, conv, "", next_unsigned(args, conv->length), 16, 'a');
		return true;
	case 'X':
		put_number(out, conv, "", next_unsigned(args, conv->length), 16, 'A');
		return true;
	case 'p':
		put_pointer(out, conv, va_arg(args->list, const void *));
		return true;
	default:
		return false;
	}
}

size_t format_text_v(char *to, size_t size, const char *format, va_list args)
{
	struct output out = { .to = to, .size = size };
	struct arguments arguments;
	const char *at = format;

	va_copy(arguments.list, args);
	while (*at != '\0') {
		struct conversion conv;
		const char *letter;

		if (*at != '%') {
			put_char(&out, *at++);
			continue;
		}
		letter = parse_conversion(at + 1, &arguments, &conv);
		if (put_conversion(&out, *letter, &arguments, &conv))
			at = letter + 1;
		else
			put_char(&out, *at++);
	}
	va_end(arguments.list);
	if (size > 0)
		to[MIN(out.length, size - 1)] = '\0';
	return out.length;
}

size_t format_text(char *to, size_t size, const char *format, ...)
{
	va_list args;
	size_t length;

	va_start(args, format);
	length = format_text_v(to, size, format, args);
	va_end(args);
	return length;
}
