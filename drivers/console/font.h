/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The font of the frame buffer console: a glyph for each byte, in the order of
 * code page 437, which is that of the VGA's text mode.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_FONT_H
#define UMBRA_DRIVERS_CONSOLE_FONT_H

#include <stdint.h>

#define FONT_WIDTH 8u
#define FONT_HEIGHT 16u

/* Rows from the top; the highest bit of one is its leftmost pixel. */
extern const uint8_t font_glyphs[256][FONT_HEIGHT];

#endif
