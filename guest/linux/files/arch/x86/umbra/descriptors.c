// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments and gates.  The kernel's own tables stay what they are on a
 * processor; Umbra is told of each entry that changes, and keeps a copy from
 * which it takes what is safe.
 */
#include <linux/sched.h>

#include <asm/desc.h>
#include <asm/processor.h>
#include <asm/umbra.h>

#include "umbra_internal.h"

static bool idt_is_loaded;

static void tell_gate(int entry, const gate_desc *gate)
{
	const u32 *words = (const u32 *)gate;

	umbra_hcall(UMBRA_LOAD_IDT_ENTRY, entry, words[0], words[1], 0);
}

/* A ring full of them at a time: there are five tables on the way up. */
void umbra_load_idt(const struct desc_ptr *dtr)
{
	const gate_desc *idt = (const gate_desc *)dtr->address;
	int count = (dtr->size + 1) / sizeof(*idt);
	unsigned long flags = arch_local_irq_save();

	for (int i = 0; i < count; i++) {
		const u32 *words = (const u32 *)&idt[i];

		if (!umbra_queue_call(UMBRA_LOAD_IDT_ENTRY, i, words[0], words[1]))
			tell_gate(i, &idt[i]);
	}
	umbra_hcall0(UMBRA_FLUSH_ASYNC);
	idt_is_loaded = true;
	if (flags & X86_EFLAGS_IF)
		arch_local_irq_enable();
}

void umbra_write_idt_entry(gate_desc *idt, int entry, const gate_desc *gate)
{
	native_write_idt_entry(idt, entry, gate);
	if (idt_is_loaded)
		tell_gate(entry, gate);
}

static void tell_segment(int entry, const struct desc_struct *segment)
{
	const u32 *words = (const u32 *)segment;

	umbra_hcall(UMBRA_LOAD_GDT_ENTRY, entry, words[0], words[1], 0);
}

void umbra_load_gdt(const struct desc_ptr *dtr)
{
	const struct desc_struct *gdt = (const void *)dtr->address;
	int count = (dtr->size + 1) / sizeof(*gdt);

	for (int i = 0; i < count; i++)
		tell_segment(i, &gdt[i]);
}

void umbra_write_gdt_entry(struct desc_struct *gdt, int entry,
			   const void *desc, int type)
{
	native_write_gdt_entry(gdt, entry, desc, type);
	tell_segment(entry, &gdt[entry]);
}

/* In words: this is on the way of each switch, and memcmp() goes byte by byte. */
static bool is_same_tls(const struct desc_struct *gdt, const struct desc_struct *tls)
{
	const u32 *a = (const u32 *)gdt, *b = (const u32 *)tls;
	u32 differ = 0;

	for (int i = 0; i < GDT_ENTRY_TLS_ENTRIES * 2; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

/*
 * Kernel threads use none of them, so they keep those of the process before,
 * which is mostly the one behind them too.
 */
void umbra_load_tls(struct thread_struct *t, unsigned int cpu)
{
	if (container_of(t, struct task_struct, thread)->flags & PF_KTHREAD)
		return;
	if (is_same_tls(get_cpu_gdt_rw(cpu) + GDT_ENTRY_TLS_MIN, t->tls_array))
		return;
	native_load_tls(t, cpu);
	umbra_hcall(UMBRA_LOAD_TLS, __pa(t->tls_array), cpu, 0, 0);
}

/* Called once: this is the entry stack, a page that all tasks share. */
void umbra_load_sp0(unsigned long sp0)
{
	this_cpu_write(cpu_tss_rw.x86_tss.sp0, sp0);
	umbra_hcall(UMBRA_SET_STACK, __KERNEL_DS | UMBRA_RING, sp0, 1, 0);
}
