// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translations.  Page tables are ordinary memory that Umbra reads when it
 * needs to, so nothing is done for an entry that is written.  What has to be
 * told is what would make a processor drop translations, and that is what the
 * code for TLB flushes knows.
 */
#include <linux/mm.h>

#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <asm/umbra.h>
#include <asm/umbra_hooks.h>

/*
 * Queues a call that goes in front of the next one.  Interrupts are off.  False:
 * the ring is full, and nothing was done; the next call empties it.
 */
static bool queue_call(u32 nr, u32 a1, u32 a2)
{
	static unsigned int next;
	u32 *call = lguest_data.hcalls[next];

	if (READ_ONCE(lguest_data.hcall_status[next]) != UMBRA_SLOT_FREE)
		return false;
	call[0] = nr;
	call[1] = a1;
	call[2] = a2;
	/* Umbra may look at any exit: the call is whole before its slot says so. */
	barrier();
	WRITE_ONCE(lguest_data.hcall_status[next], UMBRA_SLOT_QUEUED);
	next = (next + 1) % UMBRA_RING_SIZE;
	return true;
}

/* A new table does not flush by itself, other than a write to %cr3.  Interrupts are off. */
void umbra_switch_cr3(unsigned long val, bool flush)
{
	umbra_cr3 = val;
	if (!flush || !queue_call(UMBRA_NEW_PGTABLE, val, 0))
		umbra_hcall(UMBRA_NEW_PGTABLE, val, 0, 0, 0);
	if (flush)
		umbra_flush_tlb_user();
}

void umbra_write_cr3(unsigned long val)
{
	unsigned long flags = arch_local_irq_save();

	umbra_switch_cr3(val, true);
	if (flags & X86_EFLAGS_IF)
		arch_local_irq_enable();
}

void umbra_flush_tlb_user(void)
{
	umbra_hcall(UMBRA_FLUSH_TLB, 0, 0, 0, 0);
}

void umbra_flush_tlb_kernel(void)
{
	umbra_hcall(UMBRA_FLUSH_TLB, 1, 0, 0, 0);
}

/* The table 0 is nobody's: Umbra forgets what it knows of the address in the one in use. */
void umbra_flush_tlb_one(unsigned long addr)
{
	umbra_hcall(UMBRA_SET_PTE, 0, addr, 0, 0);
}

unsigned long umbra_queue_flushes(unsigned long addr, unsigned long end,
				  unsigned long stride)
{
	while (addr + stride < end && queue_call(UMBRA_SET_PTE, 0, addr))
		addr += stride;
	return addr;
}

/*
 * An entry has been set for a page that is about to be written.  Told of it,
 * Umbra reads it at once, which takes half as long as the fault that it would
 * otherwise wait for.
 */
void umbra_update_mmu(struct vm_area_struct *vma, unsigned long addr, pte_t *ptep)
{
	if (pte_write(*ptep) && pte_dirty(*ptep) &&
	    vma->vm_mm == this_cpu_read(cpu_tlbstate.loaded_mm))
		umbra_flush_tlb_one(addr);
}
