// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 8259A pair as it is wired in every PC: the second one on line 2 of the
 * first.  Source: Intel 8259A data sheet (order number 231468).
 */
#include "arch/board/pic.h"

#include "arch/cpu/port.h"
#include "lib/compiler.h"

#define FIRST_COMMAND 0x20
#define FIRST_DATA 0x21
#define SECOND_COMMAND 0xA0
#define SECOND_DATA 0xA1

#define INIT_EDGE_CASCADE_ICW4 0x11 /* ICW1 */
#define INIT_8086_MODE 0x01	    /* ICW4: 8086 vectors, normal end of interrupt */
#define COMMAND_END_LINE 0x60	    /* OCW2: specific, plus the line */
#define COMMAND_READ_SERVICE 0x0B   /* OCW3: the next read gives the in-service register */

#define COMMAND_READ_REQUEST 0x0A   /* likewise, the interrupt request register */

#define LINES_EACH 8u
#define SPURIOUS_LINE 7u /* of each controller */

/* Bit set: line masked.  The controllers' own registers say the same. */
static uint16_t masked = 0xFFFF;

static void write_masks(void)
{
	port_out8(FIRST_DATA, (uint8_t)masked);
	port_out8(SECOND_DATA, (uint8_t)(masked >> LINES_EACH));
}

void pic_init(void)
{
	/* Four words each, the later ones to the data port; the chips answer in any order. */
	port_out8(FIRST_COMMAND, INIT_EDGE_CASCADE_ICW4);
	port_out8(SECOND_COMMAND, INIT_EDGE_CASCADE_ICW4);
	port_out8(FIRST_DATA, PIC_FIRST_VECTOR);
	port_out8(SECOND_DATA, PIC_FIRST_VECTOR + LINES_EACH);
	port_out8(FIRST_DATA, BIT(PIC_CASCADE_LINE));
	port_out8(SECOND_DATA, PIC_CASCADE_LINE);
	port_out8(FIRST_DATA, INIT_8086_MODE);
	port_out8(SECOND_DATA, INIT_8086_MODE);

	masked = (uint16_t)~BIT(PIC_CASCADE_LINE);
	write_masks();
}

bool pic_is_there(void)
{
	/*
	 * The cascade line is unmasked, so a working chip reads as neither all zeroes nor all ones.
	 */
	return port_in8(FIRST_DATA) == (uint8_t)masked &&
	       port_in8(SECOND_DATA) == (uint8_t)(masked >> LINES_EACH);
}

void pic_mask(unsigned line)
{
	masked = (uint16_t)(masked | BIT(line));
	write_masks();
}

void pic_unmask(unsigned line)
{
	masked = (uint16_t)(masked & ~BIT(line));
	write_masks();
}

static bool in_service(uint16_t command_port, unsigned line)
{
	port_out8(command_port, COMMAND_READ_SERVICE);
	return (port_in8(command_port) & BIT(line)) != 0;
}

bool pic_is_pending(unsigned line)
{
	uint16_t port = line < LINES_EACH ? FIRST_COMMAND : SECOND_COMMAND;

	port_out8(port, COMMAND_READ_REQUEST);
	return (port_in8(port) & BIT(line % LINES_EACH)) != 0;
}

bool pic_check_spurious(unsigned line)
{
	if (line == SPURIOUS_LINE)
		return !in_service(FIRST_COMMAND, SPURIOUS_LINE);
	if (line != SPURIOUS_LINE + LINES_EACH || in_service(SECOND_COMMAND, SPURIOUS_LINE))
		return false;
	/* The first controller did raise its line 2 for it, which must be acknowledged. */
	port_out8(FIRST_COMMAND, COMMAND_END_LINE + PIC_CASCADE_LINE);
	return true;
}

void pic_end(unsigned line)
{
	if (line >= LINES_EACH) {
		port_out8(SECOND_COMMAND, (uint8_t)(COMMAND_END_LINE + line - LINES_EACH));
		line = PIC_CASCADE_LINE;
	}
	port_out8(FIRST_COMMAND, (uint8_t)(COMMAND_END_LINE + line));
}
