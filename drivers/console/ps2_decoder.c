// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scan codes of set 1 (IBM, Personal System/2 Hardware Interface Technical
 * Reference, "Keyboard (101- and 102-Key)"): one byte a key, its highest bit
 * set when the key goes up; E0 in front of the keys that the first PC's keyboard
 * did not have, E1 in front of the two codes of Pause.
 */
#include "drivers/console/ps2_decoder.h"

#include "lib/compiler.h"
#include "lib/string.h"

#define PREFIX_EXTENDED 0xE0
#define PREFIX_PAUSE 0xE1
#define RELEASED 0x80
#define KEY_MASK 0x7F

#define ESC 0x1B
#define DELETE 0x7F

enum scan_code {
	CODE_LEFT_CTRL = 0x1D,		/* extended: the right one; so for Alt */
	CODE_LEFT_SHIFT = 0x2A,
	CODE_KEYPAD_SLASH = 0x35,	/* extended */
	CODE_RIGHT_SHIFT = 0x36,
	CODE_LEFT_ALT = 0x38,
	CODE_CAPS_LOCK = 0x3A,
	CODE_NUM_LOCK = 0x45,
	CODE_KEYPAD_FIRST = 0x47,	/* Home and 7 */
	CODE_KEYPAD_LAST = 0x53,	/* Delete and the point */
	CODE_ENTER = 0x1C,		/* extended: the keypad's */
	CODE_2 = 0x03,
	CODE_SPACE = 0x39,
	CODE_EXTRA = 0x56,		/* the key beside the left Shift, if any */
};

#define HELD_LEFT_SHIFT BIT(0)
#define HELD_RIGHT_SHIFT BIT(1)
#define HELD_LEFT_CTRL BIT(2)
#define HELD_RIGHT_CTRL BIT(3)
#define HELD_LEFT_ALT BIT(4)
#define HELD_RIGHT_ALT BIT(5)
#define HELD_SHIFT (HELD_LEFT_SHIFT | HELD_RIGHT_SHIFT)
#define HELD_CTRL (HELD_LEFT_CTRL | HELD_RIGHT_CTRL)
#define HELD_ALT (HELD_LEFT_ALT | HELD_RIGHT_ALT)

/* By scan code, from 0; NUL where the key is no character.  A US keyboard. */
static const char plain[] = "\0\0331234567890-=\177\tqwertyuiop[]\r"
			    "\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r"
			      "\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

_Static_assert(sizeof(plain) == sizeof(shifted) && sizeof(plain) == CODE_SPACE + 2,
	       "up to the space bar, and a NUL");

/* The keypad from Home on: what its keys are with Num Lock. */
static const char keypad_digits[] = "789-456+1230.";

/* The end of the sequence that begins with `ESC [`; NULL for keys without a sequence. */
static const char *const moves[] = {
	"1~", "A", "5~", NULL, "D", NULL, "C", NULL, "4~", "B", "6~", "2~", "3~",
};

_Static_assert(ARRAY_SIZE(moves) == CODE_KEYPAD_LAST - CODE_KEYPAD_FIRST + 1, "a row a key");

struct function_key {
	uint8_t code;
	char text[5];	/* behind ESC */
};

static const struct function_key function_keys[] = {
	{ 0x3B, "OP" }, { 0x3C, "OQ" }, { 0x3D, "OR" }, { 0x3E, "OS" }, { 0x3F, "[15~" },
	{ 0x40, "[17~" }, { 0x41, "[18~" }, { 0x42, "[19~" }, { 0x43, "[20~" }, { 0x44, "[21~" },
	{ 0x57, "[23~" }, { 0x58, "[24~" },
};

static unsigned modifier(bool extended, uint8_t code)
{
	switch (code) {
	case CODE_LEFT_CTRL:
		return extended ? HELD_RIGHT_CTRL : HELD_LEFT_CTRL;
	case CODE_LEFT_ALT:
		return extended ? HELD_RIGHT_ALT : HELD_LEFT_ALT;
	/* The keyboard itself sends extended Shift codes around keys, to undo Shift or Num Lock. */
	case CODE_LEFT_SHIFT:
		return extended ? 0 : HELD_LEFT_SHIFT;
	case CODE_RIGHT_SHIFT:
		return extended ? 0 : HELD_RIGHT_SHIFT;
	default:
		return 0;
	}
}

