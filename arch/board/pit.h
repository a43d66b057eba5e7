/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 8254 interval timer.  Channel 0 interrupts by line 0, once after a given time or
 * periodically; channel 2 raises no interrupt, and is polled to measure other clocks.  Boot CPU
 * only, interrupts off, except pit_stop, which is a single port write.
 */
#ifndef UMBRA_ARCH_BOARD_PIT_H
#define UMBRA_ARCH_BOARD_PIT_H

#include <stdbool.h>
#include <stdint.h>

#define PIT_IRQ_LINE 0u
#define PIT_HZ 1193182u
#define PIT_MAX_NS 54900000u /* what 16 bits can count, rounded down */

/*
 * Channel 0 raises its line once, ns nanoseconds from now but never before and
 * after PIT_MAX_NS at the latest.  Replaces what was armed before.
 */
void pit_arm(uint64_t ns);

/* Has the time given to pit_arm passed?  Always true where there is no such timer. */
bool pit_has_expired(void);

#define PIT_PERIOD_MAX 65536u

/* Channel 0 raises its line every so many ticks, 2 to PIT_PERIOD_MAX, until pit_stop. */
void pit_start_periodic(uint32_t ticks);

/* Stops channel 0; the first call ends the firmware's periodic tick. */
void pit_stop(void);

/*
 * Channel 2: pit_gate_done() turns true ticks + 1 (of PIT_HZ a second) after
 * pit_gate_open(), which is a single port write.  ticks must not be 0.  False when there
 * is no such channel, or no gate in front of it: done would then mean nothing.
 */
bool pit_gate_load(uint16_t ticks);
void pit_gate_open(void);
bool pit_gate_done(void);

#endif
