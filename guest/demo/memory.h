/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory check of the demo guest.
 */
#ifndef UMBRA_GUEST_DEMO_MEMORY_H
#define UMBRA_GUEST_DEMO_MEMORY_H

/* Write every word of memory that is not in use, read it back, print the result. */
void memory_command(const char *arguments);

/* The two halves of that: arguments are a number, on which what is written and expected depends. */
void memory_fill_command(const char *arguments);
void memory_check_command(const char *arguments);

#endif