/* As terminals do it: Ctrl takes a letter's low five bits; some other keys have customary codes. */
static uint8_t with_ctrl(uint8_t c)
{
	switch (c) {
	case ' ': case '2':
		return 0x00;
	case '6':
		return 0x1E;
	case '-': case '/':
		return 0x1F;
	case '?':
		return DELETE;
	case DELETE:
		return '\b';
	default:
		return c >= 0x40 && c < DELETE ? c & 0x1F : c;
	}
}

static uint8_t character(const struct ps2_decoder *decoder, uint8_t code)
{
	bool shift = (decoder->held & HELD_SHIFT) != 0;
	uint8_t c = 0;

	if (code == CODE_EXTRA)
		c = shift ? '|' : '\\';
	else if (code < sizeof(plain) - 1)
		c = (uint8_t)plain[code];
	if (c >= 'a' && c <= 'z')
		shift = shift != decoder->caps_lock;
	if (shift && code != CODE_EXTRA && c != 0)
		c = (uint8_t)shifted[code];
	return decoder->held & HELD_CTRL && c != 0 ? with_ctrl(c) : c;
}

/* ESC, and text behind it. */
static size_t put_sequence(uint8_t *bytes, const char *introducer, const char *text)
{
	size_t length = 0;

	bytes[length++] = ESC;
	for (; *introducer; introducer++)
		bytes[length++] = (uint8_t)*introducer;
	for (; *text; text++)
		bytes[length++] = (uint8_t)*text;
	return length;
}

static size_t put_character(const struct ps2_decoder *decoder, uint8_t c, uint8_t *bytes)
{
	size_t length = 0;

	if (decoder->held & HELD_ALT)
		bytes[length++] = ESC;
	bytes[length++] = c;
	return length;
}

static size_t keypad_key(const struct ps2_decoder *decoder, bool extended, uint8_t code,
			 uint8_t *bytes)
{
	unsigned key = code - CODE_KEYPAD_FIRST;
	bool moving = extended || decoder->keypad_moves;

	if (moving && moves[key])
		return put_sequence(bytes, "[", moves[key]);
	/* Plus and minus mean the same with Num Lock and without. */
	if (extended || (moving && keypad_digits[key] == '5'))
		return 0;
	return put_character(decoder, (uint8_t)keypad_digits[key], bytes);
}

static size_t extended_key(const struct ps2_decoder *decoder, uint8_t code, uint8_t *bytes)
{
	switch (code) {
	case CODE_ENTER:
		return put_character(decoder, '\r', bytes);
	case CODE_KEYPAD_SLASH:
		return put_character(decoder, '/', bytes);
	default:
		return 0;
	}
}

static size_t pressed(struct ps2_decoder *decoder, bool extended, uint8_t code, uint8_t *bytes)
{
	uint8_t c;

	if (code >= CODE_KEYPAD_FIRST && code <= CODE_KEYPAD_LAST)
		return keypad_key(decoder, extended, code, bytes);
	if (extended)
		return extended_key(decoder, code, bytes);
	if (code == CODE_CAPS_LOCK)
		decoder->caps_lock = !decoder->caps_lock;
	if (code == CODE_NUM_LOCK)
		decoder->keypad_moves = !decoder->keypad_moves;
	for (unsigned i = 0; i < ARRAY_SIZE(function_keys); i++)
		if (function_keys[i].code == code)
			return put_sequence(bytes, "", function_keys[i].text);
	/* A NUL is a character only as Ctrl with another key. */
	c = character(decoder, code);
	if (c == 0 && !(decoder->held & HELD_CTRL && (code == CODE_SPACE || code == CODE_2)))
		return 0;
	return put_character(decoder, c, bytes);
}

size_t ps2_decode(struct ps2_decoder *decoder, uint8_t code, uint8_t bytes[PS2_KEY_MAX])
{
	bool extended = decoder->extended;
	uint8_t key = code & KEY_MASK;
	unsigned held;

	if (decoder->skip > 0) {
		decoder->skip--;
		return 0;
	}
	decoder->extended = code == PREFIX_EXTENDED;
	if (code == PREFIX_PAUSE)
		decoder->skip = 2;
	if (code == PREFIX_EXTENDED || code == PREFIX_PAUSE)
		return 0;
	held = modifier(extended, key);
	if (code & RELEASED) {
		decoder->held = (uint8_t)(decoder->held & ~held);
		return 0;
	}
	decoder->held = (uint8_t)(decoder->held | held);
	return held ? 0 : pressed(decoder, extended, key, bytes);
}
