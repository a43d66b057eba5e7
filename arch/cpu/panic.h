/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of Umbra, for its own mistakes only.  A guest's mistake ends that
 * guest (hv/guest/guest.h: guest_kill).
 */
#ifndef UMBRA_ARCH_CPU_PANIC_H
#define UMBRA_ARCH_CPU_PANIC_H

#include "arch/cpu/trap_frame.h"
#include "lib/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Prints event=panic, the reason, a backtrace with function names and what ran on each CPU, then
 * does what on-panic= says.  Any context.
 */
void __noreturn panic(const char *format, ...) __printf(1, 2);

/* The same for a trap in Umbra: with the registers of frame, whose backtrace it is. */
void __noreturn panic_with_frame(const struct trap_frame *frame, const char *format, ...)
	__printf(2, 3);

/*
 * The same for a bug in other code, at eip with frame pointer ebp: shows the backtrace of that
 * code.
 */
void __noreturn panic_at(uint32_t eip, uint32_t ebp, const char *format, ...) __printf(3, 4);

/* Has any CPU panicked?  Any context. */
bool panic_has_begun(void);

/*
 * From the handler of an NMI, when a panic has begun: records where this CPU was
 * and stops it for good.  Returns on the CPU that panics itself.
 */
void panic_stop(uint32_t eip, uint32_t cs, uint32_t ebp);

/* Where a CPU was when Umbra panicked. */
struct panic_state {
	uint32_t eip, ebp, esp;
	bool has_all;			/* frame has the registers that a trap pushed */
	struct trap_frame frame;
};

/* After a panic: the CPU that panicked, and where one was; false when that is not known. */
unsigned panic_cpu(void);
bool panic_state_of(unsigned cpu, struct panic_state *state);

/* How a panic prints: must work with interrupts off and whatever lock held. */
void panic_set_output(void (*write)(const char *text, size_t length));

/* What it prints last: report gets a function for that, and obeys the same rule. */
void panic_set_report(void (*report)(void (*print)(const char *text, size_t length)));

/* What it does in the end; without one, the machine halts. */
void panic_set_action(void (*action)(void));

#endif
