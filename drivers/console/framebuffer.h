/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A screen of pixels as a console without keys: for machines without text mode, and for more than
 * 80x25 characters.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_FRAMEBUFFER_H
#define UMBRA_DRIVERS_CONSOLE_FRAMEBUFFER_H

#include "drivers/console/console.h"

#include <stdint.h>

/* size bits of a pixel, from bit position on. */
struct framebuffer_channel {
	uint8_t position, size;
};

/* The pixels as the boot loader left them; a pixel is depth bits in whole bytes, least first. */
struct framebuffer_mode {
	uint32_t width, height;		/* pixels */
	uint32_t pitch;			/* bytes from a row to the next */
	uint8_t depth;
	struct framebuffer_channel red, green, blue;
};

/*
 * NULL when such a screen can be used, else a clause that says why not.  Depths are 15, 16, 24 and
 * 32; a good mode takes pitch * height bytes, which is less than 4 GB.
 */
const char *framebuffer_check(const struct framebuffer_mode *mode);

/*
 * Clears the screen and returns its console.  memory is where its pitch * height
 * bytes are mapped; they are only written, so write-combining is best.  mode has
 * passed framebuffer_check and is copied.  Boot CPU.
 */
struct console *framebuffer_open(const struct framebuffer_mode *mode, void *memory);

#endif
