/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatted text into a caller's buffer.  The log, the commands and all
 * messages are made with it.  No state, no allocation, no locks; callable from
 * any context, NMI and panic included.
 */
#ifndef UMBRA_LIB_FORMAT_H
#define UMBRA_LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * As snprintf: writes at most size bytes to `to`, the final NUL included
 * (nothing at all when size is 0, and `to` may be NULL then), and returns the
 * length the whole text has, so a result of size or more says that it was cut.
 *
 * Conversions: %c %s %d %i %u %x %X %p %%, with the lengths h hh l ll z, the
 * flags `-` and `0`, a width (also `*`) and for %s a precision (also `*`).
 * %s of NULL gives "(null)"; %p is 0x and all digits of a pointer.  A
 * conversion that is none of these is copied as it stands.
 */
size_t format_text(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t format_text_v(char *to, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

#endif
