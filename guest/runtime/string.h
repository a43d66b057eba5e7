/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory and string functions that the compiler and the guests need, with
 * the meaning which the C standard gives them, and numbers from text. No state.
 */
#ifndef UMBRA_GUEST_RUNTIME_STRING_H
#define UMBRA_GUEST_RUNTIME_STRING_H

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);
size_t strlen(const char *text);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t size);

/* Decimal, or hexadecimal after "0x"; stops at the first character that fits neither. */
uint32_t parse_number(const char *text);

#endif
