// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recogniser for terminal escape sequences.  It must come to an end on any
 * input, since a guest chooses the bytes: every sequence has a longest length,
 * and a control character ends each one.
 */
#include "lib/ansi.h"

#define ESC 0x1B
#define BEL 0x07
#define DEL 0x7F

static enum ansi_kind begin(struct ansi *ansi)
{
	ansi->state = ANSI_ESCAPE;
	ansi->sequence[0] = ESC;
	ansi->length = 1;
	return ANSI_PENDING;
}

static enum ansi_kind control(struct ansi *ansi, uint8_t c)
{
	/* BEL is what ends a string (a window title) in practice. */
	if (c == BEL && ansi->state == ANSI_STRING) {
		ansi->state = ANSI_GROUND;
		return ANSI_SEQUENCE;
	}
	ansi->state = ANSI_GROUND;
	if (c == ESC)
		return begin(ansi);
	return ANSI_CONTROL;
}

/* The byte behind ESC: says what kind of sequence this will be (ECMA-48, 5.3). */
static enum ansi_kind after_escape(struct ansi *ansi, uint8_t c)
{
	switch (c) {
	case '[':
		ansi->state = ANSI_CSI;
		return ANSI_PENDING;
	case ']': case 'P': case 'X': case '^': case '_':
		ansi->state = ANSI_STRING;
		return ANSI_PENDING;
	default:
		/* Intermediate bytes, as in the choice of a character set, go on. */
		if (c >= 0x20 && c <= 0x2F)
			return ANSI_PENDING;
		ansi->state = ANSI_GROUND;
		return ANSI_SEQUENCE;
	}
}

enum ansi_kind ansi_feed(struct ansi *ansi, uint8_t c)
{
	if (c < 0x20 || c == DEL)
		return control(ansi, c);
	if (ansi->state == ANSI_GROUND)
		return ANSI_TEXT;
	if (ansi->length == ANSI_SEQUENCE_MAX) {
		ansi->state = ANSI_GROUND;
		return ANSI_TEXT;
	}
	ansi->sequence[ansi->length++] = (char)c;
	if (ansi->state == ANSI_ESCAPE)
		return after_escape(ansi, c);
	if (ansi->state == ANSI_CSI && c >= 0x40 && c <= 0x7E) {
		ansi->state = ANSI_GROUND;
		return ANSI_SEQUENCE;
	}
	return ANSI_PENDING;
}

char ansi_csi_final(const struct ansi *ansi)
{
	if (ansi->state != ANSI_GROUND || ansi->length < 3 || ansi->sequence[1] != '[')
		return 0;
	return ansi->sequence[ansi->length - 1];
}

unsigned ansi_csi_parameter(const struct ansi *ansi, unsigned fallback)
{
	unsigned value = 0;
	size_t i = 2;

	if (ansi->length < 3 || ansi->sequence[2] < '0' || ansi->sequence[2] > '9')
		return fallback;
	for (; i < ansi->length && ansi->sequence[i] >= '0' && ansi->sequence[i] <= '9'; i++) {
		value = value * 10 + (unsigned)(ansi->sequence[i] - '0');
		if (value > 9999)
			return 9999;
	}
	return value;
}
