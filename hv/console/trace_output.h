/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends the trace out of the machine by a serial port, which is then no console. */
#ifndef UMBRA_HV_CONSOLE_TRACE_OUTPUT_H
#define UMBRA_HV_CONSOLE_TRACE_OUTPUT_H

/*
 * From now on what is traced goes out by the port of that number (1: COM1, 2: COM2).  Boot CPU,
 * once, when timers and interrupts work.
 */
void trace_output_start(unsigned number);

/* Sends a bounded part of what is new.  For housekeeping. */
void trace_output_service(void);

/*
 * The machine ends: sends what is left, the newest records, and returns when they are out.  Boot
 * CPU, or in a panic any; takes no lock.  Other CPUs have stopped.
 */
void trace_output_finish(void);

#endif
