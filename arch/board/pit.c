// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 8254 in mode 0, "interrupt on terminal count": load a count, and the
 * output rises once, count + 1 ticks later.  Source: Intel 82C54 data sheet
 * (order number 231244).
 */
#include "arch/board/pit.h"

#include "arch/cpu/port.h"
#include "lib/compiler.h"

#define CHANNEL0_DATA 0x40
#define CHANNEL2_DATA 0x42
#define COMMAND 0x43
#define COMMAND_CHANNEL0_MODE0 0x30 /* both bytes, low first, binary */
#define COMMAND_CHANNEL0_MODE2 0x34 /* "rate generator" */
#define COMMAND_CHANNEL2_MODE0 0xB0
#define COMMAND_LATCH_STATUS0 0xE2 /* "read-back": the status of channel 0, not its count */
#define STATUS_OUTPUT BIT(7)

/* Port B of the board: the gate and the output of channel 2, and the loudspeaker behind it. */
#define BOARD_PORT 0x61
#define BOARD_GATE2 BIT(0)
#define BOARD_SPEAKER BIT(1)
#define BOARD_OUTPUT2 BIT(5)

/* PIT_HZ / 10^9 as a 32-bit fraction, rounded up: an early interrupt would be of no use. */
#define TICKS_PER_NS_FRACTION 5124678ull

/*
 * The board port's value with the gate shut; read in advance, so that opening the gate is one
 * write.
 */
static uint8_t gate_shut;

static void write_count(uint16_t port, uint16_t ticks)
{
	port_out8(port, (uint8_t)ticks);
	port_out8(port, (uint8_t)(ticks >> 8));
}

void pit_arm(uint64_t ns)
{
	uint64_t bounded = MIN(ns, (uint64_t)PIT_MAX_NS);
	uint32_t ticks = (uint32_t)(bounded * TICKS_PER_NS_FRACTION >> 32);

	/*
	 * Mode 0 adds one tick to the count, which makes up for the fraction
	 * cut off here.  A count of 0 would mean 65536.
	 */
	port_out8(COMMAND, COMMAND_CHANNEL0_MODE0);
	write_count(CHANNEL0_DATA, (uint16_t)MAX(ticks, 1u));
}

bool pit_has_expired(void)
{
	port_out8(COMMAND, COMMAND_LATCH_STATUS0);
	return (port_in8(CHANNEL0_DATA) & STATUS_OUTPUT) != 0;
}

void pit_start_periodic(uint32_t ticks)
{
	port_out8(COMMAND, COMMAND_CHANNEL0_MODE2);
	write_count(CHANNEL0_DATA, (uint16_t)ticks);	/* 0 stands for 65536 */
}

void pit_stop(void)
{
	/* Setting the mode stops the channel until a count is written. */
	port_out8(COMMAND, COMMAND_CHANNEL0_MODE0);
}

bool pit_gate_load(uint16_t ticks)
{
	gate_shut = (uint8_t)(port_in8(BOARD_PORT) & ~(BOARD_GATE2 | BOARD_SPEAKER));
	port_out8(BOARD_PORT, gate_shut);
	port_out8(COMMAND, COMMAND_CHANNEL2_MODE0);
	write_count(CHANNEL2_DATA, ticks);
	/* The gate reads as it was written; the output is low from when the mode is set. */
	return !(port_in8(BOARD_PORT) & (BOARD_GATE2 | BOARD_SPEAKER | BOARD_OUTPUT2));
}

void pit_gate_open(void)
{
	port_out8(BOARD_PORT, (uint8_t)(gate_shut | BOARD_GATE2));
}

bool pit_gate_done(void)
{
	return (port_in8(BOARD_PORT) & BOARD_OUTPUT2) != 0;
}
