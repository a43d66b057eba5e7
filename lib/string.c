// SPDX-License-Identifier: GPL-2.0-only
/*
 * The C library's memory and string functions, for Umbra itself; the compiler
 * emits calls to some of them on its own.  Native unit tests use libc's, but
 * compile this file under other names to test it.
 */
#include "lib/string.h"

#include "lib/compiler.h"

#include <stdint.h>

/*
 * `rep movsl` moves four bytes a step and has no start-up cost worth a loop of
 * our own on the processors Umbra runs on; the last bytes go one by one.
 */
void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *target = to;
	size_t count = size / 4;

	__asm__ volatile("rep movsl" : "+D"(target), "+S"(from), "+c"(count) : : "memory");
	count = size % 4;
	__asm__ volatile("rep movsb" : "+D"(target), "+S"(from), "+c"(count) : : "memory");
	return to;
}

static void copy_backwards(void *to, const void *from, size_t size)
{
	void *target = (char *)to + size - 1;
	const void *source = (const char *)from + size - 1;

	/* The ABI requires a clear direction flag outside of this instruction. */
	__asm__ volatile("std; rep movsb; cld"
			 : "+D"(target), "+S"(source), "+c"(size) : : "memory");
}

void *memmove(void *to, const void *from, size_t size)
{
	/* One unsigned comparison covers "to lies below from" as well. */
	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	copy_backwards(to, from, size);
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	void *target = to;
	uint32_t pattern = (uint8_t)byte * 0x01010101u;
	size_t count = size / 4;

	__asm__ volatile("rep stosl" : "+D"(target), "+c"(count) : "a"(pattern) : "memory");
	count = size % 4;
	__asm__ volatile("rep stosb" : "+D"(target), "+c"(count) : "a"(pattern) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *left = a;
	const uint8_t *right = b;

	for (size_t i = 0; i < size; i++) {
		if (left[i] != right[i])
			return left[i] - right[i];
	}
	return 0;
}

/*
 * Compilers replace the plain loop by a call of strlen, which here would be
 * this function itself; the barrier keeps it a loop.
 */
size_t strlen(const char *text)
{
	size_t length = 0;

	for (; text[length] != '\0'; length++)
		compiler_barrier();
	return length;
}

size_t strnlen(const char *text, size_t limit)
{
	size_t length = 0;

	while (length < limit && text[length] != '\0')
		length++;
	return length;
}

static int compare_texts(const char *a, const char *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t left = (uint8_t)a[i];
		uint8_t right = (uint8_t)b[i];

		if (left != right || left == '\0')
			return left - right;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return compare_texts(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t size)
{
	return compare_texts(a, b, size);
}

char *strchr(const char *text, int wanted)
{
	for (;; text++) {
		if (*text == (char)wanted)
			return (char *)(uintptr_t)text;
		if (*text == '\0')
			return NULL;
	}
}
