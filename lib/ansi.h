/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells the escape sequences of a terminal (ECMA-48) from text, byte by byte.  It knows where a
 * sequence ends and what it was, not what it does.  Used by the screen and by the console
 * multiplexer.
 */
#ifndef UMBRA_LIB_ANSI_H
#define UMBRA_LIB_ANSI_H

#include <stddef.h>
#include <stdint.h>

/* A sequence that grows beyond this is given up: what follows counts as text again. */
#define ANSI_SEQUENCE_MAX 128

/* ANSI_CONTROL is a byte below 0x20, or 0x7F, outside every sequence. */
enum ansi_kind { ANSI_TEXT, ANSI_CONTROL, ANSI_PENDING, ANSI_SEQUENCE };

/* All zero is the start state. */
struct ansi {
	enum { ANSI_GROUND, ANSI_ESCAPE, ANSI_CSI, ANSI_STRING } state;
	uint8_t length;
	char sequence[ANSI_SEQUENCE_MAX];	/* the last one, from its ESC on */
};

/*
 * What byte c is: text, a control character, part of a sequence that goes on,
 * or the end of one; then sequence and length hold it.  A control character in
 * a sequence breaks it off and counts as itself.
 */
enum ansi_kind ansi_feed(struct ansi *ansi, uint8_t c);

/* The final letter of a complete control sequence (`ESC [ ... letter`), 0 for any other. */
char ansi_csi_final(const struct ansi *ansi);

/* The first parameter of a control sequence, fallback when it has none; 9999 at most. */
unsigned ansi_csi_parameter(const struct ansi *ansi, unsigned fallback);

#endif
