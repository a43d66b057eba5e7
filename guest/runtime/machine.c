// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory size, command line and the ends of a guest. Reads boot_params, which
 * Umbra puts at guest-physical 0, through the linear map.
 */
#include "guest/runtime/machine.h"

#include "guest/runtime/hypercall.h"
#include "guest/runtime/layout.h"
#include "guest/runtime/print.h"
#include "guest/runtime/string.h"

#include <stdarg.h>
#include <stddef.h>

static const uint8_t *boot_params(uint32_t offset)
{
	return (const uint8_t *)virt_of(LGUEST_BOOT_PARAMS_ADDRESS) + offset;
}

uint8_t machine_boot_u8(uint32_t offset)
{
	return *boot_params(offset);
}

uint16_t machine_boot_u16(uint32_t offset)
{
	uint16_t value;

	memcpy(&value, boot_params(offset), sizeof(value));
	return value;
}

uint32_t machine_boot_u32(uint32_t offset)
{
	uint32_t value;

	memcpy(&value, boot_params(offset), sizeof(value));
	return value;
}

uint32_t machine_memory(void)
{
	struct lguest_e820_entry entry;

	memcpy(&entry, boot_params(LGUEST_BP_E820_MAP), sizeof(entry));
	return (uint32_t)entry.size;
}

const char *machine_command_line(void)
{
	return virt_of(machine_boot_u32(LGUEST_BP_CMD_LINE_PTR));
}

/* The character after the word that starts with text, or NULL when none does. */
static const char *find_word(const char *text)
{
	size_t length = strlen(text);
	const char *at = machine_command_line();

	while (*at != '\0') {
		if (strncmp(at, text, length) == 0)
			return at + length;
		while (*at != '\0' && *at != ' ')
			at++;
		while (*at == ' ')
			at++;
	}
	return NULL;
}

bool machine_has_word(const char *word)
{
	const char *end = find_word(word);

	return end != NULL && (*end == '\0' || *end == ' ');
}

bool machine_word(const char *key, char *value, uint32_t size)
{
	char pattern[32];
	const char *from;
	uint32_t length = 0;

	format_text(pattern, sizeof(pattern), "%s=", key);
	from = find_word(pattern);
	if (from != NULL)
		while (length + 1 < size && from[length] != '\0' && from[length] != ' ')
			length++;
	if (length > 0)
		memcpy(value, from, length);
	value[length] = '\0';
	return from != NULL;
}

uint32_t machine_number(const char *key, uint32_t otherwise)
{
	char value[16];

	return machine_word(key, value, sizeof(value)) ? parse_number(value) : otherwise;
}

static void __attribute__((noreturn)) shutdown(const char *text, enum lguest_shutdown reason)
{
	for (;;)
		hypercall(LGUEST_SHUTDOWN, phys_of(text), reason, 0, 0);
}

void machine_poweroff(void)
{
	static const char text[LGUEST_SHUTDOWN_TEXT_SIZE] = "Power down";

	print_flush();
	shutdown(text, LGUEST_SHUTDOWN_POWEROFF);
}

void machine_restart(void)
{
	static const char text[LGUEST_SHUTDOWN_TEXT_SIZE] = "Restart";

	print_flush();
	shutdown(text, LGUEST_SHUTDOWN_RESTART);
}

void machine_panic(const char *format, ...)
{
	static const char prefix[] = "Kernel panic - ";
	static char text[LGUEST_SHUTDOWN_TEXT_SIZE];
	va_list arguments;

	memcpy(text, prefix, sizeof(prefix));
	va_start(arguments, format);
	format_text_list(text + sizeof(prefix) - 1, sizeof(text) - sizeof(prefix) + 1, format,
			 arguments);
	va_end(arguments);
	print_early();
	print("%s\n", text);
	shutdown(text, LGUEST_SHUTDOWN_POWEROFF);
}
