/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translates a PC keyboard's codes to the bytes that a terminal would send: scan codes of set 1, a
 * US keyboard, the sequences of a VT220.  Pure.  Used by ps2_keyboard.c.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_PS2_DECODER_H
#define UMBRA_DRIVERS_CONSOLE_PS2_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest that a key becomes: ESC of the Alt key, ESC [ 2 4 ~. */
#define PS2_KEY_MAX 6

/* All zero is the start state: nothing pressed, Caps Lock off, digits on the keypad. */
struct ps2_decoder {
	bool extended;		/* the prefix E0 came */
	uint8_t skip;		/* codes still to come of the Pause key */
	uint8_t held;		/* modifier keys, a bit each */
	bool caps_lock;
	bool keypad_moves;	/* Num Lock is off */
};

/*
 * The next scan code.  Returns how many bytes it stands for, which are in bytes then: none for a
 * released key, a key without a meaning and a part of a longer code.
 */
size_t ps2_decode(struct ps2_decoder *decoder, uint8_t code, uint8_t bytes[PS2_KEY_MAX]);

#endif
