/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's virtual CPU: its segments, gates and stack, and loading all of it on a CPU. */
#ifndef UMBRA_HV_GUEST_GUEST_CPU_H
#define UMBRA_HV_GUEST_GUEST_CPU_H

#include "hv/guest/guest.h"

/*
 * The state at the kernel's entry point (docs/protocol.md).  Before the first run and after a
 * restart.
 */
void guest_cpu_reset(struct guest *guest, uint32_t entry);

/* Loads guest on this CPU: its registers page, GDT, gates, stack and window. */
void guest_cpu_load(struct guest *guest);

/* The memory whose window is loaded on this CPU; NULL: none. */
struct guest_memory *guest_window_of_cpu(void);

/* Unmaps the guest's memory on this CPU if it is the guest that is loaded. */
void guest_cpu_unload(const struct guest *guest);

/*
 * LOAD_GDT_ENTRY, LOAD_TLS, LOAD_IDT_ENTRY and SET_STACK of the guest loaded on this CPU; bad
 * arguments end it.
 */
void guest_load_gdt_entry(struct guest *guest, uint32_t index, uint32_t low, uint32_t high);
void guest_load_tls(struct guest *guest, gpa_t descriptors);
void guest_load_idt_entry(struct guest *guest, uint32_t vector, uint32_t low, uint32_t high);
void guest_set_stack(struct guest *guest, uint32_t selector, uint32_t esp, uint32_t pages);

/* For the next function only: changes the gate and calls_by_umbra. */
void guest_change_call_gate(struct guest *guest);

/*
 * Before every entry: whether the gate for system calls may lead straight into the guest's kernel.
 * Emulators are known that let a program into virtual-8086 mode (arch/cpu/switcher.asm), and
 * through such a gate it would bring IOPL and IF of its choice along, with which all ports of the
 * machine are its kernel's.  In that mode code lies in the first 2 MB: where nothing is mapped
 * there, it faults before its first instruction.  Elsewhere system calls come through Umbra.
 */
static inline void guest_choose_call_gate(struct guest *guest)
{
	if (unlikely(shadow_has_low(&guest->shadow) != guest->calls_by_umbra))
		guest_change_call_gate(guest);
}

#endif
