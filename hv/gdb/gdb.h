/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The GDB remote serial protocol on a serial line (docs/debugging.md): guests are processes, each
 * with one thread, and Umbra itself is one.  The boot CPU serves the line, in its work beside
 * guests; what concerns a guest is done on the guest's home CPU.
 */
#ifndef UMBRA_HV_GDB_GDB_H
#define UMBRA_HV_GDB_GDB_H

#include "hv/config/config.h"

/* Opens the line that options name, if they name one.  Boot CPU, once interrupts work. */
void gdb_start(const struct umbra_options *options);

/* Takes requests and sends replies.  Boot CPU, whenever housekeeping is due; no lock held. */
void gdb_serve(void);

/*
 * Serves the line for ever, without interrupts and locks, after a panic: Umbra's registers and
 * memory can be read.  Returns when there is no line.
 */
void gdb_after_panic(void);

#endif
