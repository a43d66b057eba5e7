/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pair of 8259A interrupt controllers.  Owns their ports; only irq.c calls
 * it, on the boot CPU with interrupts off.
 */
#ifndef UMBRA_ARCH_BOARD_PIC_H
#define UMBRA_ARCH_BOARD_PIC_H

#include <stdbool.h>

#define PIC_FIRST_VECTOR 0x20u	/* line n raises this vector + n */
#define PIC_LINES 16u
#define PIC_CASCADE_LINE 2u	/* where the second controller is attached; never raised itself */

/* Programs both controllers: the vectors above, every line masked. */
void pic_init(void);

/* Do the controllers exist?  After pic_init. */
bool pic_is_there(void);

/* Mask and unmask one line (0..15, not the cascade). */
void pic_mask(unsigned line);
void pic_unmask(unsigned line);

/* Is an interrupt of the line, masked or not, pending? */
bool pic_is_pending(unsigned line);

/*
 * True when the interrupt was spurious: a request that vanished before it was acknowledged shows up
 * as the last line of its controller. It must not be acknowledged by pic_end; this function does
 * what is needed.
 */
bool pic_check_spurious(unsigned line);

/* Acknowledges the interrupt of line, so that this and lower lines can raise the next. */
void pic_end(unsigned line);

#endif
