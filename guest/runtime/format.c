// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text formatting for guests (contracts in print.h). No state.
 */
#include "guest/runtime/print.h"
#include "guest/runtime/string.h"

#include <stdbool.h>

struct output {
	char *buffer;
	size_t size;
	size_t length;
};

struct field {
	bool left;
	bool zero;
	size_t width;
};

static void put(struct output *output, char c)
{
	if (output->length + 1 < output->size)
		output->buffer[output->length++] = c;
}

static void put_field(struct output *output, const struct field *field, const char *text,
		      size_t length)
{
	size_t fill = field->width > length ? field->width - length : 0;

	for (size_t i = 0; !field->left && i < fill; i++)
		put(output, field->zero ? '0' : ' ');
	for (size_t i = 0; i < length; i++)
		put(output, text[i]);
	for (size_t i = 0; field->left && i < fill; i++)
		put(output, ' ');
}

static void put_number(struct output *output, const struct field *field, uint32_t value,
		       unsigned int base, bool negative)
{
	char digits[12];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	if (negative)
		digits[--at] = '-';
	put_field(output, field, digits + at, sizeof(digits) - at);
}

static const char *read_field(const char *format, struct field *field)
{
	*field = (struct field){0};
	for (; *format == '-' || *format == '0'; format++) {
		if (*format == '-')
			field->left = true;
		else
			field->zero = true;
	}
	for (; *format >= '0' && *format <= '9'; format++)
		field->width = field->width * 10 + (size_t)(*format - '0');
	return format;
}

size_t format_text_list(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct output output = {buffer, size, 0};

	for (; *format != '\0'; format++) {
		struct field field;
		const char *text;
		int number;
		char c;

		if (*format != '%') {
			put(&output, *format);
			continue;
		}
		format = read_field(format + 1, &field);
		switch (*format) {
		case 's':
			text = va_arg(arguments, const char *);
			put_field(&output, &field, text, strlen(text));
			break;
		case 'c':
			c = (char)va_arg(arguments, int);
			put_field(&output, &field, &c, 1);
			break;
		case 'd':
			number = va_arg(arguments, int);
			put_number(&output, &field,
				   number < 0 ? 0 - (uint32_t)number : (uint32_t)number, 10,
				   number < 0);
			break;
		case 'u':
			put_number(&output, &field, va_arg(arguments, uint32_t), 10, false);
			break;
		case 'x':
			put_number(&output, &field, va_arg(arguments, uint32_t), 16, false);
			break;
		default:
			put(&output, *format);
			break;
		}
	}
	if (size > 0)
		buffer[output.length] = '\0';
	return output.length;
}

size_t format_text(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text_list(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}
