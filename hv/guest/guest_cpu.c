// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments and gates of a guest.
 *
 * The guest chooses every bit of its descriptors and gates.  At worst it could
 * make one that leads to ring 0: a descriptor of privilege 0, a gate or a
 * task-state segment in the GDT, a gate in the IDT with a selector of its own.
 * So only code and data descriptors of rings 1 and 3 enter the GDT, and an IDT
 * entry takes from the guest its offset, privilege and nothing else.
 */
#include "hv/guest/guest_cpu.h"

#include "arch/cpu/switcher.h"
#include "lib/string.h"

/* Reserved by Intel; Linux sets it for a fault of old CPUs. */
#define VECTOR_RESERVED 15

/* Of each CPU: the guest whose window it has, which is unloaded before it ends or moves. */
static struct guest *loaded[MAX_CPUS];

static struct state_page *guest_state(void)
{
	return &this_cpu()->pages->guest_state;
}

/* --- segments ----------------------------------------------------------------- */

static bool is_hosts(uint32_t index)
{
	return index == GDT_HOST_CODE || index == GDT_HOST_DATA || index == GDT_TSS ||
	       index == GDT_DOUBLE_FAULT_TSS;
}

/* The GDT entry for a descriptor that the guest asks for. */
static uint64_t safe_descriptor(uint32_t low, uint32_t high)
{
	/*
	 * Gates and task-state segments could lead to ring 0, so all system descriptors are
	 * refused.
	 */
	if (!(high & DESCRIPTOR_S))
		return 0;
	/*
	 * Ring 0 is Umbra's.  Ring 2 is not allowed: page tables treat it as supervisor, but
	 * everything else as user.
	 */
	if ((high >> DESCRIPTOR_DPL_SHIFT & 1) == 0) {
		high &= ~DESCRIPTOR_DPL;
		high |= (uint32_t)LGUEST_GUEST_RING << DESCRIPTOR_DPL_SHIFT;
	}
	/* The CPU cannot write the accessed bit: the GDT is read-only while the guest runs. */
	high |= DESCRIPTOR_ACCESSED;
	return (uint64_t)high << 32 | low;
}

static void set_descriptor(struct guest *guest, uint32_t index, uint32_t low, uint32_t high)
{
	if (is_hosts(index))
		return;
	guest->gdt[index] = safe_descriptor(low, high);
	guest_state()->gdt[index] = guest->gdt[index];
}

void guest_load_gdt_entry(struct guest *guest, uint32_t index, uint32_t low, uint32_t high)
{
	if (index >= GDT_ENTRIES) {
		guest_kill(guest, "LOAD_GDT_ENTRY with index %u beyond the table", index);
		return;
	}
	set_descriptor(guest, index, low, high);
}

void guest_load_tls(struct guest *guest, gpa_t descriptors)
{
	uint32_t words[2 * LGUEST_GDT_TLS_COUNT];

	if (!guest_read(&guest->memory, descriptors, words, sizeof(words))) {
		guest_kill(guest, "LOAD_TLS from %08x, outside memory", gpa_value(descriptors));
		return;
	}
	for (uint32_t i = 0; i < LGUEST_GDT_TLS_COUNT; i++)
		set_descriptor(guest, LGUEST_GDT_TLS_FIRST + i, words[2 * i], words[2 * i + 1]);
}

/* --- gates ----------------------------------------------------------------------- */

static unsigned gate_dpl(uint64_t gate)
{
	return (unsigned)(gate >> (32 + DESCRIPTOR_DPL_SHIFT)) & 3;
}

static unsigned gate_type(uint64_t gate)
{
	return (unsigned)(gate >> 40) & 0xF;
}

static bool is_syscall_vector(uint32_t vector)
{
	return vector == LGUEST_SYSCALL_VECTOR || vector == LGUEST_SYSCALL_VECTOR_PLAN9;
}

