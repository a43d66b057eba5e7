/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a line from the console with the keys that people expect.
 */
#ifndef UMBRA_GUEST_DEMO_LINE_H
#define UMBRA_GUEST_DEMO_LINE_H

#include <stdint.h>

#define KEY_CONTROL_C '\x03'

/*
 * Print the prompt and read a line into buffer, ended with a NUL. Backspace and
 * delete take back a character, Ctrl-U all of them, Ctrl-C gives an empty line.
 */
void line_read(const char *prompt, char *buffer, uint32_t size);

#endif
