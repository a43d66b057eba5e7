// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the battery clock through the CMOS ports.  Source: Motorola MC146818A
 * data sheet.
 */
#include "arch/board/rtc.h"

#include "arch/cpu/port.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/string.h"

/* Bit 7 of the index would hold back NMIs; every index written here leaves them on. */
#define INDEX_PORT 0x70
#define DATA_PORT 0x71
#define INDEX_MASK 0x7Fu

#define REGISTER_SECOND 0x00
#define REGISTER_MINUTE 0x02
#define REGISTER_HOUR 0x04
#define REGISTER_DAY 0x07
#define REGISTER_MONTH 0x08
#define REGISTER_YEAR 0x09
#define REGISTER_A 0x0A
#define REGISTER_B 0x0B
#define REGISTER_D 0x0D
#define UPDATE_IN_PROGRESS BIT(7) /* of register A */
#define DIVIDER_RUNS(a) (((a) & 0x60) != 0x60)	/* else the chain that counts is held in reset */
#define RESERVED_D 0x3Fu	/* always 0; some chips use bit 6 */

/* An update takes 2 ms at most, and two port accesses more than 10 ns, even in an emulator. */
#define UPDATE_READS 200000u
#define READ_TRIES 5u

static uint8_t read_register(uint8_t index)
{
	port_out8(INDEX_PORT, index & INDEX_MASK);
	return port_in8(DATA_PORT);
}

bool rtc_is_there(void)
{
	return DIVIDER_RUNS(read_register(REGISTER_A)) && !(read_register(REGISTER_D) & RESERVED_D);
}

uint8_t rtc_second(void)
{
	return read_register(REGISTER_SECOND);
}

static bool wait_for_update(void)
{
	for (uint32_t i = 0; i < UPDATE_READS; i++) {
		if (!(read_register(REGISTER_A) & UPDATE_IN_PROGRESS))
			return true;
	}
	return false;
}

static void read_all(uint8_t century_register, struct rtc_registers *registers)
{
	registers->second = read_register(REGISTER_SECOND);
	registers->minute = read_register(REGISTER_MINUTE);
	registers->hour = read_register(REGISTER_HOUR);
	registers->day = read_register(REGISTER_DAY);
	registers->month = read_register(REGISTER_MONTH);
	registers->year = read_register(REGISTER_YEAR);
	registers->century = century_register ? read_register(century_register) : 0;
	registers->format = read_register(REGISTER_B);
}

int rtc_read(uint8_t century_register, uint64_t *seconds)
{
	struct rtc_registers first, second;

	if (!rtc_is_there())
		return -E_NOENT;
	/* An update may begin after the flag was read clear: only two equal readings count. */
	for (unsigned i = 0; i < READ_TRIES; i++) {
		if (!wait_for_update())
			return -E_IO;
		read_all(century_register, &first);
		if (!wait_for_update())
			return -E_IO;
		read_all(century_register, &second);
		if (memcmp(&first, &second, sizeof(first)) == 0)
			return rtc_to_seconds(&first, seconds);
	}
	return -E_IO;
}