/*
 * The gate that the CPU gets for a vector while the guest runs.
 *
 * Only the system call leads directly into the guest: it is raised by software alone, so if the
 * guest's stack cannot take it, what follows is one ordinary fault.  A second fault in the delivery
 * of an exception would be a double fault, which ends a machine and not a guest; exceptions
 * therefore always come to Umbra, on the registers page.
 */
static uint64_t real_gate(const struct guest *guest, uint32_t vector)
{
	uint64_t wanted = guest->gates[vector];

	if (vector == VECTOR_NMI)
		return switcher_nmi_gate();
	if (vector == LGUEST_HYPERCALL_VECTOR)
		return switcher_gate(vector, LGUEST_GUEST_RING);
	if (is_syscall_vector(vector)) {
		if (vector != guest->protocol.syscall_vector || !wanted)
			return switcher_gate(vector, 0);
		if (gate_type(wanted) == GATE_TRAP && !guest->calls_by_umbra)
			return wanted;
		return switcher_gate(vector, gate_dpl(wanted));
	}
	/*
	 * Vectors with an error code are never open to `int`, which pushes none: the frame would be
	 * a word off, and the guest's DS would be taken for the vector.  Nor is one that Umbra
	 * itself acts upon: a machine check is the end of the machine.
	 */
	if (vector >= VECTOR_EXCEPTIONS || vector == VECTOR_NM || vector == VECTOR_MC ||
	    exception_has_error_code(vector))
		return switcher_gate(vector, 0);
	/* A debugger's breakpoints are found in all code; others by their privilege (hv/debug/). */
	if (vector == VECTOR_BP && guest->debug)
		return switcher_gate(vector, LGUEST_USER_RING);
	/* With the guest's privilege, so that `int3` from user space is not a protection fault. */
	return switcher_gate(vector, gate_dpl(wanted));
}

static void load_gate(const struct guest *guest, uint32_t vector)
{
	guest_state()->idt[vector] = real_gate(guest, vector);
}

void guest_load_idt_entry(struct guest *guest, uint32_t vector, uint32_t low, uint32_t high)
{
	unsigned type = high >> 8 & 0x1F;	/* with the bit that must be 0 */
	uint64_t accepted = 0;

	/* These are Umbra's whatever the guest loads (docs/protocol.md). */
	if (vector == VECTOR_NMI || vector == VECTOR_DF || vector == VECTOR_RESERVED ||
	    vector == LGUEST_HYPERCALL_VECTOR)
		return;
	if (vector >= VECTOR_COUNT) {
		guest_kill(guest, "LOAD_IDT_ENTRY for vector %u", vector);
		return;
	}
	if (high & DESCRIPTOR_P) {
		if (type != GATE_INTERRUPT && type != GATE_TRAP) {
			guest_kill(guest, "LOAD_IDT_ENTRY of gate type %u for vector %u", type,
				   vector);
			return;
		}
		accepted = gate(type, high >> DESCRIPTOR_DPL_SHIFT & 3, LGUEST_SELECTOR_KERNEL_CODE,
				(high & 0xFFFF0000u) | (low & 0xFFFF));
	}
	guest->gates[vector] = accepted;
	if (vector - LGUEST_IRQ_BASE < LGUEST_IRQ_COUNT) {
		uint32_t bit = BIT(vector - LGUEST_IRQ_BASE);

		guest->gated_irqs = accepted ? guest->gated_irqs | bit : guest->gated_irqs & ~bit;
	}
	if (vector < VECTOR_EXCEPTIONS || is_syscall_vector(vector))
		load_gate(guest, vector);
}

void guest_change_call_gate(struct guest *guest)
{
	bool by_umbra = shadow_has_low(&guest->shadow) || guest->debug;

	if (guest->calls_by_umbra == by_umbra)
		return;
	guest->calls_by_umbra = by_umbra;
	load_gate(guest, LGUEST_SYSCALL_VECTOR);
	load_gate(guest, LGUEST_SYSCALL_VECTOR_PLAN9);
}

/* --- stack ------------------------------------------------------------------------- */

