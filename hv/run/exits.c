// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exits: what each vector that brings a guest out of the CPU means.
 *
 *   int 0x1f            hypercall                                    hv/hypercall/
 *   #PF                 shadow paging; the guest's own; a device     mm/shadow_fault.c
 *   #GP, #UD            an instruction to emulate, or the guest's    hv/emulate/
 *   #NM                 the FPU changes hands                        hv/guest/guest_fpu.c
 *   32 and above        an interrupt of the machine: its handler     arch/board/irq.c
 *   #DF, #MC, NMI       the end of the guest; of the machine; counted by its handler
 *   all others          the guest's own trap                         hv/guest/reflect.c
 */
#include "hv/run/exits.h"

#include "arch/board/irq.h"
#include "arch/cpu/barrier.h"
#include "arch/cpu/machine_check.h"
#include "hv/devices/entropy.h"
#include "hv/emulate/emulate.h"
#include "hv/emulate/mmio.h"
#include "hv/guest/guest_fpu.h"
#include "hv/guest/reflect.h"
#include "hv/run/bad_exit.h"

void guest_page_fault(struct guest *guest, uint32_t address)
{
	uint32_t error = guest_frame_of(guest)->error;

	guest->fault_address = address;
	/* Ring 1 has no business there; a stray pointer of a program is its kernel's affair. */
	if (address >= SWITCHER_CODE && address < SWITCHER_STATE + PAGE_SIZE &&
	    guest_in_kernel(guest)) {
		guest_kill(guest, "access to Umbra's page at %08x", address);
		return;
	}
	switch (shadow_fault(&guest->shadow, gva_make(address), &error)) {
	case SHADOW_DONE:
	case SHADOW_AGAIN:	/* the guest makes the access again, and faults again */
		return;
	case SHADOW_OUTSIDE:
		guest_mmio(guest, address, error);
		return;
	case SHADOW_BAD:
		guest_kill_bad_tables_at(guest, address);
		return;
	case SHADOW_GUEST_FAULT:
		guest_reflect_page_fault(guest, address, error);
		return;
	}
}

/* A system call through an interrupt gate is the one trap above the exceptions. */
static bool is_interrupt(const struct guest *guest, uint32_t vector)
{
	return vector >= VECTOR_EXCEPTIONS && vector != guest->protocol.syscall_vector;
}

static void interrupt(uint32_t vector)
{
	entropy_note();
	irq_dispatch(vector);
	barriers_note_data(this_cpu());
}

/*
 * No event is lost on the way out of virtual-8086 mode: an interrupt is served, a machine check
 * ends the machine, an NMI was counted by its handler; all else is an exception or an `int` of the
 * guest's own, in whose place it gets #GP.
 */
void guest_strange_exit(struct guest *guest, uint32_t vector)
{
	uint32_t event = vector % VECTOR_COUNT;

	guest->counters.exits[event]++;
	if (!(vector & VECTOR_IN_VM86)) {
		guest_bad_return(guest, event);
		return;
	}
	if (event == VECTOR_MC)
		machine_check_panic(NULL);
	if (is_interrupt(guest, event))
		interrupt(event);
	guest_bad_state(guest);
}

void guest_other_exit(struct guest *guest, uint32_t vector)
{
	switch (vector) {
	case VECTOR_GP:
	case VECTOR_UD:
		guest_emulate(guest);
		return;
	case VECTOR_NM:
		guest_fpu_fault(guest);
		return;
	case VECTOR_DF:
		guest_kill(guest, "double fault");
		return;
	case VECTOR_MC:
		machine_check_panic(NULL);
	case VECTOR_NMI:
		/* Its handler counted it, and took the guest out for its state (arch/cpu/host_traps.c). */
		guest_bad_state(guest);
		return;
	default:
		if (is_interrupt(guest, vector))
			interrupt(vector);
		else
			guest_reflect_trap(guest, vector, guest_frame_of(guest)->error);
	}
}
