/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of the GDB remote serial protocol ("Overview" and "Packet Acknowledgment" in the manual
 * of GDB, appendix E): `$`, the content, `#`, and a sum of two hexadecimal digits.  Pure: bytes in,
 * contents out, and the other way round.  Whoever is at the line may send anything.
 */
#ifndef UMBRA_HV_GDB_GDB_PACKET_H
#define UMBRA_HV_GDB_GDB_PACKET_H

#include <stdbool.h>
#include <stdint.h>

/* The longest content, both ways; the other end is told. */
#define GDB_CONTENT_MAX 4096u

/* Room for one packet: each byte of it may be escaped. */
#define GDB_PACKET_MAX (2 * GDB_CONTENT_MAX + 4)

enum gdb_input {
	GDB_INPUT_NOTHING,	/* so far */
	GDB_INPUT_PACKET,	/* reader->content has length bytes, and a NUL behind them */
	GDB_INPUT_BAD,		/* a packet with a wrong sum, or that was too long */
	GDB_INPUT_ACK,
	GDB_INPUT_NAK,
	GDB_INPUT_BREAK,	/* Ctrl-C */
};

enum gdb_reader_state { GDB_BETWEEN, GDB_INSIDE, GDB_ESCAPED, GDB_FIRST_DIGIT, GDB_SECOND_DIGIT };

struct gdb_reader {
	enum gdb_reader_state state;
	bool is_too_long, is_bad;
	uint8_t sum, given;
	uint32_t length;
	char content[GDB_CONTENT_MAX + 1];
};

/* Takes one byte; all zero is a reader before the first. */
enum gdb_input gdb_reader_take(struct gdb_reader *reader, uint8_t byte);

/*
 * Makes a packet of a content of up to GDB_CONTENT_MAX bytes; kind is '$', or '%' for a
 * notification.  How many bytes it has.
 */
uint32_t gdb_packet_make(uint8_t packet[GDB_PACKET_MAX], char kind, const char *content,
			 uint32_t length);

#endif
