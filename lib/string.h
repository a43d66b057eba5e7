/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and string functions.  The standard ones have their standard
 * prototypes and meaning: in Umbra lib/string.c provides them, in native unit
 * tests libc does.  No state; callable from any context.
 */
#ifndef UMBRA_LIB_STRING_H
#define UMBRA_LIB_STRING_H

#include <stdbool.h>
#include <stddef.h>

/* As in ISO C.  memcpy's ranges must not overlap, memmove's may. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *text, int wanted);

/* As in POSIX: the length of text, but at most limit; reads no byte beyond limit. */
size_t strnlen(const char *text, size_t limit);

/* Zeroes what was secret; the compiler keeps this even if the memory is not read again. */
static inline void memory_wipe(void *at, size_t size)
{
	memset(at, 0, size);
	__asm__ volatile("" ::"r"(at) : "memory");
}

/* True when both texts are equal. */
static inline bool string_equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/*
 * Copies as much of text as fits into to[size] with its final NUL (always
 * written; size must not be 0).  Returns the length of text, so a result of
 * size or more says that it was cut.
 */
static inline size_t string_copy(char *to, const char *text, size_t size)
{
	size_t length = strlen(text);
	size_t kept = length < size ? length : size - 1;

	memcpy(to, text, kept);
	to[kept] = '\0';
	return length;
}

#endif
