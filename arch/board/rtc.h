/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The battery clock (MC146818 and its successors).  Read once, at boot, by clock.c; Umbra never
 * sets it.
 */
#ifndef UMBRA_ARCH_BOARD_RTC_H
#define UMBRA_ARCH_BOARD_RTC_H

#include <stdbool.h>
#include <stdint.h>

/* The registers as the chip has them, its own encoding still in place. */
struct rtc_registers {
	uint8_t second;
	uint8_t minute;
	uint8_t hour;
	uint8_t day;
	uint8_t month;
	uint8_t year;
	uint8_t century; /* 0 when the machine has none */
	uint8_t format;	 /* register B: RTC_BINARY, RTC_24_HOURS */
};

#define RTC_BINARY 0x04	  /* values are binary, not BCD */
#define RTC_24_HOURS 0x02 /* hours run 0..23; else 1..12 and bit 7 for the afternoon */

/*
 * Turns the registers into seconds since 1970-01-01 00:00 UTC (the clock is
 * taken to run in UTC).  A year without a century is 20xx.  0, or -E_RANGE
 * when they are no date from 1970 on; *seconds is untouched then.
 */
int rtc_to_seconds(const struct rtc_registers *registers, uint64_t *seconds);

/*
 * Is there a battery clock that runs, by its registers A and D?  Without a chip all of them read as
 * all ones.  Boot CPU.
 */
bool rtc_is_there(void);

/* The chip's register of seconds, in its own encoding: for seeing it change.  Boot CPU. */
uint8_t rtc_second(void);

/*
 * Reads the clock.  century_register is the CMOS index that the firmware
 * names, or 0.  0 with *seconds; -E_NOENT when there is no clock, -E_IO when no two readings agree,
 * -E_RANGE as above.  Boot CPU; takes up to a few milliseconds.
 */
int rtc_read(uint8_t century_register, uint64_t *seconds);

#endif
