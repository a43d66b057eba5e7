// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory and string functions of the guests (string.h). Plain loops: the guests
 * measure Umbra, not themselves.
 */
#include "guest/runtime/string.h"

void *memcpy(void *to, const void *from, size_t size)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	uint8_t *target = to;
	const uint8_t *source = from;

	if (target <= source)
		return memcpy(to, from, size);
	while (size-- > 0)
		((volatile uint8_t *)target)[size] = source[size];
	return to;
}

void *memset(void *to, int value, size_t size)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
	return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
	const uint8_t *a = left, *b = right;

	for (size_t i = 0; i < size; i++)
		if (a[i] != b[i])
			return a[i] - b[i];
	return 0;
}

size_t strlen(const char *text)
{
	const volatile char *at = text;
	size_t length = 0;

	while (at[length] != '\0')
		length++;
	return length;
}

int strcmp(const char *left, const char *right)
{
	return strncmp(left, right, SIZE_MAX);
}

int strncmp(const char *left, const char *right, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (left[i] != right[i])
			return (uint8_t)left[i] - (uint8_t)right[i];
		if (left[i] == '\0')
			return 0;
	}
	return 0;
}

static unsigned int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 16;
}

uint32_t parse_number(const char *text)
{
	unsigned int base = 10;
	uint32_t value = 0;

	if (text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
	}
	while (digit_of(*text) < base)
		value = value * base + digit_of(*text++);
	return value;
}
