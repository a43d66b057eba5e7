// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: Umbra delivers line n through the gate of vector 32 + n, and
 * looks at a word of masks before it does.
 */
#include <linux/bitops.h>
#include <linux/interrupt.h>
#include <linux/irq.h>

#include <asm/desc.h>
#include <asm/hw_irq.h>
#include <asm/i8259.h>
#include <asm/umbra.h>
#include <asm/x86_init.h>

#include "umbra_internal.h"

static void umbra_mask(struct irq_data *data)
{
	lguest_data.blocked_interrupts |= BIT(data->irq);
}

static void umbra_unmask(struct irq_data *data)
{
	lguest_data.blocked_interrupts &= ~BIT(data->irq);
}

static struct irq_chip umbra_chip = {
	.name		= "umbra",
	.irq_mask	= umbra_mask,
	.irq_unmask	= umbra_unmask,
};

static void __init umbra_init_irq(void)
{
	for (int line = 0; line < UMBRA_LINES; line++) {
		irq_alloc_desc_at(line, 0);
		irq_set_chip_and_handler(line, &umbra_chip, handle_simple_irq);
		per_cpu(vector_irq, 0)[FIRST_EXTERNAL_VECTOR + line] = irq_to_desc(line);
	}
	idt_setup_apic_and_irq_gates();
}

void __init umbra_setup_irqs(void)
{
	legacy_pic = &null_legacy_pic;
	x86_init.irqs.pre_vector_init = x86_init_noop;
	x86_init.irqs.intr_init = umbra_init_irq;
	x86_init.irqs.intr_mode_select = x86_init_noop;
	x86_init.irqs.intr_mode_init = x86_init_noop;
}
