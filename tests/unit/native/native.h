/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for mm/ in a native program: low memory is a block of the
 * program's, physical addresses are offsets into it, and whatever lies above
 * is frames that nobody ever touches.  The headers next to this one come first
 * in the include path and stand in for those of arch/ that only the machine
 * itself can have.
 */
#ifndef UMBRA_TESTS_UNIT_NATIVE_H
#define UMBRA_TESTS_UNIT_NATIVE_H

#include "arch/cpu/cpu.h"
#include "arch/cpu/spinlock.h"
#include "lib/compiler.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#define NATIVE_LOW_START 0x100000ull
#define NATIVE_LOW_END ((uint64_t)NATIVE_LOW_SIZE)
#define NATIVE_HIGH_START (4ull << 30)
#define NATIVE_HIGH_SIZE (48ull << 20)

/*
 * The program's low memory, and CPU 0 with pages at its start.  Gives memory
 * from NATIVE_LOW_START on, and NATIVE_HIGH_SIZE from NATIVE_HIGH_START on, to
 * the frame allocator unless bare.  The first call counts, others do nothing.
 */
void native_start(bool bare);

/* The NX bit of the machine. */
void native_set_nx(bool nx);

/* What guest_memory_create finds at its window; struct guest_memory's base is to be set to it. */
extern uint8_t *native_window;

/* Called when a lock has been released: where another CPU could come between. */
extern void (*native_unlocked)(enum lock_rank rank);

/*
 * Frames of low memory that guests have taken out of the direct map (mm/host_map.h).
 * Where native_takes_tables, the first single frame of a chunk takes a table for it, as
 * there; native_tables counts these, which nobody gives back.
 */
extern unsigned native_hidden, native_tables;
extern bool native_takes_tables;
bool native_is_hidden(uint64_t frame);

/* What each frame holds, since most of them have no memory here; frame_copy copies it. */
uint32_t *native_content(uint64_t frame);

/* What CR3 was set to last. */
extern uint32_t native_cr3;

/* A panic ends the program, or comes back where native_panic_jump says. */
extern jmp_buf *native_panic_jump;
extern char native_panic_text[256];

/*
 * True when the statement panicked; assertions do.  For statements that leave
 * nothing half done that matters.
 */
#define native_panics(statement)                                                \
	({                                                                      \
		jmp_buf here_;                                                  \
		volatile bool panicked_ = true;                                 \
		native_panic_jump = &here_;                                     \
		if (setjmp(here_) == 0) {                                       \
			statement;                                              \
			panicked_ = false;                                      \
		}                                                               \
		native_panic_jump = NULL;                                       \
		panicked_;                                                      \
	})

#endif
