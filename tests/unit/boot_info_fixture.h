/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of boot information: memory to lay it out in.  Included by one source file of
 * each test program.
 */
#ifndef UMBRA_TESTS_UNIT_BOOT_INFO_FIXTURE_H
#define UMBRA_TESTS_UNIT_BOOT_INFO_FIXTURE_H

#include "boot/boot_info.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "tests/unit/physical_memory.h"
#include "tests/unit/unit.h"

#define INFO 0x1000u    /* where the information structure stands */
#define STRINGS 0x8000u /* and what it points to */
#define TABLES 0x40000u

static struct boot_info info;
static uint32_t next_string;
static uint32_t next_tag;

static inline int clear_memory(void **state)
{
	(void)state;
	memset(physical_memory, 0, sizeof(physical_memory));
	memset(&info, 0xA5, sizeof(info));
	physical_size = sizeof(physical_memory);
	next_string = STRINGS;
	next_tag = INFO + 8;
	return 0;
}

static inline int release_memory(void **state)
{
	(void)state;
	physical_release();
	return 0;
}

static inline uint32_t put_string(const char *text)
{
	uint32_t address = next_string;

	physical_put(address, text, strlen(text) + 1);
	next_string += (uint32_t)strlen(text) + 1;
	return address;
}

/* A string of length characters, without its NUL. */
static inline uint32_t put_long_string(uint32_t length)
{
	uint32_t address = next_string;

	memset(physical_memory + address, 'x', length);
	physical_memory[address + length] = 0;
	next_string += length + 1;
	return address;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, clear_memory, release_memory)

#endif
