// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes messages: fixed delivery, edge, to one CPU by its APIC id.  Source: Intel SDM vol. 3, 10.11
 * ("Message Signalled Interrupts").
 */
#include "arch/board/msi.h"

#include "lib/error.h"

#define ADDRESS 0xFEE00000u
#define ADDRESS_ID_SHIFT 12
#define ID_MAX 254u
#define DATA_VECTOR 0xFFu

static int send_to(struct msi_message *message, const struct cpu *cpu)
{
	if (cpu->apic_id > ID_MAX)
		return -E_RANGE;
	message->address = ADDRESS | cpu->apic_id << ADDRESS_ID_SHIFT;
	return 0;
}

int msi_allocate(irq_handler_t *handler, void *context, struct msi_message *message)
{
	int vector = irq_vector_allocate(handler, context);
	int error;

	if (vector < 0)
		return vector;
	message->data = (uint32_t)vector;
	error = send_to(message, cpu_by_id(0));
	if (error)
		irq_vector_free((unsigned)vector);
	return error;
}

void msi_free(const struct msi_message *message)
{
	irq_vector_free(message->data & DATA_VECTOR);
}
