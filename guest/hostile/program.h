/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs in ring 3 that attack their own kernel, for the files program*.c: a page of code at
 * USER_TEST, what it is to end with, and whether the kernel's memory is still what it was.
 */
#ifndef UMBRA_GUEST_HOSTILE_PROGRAM_H
#define UMBRA_GUEST_HOSTILE_PROGRAM_H

#include "guest/runtime/user.h"

#include <stddef.h>

/* Error code that names a vector, or one that names a selector (SDM volume 3, section 6.13). */
#define VECTOR_ERROR(vector) ((vector)*8 + 2)
#define SELECTOR_ERROR(selector) ((selector)&0xFFFCu)

struct program_code {
	uint8_t length, at[20];
};

/* The code page, the canary and the sum of the kernel. Called first by each attack. */
void program_open(void);

/* A page of the kernel's that nobody but a program that has got through changes. */
uint32_t program_canary(void);

/* A frame that starts at the code, with all other registers as user_prepare has them. */
void program_prepare(struct trap_frame *frame);

/* Put the code there, then USER_CALL_EXIT, and run it; the canary is looked at afterwards. */
struct fault program_run(const struct program_code *code, struct trap_frame *frame);

/* Fail unless the fault is that one; offset is where in the code its eip has to be. */
void program_expect(const char *what, uint32_t with, struct fault fault, uint32_t vector,
		    uint32_t error, uint32_t offset);

/* Fail unless the kernel's code and constants have their sum. Called last by each attack. */
void program_close(void);

#endif
