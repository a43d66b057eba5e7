// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line editor of the demo guest; echoes by itself, because a virtio console
 * is raw. No state between lines.
 */
#include "guest/demo/line.h"

#include "guest/runtime/console.h"
#include "guest/runtime/print.h"

#include <stdbool.h>

#define KEY_BACKSPACE '\b'
#define KEY_CONTROL_U '\x15'
#define KEY_DELETE '\x7f'

static uint32_t take_back(uint32_t length, uint32_t count)
{
	while (count-- > 0 && length > 0) {
		print("\b \b");
		length--;
	}
	return length;
}

void line_read(const char *prompt, char *buffer, uint32_t size)
{
	uint32_t length = 0;

	print("%s", prompt);
	for (;;) {
		char key = console_key();

		if (key == '\r' || key == '\n')
			break;
		if (key == KEY_CONTROL_C) {
			length = 0;
			print("^C");
			break;
		}
		if (key == KEY_BACKSPACE || key == KEY_DELETE) {
			length = take_back(length, 1);
		} else if (key == KEY_CONTROL_U) {
			length = take_back(length, length);
		} else if (key >= ' ' && length + 1 < size) {
			buffer[length++] = key;
			print("%c", key);
		}
	}
	buffer[length] = '\0';
	print("\n");
}
