/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text output of a guest and its formatting. Text goes by the early NOTIFY call
 * until console.c takes over. Not for use in interrupt handlers once it has.
 */
#ifndef UMBRA_GUEST_RUNTIME_PRINT_H
#define UMBRA_GUEST_RUNTIME_PRINT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Formats: %s %c %d %u %x %%, with a field width, '-' and '0' as usual; sizes
 * other than 32 bits are not known. Lines end in '\n'.
 */
void __attribute__((format(printf, 1, 2))) print(const char *format, ...);

/* The text as it stands. */
void print_text(const char *text, size_t size);

/* Into a buffer, cut to size - 1 characters and always ended; returns the length. */
size_t __attribute__((format(printf, 3, 4))) format_text(char *buffer, size_t size,
							  const char *format, ...);
size_t __attribute__((format(printf, 3, 0))) format_text_list(char *buffer, size_t size,
							       const char *format,
							       va_list arguments);

/* Where text goes: write takes it whole, flush returns when it has left the guest. */
struct print_sink {
	void (*write)(const char *text, size_t size);
	void (*flush)(void);
};

/* The sink at the start: NOTIFY, unless a guest defines another. */
extern const struct print_sink print_early_sink;

/* Use another sink from now on; print_early goes back to the first. */
void print_to(const struct print_sink *sink);
void print_early(void);

/* Return when all text has left the guest. */
void print_flush(void);

#endif
