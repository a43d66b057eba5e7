// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who handles which hardware interrupt line.  Boot CPU only: the 8259A pair
 * interrupts no other.
 */
#include "arch/irq.h"

#include "arch/log.h"
#include "arch/pic.h"
#include "lib/error.h"

_Static_assert(IRQ_FIRST_VECTOR == PIC_FIRST_VECTOR && IRQ_LINES == PIC_LINES,
	       "the 8259A pair is the only interrupt controller");

struct irq_line {
	irq_handler_t *handler;
	void *context;
};

static struct irq_line lines[IRQ_LINES];
static uint32_t spurious;

void irq_init(void)
{
	pic_init();
}

int irq_register(unsigned line, irq_handler_t *handler, void *context)
{
	if (line >= IRQ_LINES)
		return -E_RANGE;
	if (line == PIC_CASCADE_LINE || lines[line].handler)
		return -E_EXIST;
	lines[line].context = context;
	lines[line].handler = handler;
	pic_unmask(line);
	return 0;
}

void irq_silence(unsigned line)
{
	pic_mask(line);
}

void irq_dispatch(unsigned vector)
{
	unsigned line = vector - IRQ_FIRST_VECTOR;

	/* No device of ours raises another vector; firmware's could. */
	if (line >= IRQ_LINES) {
		spurious++;
		return;
	}
	if (pic_check_spurious(line)) {
		spurious++;
		return;
	}
	if (lines[line].handler) {
		lines[line].handler(lines[line].context);
	} else {
		/* Masked, so this is the only warning that the line can cause. */
		pic_mask(line);
		log_warn("irq", "nobody wants the interrupts of line %u; it is masked now", line);
	}
	pic_end(line);
}

uint32_t irq_spurious_count(void)
{
	return spurious;
}