static void load_stack(const struct guest *guest)
{
	struct tss *tss = &guest_state()->tss;

	tss->ss1 = guest->kernel_stack_selector;
	tss->esp1 = guest->kernel_stack;
}

void guest_set_stack(struct guest *guest, uint32_t selector, uint32_t esp, uint32_t pages)
{
	if ((selector & SELECTOR_RPL) != LGUEST_GUEST_RING) {
		guest_kill(guest, "SET_STACK with selector %04x, not of ring 1", selector);
		return;
	}
	if (pages > 2) {
		guest_kill(guest, "SET_STACK of %u pages", pages);
		return;
	}
	guest->kernel_stack = esp;
	guest->kernel_stack_selector = selector & 0xFFFF;
	guest->kernel_stack_pages = pages;
	guest->shadow.pinned = false;
	load_stack(guest);
}

/* --- the whole ------------------------------------------------------------------------ */

void guest_cpu_reset(struct guest *guest, uint32_t entry)
{
	struct trap_frame *frame = guest_frame_of(guest);

	memset(guest->registers, 0, sizeof(*guest->registers));
	frame->cs = LGUEST_SELECTOR_KERNEL_CODE;
	frame->ds = frame->es = frame->ss = LGUEST_SELECTOR_KERNEL_DATA;
	frame->eip = entry;
	frame->eflags = EFLAGS_FIXED | EFLAGS_IF;
	/* ESI: boot_params, at physical 0. */

	memset(guest->gdt, 0, sizeof(guest->gdt));
	memset(guest->gates, 0, sizeof(guest->gates));
	guest->gated_irqs = 0;
	guest->gdt[GDT_HOST_CODE] = DESCRIPTOR_FLAT_CODE(0);
	guest->gdt[GDT_HOST_DATA] = DESCRIPTOR_FLAT_DATA(0);
	guest->gdt[LGUEST_GDT_KERNEL_CODE] = DESCRIPTOR_FLAT_CODE(LGUEST_GUEST_RING);
	guest->gdt[LGUEST_GDT_KERNEL_DATA] = DESCRIPTOR_FLAT_DATA(LGUEST_GUEST_RING);
	guest->kernel_stack = 0;
	guest->kernel_stack_selector = LGUEST_SELECTOR_KERNEL_DATA;
	guest->kernel_stack_pages = 0;
	guest->task_switched = false;
	guest->debug_status = DR6_RESET;
	fpu_state_reset(guest->fpu);
}

/* The registers page, in both views of this CPU's Switcher pages. */
static void map_registers(const struct guest *guest)
{
	struct cpu_pages *pages = this_cpu()->pages;
	uint32_t index = SWITCHER_REGISTERS >> PAGE_SHIFT & 511;
	uint64_t entry = direct_physical(guest->registers) | PTE_P | PTE_W | PTE_A | PTE_D |
			 (cpu_features()->nx ? PTE_NX : 0);

	pages->host_switcher_table[index] = entry;
	pages->guest_switcher_table[index] = entry;
	/* guest_window_load, next, loads CR3. */
}

void guest_cpu_load(struct guest *guest)
{
	loaded[this_cpu()->id] = guest;
	map_registers(guest);
	guest_window_load(&guest->memory);
	memcpy(guest_state()->gdt, guest->gdt, sizeof(guest->gdt));
	for (uint32_t vector = 0; vector < VECTOR_EXCEPTIONS; vector++)
		load_gate(guest, vector);
	load_gate(guest, LGUEST_SYSCALL_VECTOR);
	load_gate(guest, LGUEST_SYSCALL_VECTOR_PLAN9);
	load_stack(guest);
}

struct guest_memory *guest_window_of_cpu(void)
{
	struct guest *guest = loaded[this_cpu()->id];

	return guest ? &guest->memory : NULL;
}

void guest_cpu_unload(const struct guest *guest)
{
	if (loaded[this_cpu()->id] != guest)
		return;
	guest_window_load(NULL);
	loaded[this_cpu()->id] = NULL;
}
