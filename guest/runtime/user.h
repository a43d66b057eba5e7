/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running code in ring 3. The code lies in the section .user of the image and
 * is mapped at USER_CODE in every space; it ends with a system call (int 0x80,
 * eax = USER_CALL_EXIT) or with a fault, and user_run says which.
 */
#ifndef UMBRA_GUEST_RUNTIME_USER_H
#define UMBRA_GUEST_RUNTIME_USER_H

#include "guest/runtime/layout.h"
#include "guest/runtime/trap.h"

#include <stdbool.h>
#include <stdint.h>

#define USER_CALL_EXIT 0u

extern const char user_start[], user_end[];

/* Stubs of user.asm: arguments and results in registers, then USER_CALL_EXIT. */
extern const char user_nothing[];	/* leaves everything as it is */
extern const char user_read[];		/* ecx = value at ebx */
extern const char user_write[];		/* ecx stored at ebx */
extern const char user_execute[];	/* calls ebx, where a ret must stand */
extern const char user_spin[];		/* counts ecx down to 0 */

/* Where ring 3 sees a label of the section .user. */
static inline uint32_t user_address(const char *label)
{
	return USER_CODE + (uint32_t)(label - user_start);
}

/* Tell Umbra the stack for entries from ring 3. Called by trap_init. */
void user_init(void);

/* The top of that stack, a page border; its last bytes hold the frame of the last entry. */
uint32_t user_trap_stack(void);

/* A frame that starts at label with flat segments, USER_STACK_TOP and EFLAGS 0x202. */
void user_prepare(struct trap_frame *frame, const char *label);

/*
 * Run ring 3 from the frame until USER_CALL_EXIT (FAULT_NONE) or an exception
 * that no handler dealt with, also one of the iret itself. The frame then holds
 * the registers at that point. Interrupts are on while ring 3 runs and are
 * afterwards what they were. Does not nest.
 */
struct fault user_run(struct trap_frame *frame);

/* user_prepare, ebx and ecx, user_run; the final ecx goes to *result unless NULL. */
struct fault user_call(const char *label, uint32_t ebx, uint32_t ecx, uint32_t *result);

/* Called by trap_dispatch: takes the trap when it ends a user_run. */
bool user_catch(struct trap_frame *frame);

#endif
