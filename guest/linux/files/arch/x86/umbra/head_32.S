/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the page tables that startup_32 has built to C code.
 */
#include <linux/linkage.h>
#include <linux/init.h>
#include <asm/page_types.h>
#include <asm/umbra.h>

#define pa(x) ((x) - __PAGE_OFFSET)

	__HEAD
/*
 * Still at physical addresses, which Umbra maps for us until it gets tables
 * of ours.  %esi is 0, where boot_params was.
 */
SYM_CODE_START(umbra_startup_32)
	movl	$UMBRA_INIT, %eax
	movl	$pa(lguest_data), %ebx
	int	$UMBRA_HCALL_VECTOR

	movl	$UMBRA_NEW_PGTABLE, %eax
	movl	$pa(initial_page_table), %ebx
	int	$UMBRA_HCALL_VECTOR

	movl	$1f, %eax
	jmp	*%eax
1:
	addl	$__PAGE_OFFSET, %esp
	xorl	%ebp, %ebp
	call	umbra_start_kernel
	ud2
SYM_CODE_END(umbra_startup_32)
