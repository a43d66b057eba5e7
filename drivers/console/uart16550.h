/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The serial ports COM1 and COM2 (16550A and what behaves like one) at 115200
 * baud, 8 data bits, no parity.  Opened polled, so that they work from the
 * first line of boot on; later they run on interrupts, both ways.
 */
#ifndef UMBRA_DRIVERS_CONSOLE_UART16550_H
#define UMBRA_DRIVERS_CONSOLE_UART16550_H

#include "drivers/console/console.h"

#include <stdint.h>

/*
 * Sets up COM number (1 or 2); NULL when there is no chip, or no such number.
 * Until uart16550_start a write waits until the bytes are out.  Boot CPU.
 */
struct console *uart16550_open(unsigned number);

/*
 * Goes over to interrupts; the interrupt controller must work.  Boot CPU, once;
 * console->activity is set before.  The error of irq_register, when the line is
 * taken: then uart16550_poll is to be called every millisecond.
 */
int uart16550_start(struct console *console);

/* Does what an interrupt would: moves bytes both ways, without waiting.  Boot CPU. */
void uart16550_poll(struct console *console);

/* How many times the chip lost input because it was not fetched in time. */
uint32_t uart16550_overruns(const struct console *console);

#endif
