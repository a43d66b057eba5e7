// SPDX-License-Identifier: GPL-2.0-only
/*
 * The producer's side of the asynchronous ring. Owns the cursor, which has to
 * stay in step with Umbra's own for the life of the guest.
 */
#include "guest/runtime/ring.h"

#include "guest/runtime/compiler.h"
#include "guest/runtime/hypercall.h"
#include "guest/runtime/irq.h"

static unsigned int cursor;

bool ring_queue(uint32_t call, uint32_t arg1, uint32_t arg2, uint32_t arg3, uint32_t arg4)
{
	struct lguest_data_common *data = &lguest_data.common;
	uint32_t flags = irq_save();
	bool free_slot = READ_ONCE(data->hcall_status[cursor]) == LGUEST_RING_FREE;

	if (free_slot) {
		data->hcalls[cursor] = (struct lguest_hcall){call, {arg1, arg2, arg3, arg4}};
		/* Umbra reads the slot once it is marked; the mark must come last. */
		compiler_barrier();
		WRITE_ONCE(data->hcall_status[cursor], LGUEST_RING_QUEUED);
		cursor = (cursor + 1) % LGUEST_RING_SIZE;
	}
	irq_restore(flags);
	return free_slot;
}

void ring_call(uint32_t call, uint32_t arg1, uint32_t arg2, uint32_t arg3, uint32_t arg4)
{
	if (!ring_queue(call, arg1, arg2, arg3, arg4))
		hypercall(call, arg1, arg2, arg3, arg4);
}

unsigned int ring_cursor(void)
{
	return cursor;
}

unsigned int ring_used(void)
{
	unsigned int used = 0;

	for (unsigned int i = 0; i < LGUEST_RING_SIZE; i++)
		if (READ_ONCE(lguest_data.common.hcall_status[i]) != LGUEST_RING_FREE)
			used++;
	return used;
}
