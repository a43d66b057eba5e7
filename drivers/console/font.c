// SPDX-License-Identifier: GPL-2.0-only
/*
 * The glyphs of GNU Unifont (GPL-2.0-or-later), as font.awk took them from the
 * file that the Makefile names (FONT).
 */
#include "drivers/console/font.h"

const uint8_t font_glyphs[256][FONT_HEIGHT] = {
#include "font_glyphs.inc"
};
