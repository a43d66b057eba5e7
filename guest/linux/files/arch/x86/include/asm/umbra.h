/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests of the Umbra hypervisor (protocol of lguest, generation C).
 *
 * The kernel runs in ring 1.  What would need ring 0 goes through the
 * functions and macros declared here; the headers that normally define these
 * names include this one instead when CONFIG_UMBRA_GUEST is set.
 */
#ifndef _ASM_X86_UMBRA_H
#define _ASM_X86_UMBRA_H

/* Hypercalls: number in %eax, arguments in %ebx, %ecx, %edx, %esi */
#define UMBRA_HCALL_VECTOR	0x1f

#define UMBRA_FLUSH_ASYNC	0
#define UMBRA_INIT		1
#define UMBRA_SHUTDOWN		2
#define UMBRA_NEW_PGTABLE	4
#define UMBRA_FLUSH_TLB		5
#define UMBRA_LOAD_IDT_ENTRY	6
#define UMBRA_SET_STACK		7
#define UMBRA_TS		8
#define UMBRA_SET_CLOCKEVENT	9
#define UMBRA_HALT		10
#define UMBRA_SET_PTE		14
#define UMBRA_LOAD_TLS		16
#define UMBRA_LOAD_GDT_ENTRY	18
#define UMBRA_SEND_INTERRUPTS	19

/* Second argument of UMBRA_SHUTDOWN */
#define UMBRA_SHUTDOWN_OFF	1
#define UMBRA_SHUTDOWN_RESTART	2

/* Ring of the processor that the kernel runs in */
#define UMBRA_RING		1

/* Calls that wait for the next one; each has a slot and its state */
#define UMBRA_RING_SIZE		64
#define UMBRA_SLOT_FREE		0xff
#define UMBRA_SLOT_QUEUED	0

/* Offset in struct lguest_data, for entry_32.S */
#define UMBRA_IRQ_PENDING	20

#ifndef __ASSEMBLY__

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <asm/processor-flags.h>

/*
 * Shared with the hypervisor.  Both the name and the order are part of the
 * protocol: Umbra looks for the symbol in an ELF image.
 */
struct lguest_data {
	u32	irq_enabled;		/* X86_EFLAGS_IF is the interrupt flag */
	u32	blocked_interrupts;	/* one bit per line, set when masked */
	u32	cr2;
	u32	time_sec;
	u32	time_nsec;
	u32	irq_pending;		/* nonzero: call when enabling */
	u8	hcall_status[UMBRA_RING_SIZE];
	u32	hcalls[UMBRA_RING_SIZE][5];
	/* written by Umbra at UMBRA_INIT */
	u32	reserve_mem;
	u32	tsc_khz;
	/* read by Umbra at UMBRA_INIT */
	u32	noirq_iret;
	u32	kernel_address;
	u32	syscall_vec;
	u32	unused[2];
};

static_assert(offsetof(struct lguest_data, irq_pending) == UMBRA_IRQ_PENDING);

extern struct lguest_data lguest_data;

static __always_inline void umbra_hcall(u32 nr, u32 a1, u32 a2, u32 a3, u32 a4)
{
	asm volatile("int %0"
		     : : "i" (UMBRA_HCALL_VECTOR), "a" (nr), "b" (a1),
		       "c" (a2), "d" (a3), "S" (a4) : "memory");
}

/* For calls without arguments */
static __always_inline void umbra_hcall0(u32 nr)
{
	asm volatile("int %0" : : "i" (UMBRA_HCALL_VECTOR), "a" (nr) : "memory");
}

/* Interrupt flag.  These take the place of pushf, cli and sti. */

static __always_inline unsigned long arch_local_save_flags(void)
{
	return READ_ONCE(lguest_data.irq_enabled);
}

static __always_inline void arch_local_irq_disable(void)
{
	WRITE_ONCE(lguest_data.irq_enabled, 0);
	barrier();
}

static __always_inline void arch_local_irq_enable(void)
{
	barrier();
	WRITE_ONCE(lguest_data.irq_enabled, X86_EFLAGS_IF);
	barrier();
	if (unlikely(READ_ONCE(lguest_data.irq_pending)))
		umbra_hcall0(UMBRA_SEND_INTERRUPTS);
}

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();

	arch_local_irq_disable();
	return flags;
}

static __always_inline void arch_safe_halt(void)
{
	umbra_hcall0(UMBRA_HALT);
}

/* With interrupts off this stops for good, as the instruction does. */
static __always_inline void halt(void)
{
	asm volatile("hlt" : : : "memory");
}

/* Control registers */

extern unsigned long umbra_cr0, umbra_cr3, umbra_cr4;

void umbra_write_cr0(unsigned long val);
void umbra_write_cr3(unsigned long val);
void umbra_switch_cr3(unsigned long val, bool flush);

#define umbra_read_cr2()	((unsigned long)READ_ONCE(lguest_data.cr2))

/* Processor identification, without what a guest cannot use */
void umbra_cpuid(unsigned int *eax, unsigned int *ebx,
		 unsigned int *ecx, unsigned int *edx);

/* Descriptors */

struct desc_ptr;
struct desc_struct;
struct gate_struct;
struct thread_struct;

void umbra_load_gdt(const struct desc_ptr *dtr);
void umbra_load_idt(const struct desc_ptr *dtr);
/* There are no LDTs, and only the empty one is ever set. */
static inline void umbra_set_ldt(const void *addr, unsigned int entries) { }
void umbra_load_tls(struct thread_struct *t, unsigned int cpu);
void umbra_load_sp0(unsigned long sp0);
void umbra_write_gdt_entry(struct desc_struct *gdt, int entry,
			   const void *desc, int type);
void umbra_write_idt_entry(struct gate_struct *idt, int entry,
			   const struct gate_struct *gate);

/* Translations that were taken back */

void umbra_flush_tlb_user(void);
void umbra_flush_tlb_kernel(void);
void umbra_flush_tlb_one(unsigned long addr);

/* In mm/tlb.c, which defines them although nobody calls most of them here */
struct cpumask;
struct flush_tlb_info;

void native_flush_tlb_local(void);
void native_flush_tlb_global(void);
void native_flush_tlb_one_user(unsigned long addr);
void native_flush_tlb_multi(const struct cpumask *cpumask,
			    const struct flush_tlb_info *info);

#endif /* !__ASSEMBLY__ */
#endif /* _ASM_X86_UMBRA_H */
